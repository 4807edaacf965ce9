/* SPDX-License-Identifier: Apache-2.0 */
/* A command for each kind of change that has one. */
#include "marker/infer_undo.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

/* One that is cut would be another one. */
__attribute__((format(printf, 2, 3))) static void set(char undo[EVENT_UNDO], const char *format, ...)
{
	va_list args;

	va_start(args, format);
	if (vsnprintf(undo, EVENT_UNDO, format, args) >= EVENT_UNDO)
		undo[0] = '\0';
	va_end(args);
}

/* Names and versions of dpkg (deb-version(7)) and of Python (PEP 440, 508). At their end apt takes + and - as
 * orders to install and remove. */
static bool is_name(const char *text, const char *signs)
{
	size_t len = strlen(text);

	for (size_t n = 0; n < len; n++)
		if (!isalnum((unsigned char)text[n]) && !strchr(signs, text[n]))
			return false;
	return len && isalnum((unsigned char)text[0]);
}

static bool is_version(const char *text)
{
	size_t len = strlen(text);

	return len && is_name(text, ".+:~-") && !strchr("+-:", text[len - 1]);
}

void undo_package(const struct infer_package *p, char undo[EVENT_UNDO])
{
	const char *before = p->before ? p->before : "", *after = p->version ? p->version : "";

	undo[0] = '\0';
	if (is_name(p->name, ".+-") && (!p->arch || is_name(p->arch, "-")) && is_version(before) &&
		after[0] && strcmp(before, after) != 0)
		set(undo, "apt-get install %s%s%s=%s", p->name, p->arch ? ":" : "", p->arch ? p->arch : "",
			before);
}

/* Adds a package; to an empty one behind the command. False: undo is empty. */
__attribute__((format(printf, 4, 5))) static bool add(
	char undo[EVENT_UNDO], const char *command, bool good, const char *format, ...)
{
	size_t len = undo[0] ? strlen(undo) : (size_t)snprintf(undo, EVENT_UNDO, "%s", command);
	va_list args;
	int more = 0;

	va_start(args, format);
	if (good && len < EVENT_UNDO)
		more = vsnprintf(undo + len, EVENT_UNDO - len, format, args);
	va_end(args);
	if (more <= 0 || len + (size_t)more >= EVENT_UNDO)
		undo[0] = '\0';
	return undo[0];
}

bool infer_undo_pip(const char *home, const char *name, const char *version, char undo[EVENT_UNDO])
{
	char command[EVENT_UNDO];
	bool good = text_is_word(home) && is_name(name, "._-") && is_name(version, ".+_");

	set(command, "%s/bin/pip install", home);
	return add(undo, command, good && command[0], " %s==%s", name, version);
}

bool infer_undo_npm(const char *home, const char *name, const char *version, char undo[EVENT_UNDO])
{
	const char *slash = name[0] == '@' ? strchr(name, '/') : NULL;
	bool good_name =
		slash ? is_name(name + 1, "._-/") && is_name(slash + 1, "._-") : is_name(name, "._-");
	bool good = text_is_word(home) && good_name && is_name(version, ".+-");
	char command[EVENT_UNDO];

	set(command, "npm --prefix %s install", home);
	return add(undo, command, good && command[0], " %s@%s", name, version);
}

bool infer_undo_sysctl(const char *key, const char *value, char undo[EVENT_UNDO])
{
	size_t len = strlen(undo);
	int more = 0;

	if (is_name(key, "._-") && is_name(value + (value[0] == '-'), "._-"))
		more = snprintf(undo + len, EVENT_UNDO - len, "%s %s=%s", len ? "" : "sysctl -w", key, value);
	if (!more || len + (size_t)more >= EVENT_UNDO)
		undo[0] = '\0';
	return undo[0];
}

/* "50000 100000" of cpu.max is half a processor; false: no whole percents. */
static bool quota(const char *value, char *buf, size_t size)
{
	uint64_t used, period;

	buf[0] = '\0';
	if (strncmp(value, "max", 3) == 0)
		return true; /* set to nothing it is none */
	if (text_take_u64(&value, &used) < 0 || *value++ != ' ' ||
		text_parse_u64(value, UINT32_MAX, &period) < 0 || !used || used > UINT32_MAX || !period ||
		used * 100 % period)
		return false;
	snprintf(buf, size, "%llu%%", (unsigned long long)(used * 100 / period));
	return true;
}

void undo_limit(const char *unit, const char *file, const char *before, char undo[EVENT_UNDO])
{
	static const struct {
		const char *file;
		const char *property;
	} rows[] = {
		{"memory.max", "MemoryMax"},
		{"memory.limit_in_bytes", "MemoryMax"},
		{"memory.high", "MemoryHigh"},
		{"pids.max", "TasksMax"},
		{"cpu.max", "CPUQuota"},
	};
	char value[32];
	size_t n = 0;

	undo[0] = '\0';
	while (n < sizeof(rows) / sizeof(*rows) && strcmp(rows[n].file, file) != 0)
		n++;
	if (n == sizeof(rows) / sizeof(*rows) || !text_ends_with(unit, ".service") || !text_is_word(unit))
		return;
	text_copy(value, sizeof(value), strcmp(before, "max") == 0 ? "infinity" : before);
	if (strcmp(file, "cpu.max") == 0 ? quota(before, value, sizeof(value)) : text_is_word(value))
		set(undo, "systemctl set-property %s %s=%s", unit, rows[n].property, value);
}

void undo_release(
	const char *link, const char *folder, const char *release, const char *before, char undo[EVENT_UNDO])
{
	size_t tail = text_ends_with(folder, release);
	int place = (int)(strlen(folder) - tail);

	undo[0] = '\0';
	/* Of releases few are kept: it may be gone by the time that this is typed. */
	if (tail && folder[place - 1] == '/' && text_is_word(link) && text_is_word(folder) &&
		text_is_word(before))
		set(undo, "test -d %.*s%s && ln -sfn %.*s%s %s", place, folder, before, place, folder, before,
			link);
}

void undo_file(const char *path, const char *old, bool unit, char undo[EVENT_UNDO])
{
	undo[0] = '\0';
	if (text_is_word(path) && text_is_word(old))
		set(undo, "cp -p %s %s%s", old, path, unit ? " && systemctl daemon-reload" : "");
}

/* SPDX-License-Identifier: Apache-2.0 */
/* From raw bytes to the lines that the program itself wrote: no colours, no carriage return, no prefixes. */
#include "traceback/lines.h"

#include <ctype.h>
#include <string.h>

#include "traceback/internal.h"

#define STRIP_MAX    6     /* prefixes on one line */
#define LABEL_MAX    48    /* bytes between brackets, or of a container's name */
#define SEQUENCE_MAX 256   /* of a terminal's escape sequence */
#define WRAP_MAX     2     /* JSON in JSON */
#define VALUE_SIZE   16384 /* bytes of one JSON string; more is cut off */

/* Each returns the length of its prefix with at most one blank behind it, or 0. */
typedef size_t (*prefix_fn)(struct span line);

/* In a pattern: 9 a digit, A a letter, others themselves; the length matched or 0. */
static size_t match(struct span s, const char *pattern)
{
	size_t i = 0;

	for (; pattern[i]; i++) {
		if (i == s.len)
			return 0;
		unsigned char c = (unsigned char)s.s[i];
		if (pattern[i] == '9'       ? !isdigit(c)
			: pattern[i] == 'A' ? !isalpha(c)
					    : c != (unsigned char)pattern[i])
			return 0;
	}
	return i;
}

static size_t match_any(struct span s, const char *const *patterns)
{
	size_t len = 0;

	for (; *patterns && !len; patterns++)
		len = match(s, *patterns);
	return len;
}

/* Most lines are told apart by this. */
static bool may_be_time(struct span s)
{
	return s.len >= sizeof("99:99:99") - 1 &&
	       (isdigit((unsigned char)s.s[0]) || (isupper((unsigned char)s.s[0]) && s.s[3] == ' '));
}

static size_t timestamp(struct span line)
{
	static const char *const times[] = {"9999-99-99T99:99:99", "9999-99-99 99:99:99",
		"9999/99/99 99:99:99", "99-AAA-9999 99:99:99", "AAA 99 99:99:99", "AAA  9 99:99:99",
		"AAA AAA 99 99:99:99 9999", "AAA AAA  9 99:99:99 9999", "AAA AAA 99 99:99:99.999999 9999",
		"99:99:99", NULL};
	static const char *const zones[] = {"Z", "+99:99", "-99:99", "+9999", "-9999", " UTC", NULL};
	bool bracket = span_starts(line, "[");
	struct span s = span_from(line, bracket);
	size_t len = may_be_time(s) ? match_any(s, times) : 0;

	if (!len)
		return 0;
	s = span_from(s, len);
	if (span_starts(s, ".") || span_starts(s, ","))
		for (s = span_from(s, 1); s.len && isdigit((unsigned char)s.s[0]); s = span_from(s, 1))
			;
	s = span_from(s, match_any(s, zones));
	if (bracket && !span_skip(&s, "]"))
		return 0;
	span_skip(&s, ":");
	if (!s.len)
		return line.len;
	return span_skip(&s, " ") || span_skip(&s, "\t") ? line.len - s.len : 0;
}

/* "stderr F " of the container runtimes. */
static size_t container(struct span line)
{
	static const char *const marks[] = {"stderr F ", "stderr P ", "stdout F ", "stdout P ", NULL};

	return match_any(line, marks);
}

/* "[123] ", "[main] ", "[worker-1] ": a number or a name, and something behind it. */
static size_t bracket(struct span line)
{
	size_t i = 1;

	if (!span_starts(line, "["))
		return 0;
	while (i < line.len && i < LABEL_MAX && span_name_char(line.s[i], "-.#/@ "))
		i++;
	return i > 1 && i + 1 < line.len && line.s[i] == ']' && line.s[i + 1] == ' ' ? i + 2 : 0;
}

/* "prog[123]: " and "host prog[123]: ". */
static size_t syslog(struct span line)
{
	const char *open = memchr(line.s, '[', line.len < 2 * LABEL_MAX ? line.len : 2 * LABEL_MAX);
	struct span rest;
	unsigned blanks = 0;
	uint32_t pid;

	if (!open || open == line.s)
		return 0;
	rest = span_from(line, (size_t)(open + 1 - line.s));
	if (!span_take_number(&rest, &pid) || !span_skip(&rest, "]:"))
		return 0;
	for (const char *c = line.s; c < open; c++)
		if (!span_name_char(*c, "-./@:") && (*c != ' ' || blanks++))
			return 0;
	span_skip(&rest, " ");
	return line.len - rest.len;
}

/* "<3>": how a line tells its priority to journald. */
static size_t priority(struct span line)
{
	return match(line, "<9>");
}

/* "web-1  | " of docker compose. */
static size_t compose(struct span line)
{
	const char *bar = memchr(line.s, '|', line.len < LABEL_MAX ? line.len : LABEL_MAX);
	struct span rest;

	if (!bar || bar == line.s || bar[-1] != ' ')
		return 0;
	if (!span_is_name(span_trim(span_until(line, (size_t)(bar - line.s))), "-."))
		return 0;
	rest = span_from(line, (size_t)(bar + 1 - line.s));
	span_skip(&rest, " ");
	return line.len - rest.len;
}

/* "WARNING: [pool www] child 123 said into stderr: "" of php-fpm; a quote ends the line. */
static size_t pool(struct span line)
{
	struct span child, text;

	if (!span_starts(line, "WARNING: [pool ") || !span_split(line, " said into std", &child, &text) ||
		!span_split(text, ": \"", &child, &text))
		return 0;
	return line.len - text.len;
}

/* Removes timestamps, syslog and container prefixes, [pid] and thread from the front; indentation stays. */
static struct span strip(struct span line)
{
	static const prefix_fn prefixes[] = {priority, timestamp, container, bracket, syslog, compose, pool};

	for (unsigned round = 0; round < STRIP_MAX && line.len && line.s[0] != ' ' && line.s[0] != '\t';
		round++) {
		size_t len = 0;
		for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]) && !len; i++)
			len = prefixes[i](line);
		if (!len)
			break;
		bool quoted = line.s[len - 1] == '"';
		line = span_from(line, len);
		if (quoted)
			span_chop(&line, "\"");
	}
	return line;
}

/* The length of the escape sequence at s, at least 1: colours, titles, links. */
static size_t sequence(struct span s)
{
	size_t end = s.len < SEQUENCE_MAX ? s.len : SEQUENCE_MAX;

	if (s.len < 2)
		return 1;
	if (s.s[1] == '[') {
		for (size_t i = 2; i < end; i++)
			if (s.s[i] >= 0x40 && s.s[i] <= 0x7E)
				return i + 1;
	} else if (s.s[1] == ']') {
		for (size_t i = 2; i < end; i++)
			if (s.s[i] == '\a' || (s.s[i] == '\\' && s.s[i - 1] == '\033'))
				return i + 1;
	}
	return 1;
}

static size_t plain(struct span raw, char *out)
{
	size_t len = 0;

	for (size_t i = 0; i < raw.len && len < LINE_SIZE;) {
		if (raw.s[i] == '\033')
			i += sequence(span_from(raw, i));
		else
			out[len++] = raw.s[i++];
	}
	return len;
}

struct wrap {
	struct reader *reader;
	unsigned depth;
};

static void read_wrapped(struct wrap *w, struct span text, bool ended);

/* "[php:error] [pid 1] [client x] text\\nmore" of Apache: what PHP said of several lines is one of its. */
static bool skip_apache(struct span *line)
{
	struct span group;

	static const char *const modules[] = {"[php", "[proxy_fcgi:", NULL};
	if (!span_starts(*line, "[p") || !span_starts_any(*line, modules))
		return false;
	while (span_starts(*line, "[") && span_split(*line, "] ", &group, line))
		;
	span_split(*line, ", referer: ", line, &group);
	if (span_skip(line, "AH01071: Got error '"))
		span_chop(line, "'");
	return true;
}

static void read_plain(struct wrap *w, struct span line, bool whole)
{
	if (line.len > LINE_SIZE)
		line.len = LINE_SIZE;
	while (span_chop(&line, "\r"))
		;
	reader_line(w->reader, line, whole);
}

static void read_escaped(struct wrap *w, struct span text, bool whole)
{
	struct span line;

	while (span_split(text, "\\n", &line, &text))
		read_plain(w, line, true);
	read_plain(w, text, whole);
}

/* What a program said or the stack it told, by the key. */
static bool is_said(struct span key)
{
	static const char *const said[] = {"log", "msg", "message", "MESSAGE", "error", "stack", "stacktrace",
		"stackTrace", "stack_trace", "exc_info", "exception", "traceback", "backtrace", "textPayload",
		NULL};

	for (const char *const *s = said; *s; s++)
		if (span_is(key, *s))
			return true;
	return false;
}

static void read_value(void *context, struct span key, struct span value)
{
	char text[VALUE_SIZE];
	struct wrap *w = context;

	if (!is_said(key))
		return;
	w->depth++;
	read_wrapped(w, (struct span){text, lines_unescape(value, text, sizeof(text))}, true);
	w->depth--;
}

static void read_line(struct wrap *w, struct span raw, bool whole)
{
	char line[LINE_SIZE];
	struct span stripped = strip(raw);

	if (span_starts(stripped, "{\"") && w->depth < WRAP_MAX) {
		reader_object(w->reader, stripped, whole);
		lines_json(stripped, read_value, w);
		return;
	}
	if (skip_apache(&stripped)) {
		read_escaped(w, stripped, whole);
		return;
	}
	if (raw.len && memchr(raw.s, '\033', raw.len))
		stripped = strip((struct span){line, plain(raw, line)});
	read_plain(w, stripped, whole);
}

static void read_wrapped(struct wrap *w, struct span text, bool ended)
{
	while (text.len) {
		const char *newline = memchr(text.s, '\n', text.len);
		size_t len = newline ? (size_t)(newline - text.s) : text.len;

		read_line(w, span_until(text, len), newline || ended);
		text = span_from(text, len + (newline != NULL));
	}
}

void lines_read(struct reader *r, const char *text, size_t len, bool ended)
{
	struct wrap w = {.reader = r};

	if (len)
		read_wrapped(&w, (struct span){text, len}, ended);
	else if (ended)
		reader_line(r, (struct span){"", 0}, true);
}

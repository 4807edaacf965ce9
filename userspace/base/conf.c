/* SPDX-License-Identifier: Apache-2.0 */
/* The reader of configuration files. */
#include "base/conf.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "base/text.h"

struct reader {
	const char *path;
	size_t line;
	size_t section_line; /* 0: before the first one */
	char section[CONF_LINE_MAX + 1];
	struct buf pairs; /* of the section so far: "LINE KEY = VALUE", a line each */
	conf_fn fn;
	void *context;
	struct buf *error;
};

static int refuse(struct reader *r, const char *what, const char *why)
{
	text_escape(r->error, r->path, strlen(r->path));
	buf_printf(r->error, ":%zu: ", r->line);
	text_escape(r->error, what, strlen(what));
	text_escape(r->error, why, strlen(why));
	return -EINVAL;
}

/* Whether the key is called as one that holds a secret itself, not the file of it. */
static bool is_secret(const char *key)
{
	static const char *const words[] = {"password", "passwd", "token", "secret", "dsn"};
	size_t len = strlen(key);

	if (len > 5 && strcmp(key + len - 5, "_file") == 0)
		return false;
	if (len > 4 && strcmp(key + len - 4, "_env") == 0)
		return false;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcasestr(key, words[i]))
			return true;
	return false;
}

/* Messages go to logs, which more people read than the file: a value of a header, what stands before the host
 * of an address, and what should have been in a file of its own, is not in them. */
static void put_pair(struct buf *out, const char *section, const char *key, const char *value)
{
	const char *colon = strchr(value, ':'), *at = strchr(value, '@'), *scheme = strstr(value, "://");
	const char *hidden = scheme && scheme < at ? scheme + 3 : value;

	buf_printf(out, "[%s] %s = ", section, key);
	if (is_secret(key))
		buf_str(out, "***");
	else if (strcmp(key, "header") == 0)
		buf_printf(out, "%.*s%s***", (int)(colon ? colon - value : 0), value, colon ? ": " : "");
	else if (at && colon && colon < at) /* an address without scheme is a mistake, but has it, too */
		buf_printf(out, "%.*s***%s", (int)(hidden - value), value, strrchr(value, '@'));
	else
		buf_str(out, value);
}

static int unreadable(struct buf *error, const char *path, int err)
{
	text_escape(error, path, strlen(path));
	buf_printf(error, ": %s", strerror(-err));
	return err;
}

static int read_whole(const char *path, struct buf *text)
{
	char chunk[16384];
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);

	if (fd < 0)
		return -errno;
	for (;;) {
		ssize_t n = read(fd, chunk, sizeof(chunk));
		if (n < 0)
			return -errno;
		if (!n)
			return 0;
		buf_append(text, chunk, (size_t)n);
		if (text->failed)
			return -EFBIG;
	}
}

/* Cuts white space, a carriage return included, off both ends. */
static char *trim(char *s)
{
	s += strspn(s, " \t\r");
	size_t len = strlen(s);
	while (len && strchr(" \t\r", s[len - 1]))
		len--;
	s[len] = '\0';
	return s;
}

static int parse_pair(struct reader *r, char *line)
{
	char *equals = strchr(line, '=');

	if (!equals)
		return refuse(r, "", "expected key = value");
	*equals = '\0';
	char *key = trim(line), *value = trim(equals + 1);
	if (!*key)
		return refuse(r, "", "expected a key before '='");

	const char *expected = r->fn(r->context, r->section, key, value);
	if (!expected) {
		buf_printf(&r->pairs, "%zu %s = %s\n", r->line, key, value);
		return 0;
	}
	_cleanup_buf_ struct buf pair = {0};
	put_pair(&pair, r->section, key, value);
	buf_str(&pair, ": expected ");
	return refuse(r, buf_text(&pair), expected);
}

/* Whose fault it is that something else is expected at the end of the section: the last key that expected
 * begins with, or the section. Sets the line and appends the name. */
static void blame(struct reader *r, const char *expected, struct buf *what)
{
	size_t len = strcspn(expected, " ");

	r->line = r->section_line;
	buf_printf(what, "[%s]", r->section);
	for (const char *pair = buf_text(&r->pairs); *pair; pair += strcspn(pair, "\n") + 1) {
		char *key;
		size_t line = strtoul(pair, &key, 10);

		key++;
		if (strncmp(key, expected, len) != 0 || key[len] != ' ')
			continue;
		r->line = line;
		buf_reset(what);
		_cleanup_free_ char *own = strndup(key, strcspn(key, "\n"));
		if (own) {
			own[len] = '\0';
			put_pair(what, r->section, own, own + len + strlen(" = "));
		}
	}
	buf_str(what, ": expected ");
}

static int end_section(struct reader *r)
{
	const char *expected = r->section_line ? r->fn(r->context, r->section, NULL, NULL) : NULL;
	_cleanup_buf_ struct buf text = {0};

	if (expected)
		blame(r, expected, &text);
	buf_reset(&r->pairs);
	return expected ? refuse(r, buf_text(&text), expected) : 0;
}

static int parse_line(struct reader *r, char *line)
{
	int err;

	line = trim(line);
	if (!*line || *line == '#' || *line == ';')
		return 0;
	if (*line != '[')
		return parse_pair(r, line);

	char *last = line + strlen(line) - 1;
	if (*last != ']')
		return refuse(r, "", "expected ']' at the end of the section");
	*last = '\0';
	err = end_section(r);
	if (err)
		return err;
	r->section_line = r->line;
	text_copy(r->section, sizeof(r->section), trim(line + 1));
	return *r->section ? 0 : refuse(r, "", "expected a name between '[' and ']'");
}

static int read_lines(struct reader *r, const struct buf *text)
{
	const char *end = buf_text(text) + text->len;
	size_t len;

	for (const char *start = buf_text(text); start < end; start += len + 1) {
		char line[CONF_LINE_MAX + 1];
		const char *newline = memchr(start, '\n', (size_t)(end - start));
		len = (size_t)((newline ? newline : end) - start);
		r->line++;
		if (len > CONF_LINE_MAX)
			return refuse(r, "", "the line is too long");
		if (memchr(start, '\0', len))
			return refuse(r, "", "the line holds a NUL byte");
		memcpy(line, start, len);
		line[len] = '\0';
		int err = parse_line(r, line);
		if (err)
			return err;
	}
	return end_section(r);
}

int conf_read(const char *path, conf_fn fn, void *context, struct buf *error)
{
	_cleanup_buf_ struct buf text = {.max = CONF_FILE_MAX};
	struct reader r = {.path = path, .fn = fn, .context = context, .error = error};

	buf_reset(error);
	int err = read_whole(path, &text);
	if (err)
		return unreadable(error, path, err);
	err = read_lines(&r, &text);
	buf_free(&r.pairs);
	return err;
}

static int is_conf(const struct dirent *entry)
{
	size_t len = strlen(entry->d_name);

	return entry->d_name[0] != '.' && len > 5 && !strcmp(entry->d_name + len - 5, ".conf");
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

int conf_read_all(const char *path, const char *dir, conf_fn fn, void *context, struct buf *error)
{
	_cleanup_free_ struct dirent **entries = NULL;
	int first = conf_read(path, fn, context, error);
	int err = 0;

	if (first && first != -ENOENT)
		return first;
	buf_reset(error);
	int count = scandir(dir, &entries, is_conf, by_name);
	if (count < 0 && errno != ENOENT)
		return unreadable(error, dir, -errno);
	for (int i = 0; i < count; i++) {
		_cleanup_buf_ struct buf file = {0};
		buf_printf(&file, "%s/%s", dir, entries[i]->d_name);
		if (!err)
			err = conf_read(buf_text(&file), fn, context, error);
		if (err == -ENOENT) /* removed meanwhile */
			err = 0;
		free(entries[i]);
	}
	return err ? err : first;
}

int conf_parse_bool(const char *value, int *ret)
{
	static const char *const words[][2] = {{"no", "yes"}, {"false", "true"}, {"off", "on"}, {"0", "1"}};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		for (int truth = 0; truth < 2; truth++)
			if (!strcasecmp(value, words[i][truth])) {
				*ret = truth;
				return 0;
			}
	return -EINVAL;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Configuration files, good and bad. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/conf.h"

struct folder {
	char path[64];
	char file[128];
	char dir[128];
	struct buf seen; /* "section|key|value;" of each call */
	struct buf error;
};

static const char *collect(void *context, const char *section, const char *key, const char *value)
{
	struct folder *f = context;

	if (!strcmp(section, "unknown"))
		return "the section store or sink NAME";
	if (!key)
		return !strcmp(section, "incomplete") ? "the key url"
		       : !strcmp(section, "late")     ? "mode = an octal mode"
						      : NULL;
	if (!strcmp(key, "bad") || !strcmp(section, "wrong"))
		return "a size like 64M";
	buf_printf(&f->seen, "%s|%s|%s;", section, key, value);
	return NULL;
}

static int setup(void **state)
{
	struct folder *f = calloc(1, sizeof(*f));

	strcpy(f->path, "/tmp/lastwords-conf-XXXXXX");
	if (!mkdtemp(f->path))
		return -1;
	snprintf(f->file, sizeof(f->file), "%s/a.conf", f->path);
	snprintf(f->dir, sizeof(f->dir), "%s/conf.d", f->path);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct folder *f = *state;
	char command[160];

	snprintf(command, sizeof(command), "rm -rf '%s'", f->path);
	buf_free(&f->seen);
	buf_free(&f->error);
	int status = system(command);
	free(f);
	return status;
}

static void write_file(const char *path, const char *bytes, size_t len)
{
	_cleanup_fclose_ FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, len, file), len);
}

static int read_bytes(struct folder *f, const char *bytes, size_t len)
{
	buf_reset(&f->seen);
	write_file(f->file, bytes, len);
	return conf_read(f->file, collect, f, &f->error);
}

/* bytes must be refused with FILE:expected, after the calls seen. */
static void assert_refused(
	struct folder *f, const char *bytes, size_t len, const char *expected, const char *seen)
{
	_cleanup_buf_ struct buf whole = {0};

	buf_printf(&whole, "%s:%s", f->file, expected);
	assert_int_equal(read_bytes(f, bytes, len), -EINVAL);
	assert_string_equal(buf_text(&f->error), buf_text(&whole));
	assert_string_equal(buf_text(&f->seen), seen);
}

#define assert_refusal(f, bytes, expected, seen) assert_refused(f, bytes, sizeof(bytes) - 1, expected, seen)

static void assert_read(struct folder *f, const char *text, const char *seen)
{
	assert_int_equal(read_bytes(f, text, strlen(text)), 0);
	assert_string_equal(buf_text(&f->seen), seen);
	assert_string_equal(buf_text(&f->error), "");
}

static void lines_are_read(void **state)
{
	assert_read(*state, "", "");
	assert_read(*state, "\n\n# c\n ; c = d\n", "");
	assert_read(*state,
		"a = 1\n[store]\n  key=v = w # x  \n\tempty =\n[ sink  web hook ]\nurl = http://h/?a=b;c",
		"|a|1;store|key|v = w # x;store|empty|;sink  web hook|url|http://h/?a=b;c;");
	assert_read(*state, "[s]\r\na = b\r\n\r\n# c\r\nc = d\r", "s|a|b;s|c|d;"); /* CRLF */
	assert_read(*state, "a=b", "|a|b;");                                       /* no newline at the end */
}

static void errors_name_file_and_line(void **state)
{
	struct folder *f = *state;

	assert_refusal(f, "[s]\na = 1\nno equals\nb = 2\n", "3: expected key = value", "s|a|1;");
	assert_refusal(f, "\n = 1\n", "2: expected a key before '='", "");
	assert_refusal(f, "[s\n", "1: expected ']' at the end of the section", "");
	assert_refusal(f, "[s] # c\n", "1: expected ']' at the end of the section", "");
	assert_refusal(f, "[", "1: expected ']' at the end of the section", "");
	assert_refusal(f, "[ ]\n", "1: expected a name between '[' and ']'", "");
	assert_refusal(f, "a=1\nb=\0 2\n", "2: the line holds a NUL byte", "|a|1;");
	assert_refusal(f, "a=1\n[s]\nbad = lots", "3: [s] bad = lots: expected a size like 64M", "|a|1;");
	assert_refusal(
		f, "[unknown]\nx = y\n", "2: [unknown] x = y: expected the section store or sink NAME", "");
	assert_refusal(f, "[s]\n\n[incomplete]\nx = y\n[t]\n", "3: [incomplete]: expected the key url",
		"incomplete|x|y;");
	assert_refusal(f, "[incomplete]", "1: [incomplete]: expected the key url", "");
	assert_refusal(f, "mode = 1\n[late]\nmode=7\n\n mode = rw \nmodes = 1\n[t]\n",
		"5: [late] mode = rw: expected mode = an octal mode",
		"|mode|1;late|mode|7;late|mode|rw;late|modes|1;");
	assert_refusal(f, "[late]\nmod = 1\n", "1: [late]: expected mode = an octal mode", "late|mod|1;");
	assert_refusal(f, "[s]\nbad = \x1B[2J\n", "2: [s] bad = \\x1b[2J: expected a size like 64M", "");
}

static void an_error_of_before_is_forgotten(void **state)
{
	struct folder *f = *state;

	assert_refusal(f, "x", "1: expected key = value", "");
	assert_refusal(f, "y", "1: expected key = value", "");
	assert_read(f, "a=b", "|a|b;");
}

static void lines_are_bounded(void **state)
{
	struct folder *f = *state;
	char bytes[CONF_LINE_MAX + 3];

	memset(bytes, 'v', sizeof(bytes));
	memcpy(bytes, "k=", 2);
	bytes[CONF_LINE_MAX] = '\n';
	assert_int_equal(read_bytes(f, bytes, CONF_LINE_MAX + 1), 0);
	assert_int_equal(f->seen.len, strlen("|k|;") + CONF_LINE_MAX - 2);
	bytes[CONF_LINE_MAX] = 'v';
	assert_refused(f, bytes, CONF_LINE_MAX + 1, "1: the line is too long", "");
	bytes[0] = '#'; /* a comment too */
	bytes[CONF_LINE_MAX + 1] = '\n';
	assert_refused(f, bytes, CONF_LINE_MAX + 2, "1: the line is too long", "");
}

static void files_are_bounded(void **state)
{
	struct folder *f = *state;
	_cleanup_free_ char *bytes = malloc(CONF_FILE_MAX + 1);

	memset(bytes, '\n', CONF_FILE_MAX + 1);
	assert_int_equal(read_bytes(f, bytes, CONF_FILE_MAX), 0);
	assert_int_equal(read_bytes(f, bytes, CONF_FILE_MAX + 1), -EFBIG);
	assert_non_null(strstr(buf_text(&f->error), "/a.conf: File too large"));
}

static void unreadable_files_say_why(void **state)
{
	struct folder *f = *state;

	assert_int_equal(conf_read(f->file, collect, f, &f->error), -ENOENT);
	assert_int_equal(conf_read(f->path, collect, f, &f->error), -EISDIR);
	assert_non_null(strstr(buf_text(&f->error), ": Is a directory"));
}

static void write_in_dir(struct folder *f, const char *name, const char *text)
{
	_cleanup_buf_ struct buf path = {0};

	buf_printf(&path, "%s/%s", f->dir, name);
	write_file(buf_text(&path), text, strlen(text));
}

static void a_folder_is_read_in_order(void **state)
{
	struct folder *f = *state;

	write_file(f->file, "[m]\na=main\n", 11);
	assert_int_equal(conf_read_all(f->file, f->dir, collect, f, &f->error), 0);
	assert_string_equal(buf_text(&f->seen), "m|a|main;");

	assert_int_equal(mkdir(f->dir, 0700), 0);
	write_in_dir(f, "20-b.conf", "b=2");
	write_in_dir(f, "10-z.conf", "z=1");
	write_in_dir(f, "B.conf", "c=3");
	write_in_dir(f, ".hidden.conf", "no");
	write_in_dir(f, "30.conf.bak", "no");
	write_in_dir(f, ".conf", "no");
	buf_reset(&f->seen);
	assert_int_equal(conf_read_all(f->file, f->dir, collect, f, &f->error), 0);
	assert_string_equal(
		buf_text(&f->seen), "m|a|main;|z|1;|b|2;|c|3;"); /* a section ends with its file */

	unlink(f->file);
	buf_reset(&f->seen);
	assert_int_equal(conf_read_all(f->file, f->dir, collect, f, &f->error), -ENOENT);
	assert_string_equal(buf_text(&f->seen), "|z|1;|b|2;|c|3;");
	assert_string_equal(buf_text(&f->error), "");

	write_in_dir(f, "15.conf", "\nbroken");
	buf_reset(&f->seen);
	assert_int_equal(conf_read_all(f->file, f->dir, collect, f, &f->error), -EINVAL);
	assert_string_equal(buf_text(&f->seen), "|z|1;");
	assert_non_null(strstr(buf_text(&f->error), "/conf.d/15.conf:2: expected key = value"));
}

static void booleans(void **state)
{
	static const char *const yes[] = {"yes", "true", "on", "1", "Yes", "TRUE"};
	static const char *const no[] = {"no", "false", "off", "0", "OFF"};
	static const char *const bad[] = {"", "y", "2", "yes ", "nope"};
	int value;

	(void)state;
	for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++) {
		value = 7;
		assert_int_equal(conf_parse_bool(yes[i], &value), 0);
		assert_int_equal(value, 1);
	}
	for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++) {
		value = 7;
		assert_int_equal(conf_parse_bool(no[i], &value), 0);
		assert_int_equal(value, 0);
	}
	value = 7;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(conf_parse_bool(bad[i], &value), -EINVAL);
	assert_int_equal(value, 7);
}

#define test(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

/* A password in the place of its file is a mistake that is told, in a log that more people read. */
static void secrets_are_not_told(void **state)
{
	static const char *const cases[][2] = {
		{"password = hunter2", "password = ***"},
		{"Token=abc", "Token = ***"},
		{"api_secret = x y", "api_secret = ***"},
		{"dsn = https://key@h/1", "dsn = ***"},
		{"header = X-Key: abc", "header = X-Key: ***"},
		{"header = abc", "header = ***"},
		{"url = https://me:pw@h:1/p?a@b", "url = https://***@b"},
		{"proxy = http://me@h", "proxy = http://***@h"},
		{"url = https://me:p/w@d@h", "url = https://***@h"},
		{"url = me:pw@h:9200", "url = ***@h:9200"},
		{"servers = me:p@w@h, h", "servers = ***@h, h"},
		{"url = me:pw@h://x", "url = ***@h://x"},
		{"url = https://h/a", "url = https://h/a"},
		{"password_file = /a", "password_file = /a"},
		{"token_env = TOKEN", "token_env = TOKEN"},
		{"kinds = a@b", "kinds = a@b"},
	};
	struct folder *f = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[128], expected[128];

		snprintf(text, sizeof(text), "[wrong]\n%s\n", cases[i][0]);
		snprintf(expected, sizeof(expected), "2: [wrong] %s: expected a size like 64M", cases[i][1]);
		assert_refused(f, text, strlen(text), expected, "");
	}
	assert_refusal(f, "[late]\nmode = ://a@\n", "2: [late] mode = ://***@: expected mode = an octal mode",
		"late|mode|://a@;");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(lines_are_read),
		test(errors_name_file_and_line),
		test(an_error_of_before_is_forgotten),
		test(lines_are_bounded),
		test(files_are_bounded),
		test(unreadable_files_say_why),
		test(a_folder_is_read_in_order),
		test(secrets_are_not_told),
		cmocka_unit_test(booleans),
	};

	return cmocka_run_group_tests_name("base_conf", tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Events as text: lines and pages against tests/golden, and what hostile or broken bodies do to them. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "model/event.h"
#include "report/report.h"

#define LINES "tests/golden/event_lines"
/* Escape sequences, C0, DEL, C1, bidirectional controls; then bytes that are no UTF-8. */
#define HOSTILE     "\033[31m\033]0;owned\007\r\n\t\b\x7f\xc2\x9b\xe2\x80\xae\xe2\x81\xa6\\"
#define HOSTILE_RAW HOSTILE "\xff\xc0\x80"

typedef void (*report_fn)(const char *body, bool colour, struct buf *out);

static void read_file(const char *path, struct buf *out)
{
	_cleanup_fclose_ FILE *file = fopen(path, "r");
	char chunk[4096];
	size_t n;

	if (!file)
		fail_msg("%s is missing", path);
	while ((n = fread(chunk, 1, sizeof(chunk), file)) > 0)
		buf_append(out, chunk, n);
}

/* An event of tests/golden/event_KIND.json, behind the kinds the one with all evidence; to be freed. */
static json_t *golden_event(unsigned kind)
{
	_cleanup_buf_ struct buf path = {0};
	json_t *root;

	buf_printf(&path, "tests/golden/event_%s.json",
		kind < EVENT_KINDS ? event_kind_name(kind) : "certificate");
	root = json_load_file(buf_text(&path), 0, NULL);
	assert_non_null(root);
	return root;
}

/* Nothing of the text may steer a terminal: printable UTF-8 and newlines only. */
static void assert_clean(const struct buf *text)
{
	size_t used;

	assert_false(text->failed);
	assert_true(text->len > 0 && text->data[text->len - 1] == '\n');
	for (size_t i = 0; i < text->len; i += used) {
		uint32_t code;

		used = text_utf8_next(text->data + i, text->len - i, &code);
		if (code == '\n')
			continue;
		if ((used == 1 && code == 0xFFFD) || text_is_control(code))
			fail_msg("raw byte %#x in %s", (unsigned char)text->data[i], text->data);
	}
}

static void assert_one_line(const struct buf *text)
{
	assert_clean(text);
	assert_ptr_equal(strchr(text->data, '\n'), text->data + text->len - 1);
}

static void test_lines(void **state)
{
	_cleanup_buf_ struct buf bodies = {0}, expected = {0}, actual = {0};
	char *save = NULL;

	(void)state;
	read_file(LINES ".jsonl", &bodies);
	read_file(LINES ".txt", &expected);
	for (char *body = strtok_r(bodies.data, "\n", &save); body; body = strtok_r(NULL, "\n", &save))
		report_event_line(body, false, &actual);
	assert_string_equal(buf_text(&actual), buf_text(&expected));
}

static void test_pages(void **state)
{
	(void)state;
	for (unsigned kind = 0; kind < EVENT_KINDS; kind++) {
		_cleanup_buf_ struct buf path = {0}, expected = {0}, actual = {0};
		json_t *event = golden_event(kind);
		_cleanup_free_ char *body = json_dumps(event, JSON_COMPACT);

		buf_printf(&path, "tests/golden/page_%s.txt", event_kind_name(kind));
		read_file(buf_text(&path), &expected);
		report_event_page(body, false, &actual);
		assert_string_equal(buf_text(&actual), buf_text(&expected));
		json_decref(event);
	}
}

/* All the evidence a death can have; frames of libraries are dimmed where there is colour. */
static void test_certificate(void **state)
{
	_cleanup_buf_ struct buf expected = {0}, actual = {0}, coloured = {0};
	json_t *event = json_load_file("tests/golden/event_certificate.json", 0, NULL);
	_cleanup_free_ char *body = json_dumps(event, JSON_COMPACT);

	(void)state;
	assert_non_null(body);
	read_file("tests/golden/page_certificate.txt", &expected);
	report_event_page(body, false, &actual);
	assert_string_equal(buf_text(&actual), buf_text(&expected));
	assert_clean(&actual);
	report_event_page(body, true, &coloured);
	assert_non_null(
		strstr(coloured.data, "\033[2m#0 abort (/usr/lib/x86_64-linux-gnu/libc.so.6)\033[0m\n"));
	assert_non_null(strstr(coloured.data, "  #1 pay pay.c:12 (/srv/app/worker) inlined\n"));
	json_decref(event);
}

static void test_every_kind_is_known(void **state)
{
	(void)state;
	for (unsigned kind = 0; kind < EVENT_KINDS; kind++) {
		_cleanup_buf_ struct buf body = {0}, line = {0};

		buf_printf(&body, "{\"kind\":\"%s\"}", event_kind_name(kind));
		report_event_line(buf_text(&body), false, &line);
		assert_one_line(&line);
		assert_null(strstr(buf_text(&line), "does not know"));
	}
}

static void test_colour(void **state)
{
	static const char body[] = "{\"kind\":\"crash\",\"service\":{\"name\":\"\\u001b[5mx\"}}";
	_cleanup_buf_ struct buf line = {0}, plain = {0};

	(void)state;
	report_event_line(body, true, &line);
	report_event_line(body, false, &plain);
	assert_non_null(strstr(line.data, "\033[1;31mcrash\033[0m            \\x1b[5mx"));
	assert_null(strchr(plain.data, '\033'));
	assert_non_null(strstr(plain.data, "  crash            \\x1b[5mx"));
}

static void poison(json_t *value)
{
	const char *key;
	json_t *item;
	size_t i;

	json_object_foreach(value, key, item)
	{
		/* Without its kind an event would say little; the list of kinds is tested above. */
		if (json_is_string(item) && strcmp(key, "kind") != 0)
			json_object_set_new(value, key, json_string(HOSTILE));
		else
			poison(item);
	}
	json_array_foreach(value, i, item)
	{
		if (json_is_string(item))
			json_array_set_new(value, i, json_string(HOSTILE));
		else
			poison(item);
	}
}

static void test_hostile_texts(void **state)
{
	(void)state;
	for (unsigned kind = 0; kind <= EVENT_KINDS; kind++) {
		_cleanup_buf_ struct buf line = {0}, page = {0};
		json_t *event = golden_event(kind);
		_cleanup_free_ char *body = NULL;

		poison(event);
		body = json_dumps(event, JSON_COMPACT);
		assert_non_null(body);
		report_event_line(body, false, &line);
		report_event_page(body, false, &page);
		assert_one_line(&line);
		assert_clean(&page);
		json_decref(event);
	}
}

static void test_hostile_event(void **state)
{
	struct event event = {.kind = EVENT_KILL, .time = 1};
	_cleanup_buf_ struct buf body = {0}, line = {0}, page = {0};

	(void)state;
	text_copy(event.id, sizeof(event.id), HOSTILE_RAW);
	text_copy(event.host.name, sizeof(event.host.name), HOSTILE_RAW);
	text_copy(event.service.name, sizeof(event.service.name), HOSTILE_RAW);
	text_copy(event.service.unit, sizeof(event.service.unit), HOSTILE_RAW);
	text_copy(event.service.cgroup, sizeof(event.service.cgroup), HOSTILE_RAW);
	event.process.key.pid = 7;
	text_copy(event.process.comm, sizeof(event.process.comm), HOSTILE_RAW);
	text_copy(event.process.exe, sizeof(event.process.exe), HOSTILE_RAW);
	text_copy(event.process.args, sizeof(event.process.args), HOSTILE_RAW);
	event.process.args_len = sizeof(HOSTILE_RAW);
	event.death.killer.known = true;
	event.death.killer.key.pid = 8;
	event.death.killer.kin_count = 1;
	text_copy(event.death.killer.comm, sizeof(event.death.killer.comm), HOSTILE_RAW);
	text_copy(event.death.killer.exe, sizeof(event.death.killer.exe), HOSTILE_RAW);
	text_copy(event.death.killer.kin[0].comm, sizeof(event.death.killer.kin[0].comm), HOSTILE_RAW);
	event_json(&event, &body);
	report_event_line(buf_text(&body), false, &line);
	report_event_page(buf_text(&body), false, &page);
	assert_one_line(&line);
	assert_non_null(strstr(line.data, "\\x1b[31m"));
	assert_clean(&page);
	assert_non_null(strstr(page.data, "\nexecutable        \\x1b[31m"));
}

static void test_raw_bytes(void **state)
{
	_cleanup_buf_ struct buf text = {0};

	(void)state;
	report_event_line(HOSTILE_RAW, false, &text);
	assert_one_line(&text);
	buf_reset(&text);
	report_event_page("{\"id\":\"" HOSTILE_RAW "\"}", false, &text);
	assert_one_line(&text);
	buf_reset(&text);
	report_event_line("", false, &text);
	assert_one_line(&text);
}

static void test_long_texts_are_cut(void **state)
{
	_cleanup_buf_ struct buf body = {0}, line = {0};

	(void)state;
	buf_str(&body, "{\"kind\":\"crash\",\"signal\":{\"name\":\"");
	for (int i = 0; i < 100000; i++)
		buf_str(&body, "é");
	buf_str(&body, "\"}}");
	report_event_line(buf_text(&body), false, &line);
	assert_one_line(&line);
	assert_in_range(line.len, 200, 300);
	assert_non_null(strstr(line.data, "é…"));
}

static void test_deep_nesting(void **state)
{
	_cleanup_buf_ struct buf body = {0}, line = {0};

	(void)state;
	for (int i = 0; i < 100000; i++)
		buf_str(&body, "{\"a\":[");
	report_event_line(buf_text(&body), false, &line);
	assert_one_line(&line);
}

/* Cut anywhere, and with bytes changed: always one clean line, and a clean page. */
static void mangle(const char *body, uint64_t *seed)
{
	size_t len = strlen(body);
	_cleanup_free_ char *copy = malloc(len + 1);

	for (size_t i = 0; i < 2 * len; i++) {
		_cleanup_buf_ struct buf line = {0}, page = {0};

		memcpy(copy, body, len + 1);
		if (i < len) {
			copy[i] = '\0';
		} else {
			*seed = *seed * 6364136223846793005u + 1442695040888963407u;
			copy[i - len] = (char)(*seed >> 56);
		}
		report_event_line(copy, false, &line);
		report_event_page(copy, false, &page);
		assert_one_line(&line);
		assert_clean(&page);
	}
}

static void test_mangled_bodies(void **state)
{
	uint64_t seed = 1;

	(void)state;
	for (unsigned kind = 0; kind <= EVENT_KINDS; kind++) {
		json_t *event = golden_event(kind);
		_cleanup_free_ char *body = json_dumps(event, JSON_COMPACT);

		mangle(body, &seed);
		json_decref(event);
	}
}

static void test_sizes(void **state)
{
	static const struct {
		const char *bytes, *text;
	} cases[] = {
		{"0", " 0 B "},
		{"1023", " 1023 B "},
		{"1024", " 1.0 KiB "},
		{"1048575", " 1.0 MiB "},
		{"33550336", " 32.0 MiB "},
		{"1073741824", " 1.0 GiB "},
		{"18446744073709551615", " 16.0 EiB "},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		_cleanup_buf_ struct buf body = {0}, line = {0};

		buf_printf(&body, "{\"kind\":\"oom_kill\",\"oom\":{\"limit\":%s}}", cases[i].bytes);
		report_event_line(buf_text(&body), false, &line);
		if (!strstr(buf_text(&line), cases[i].text))
			fail_msg("%s became %s", cases[i].bytes, buf_text(&line));
	}
}

static void test_durations(void **state)
{
	static const struct {
		const char *seconds, *text;
	} cases[] = {
		{"0.00025", "0.00025 s"},
		{"59.9", "59.9 s"},
		{"60", "1 min 0 s"},
		{"7385.5", "2 h 3 min"},
		{"93784", "1 d 2 h"},
		{"-5", "-5 s"},
		{"1e300", "1e+300 s"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		_cleanup_buf_ struct buf body = {0}, page = {0};

		buf_printf(&body, "{\"kind\":\"gap\",\"interval\":%s}", cases[i].seconds);
		report_event_page(buf_text(&body), false, &page);
		if (!strstr(buf_text(&page), cases[i].text))
			fail_msg("%s became %s", cases[i].seconds, buf_text(&page));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_pages),
		cmocka_unit_test(test_certificate),
		cmocka_unit_test(test_every_kind_is_known),
		cmocka_unit_test(test_colour),
		cmocka_unit_test(test_hostile_texts),
		cmocka_unit_test(test_hostile_event),
		cmocka_unit_test(test_raw_bytes),
		cmocka_unit_test(test_long_texts_are_cut),
		cmocka_unit_test(test_deep_nesting),
		cmocka_unit_test(test_mangled_bodies),
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_durations),
	};

	return cmocka_run_group_tests_name("report_text", tests, NULL, NULL);
}

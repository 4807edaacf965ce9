/* SPDX-License-Identifier: Apache-2.0 */
/* Severities: of each kind, as docs/EVENTS.md has them, and of what is no event. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "model/event.h"
#include "model/severity.h"

static int judge(const char *json, struct severity *ret)
{
	json_t *object = json_loads(json, 0, NULL);
	int r = model_severity(object, ret);

	json_decref(object);
	return r;
}

static struct severity severity(const char *json)
{
	struct severity s;

	assert_int_equal(judge(json, &s), 0);
	return s;
}

static struct severity severity_of_kind(const char *kind)
{
	char json[64];

	snprintf(json, sizeof(json), "{\"kind\":\"%s\"}", kind);
	return severity(json);
}

static void read_file(const char *path, struct buf *out)
{
	FILE *file = fopen(path, "re");
	char part[4096];
	size_t len;

	assert_non_null(file);
	while ((len = fread(part, 1, sizeof(part), file)) > 0)
		buf_append(out, part, len);
	fclose(file);
	buf_char(out, '\0');
	assert_false(out->failed);
}

static void assert_row(const struct buf *document, const char *kind)
{
	const struct severity s = severity_of_kind(kind);
	_cleanup_buf_ struct buf row = {0};

	buf_printf(&row, "\n| `%s` | `%s` | %u `%s` | %u | `%s` | %u | `%s` | `%s` |\n", kind, s.event_name,
		s.otel, s.otel_text, s.syslog, s.sentry, s.ecs, s.log_level, s.message_id);
	if (!strstr(document->data, buf_text(&row)))
		fail_msg("docs/EVENTS.md has not the row%s", buf_text(&row));
}

static void the_document_has_each_kind(void **state)
{
	_cleanup_buf_ struct buf document = {0};

	(void)state;
	read_file("docs/EVENTS.md", &document);
	for (enum event_kind kind = 0; kind < EVENT_KINDS; kind++)
		assert_row(&document, event_kind_name(kind));
	assert_row(&document, "issue");
	assert_row(&document, "incident");
}

static void names_are_of_the_kind(void **state)
{
	(void)state;
	for (enum event_kind a = 0; a < EVENT_KINDS; a++) {
		const struct severity s = severity_of_kind(event_kind_name(a));

		assert_int_equal(strncmp(s.event_name, "lastwords.", 10), 0);
		assert_string_equal(s.event_name + 10, event_kind_name(a));
		assert_int_equal(strlen(s.message_id), 32);
		assert_int_equal(strspn(s.message_id, "0123456789abcdef"), 32);
		for (enum event_kind b = 0; b < a; b++)
			assert_string_not_equal(
				s.message_id, severity_of_kind(event_kind_name(b)).message_id);
	}
}

static void some_hang_on_more_than_the_kind(void **state)
{
	static const struct {
		const char *json;
		const char *text;
	} cases[] = {
		{"{\"kind\":\"kill\",\"killer\":{\"class\":\"operator\"}}", "ERROR"},
		{"{\"kind\":\"kill\",\"killer\":{\"class\":\"unknown\"}}", "ERROR"},
		{"{\"kind\":\"kill\",\"killer\":{\"class\":\"userspace_oom\"},\"signal\":{\"name\":"
		 "\"SIGTERM\"}}",
			"FATAL"},
		{"{\"kind\":\"kill\",\"signal\":{\"name\":\"SIGTERM\"},\"killer\":{\"pid\":1,\"class\":"
		 "\"supervisor\"}}",
			"INFO"},
		{"{\"killer\":{\"class\":\"supervisor\"},\"signal\":{\"number\":9,\"name\":\"SIGKILL\"},"
		 "\"kind\":\"kill\"}",
			"ERROR"},
		{"{\"kind\":\"kill\",\"signal\":{\"name\":\"SIGABRT\"},\"killer\":{\"class\":\"supervisor\"}"
		 "}",
			"ERROR"},
		{"{\"kind\":\"kill\",\"signal\":{\"name\":\"SIGKILL\"},\"killer\":{\"class\":\"parent\"}}",
			"WARN"},
		{"{\"kind\":\"crash\",\"killer\":{\"class\":\"supervisor\"}}", "FATAL"},
		{"{\"kind\":\"tcp_reset\",\"state\":\"closed\"}", "WARN"},
		{"{\"kind\":\"issue\",\"state\":\"new\"}", "WARN"},
		{"{\"kind\":\"issue\",\"state\":\"regressed\"}", "ERROR"},
		{"{\"kind\":\"issue\",\"state\":\"resolved\"}", "INFO"},
		{"{\"kind\":\"incident\",\"state\":\"open\"}", "ERROR"},
		{"{\"kind\":\"incident\",\"state\":\"closed\"}", "INFO"},
		/* Other types than the schema's say nothing. */
		{"{\"kind\":\"kill\",\"killer\":[\"class\"],\"signal\":7}", "ERROR"},
		{"{\"kind\":\"kill\",\"killer\":{\"class\":{\"class\":\"parent\"}}}", "ERROR"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_string_equal(severity(cases[i].json).otel_text, cases[i].text);
}

/* As what has ended was, for those who choose by severity. */
static void an_end_counts_as_what_it_ends(void **state)
{
	static const struct {
		const char *json;
		unsigned otel, open;
	} cases[] = {
		{"{\"kind\":\"incident\",\"state\":\"open\"}", 17, 17},
		{"{\"kind\":\"incident\",\"state\":\"closed\"}", 9, 17},
		{"{\"kind\":\"issue\",\"state\":\"regressed\"}", 17, 17},
		{"{\"kind\":\"issue\",\"state\":\"resolved\"}", 9, 13},
		{"{\"kind\":\"issue\",\"state\":\"resolved\",\"state_before\":\"ongoing\"}", 9, 13},
		{"{\"kind\":\"issue\",\"state\":\"resolved\",\"state_before\":\"regressed\"}", 9, 17},
		{"{\"kind\":\"issue\",\"state\":\"ignored\",\"state_before\":\"regressed\"}", 9, 17},
		{"{\"kind\":\"issue\",\"state\":\"merged\",\"state_before\":\"regressed\"}", 9, 17},
		{"{\"kind\":\"issue\",\"state\":\"merged\",\"state_before\":[7]}", 9, 13},
		{"{\"kind\":\"kill\",\"killer\":{\"class\":\"supervisor\"}}", 9, 9},
		{"{\"kind\":\"crash\"}", 21, 21},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		assert_int_equal(severity(cases[i].json).otel, cases[i].otel);
		assert_int_equal(severity(cases[i].json).otel_open, cases[i].open);
	}
}

static void what_is_no_event(void **state)
{
	static const struct {
		const char *json;
		int result;
	} cases[] = {
		{"", -EINVAL},
		{"[]", -EINVAL},
		{"\"crash\"", -EINVAL},
		{"{}", -EINVAL},
		{"{\"kind\":\"crash\"", -EINVAL},
		{"{\"kind\":\"crash\"} {}", -EINVAL},
		{"{\"kind\":7}", -EINVAL},
		{"{\"kind\":[\"crash\"]}", -EINVAL},
		{"{\"process\":{\"kind\":\"crash\"}}", -EINVAL},
		{"{\"kind\":\"meteorite\"}", -ENOTSUP},
		{"{\"kind\":\"crash_of_a_much_longer_name_than_fits\"}", -ENOTSUP},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct severity s = {.otel = 1};

		assert_int_equal(judge(cases[i].json, &s), cases[i].result);
		assert_int_equal(s.otel, 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_document_has_each_kind),
		cmocka_unit_test(names_are_of_the_kind),
		cmocka_unit_test(some_hang_on_more_than_the_kind),
		cmocka_unit_test(an_end_counts_as_what_it_ends),
		cmocka_unit_test(what_is_no_event),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

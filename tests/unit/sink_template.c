/* SPDX-License-Identifier: Apache-2.0 */
/* Templates: what comes out is JSON, whatever the event holds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "sink/template.h"

#define EVENT                                                                                                \
	"{\"kind\":\"crash\",\"process\":{\"pid\":42,\"comm\":\"a\\\"b\\\\\\n\\u0000c\"},\"dumped\":true,"   \
	"\"age\":0.5,\"none\":null,\"frames\":[{\"f\":\"main\"},{\"f\":\"{{kind}}\"}]}"

static void fill(const char *text, struct buf *out)
{
	struct sink_item item = {.id = "ID-1",
		.service = "cart",
		.body = EVENT,
		.len = strlen(EVENT),
		.object = json_loads(EVENT, JSON_ALLOW_NUL, NULL),
		.severity.log_level = "fatal"};
	struct pattern *pattern;

	buf_reset(out);
	assert_int_equal(template_new(&pattern, text, out), 0);
	template_fill(pattern, &item, "web-1", out);
	template_free(pattern);
	json_decref(item.object);
}

static void test_places(void **state)
{
	static const struct {
		const char *text;
		const char *filled;
	} cases[] = {
		{"{\"a\": {{process.pid}}, \"b\": \"pid {{ process.pid }}!\"}",
			"{\"a\":42,\"b\":\"pid 42!\"}"},
		{"[{{process.comm}}, \"{{process.comm}}\"]",
			"[\"a\\\"b\\\\\\n\\u0000c\",\"a\\\"b\\\\\\n\\u0000c\"]"},
		{"[{{dumped}}, {{age}}, {{none}}, {{no.such}}]", "[true,0.5,null,null]"},
		{"[\"{{dumped}} {{age}} {{none}}{{no.such}}\"]", "[\"true 0.5 \"]"},
		{"[{{frames.0}}, {{frames.1.f}}, {{frames.2}}, {{frames.x}}, {{kind.x}}]",
			"[{\"f\":\"main\"},\"{{kind}}\",null,null,null]"},
		{"[\"{{frames.0}}\"]", "[\"{\\\"f\\\":\\\"main\\\"}\"]"},
		{"[{{@id}}, \"{{@service}}/{{@host}}\", {{@severity}}]",
			"[\"ID-1\",\"cart/web-1\",\"fatal\"]"},
		{"{{@event}}", EVENT},
		{"{\n\t\"a  b\" : \"\\\"{{kind}}\\\\\" ,\r\n \"c\":{\"d\":{\"e\":1}}}\n",
			"{\"a  b\":\"\\\"crash\\\\\",\"c\":{\"d\":{\"e\":1}}}"},
		{"{{{kind}}: 1}", NULL}, /* a key may be a place, but "{{{" is not told apart */
	};
	_cleanup_buf_ struct buf out = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct pattern *pattern;

		if (!cases[i].filled) {
			assert_int_equal(template_new(&pattern, cases[i].text, &out), -EINVAL);
			continue;
		}
		fill(cases[i].text, &out);
		assert_string_equal(buf_text(&out), cases[i].filled);
	}
}

static void test_wrong(void **state)
{
	static const char *const texts[] = {"", "x", "{", "{\"a\":}", "{\"a\":{{}}}", "{\"a\":{{a b}}}",
		"{\"a\":{{a}", "{\"a\":{{a", "{\"a\":\"{{a}}}", "[{{@name}}]", "[{{a|b}}]",
		"{\"a\":1,\"a\":2}", "[{{a}}{{b}}]", "[1]\n[2]", "[{{a}}0]"};
	_cleanup_buf_ struct buf error = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct pattern *pattern = NULL;

		buf_reset(&error);
		assert_int_equal(template_new(&pattern, texts[i], &error), -EINVAL);
		assert_true(error.len > 0);
		assert_null(pattern);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_wrong),
	};

	return cmocka_run_group_tests_name("sink_template", tests, NULL, NULL);
}

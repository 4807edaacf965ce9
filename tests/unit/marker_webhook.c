/* SPDX-License-Identifier: Apache-2.0 */
/* What CI systems send, against what becomes of it; and what is refused, with which words. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "marker/webhook.h"

#define NOW 1795344369000000000ull /* 2026-11-22T10:46:09Z */

/* The payloads of golden/webhook are those of the systems' own documentation, shortened. */
static const struct {
	const char *file;
	const char *kind, *service, *version, *note, *link, *time;
} golden[] = {
	{"own", "schema", "checkout", "43", "drops orders.total", "https://ci.example.com/43",
		"2026-11-22T09:46:09.000000000Z"},
	{"github_deployment", "deploy", "Hello-World", "f95f852bd8fca8fcc58a9a2d6c842781e32a215e",
		"production", "https://api.github.com/repos/Codertocat/Hello-World/deployments/145988746",
		"2019-05-15T15:20:53.000000000Z"},
	{"github_deployment_status", "deploy", "Hello-World", "f95f852bd8fca8fcc58a9a2d6c842781e32a215e",
		"production", "https://api.github.com/repos/Codertocat/Hello-World/deployments/145988746",
		"2019-05-15T15:20:55.000000000Z"},
	{"gitlab_deployment", "deploy", "test-deployment-webhooks", "279484c0", "Add new file",
		"http://10.126.0.2:3000/root/test-deployment-webhooks/-/jobs/796",
		"2021-04-28T19:50:00.000000000Z"},
	{"argocd_app", "deploy", "guestbook", "53e28ff20cc530b9ada2173fbbd64d48338583ba", "",
		"https://argocd.example.com/applications/guestbook", "2023-05-10T18:21:03.000000000Z"},
	/* The template github-commit-status of
	 * https://argo-cd.readthedocs.io/en/stable/operator-manual/notifications/services/webhook/, rendered.
	 */
	{"argocd_commit_status", "deploy", "guestbook", "", "",
		"https://argocd.example.com/applications/guestbook", "2026-11-22T10:46:09.000000000Z"},
	{"datadog_change", "flag", "payments-api", "", "payment_processed feature flag updated", "",
		"2026-11-22T10:46:09.000000000Z"},
};

static void test_golden(void **state)
{
	(void)state;
	for (size_t n = 0; n < sizeof(golden) / sizeof(*golden); n++) {
		_cleanup_buf_ struct buf why = {0};
		char path[128], text[16384], time[CLOCK_TEXT_SIZE];
		struct webhook w;
		FILE *file;
		size_t len;

		snprintf(path, sizeof(path), "tests/golden/webhook/%s.json", golden[n].file);
		file = fopen(path, "r");
		assert_non_null(file);
		len = fread(text, 1, sizeof(text), file);
		fclose(file);
		if (webhook_read(text, len, NOW, &w, &why) < 0)
			fail_msg("%s: %s", path, buf_text(&why));
		clock_format(w.time, time);
		assert_string_equal(w.marker.kind, golden[n].kind);
		assert_string_equal(w.marker.service, golden[n].service);
		assert_string_equal(w.marker.version, golden[n].version);
		assert_string_equal(w.marker.note, golden[n].note);
		assert_string_equal(w.marker.link, golden[n].link);
		assert_string_equal(time, golden[n].time);
	}
}

static void refused(const char *text, size_t len, int error, const char *words)
{
	_cleanup_buf_ struct buf why = {0};
	struct webhook w;

	assert_int_equal(webhook_read(text, len, NOW, &w, &why), error);
	if (!strstr(buf_text(&why), words))
		fail_msg("'%s' is not in '%s'", words, buf_text(&why));
	if (strchr(buf_text(&why), '\n') || strchr(buf_text(&why), '\033'))
		fail_msg("'%s' is no line for people", buf_text(&why));
}

static void test_refused(void **state)
{
	static const struct {
		const char *text;
		int error;
		const char *words;
	} wrong[] = {
		{"", -EINVAL, "no JSON"},
		{"[1]", -EINVAL, "one JSON object"},
		{"{\"kind\":\"deploy\"", -EINVAL, "no JSON"},
		{"{}", -EINVAL, "kind must be one of"},
		{"{\"kind\":\"deploy\"}", -EINVAL, "service is missing"},
		{"{\"kind\":\"deploy\",\"service\":7}", -EINVAL, "service must be a string"},
		{"{\"kind\":\"demolish\",\"service\":\"a\"}", -EINVAL, "kind must be one of"},
		{"{\"kind\":\"deploy\",\"service\":\"a\",\"colour\":\"red\"}", -EINVAL, "unknown key colour"},
		{"{\"kind\":\"deploy\",\"service\":\"a\",\"\\u001b[2J\":\"red\"}", -EINVAL,
			"unknown key \\x1b"},
		{"{\"kind\":\"deploy\",\"service\":\"a\",\"note\":\"b\\nc\"}", -EINVAL, "note must be"},
		{"{\"kind\":\"deploy\",\"service\":\"a\xff\"}", -EINVAL, "no JSON"},
		{"{\"kind\":\"deploy\",\"kind\":\"deploy\",\"service\":\"a\"}", -EINVAL, "no JSON"},
		{"{\"kind\":\"deploy\",\"service\":\"a\",\"at\":\"yesterday\"}", -EINVAL,
			"at must be RFC 3339"},
		{"{\"kind\":\"deploy\",\"service\":\"a\",\"at\":\"2026-11-22T10:51:10Z\"}", -EINVAL,
			"at: time lies more than 5 minutes"},
		{"{\"deployment\":{},\"repository\":{}}", -EINVAL, "deployment.payload.service is missing"},
		{"{\"deployment\":{},\"repository\":{\"name\":\"a\"},\"deployment_status\":{\"state\":"
		 "\"queued\"}}",
			-ENODATA, "deployment_status.state is queued"},
		{"{\"object_kind\":\"deployment\",\"status\":\"canceled\",\"project\":{\"name\":\"a\"}}",
			-ENODATA, "status is canceled"},
		{"{\"zen\":\"Design for failure.\",\"hook_id\":1,\"hook\":{}}", -ENODATA,
			"a GitHub ping tells of no change"},
		{"{\"hook\":{}}", -ENODATA, "a GitHub ping tells of no change"},
		{"{\"state\":\"failure\",\"description\":\"ArgoCD\",\"context\":\"a\"}", -ENODATA,
			"state is failure"},
		{"{\"object_kind\":\"push\",\"project\":{\"name\":\"a\"}}", -EINVAL,
			"unknown key object_kind"},
	};

	(void)state;
	for (size_t n = 0; n < sizeof(wrong) / sizeof(*wrong); n++)
		refused(wrong[n].text, strlen(wrong[n].text), wrong[n].error, wrong[n].words);
	refused("{\"kind\":\"deploy\",\"service\":\"a\0b\"}", 34, -EINVAL, "no JSON");
}

static void accepted(const char *text, struct webhook *ret)
{
	_cleanup_buf_ struct buf why = {0};

	if (webhook_read_file(text, strlen(text), NOW, ret, &why) < 0)
		fail_msg("%s: %s", text, buf_text(&why));
}

static void test_times(void **state)
{
	struct webhook w;

	(void)state;
	/* The clocks of two hosts differ, and the past is as long as one likes. */
	accepted("{\"kind\":\"deploy\",\"service\":\"a\",\"at\":\"2026-11-22T10:51:09Z\"}", &w);
	assert_int_equal(w.time, NOW + 300 * NS_PER_SEC);
	accepted("{\"kind\":\"deploy\",\"service\":\"a\",\"at\":\"1970-01-01T00:00:01Z\"}", &w);
	assert_int_equal(w.time, NS_PER_SEC);
	accepted("{\"kind\":\"deploy\",\"service\":\"a\",\"at\":null}", &w);
	assert_int_equal(w.time, NOW);
}

static void test_foreign_text_is_made_to_fit(void **state)
{
	char text[4096];
	struct webhook w;

	(void)state;
	snprintf(text, sizeof(text),
		"{\"deployment\":{\"description\":\"one\\ntwo\\u202e\",\"task\":\"deploy:migrations\","
		"\"sha\":\"%0200d\"},"
		"\"repository\":{\"name\":\"shop\"}}",
		7);
	accepted(text, &w);
	assert_string_equal(w.marker.note, "one two ");
	assert_string_equal(w.marker.kind, "schema");
	assert_int_equal(strlen(w.marker.version), 127);
}

static void test_lines(void **state)
{
	_cleanup_buf_ struct buf why = {0};
	struct webhook w, again;

	(void)state;
	accepted("# by the release script\r\nkind = rollback\r\n\nservice=shop\nnote = a = b "
		 "\nat=2026-11-22T10:00:00Z\n",
		&w);
	assert_string_equal(w.marker.kind, "rollback");
	assert_string_equal(w.marker.note, "a = b");
	accepted("{\"service\":\"shop\",\"kind\":\"rollback\",\"note\":\"a = "
		 "b\",\"at\":\"2026-11-22T10:00:00Z\"}",
		&again);
	assert_int_equal(webhook_entropy(&w), webhook_entropy(&again));
	assert_int_equal(webhook_read_file("kind\n", 5, NOW, &w, &why), -EINVAL);
	assert_string_equal(buf_text(&why), "a line is key=value");
	buf_reset(&why);
	assert_int_equal(webhook_read_file("kind=a\nkind=b\n", 14, NOW, &w, &why), -EINVAL);
	assert_string_equal(buf_text(&why), "a key is there twice");
	buf_reset(&why);
	assert_int_equal(webhook_read_file("note=\xff\n", 7, NOW, &w, &why), -EINVAL);
	assert_string_equal(buf_text(&why), "it is no UTF-8");
	buf_reset(&why);
	assert_int_equal(webhook_read_file("a\0b=c\n", 6, NOW, &w, &why), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_golden),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_times),
		cmocka_unit_test(test_foreign_text_is_made_to_fit),
		cmocka_unit_test(test_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

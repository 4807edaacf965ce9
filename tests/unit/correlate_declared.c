/* SPDX-License-Identifier: Apache-2.0 */
/* What people and machines declare: decisions about issues, and markers of any time, number and name. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "correlate/engine.h"

#define NOON   1700000000
#define ISSUES 8

struct results {
	unsigned issues, incidents;
	json_t *issue[ISSUES]; /* oldest first */
	json_t *incident;      /* the last one */
};

static unsigned told;

static void tell(struct engine *e, double second, const char *kind, const char *rest)
{
	char time[CLOCK_TEXT_SIZE], event[1024];

	clock_format((uint64_t)((NOON + second) * 1e9), time);
	snprintf(event, sizeof(event), "{\"id\":\"01TEST%020u\",\"time\":\"%s\",\"kind\":\"%s\",%s}", told++,
		time, kind, rest);
	assert_int_equal(engine_event(e, event, strlen(event)), 0);
}

static void tell_crash(struct engine *e, double second, const char *service, const char *fingerprint)
{
	char rest[256];

	snprintf(rest, sizeof(rest),
		"\"service\":{\"name\":\"%s\",\"unit\":\"u\",\"alive\":3},\"signal\":{\"name\":\"SIGSEGV\"},"
		"\"fingerprint\":\"%s\"",
		service, fingerprint);
	tell(e, second, "crash", rest);
}

static void tell_marker(struct engine *e, double second, const char *service, const char *version)
{
	char rest[256];

	snprintf(rest, sizeof(rest),
		"\"marker\":{\"kind\":\"deploy\",\"service\":\"%s\",\"version\":\"%s\",\"source\":"
		"\"declared\"}",
		service, version);
	tell(e, second, "marker", rest);
}

static int take(void *context, const struct engine_result *result)
{
	struct results *r = context;

	if (strcmp(result->kind, "issue") == 0) {
		assert_true(r->issues < ISSUES);
		r->issue[r->issues++] = json_loads(result->body, 0, NULL);
		return 0;
	}
	r->incidents++;
	json_decref(r->incident);
	r->incident = json_loads(result->body, 0, NULL);
	return 0;
}

static void results_free(struct results *r)
{
	for (unsigned n = 0; n < r->issues; n++)
		json_decref(r->issue[n]);
	json_decref(r->incident);
	*r = (struct results){0};
}

static void look(struct engine *e, struct results *r)
{
	results_free(r);
	assert_int_equal(engine_results(e, 0, take, r), 0);
}

static const char *text(const json_t *object, const char *key)
{
	const char *value = json_string_value(json_object_get(object, key));

	return value ? value : "";
}

static void decide(
	struct engine *e, double second, const char *action, const json_t *issue, const json_t *into)
{
	char rest[256];

	snprintf(rest, sizeof(rest), "\"decision\":{\"action\":\"%s\",\"issue\":\"%s\",\"into\":\"%s\"}",
		action, text(issue, "id"), text(into, "id"));
	tell(e, second, "decision", rest);
}

static struct engine *engine(void)
{
	struct engine *e;

	assert_int_equal(engine_new(&e), 0);
	return e;
}

static void resolved_and_back(void **state)
{
	struct engine *e = engine();
	struct results r = {0};

	(void)state;
	tell_crash(e, 100, "web", "1:a");
	look(e, &r);
	assert_string_equal(text(r.issue[0], "state"), "new");
	decide(e, 200, "resolve", r.issue[0], NULL);
	engine_advance(e, (NOON + 200) * NS_PER_SEC);
	look(e, &r);
	assert_string_equal(text(r.issue[0], "state"), "resolved");
	tell_crash(e, 300, "web", "1:a");
	look(e, &r);
	assert_string_equal(text(r.issue[0], "state"), "regressed");
	results_free(&r);
	engine_free(e);
}

static void ignored_makes_no_incident(void **state)
{
	struct engine *e = engine();
	struct results r = {0};

	(void)state;
	tell_crash(e, 100, "web", "1:a");
	look(e, &r);
	decide(e, 110, "ignore", r.issue[0], NULL);
	for (int n = 0; n < 20; n++)
		tell_crash(e, 900 + n, "web", "1:a");
	look(e, &r);
	assert_int_equal(r.incidents, 0);
	assert_string_equal(text(r.issue[0], "state"), "ignored");
	assert_int_equal(json_integer_value(json_object_get(r.issue[0], "count")), 21);
	/* Another one does. */
	tell_crash(e, 950, "web", "1:b");
	tell_crash(e, 951, "web", "1:b");
	look(e, &r);
	assert_int_equal(r.incidents, 1);
	results_free(&r);
	engine_free(e);
}

static void merged_stays_merged(void **state)
{
	struct engine *e = engine();
	struct results r = {0};
	json_t *c;

	(void)state;
	tell_crash(e, 100, "web", "1:a");
	tell_crash(e, 101, "web", "1:b");
	tell_crash(e, 102, "web", "1:c");
	look(e, &r);
	decide(e, 110, "merge", r.issue[0], r.issue[1]); /* a into b */
	decide(e, 111, "merge", r.issue[1], r.issue[2]); /* b, and a with it, into c */
	c = json_incref(r.issue[2]);
	tell_crash(e, 120, "web", "1:a");
	tell_crash(e, 121, "web", "1:b");
	look(e, &r);
	assert_int_equal(r.issues, 3);
	for (unsigned n = 0; n < 3; n++) {
		if (strcmp(text(r.issue[n], "id"), text(c, "id")) == 0)
			assert_int_equal(json_integer_value(json_object_get(r.issue[n], "count")), 5);
		else
			assert_string_equal(text(r.issue[n], "state"), "merged");
	}
	json_decref(c);
	results_free(&r);
	engine_free(e);
}

static void decisions_that_make_no_sense(void **state)
{
	struct engine *e = engine();
	struct results r = {0};

	(void)state;
	tell_crash(e, 100, "web", "1:a");
	look(e, &r);
	decide(e, 101, "merge", r.issue[0], r.issue[0]);
	decide(e, 102, "merge", r.issue[0], NULL);
	decide(e, 103, "explode", r.issue[0], NULL);
	decide(e, 104, "resolve", NULL, NULL);
	engine_finish(e);
	look(e, &r);
	assert_int_equal(r.issues, 1);
	assert_string_equal(text(r.issue[0], "state"), "new");
	results_free(&r);
	engine_free(e);
}

/* Rules of fingerprints that changed, but not for this death, which has the same digits. */
static void issue_of_older_rules(void **state)
{
	struct engine *e = engine();
	struct results r = {0};

	(void)state;
	tell_crash(e, 100, "web", "3:0123456789abcdef");
	tell_crash(e, 101, "web", "4:0123456789abcdef");
	tell_crash(e, 102, "web", "4:0123456789abcdef");
	tell_crash(e, 103, "web", "4:0123456789abcde0");
	look(e, &r);
	assert_int_equal(r.issues, 2);
	results_free(&r);
	engine_free(e);
}

/* What is told of an event's fingerprint: its issue, or the one that was merged into, and the incident. */
static void issue_of_a_fingerprint(void **state)
{
	struct engine *e = engine();
	struct results r = {0};
	const char *title, *incident;

	(void)state;
	for (int n = 0; n < 5; n++)
		tell_crash(e, 100 + n, "web", "1:a");
	tell_crash(e, 101, "web", "1:b");
	look(e, &r);
	engine_issue(e, "1:a", &title, &incident);
	assert_string_equal(title, "SIGSEGV");
	assert_string_equal(incident, text(r.incident, "id"));
	engine_issue(e, "1:c", &title, &incident);
	assert_null(title);
	assert_null(incident);
	decide(e, 110, "merge", r.issue[1], r.issue[0]);
	engine_issue(e, text(r.issue[1], "fingerprint"), &title, &incident);
	assert_string_equal(incident, text(r.incident, "id"));
	engine_advance(e, (NOON + 7200) * NS_PER_SEC);
	engine_issue(e, "1:a", &title, &incident);
	assert_non_null(title);
	assert_null(incident);
	results_free(&r);
	engine_free(e);
}

/* An ordinary bad deploy, amid this. */
static void assert_blamed(struct engine *e)
{
	struct results r = {0};
	const json_t *first;

	for (int n = 0; n < 10; n++)
		tell_crash(e, 612 + 3 * n, "web", "1:a");
	look(e, &r);
	assert_int_equal(r.incidents, 1);
	assert_string_equal(text(r.incident, "state"), "open");
	assert_string_equal(text(r.incident, "cause"), "marker");
	first = json_array_get(json_object_get(r.incident, "suspects"), 0);
	assert_string_equal(text(first, "subject"), "deploy web 42");
	results_free(&r);
}

/* Markers that tell of one deployment, in many ways, are one suspect. */
static void told_twice(void **state)
{
	static const struct {
		const char *first, *second; /* all but time and kind */
	} pairs[] = {
		{"\"service\":\"web\",\"version\":\"42\",\"source\":\"declared\",\"note\":\"waiting\"",
			"\"service\":\"web\",\"version\":\"42\",\"source\":\"declared\",\"note\":\"done\""},
		{"\"service\":\"web\",\"version\":\"42\",\"source\":\"declared\"",
			"\"service\":\"web.service\",\"version\":\"42\",\"source\":\"declared\""},
		{"\"service\":\"web.service\",\"version\":\"42\",\"source\":\"inferred\",\"evidence\":\"a\"",
			"\"service\":\"web\",\"version\":\"42\",\"source\":\"inferred\",\"evidence\":\"b\""},
	};

	(void)state;
	for (size_t n = 0; n < sizeof(pairs) / sizeof(*pairs); n++) {
		struct engine *e = engine();
		char rest[256];

		tell_crash(e, 0, "other", "1:z");
		snprintf(rest, sizeof(rest), "\"marker\":{\"kind\":\"deploy\",%s}", pairs[n].first);
		tell(e, 600, "marker", rest);
		snprintf(rest, sizeof(rest), "\"marker\":{\"kind\":\"deploy\",%s}", pairs[n].second);
		tell(e, 608, "marker", rest);
		assert_blamed(e);
		engine_free(e);
	}
}

static json_t *incident_of(struct engine *e, const char *service, struct results *r)
{
	for (int n = 0; n < 10; n++)
		tell_crash(e, 612 + 3 * n, service, "1:a");
	look(e, r);
	assert_int_equal(r->incidents, 1);
	assert_string_equal(text(r->incident, "cause"), "marker");
	return json_array_get(json_object_get(r->incident, "suspects"), 0);
}

/* The end of a deployment says as little as its start, where it has neither version nor note. */
static void told_twice_without_a_version(void **state)
{
	struct engine *e = engine();
	struct results r = {0};

	(void)state;
	tell_crash(e, 0, "other", "1:z");
	tell_marker(e, 600, "web", "");
	tell_marker(e, 608, "web", "");
	assert_string_equal(text(incident_of(e, "web", &r), "subject"), "deploy web");
	results_free(&r);
	engine_free(e);
}

/* Who deploys a template deploys all its instances. */
static void a_template_is_its_instances(void **state)
{
	struct engine *e = engine();
	struct results r = {0};

	(void)state;
	tell_crash(e, 0, "other", "1:z");
	tell_marker(e, 600, "web", "42");
	assert_string_equal(text(incident_of(e, "web@1", &r), "subject"), "deploy web 42");
	results_free(&r);
	engine_free(e);
}

/* Two files of one change are one suspect. */
static void noticed_at_once(void **state)
{
	static const char marker[] = "\"marker\":{\"kind\":\"config\",\"service\":\"web\",\"source\":"
				     "\"inferred\",\"evidence\":\"/etc/web/%s was written\"}";
	struct engine *e = engine();
	struct results r = {0};
	char rest[256];

	(void)state;
	tell_crash(e, 0, "other", "1:z");
	snprintf(rest, sizeof(rest), marker, "a.conf");
	tell(e, 600, "marker", rest);
	snprintf(rest, sizeof(rest), marker, "b.conf");
	tell(e, 605, "marker", rest);
	assert_string_equal(text(incident_of(e, "web", &r), "subject"), "config web");
	results_free(&r);
	engine_free(e);
}

static void ten_thousand_markers_of_one_service(void **state)
{
	struct engine *e = engine();

	(void)state;
	tell_crash(e, 0, "other", "1:z");
	tell_marker(e, 600, "web", "42");
	for (int n = 0; n < 10000; n++)
		tell_marker(e, 601 + n / 2000.0, "noise", "1");
	assert_blamed(e);
	engine_free(e);
}

static void ten_thousand_markers_of_the_future(void **state)
{
	struct engine *e = engine();

	(void)state;
	tell_crash(e, 0, "other", "1:z");
	tell_marker(e, 600, "web", "42");
	for (int n = 0; n < 10000; n++) {
		char name[16];

		snprintf(name, sizeof(name), "s%d", n);
		tell_marker(e, 1e9 + n, n % 2 ? "web" : name, "99");
	}
	assert_blamed(e);
	engine_finish(e);
	engine_free(e);
}

static void markers_of_the_far_past(void **state)
{
	struct engine *e = engine();

	(void)state;
	tell_crash(e, 0, "other", "1:z");
	tell_marker(e, 600, "web", "42");
	for (int n = 0; n < 10000; n++)
		tell_marker(e, -1.6e9 + n, "web", "0");
	assert_blamed(e);
	engine_free(e);
}

/* Services that nothing is known of displace none that live. */
static void markers_of_unknown_services(void **state)
{
	struct engine *e = engine();
	struct results r = {0};

	(void)state;
	tell_marker(e, 0, "web", "1");
	tell_crash(e, 100, "web", "1:a");
	tell_marker(e, 150, "web", "2");
	for (int n = 0; n < 10000; n++) {
		char name[16];

		snprintf(name, sizeof(name), "s%d", n);
		tell_marker(e, 200 + n / 10.0, name, "1");
		engine_advance(e, (uint64_t)((NOON + 200 + n / 10.0) * 1e9));
	}
	engine_advance(e, (NOON + 1500) * NS_PER_SEC); /* as the daemon does each second */
	tell_marker(e, 5000, "web", "3");
	tell_crash(e, 5060, "web", "1:a");
	look(e, &r);
	assert_string_equal(text(r.issue[0], "state"), "regressed");
	results_free(&r);
	engine_free(e);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(resolved_and_back),
		cmocka_unit_test(ignored_makes_no_incident),
		cmocka_unit_test(merged_stays_merged),
		cmocka_unit_test(decisions_that_make_no_sense),
		cmocka_unit_test(issue_of_older_rules),
		cmocka_unit_test(issue_of_a_fingerprint),
		cmocka_unit_test(told_twice),
		cmocka_unit_test(told_twice_without_a_version),
		cmocka_unit_test(a_template_is_its_instances),
		cmocka_unit_test(noticed_at_once),
		cmocka_unit_test(ten_thousand_markers_of_one_service),
		cmocka_unit_test(ten_thousand_markers_of_the_future),
		cmocka_unit_test(markers_of_the_far_past),
		cmocka_unit_test(markers_of_unknown_services),
	};

	return cmocka_run_group_tests_name("correlate_declared", tests, NULL, NULL);
}

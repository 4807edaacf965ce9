/* SPDX-License-Identifier: Apache-2.0 */
/* Markers that people and machines declare: of any time, number and name. */
#include "unit/declared_test.h"

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

/* SPDX-License-Identifier: Apache-2.0 */
/* From events to verdicts: who is blamed, who is not, and that order, batches and restarts change nothing. */
#include "tests/unit/correlate_story.h"

static void a_bad_deploy(struct story *s)
{
	tell_daily_life(s, 0, 600);
	tell_marker(s, 600, "deploy", "checkout", "42");
	tell_marker(s, 605, "deploy", "search", "7");
	for (int i = 0; i < 10; i++)
		tell_crash(s, 612 + 3 * i, "checkout", "42", 2, 3);
	tell_daily_life(s, 640, 900);
}

static void a_deploy_is_blamed_and_a_decoy_is_not(void **state)
{
	struct story *s = *state;
	const struct results *r;

	a_bad_deploy(s);
	r = judged(s);
	assert_verdict(r, "marker", "rollback");
	assert_string_equal(first_subject(r), "deploy checkout 42");
	assert_string_equal(impact(r), "partial");
	assert_int_equal(r->issues, 1);
}

static void a_crash_from_before_the_deploy_is_not_its_fault(void **state)
{
	struct story *s = *state;
	const struct results *r;

	tell_daily_life(s, 0, 600);
	for (int i = 0; i < 10; i++)
		tell_crash(s, 500 + 30 * i, "checkout", "41", 400, 3);
	tell_marker(s, 640, "deploy", "checkout", "42");
	r = judged(s);
	assert_int_equal(r->incidents, 1);
	assert_string_not_equal(text_at(r->incident, "cause"), "marker");
}

static void daily_life_is_no_incident(void **state)
{
	struct story *s = *state;
	const struct results *r;

	tell_daily_life(s, 0, 3600);
	tell_marker(s, 1000, "deploy", "web", "2");
	tell_crash(s, 2000, "other", "1", 100, 5);
	r = judged(s);
	assert_int_equal(r->incidents, 0);
	assert_int_equal(r->issues, 1);
}

static void a_third_party_that_refuses_several_services(void **state)
{
	struct story *s = *state;
	const struct results *r;

	tell_daily_life(s, 0, 600);
	for (int i = 0; i < 10; i++)
		tell(s, 600 + i, "connect_failure",
			"\"service\":{\"name\":\"%s\"},\"remote\":\"203.0.113.9:443\",\"errno\":"
			"\"ECONNREFUSED\",\"count\":2",
			i % 2 ? "checkout" : "search");
	r = judged(s);
	assert_verdict(r, "third_party", "isolate_third_party");
	assert_string_equal(first_subject(r), "203.0.113.9:443");
}

static void one_name_is_one_third_party(void **state)
{
	struct story *s = *state;
	const struct results *r;

	tell_daily_life(s, 0, 600);
	for (unsigned n = 0; n < 20; n++)
		tell(s, 600 + n, "connect_failure",
			"\"service\":{\"name\":\"%s\"},\"remote\":\"203.0.113.%u:443\","
			"\"remote_name\":\"pay.example\",\"errno\":\"ETIMEDOUT\",\"count\":5",
			n % 2 ? "web" : "shop", n % 2);
	r = judged(s);
	assert_verdict(r, "third_party", "isolate_third_party");
	assert_string_equal(first_subject(r), "pay.example (203.0.113.0:443)");
}

static void tell_full_disk(struct story *s, double second, const char *service, const char *count)
{
	tell(s, second, "syscall_errors",
		"\"service\":{\"name\":\"%s\"},\"syscall\":\"write\",\"errno\":\"ENOSPC\",\"count\":%s,"
		"\"subjects\":[{\"subject\":\"/srv/disk/queue.log\",\"count\":2}]",
		service, count);
}

static void a_full_disk(void **state)
{
	struct story *s = *state;
	const struct results *r;

	tell_daily_life(s, 0, 600);
	for (int i = 0; i < 10; i++)
		tell_full_disk(s, 600 + i, "db", "5");
	r = judged(s);
	assert_verdict(r, "resource", "free_resource");
}

static void an_operator(void **state)
{
	struct story *s = *state;
	const struct results *r;

	tell_daily_life(s, 0, 600);
	for (int i = 0; i < 2; i++)
		tell(s, 600 + i, "kill",
			"\"service\":{\"name\":\"redis\",\"alive\":0},\"signal\":{\"name\":\"SIGKILL\"},"
			"\"fingerprint\":\"1:k\","
			"\"killer\":{\"comm\":\"bash\",\"class\":\"operator\"}");
	tell_daily_life(s, 610, 640);
	r = judged(s);
	assert_verdict(r, "operator", "find_operator");
	assert_string_equal(impact(r), "total");
}

static void any_order_within_five_seconds_is_the_same(void **state)
{
	struct story *s = *state;
	struct results want, got;
	unsigned order[EVENTS];

	a_bad_deploy(s);
	judge(s, NULL, &want);
	srand(7);
	for (int round = 0; round < 20; round++) {
		for (unsigned i = 0; i < s->count; i++)
			order[i] = i;
		/* Neighbours change places; with three seconds between crashes none gets over five seconds
		 * late. */
		for (unsigned i = 0; i + 1 < s->count; i += 2)
			if (rand() % 2) {
				char a[32], b[32];

				/* of the burst only: daily life is further apart */
				snprintf(a, sizeof(a), "%.31s", strstr(s->events[i], "kind"));
				snprintf(b, sizeof(b), "%.31s", strstr(s->events[i + 1], "kind"));
				if (strstr(a, "syscall") || strstr(b, "syscall"))
					continue;
				order[i] = i + 1;
				order[i + 1] = i;
			}
		judge(s, order, &got);
		assert_string_equal(buf_text(&got.text), buf_text(&want.text));
		results_free(&got);
	}
	results_free(&want);
}

/* Saved after each event and gone on with from there, with what was not settled given again. */
static void a_restart_changes_nothing(void **state)
{
	struct story *s = *state;
	struct results want, got = {0};
	struct engine *e = NULL, *next;
	uint64_t from = 0;

	a_bad_deploy(s);
	judge(s, NULL, &want);
	for (unsigned i = 0; i < s->count; i++) {
		size_t size = 0;
		const void *bytes = e ? engine_save(e, &size, &from) : NULL;

		assert_int_equal(engine_new(&next), 0);
		if (bytes)
			assert_int_equal(engine_load(next, bytes, size), 0);
		for (unsigned k = 0; k <= i; k++) {
			uint64_t time;
			char text[CLOCK_TEXT_SIZE];

			snprintf(text, sizeof(text), "%.30s", strstr(s->events[k], "\"time\":\"") + 8);
			assert_int_equal(clock_parse(text, 0, &time), 0);
			if (time >= from)
				assert_int_equal(engine_event(next, s->events[k], strlen(s->events[k])), 0);
		}
		engine_free(e);
		e = next;
	}
	engine_finish(e);
	engine_results(e, 0, take_result, &got);
	assert_string_equal(buf_text(&got.text), buf_text(&want.text));
	engine_free(e);
	results_free(&want);
	results_free(&got);
}

static void looking_changes_nothing(void **state)
{
	struct story *s = *state;
	struct results want, got = {0}, ignored = {0};
	struct engine *e;

	a_bad_deploy(s);
	judge(s, NULL, &want);
	assert_int_equal(engine_new(&e), 0);
	for (unsigned i = 0; i < s->count; i++) {
		engine_event(e, s->events[i], strlen(s->events[i]));
		engine_results(e, 0, take_result, &ignored);
	}
	engine_finish(e);
	engine_results(e, 0, take_result, &got);
	assert_string_equal(buf_text(&got.text), buf_text(&want.text));
	engine_free(e);
	results_free(&want);
	results_free(&got);
	results_free(&ignored);
}

static void what_is_no_event_changes_nothing(void **state)
{
	static const char *const texts[] = {"", "{}", "[]", "null", "{\"time\":\"x\",\"kind\":\"crash\"}",
		"{\"time\":\"2026-11-22T10:00:00Z\"}",
		"{\"time\":\"2026-11-22T10:00:00Z\",\"kind\":\"crash\"", "{\"kind\":"};
	struct results r = {0};
	struct engine *e;

	(void)state;
	assert_int_equal(engine_new(&e), 0);
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		assert_int_equal(engine_event(e, texts[i], strlen(texts[i])), -22);
	assert_int_equal(engine_event(e, "{\"time\":\"2026-11-22T10:00:00Z\",\"kind\":\"later\"}", 47), -95);
	assert_int_equal(engine_load(e, "x", 1), -22);
	engine_finish(e);
	engine_results(e, 0, take_result, &r);
	assert_int_equal(r.incidents + r.issues, 0);
	engine_free(e);
	results_free(&r);
}

static void markers_of_any_time_move_nothing(void **state)
{
	struct story s = {0}, plain = {0};
	struct results want, got;

	(void)state;
	a_bad_deploy(&plain);
	judge(&plain, NULL, &want);
	tell_marker(&s, 4e9 - NOON, "deploy", "future", "9");
	tell_marker(&s, 10 - NOON, "deploy", "past", "0");
	for (unsigned i = 0; i < plain.count; i++)
		assert_non_null(s.events[s.count++] = strdup(plain.events[i]));
	judge(&s, NULL, &got);
	assert_verdict(&got, "marker", "rollback");
	assert_string_equal(first_subject(&got), "deploy checkout 42");
	results_free(&want);
	results_free(&got);
	forget(&s);
	forget(&plain);
}

/* An hour went by without an event: what then begins is not the usual state of a first minute. */
static void a_calm_host_was_watched_too(void **state)
{
	struct results r = {0};
	struct story *s = *state;
	struct engine *e;

	assert_int_equal(engine_new(&e), 0);
	engine_advance(e, NOON * NS_PER_SEC);
	engine_advance(e, (NOON + 3600) * NS_PER_SEC);
	for (unsigned n = 0; n < 10; n++)
		tell_full_disk(s, 3601 + n, "queue", "2");
	give(e, s, NULL);
	engine_finish(e);
	assert_int_equal(engine_results(e, 0, take_result, &r), 0);
	engine_free(e);
	assert_int_equal(r.incidents, 1);
	assert_verdict(&r, "resource", "free_resource");
	assert_non_null(strstr(buf_text(&r.text), "the file system is full: /srv/disk/queue.log"));
	results_free(&r);
}

/* Sums leave neither our integers nor those of a receiver. */
static void counts_beyond_belief(void **state)
{
	struct story *s = *state;
	const struct results *r;

	tell_daily_life(s, 0, 600);
	for (unsigned n = 0; n < 10; n++)
		tell_full_disk(s, 600 + n, "queue", "9223372036854775807");
	r = judged(s);
	assert_int_equal(r->incidents, 1);
	assert_int_equal(json_integer_value(json_object_get(r->incident, "count")), 10LL << 24);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORY_TEST(a_deploy_is_blamed_and_a_decoy_is_not),
		STORY_TEST(a_crash_from_before_the_deploy_is_not_its_fault),
		STORY_TEST(daily_life_is_no_incident),
		STORY_TEST(a_third_party_that_refuses_several_services),
		STORY_TEST(one_name_is_one_third_party),
		STORY_TEST(a_full_disk),
		STORY_TEST(a_calm_host_was_watched_too),
		STORY_TEST(an_operator),
		STORY_TEST(any_order_within_five_seconds_is_the_same),
		STORY_TEST(a_restart_changes_nothing),
		STORY_TEST(looking_changes_nothing),
		cmocka_unit_test(what_is_no_event_changes_nothing),
		STORY_TEST(counts_beyond_belief),
		cmocka_unit_test(markers_of_any_time_move_nothing),
	};

	return cmocka_run_group_tests_name("correlate_engine", tests, NULL, NULL);
}

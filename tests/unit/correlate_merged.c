/* SPDX-License-Identifier: Apache-2.0 */
/* Two incidents that turn out to be one, and those that do not: what is told of each. */
#include "tests/unit/correlate_story.h"

#define CALLS(service) ",\"calls\":[{\"service\":\"" service "\",\"remote\":\"127.0.0.1:80\"}]"

static void tell_error(struct story *s, double second, const char *service, const char *calls)
{
	tell(s, second, "exception",
		"\"service\":{\"name\":\"%s\"},\"exception\":{\"type\":\"Error\",\"message\":\"no %s\"},"
		"\"fingerprint\":\"1:%s\",\"count\":3%s",
		service, service, service, calls);
}

static void tell_peer(struct story *s, double second, const char *service, const char *calls)
{
	tell(s, second, "connect_failure",
		"\"service\":{\"name\":\"%s\"},\"errno\":\"ETIMEDOUT\",\"remote\":\"198.51.100.7:443\","
		"\"count\":2%s",
		service, calls);
}

struct told {
	json_t *all; /* incidents, in order */
	struct buf text;
};

static int take_incident(void *context, const struct engine_result *result)
{
	struct told *told = context;

	buf_printf(&told->text, "%s\n", result->body);
	if (strcmp(result->kind, "incident") == 0)
		json_array_append_new(told->all, json_loads(result->body, 0, NULL));
	return 0;
}

static void told_free(struct told *told)
{
	json_decref(told->all);
	buf_free(&told->text);
}

static struct told told_of(const struct story *s, const unsigned *order)
{
	struct told told = {.all = json_array()};
	struct engine *e;

	assert_int_equal(engine_new(&e), 0);
	give(e, s, order);
	engine_finish(e);
	assert_int_equal(engine_results(e, 0, take_incident, &told), 0);
	engine_free(e);
	return told;
}

static const json_t *incident(const struct told *told, size_t n)
{
	return json_array_get(told->all, n);
}

static long long number(const json_t *root, const char *key)
{
	return json_integer_value(json_object_get(root, key));
}

/* "feed relay": of an incident. */
static void assert_services(const json_t *root, const char *names)
{
	char text[256] = "";
	size_t n;
	json_t *service;

	json_array_foreach(json_object_get(root, "services"), n, service) snprintf(text + strlen(text),
		sizeof(text) - strlen(text), "%s%s", n ? " " : "", text_at(service, "name"));
	assert_string_equal(text, names);
}

static void assert_separate(const struct told *told, size_t count)
{
	assert_int_equal(json_array_size(told->all), count);
	for (size_t n = 0; n < count; n++)
		assert_null(json_object_get(incident(told, n), "merged_into"));
}

/* The first is the other one's, too, which is over with that. */
static void assert_merged(const struct told *told)
{
	const json_t *whole = incident(told, 0), *part = incident(told, 1);

	assert_int_equal(json_array_size(told->all), 2);
	assert_string_equal(text_at(whole, "state"), "open");
	assert_null(json_object_get(whole, "merged_into"));
	assert_string_equal(text_at(part, "state"), "closed");
	assert_string_equal(text_at(part, "merged_into"), text_at(whole, "id"));
}

/* A belt dies again and again; its scanner notices two minutes after the first time. */
static void tell_belt(struct story *s)
{
	tell_daily_life(s, 0, 5000);
	for (int i = 0; i < 3; i++)
		tell_crash(s, 5000 + i, "belt", "", 9, 0);
	tell_error(s, 5115, "scanner", CALLS("belt"));
	for (int i = 0; i < 3; i++) {
		tell_crash(s, 5180 + 4 * i, "belt", "", 9, 0);
		tell_error(s, 5181 + 4 * i, "scanner", CALLS("belt"));
	}
}

static void who_calls_what_had_failed_is_part_of_it(void **state)
{
	struct story *s = *state;
	struct told told;
	const json_t *whole, *part;

	tell_belt(s);
	told = told_of(s, NULL);
	assert_merged(&told);
	whole = incident(&told, 0);
	part = incident(&told, 1);
	assert_services(whole, "belt scanner");
	assert_services(part, "scanner");
	/* Nothing is lost, and what was in both counts once. */
	assert_int_equal(number(part, "count"), 3);
	assert_int_equal(number(whole, "count"), 6 + 4 * 3);
	assert_int_equal(json_array_size(json_object_get(whole, "issues")), 2);
	/* It was over when it turned out. */
	assert_true(strcmp(text_at(part, "ended"), text_at(part, "last_seen")) > 0);
	told_free(&told);
}

/* All the same where the scanner does not call the belt. */
static void strangers_stay_apart(void **state)
{
	struct story *s = *state;
	struct told told;

	tell_daily_life(s, 0, 5000);
	for (int i = 0; i < 40; i++) {
		tell_crash(s, 5000 + 5 * i, "belt", "", 4, 0);
		if (i > 20)
			tell_error(s, 5001 + 5 * i, "scanner", CALLS("clock"));
	}
	told = told_of(s, NULL);
	assert_separate(&told, 2);
	told_free(&told);
}

/* Begun within a second of each other, or in the same instant, before anything joins them. */
static void assert_one_when_begun(double gap, const char *services)
{
	struct story s = {0};
	struct told told;

	tell_daily_life(&s, 0, 5000);
	tell_peer(&s, 5000, "waybills", "");
	tell_error(&s, 5000 + gap, "recipients", CALLS("tracking"));
	for (int i = 0; i < 4; i++) {
		tell_peer(&s, 5002 + 3 * i, "waybills", "");
		tell_peer(&s, 5003 + 3 * i, "tracking", "");
		tell_error(&s, 5004 + 3 * i, "recipients", CALLS("tracking"));
	}
	told = told_of(&s, NULL);
	assert_merged(&told);
	assert_services(incident(&told, 0), services);
	assert_string_equal(text_at(incident(&told, 0), "cause"), "third_party");
	/* It had been detected then. */
	assert_string_equal(text_at(incident(&told, 0), "detected"), text_at(incident(&told, 0), "started"));
	told_free(&told);
	forget(&s);
}

static void what_began_at_once_is_one(void **state)
{
	(void)state;
	assert_one_when_begun(1, "waybills tracking recipients");
	assert_one_when_begun(0, "recipients tracking waybills");
}

/* Two releases fail, one ten minutes after the other; then the database that both ask. */
static void a_hub_does_not_join_what_went_on_apart(void **state)
{
	struct story *s = *state;
	struct told told;

	tell_daily_life(s, 0, 5000);
	tell_marker(s, 4999, "deploy", "shop", "7");
	for (int i = 0; i < 90; i++)
		tell_error(s, 5000 + 10 * i, "shop", CALLS("database"));
	tell_marker(s, 5599, "deploy", "mail", "3");
	for (int i = 60; i < 90; i++)
		tell_error(s, 5001 + 10 * i, "mail", CALLS("database"));
	for (int i = 70; i < 90; i++)
		tell_error(s, 5002 + 10 * i, "database", "");
	told = told_of(s, NULL);
	assert_separate(&told, 2);
	assert_services(incident(&told, 0), "shop database");
	assert_services(incident(&told, 1), "mail");
	/* Both go on, with verdicts of their own. */
	assert_int_equal(number(incident(&told, 1), "count"), 30 * 3);
	for (size_t n = 0; n < 2; n++)
		assert_string_equal(text_at(incident(&told, n), "state"), "open");
	assert_string_equal(
		text_at(json_array_get(json_object_get(incident(&told, 0), "suspects"), 0), "subject"),
		"deploy shop 7");
	assert_string_equal(
		text_at(json_array_get(json_object_get(incident(&told, 1), "suspects"), 0), "subject"),
		"deploy mail 3");
	told_free(&told);
}

/* A release of one service and a library of another, seconds apart: what is common is the time alone. */
static void changed_apart(const char *kind, size_t incidents)
{
	struct story s = {0};
	struct told told;

	tell_daily_life(&s, 0, 5000);
	tell_marker(&s, 4999, "deploy", "shop", "7");
	tell_marker(&s, 5001, kind, "mail", "");
	for (int i = 0; i < 9; i++) {
		tell_error(&s, 5002 + 3 * i, "shop", "");
		tell_error(&s, 5003 + 3 * i, "mail", "");
	}
	told = told_of(&s, NULL);
	assert_int_equal(json_array_size(told.all), incidents);
	told_free(&told);
	forget(&s);
}

static void who_was_changed_in_another_way_is_apart(void **state)
{
	(void)state;
	changed_apart("infra", 2);
	changed_apart("restart", 1);
	changed_apart("deploy", 1);
}

/* The same when the one that asks both tells of it. */
static void neither_does_who_asks_both(void **state)
{
	struct story *s = *state;
	struct told told;

	tell_daily_life(s, 0, 5000);
	for (int i = 0; i < 90; i++)
		tell_error(s, 5000 + 10 * i, "shop", "");
	for (int i = 60; i < 90; i++)
		tell_error(s, 5001 + 10 * i, "mail", "");
	for (int i = 70; i < 90; i++)
		tell_error(s, 5002 + 10 * i, "gateway",
			",\"calls\":[{\"service\":\"shop\",\"remote\":\"127.0.0.1:80\"},"
			"{\"service\":\"mail\",\"remote\":\"127.0.0.1:81\"}]");
	told = told_of(s, NULL);
	assert_separate(&told, 2);
	assert_services(incident(&told, 1), "mail");
	assert_int_equal(number(incident(&told, 1), "count"), 30 * 3);
	told_free(&told);
}

/* In reverse, as far as events may be late, it comes to the same. */
static void the_order_does_not_matter(void **state)
{
	struct story *s = *state;
	struct told told, other;
	unsigned order[EVENTS];

	tell_belt(s);
	for (unsigned n = 0; n < s->count; n++)
		order[n] = n;
	for (unsigned n = s->count - 7; n + 1 < s->count; n += 2) {
		order[n] = n + 1;
		order[n + 1] = n;
	}
	told = told_of(s, NULL);
	other = told_of(s, order);
	assert_string_equal(buf_text(&told.text), buf_text(&other.text));
	told_free(&told);
	told_free(&other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORY_TEST(who_calls_what_had_failed_is_part_of_it),
		STORY_TEST(strangers_stay_apart),
		cmocka_unit_test(what_began_at_once_is_one),
		STORY_TEST(a_hub_does_not_join_what_went_on_apart),
		cmocka_unit_test(who_was_changed_in_another_way_is_apart),
		STORY_TEST(neither_does_who_asks_both),
		STORY_TEST(the_order_does_not_matter),
	};

	return cmocka_run_group_tests_name("correlate_merged", tests, NULL, NULL);
}

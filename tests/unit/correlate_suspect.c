/* SPDX-License-Identifier: Apache-2.0 */
/* Who is blamed where several could be. */
#include "tests/unit/correlate_story.h"

/* The release a minute before is a decoy; so is the refused connection that follows. */
static void an_operator_begins_it(void **state)
{
	struct story *s = *state;
	const struct results *r;

	tell_daily_life(s, 0, 4000);
	tell_marker(s, 3940, "deploy", "checkout", "42");
	tell(s, 4000, "kill",
		"\"service\":{\"name\":\"redis\",\"alive\":0},\"signal\":{\"name\":\"SIGKILL\"},"
		"\"fingerprint\":\"1:k\",\"killer\":{\"comm\":\"bash\",\"class\":\"operator\"}");
	for (int i = 1; i < 9; i++)
		tell(s, 4000 + i, "connect_failure",
			"\"service\":{\"name\":\"checkout\"},\"remote\":\"127.0.0.1:6379\",\"errno\":"
			"\"ECONNREFUSED\",\"count\":2");
	r = judged(s);
	assert_int_equal(r->incidents, 1);
	assert_verdict(r, "operator", "find_operator");
}

/* It accepts and never answers: only the programs' words tell. */
static void a_third_party_that_hangs(void **state)
{
	struct story *s = *state;
	const struct results *r;

	tell_daily_life(s, 0, 600);
	for (int i = 0; i < 10; i++)
		tell(s, 600 + i, "exception",
			"\"service\":{\"name\":\"%s\"},\"exception\":{\"type\":\"TimeoutError\","
			"\"message\":\"timed out\"},\"count\":2",
			i % 2 ? "checkout" : "search");
	r = judged(s);
	assert_int_equal(r->incidents, 1);
	assert_verdict(r, "third_party", "isolate_third_party");
}

/* Told in lumps, the first of them in the first minute, as always. */
static void lumps_are_no_rise(void **state)
{
	struct story *s = *state;
	const struct results *r;

	tell_daily_life(s, 0, 2600);
	for (int second = 10; second < 2600; second += 130)
		tell(s, second, "exception",
			"\"service\":{\"name\":\"web\"},\"exception\":{\"type\":\"KeyError\"},\"count\":60");
	r = judged(s);
	assert_int_equal(r->incidents, 0);
}

/* Crashes of 41 end with 42 and are back with 43, which nobody declared. */
static void what_comes_back_is_blamed_on_what_brought_it_back(void **state)
{
	struct story *s = *state;
	const struct results *r;

	tell_daily_life(s, 0, 600);
	for (int i = 0; i < 10; i++)
		tell_crash(s, 600 + 3 * i, "checkout", "", 2, 2);
	tell_marker(s, 640, "deploy", "checkout", "42");
	tell_daily_life(s, 700, 4000);
	tell(s, 4000, "marker",
		"\"marker\":{\"kind\":\"deploy\",\"service\":\"checkout\",\"version\":\"43\","
		"\"source\":\"inferred\"}");
	for (int i = 1; i < 10; i++)
		tell_crash(s, 4000 + 3 * i, "checkout", "", 2, 2);
	r = judged(s);
	assert_int_equal(r->incidents, 2);
	assert_string_equal(text_at(r->incident, "cause"), "marker");
	assert_string_equal(first_subject(r), "deploy checkout 43");
}

/* Going back is noticed as a release, and is the rollback that was declared. */
static void a_rollback_that_is_noticed(void **state)
{
	struct story *s = *state;
	const struct results *r;

	tell_daily_life(s, 0, 1000);
	tell_marker(s, 1000, "deploy", "checkout", "41");
	tell_daily_life(s, 1001, 4000);
	tell_marker(s, 4000, "deploy", "checkout", "42");
	for (int i = 1; i < 60; i++)
		tell_crash(s, 4000 + 3 * i, "checkout", "", 2, 2);
	tell(s, 4181, "marker",
		"\"marker\":{\"kind\":\"deploy\",\"service\":\"checkout\",\"version\":\"41\","
		"\"source\":\"inferred\"}");
	tell_daily_life(s, 4200, 4900);
	r = judged(s);
	assert_verdict(r, "marker", "rollback");
	assert_string_equal(first_subject(r), "deploy checkout 42");
	assert_non_null(strstr(buf_text(&r->text), "it stopped at the rollback"));
}

/* Declared, then noticed by each detector's kind, or the other way round: one suspect. */
static void what_is_declared_and_noticed_is_one_change(void **state)
{
	static const struct {
		const char *kind, *service, *version; /* as declared */
		const char *noticed_version;
		int seconds; /* from the declaration to the notice */
		int changes;
	} changes[] = {
		{"infra", "checkout", "", "", 5, 1}, /* limit, package */
		{"infra", "checkout", "", "", -5, 1},
		{"infra", "host", "", "", 5, 1},       /* tuning, clock, reboot */
		{"infra", "host", "6.2", "6.2", 5, 1}, /* kernel */
		{"config", "checkout", "", "", 5, 1},  /* config, unit, certificate */
		{"schema", "checkout", "", "", 5, 1},  /* migration */
		{"restart", "checkout", "", "", 5, 1},
		{"deploy", "checkout", "7", "7", 5, 1}, /* image, release */
		{"deploy", "checkout", "7", "", 5, 1},  /* binary */
		{"deploy", "checkout", "7", "8", 5, 2},
		{"infra", "checkout", "", "", -660, 2},
	};

	(void)state;
	for (size_t n = 0; n < sizeof(changes) / sizeof(*changes); n++) {
		struct story s = {0};
		struct results r;
		const json_t *suspect;
		size_t at;
		int count = 0;

		tell_daily_life(&s, 0, 4000);
		tell_marker(&s, 3940, changes[n].kind, changes[n].service, changes[n].version);
		tell(&s, 3940 + changes[n].seconds, "marker",
			"\"marker\":{\"kind\":\"%s\",\"service\":\"%s\",\"version\":\"%s\",\"source\":"
			"\"inferred\"}",
			changes[n].kind, changes[n].service, changes[n].noticed_version);
		for (int i = 0; i < 9; i++)
			tell_crash(&s, 4000 + 3 * i, "checkout", "", 2, 2);
		judge(&s, NULL, &r);
		json_array_foreach(json_object_get(r.incident, "suspects"), at, suspect) count +=
			strcmp(text_at(suspect, "cause"), "marker") == 0;
		if (count != changes[n].changes)
			fail_msg("row %zu: %d changes", n, count);
		results_free(&r);
		forget(&s);
	}
}

/* The verdict of some deaths of one kind in a daily life; the keys of their own are rest. */
static void judge_deaths(const char *kind, const char *rest, struct results *ret)
{
	struct story s = {0};

	tell_daily_life(&s, 0, 4000);
	for (int i = 0; i < 5; i++)
		tell(&s, 4000 + 3 * i, kind,
			"\"service\":{\"name\":\"api\",\"unit\":\"api.service\"},\"process\":{\"pid\":77,"
			"\"comm\":\"api\",\"role\":\"main\"},\"fingerprint\":\"1:x\",%s",
			rest);
	judge(&s, NULL, ret);
	assert_int_equal(ret->incidents, 1);
	forget(&s);
}

static void what_the_dead_had_used_up(void **state)
{
	static const struct {
		const char *kind, *rest;
		const char *cause, *subject, *words; /* words NULL: no resource is named at all */
	} deaths[] = {
		{"exit_failure", "\"limits\":{\"nofile\":{\"soft\":1024,\"open\":1024}}", "resource",
			"EMFILE", "a process that died had all of its 1024 files open (RLIMIT_NOFILE)"},
		{"exit_failure", "\"limits\":{\"nofile\":{\"soft\":1024,\"open\":1023}}", NULL, NULL, NULL},
		{"exit_failure", "\"limits\":{\"nofile\":{\"open\":1024}}", NULL, NULL, NULL},
		{"crash",
			"\"limits\":{\"as\":{\"soft\":268435456}},\"memory\":{\"virtual\":255013683},"
			"\"signal\":{\"name\":\"SIGABRT\"}",
			"resource", "RLIMIT_AS", "had 243 of its 256 MiB of addresses in use (RLIMIT_AS)"},
		{"crash",
			"\"limits\":{\"as\":{\"soft\":268435456}},\"memory\":{\"virtual\":155013683},"
			"\"signal\":{\"name\":\"SIGABRT\"}",
			NULL, NULL, NULL},
		{"crash",
			"\"signal\":{\"name\":\"SIGXCPU\"},\"killer\":{\"class\":\"kernel\",\"reason\":"
			"\"RLIMIT_CPU: it used up its processor time\"}",
			"resource", "RLIMIT_CPU", "had no processor time left (RLIMIT_CPU)"},
		{"oom_kill",
			"\"oom\":{\"scope\":\"host\",\"largest\":[{\"pid\":5,\"comm\":\"report\",\"rss\":"
			"3221225472},{\"pid\":77,\"comm\":\"api\",\"rss\":1048576}]}",
			"resource", "memory",
			"most of the memory, 3072 MiB, was held by report, which was spared"},
		{"oom_kill",
			"\"oom\":{\"scope\":\"host\",\"largest\":[{\"pid\":77,\"comm\":\"api\",\"rss\":"
			"3221225472}]}",
			"resource", "memory", "the kernel ended a process for lack of memory"},
		{"crash",
			"\"signal\":{\"name\":\"SIGBUS\",\"code\":\"BUS_MCEERR_AR\"},\"killer\":{\"class\":"
			"\"hardware\",\"reason\":\"a memory error was consumed\"}",
			"hardware", "memory", "(BUS_MCEERR): a memory error was consumed"},
		{"kill",
			"\"signal\":{\"name\":\"SIGKILL\"},\"killer\":{\"class\":\"operator\",\"comm\":"
			"\"bash\","
			"\"reason\":\"bash with tty pts/0, login uid 1000\"}",
			"operator", "bash", "bash sent the signal: bash with tty pts/0, login uid 1000"},
		{"crash", "\"signal\":{\"name\":\"SIGSEGV\",\"reason\":\"stack overflow\"}", NULL, NULL,
			"a stack overflowed"},
	};

	(void)state;
	for (size_t n = 0; n < sizeof(deaths) / sizeof(*deaths); n++) {
		struct results r;

		judge_deaths(deaths[n].kind, deaths[n].rest, &r);
		if (deaths[n].cause) {
			assert_string_equal(text_at(r.incident, "cause"), deaths[n].cause);
			assert_string_equal(first_subject(&r), deaths[n].subject);
		}
		if (deaths[n].words && !strstr(buf_text(&r.text), deaths[n].words))
			fail_msg("'%s' is not in %s", deaths[n].words, buf_text(&r.text));
		if (!deaths[n].words && strstr(buf_text(&r.text), "\"cause\":\"resource\""))
			fail_msg("a resource is blamed: %s", buf_text(&r.text));
		results_free(&r);
	}
}

/* The one that was killed is not the one that was changed. */
static void what_held_the_memory_is_blamed(void **state)
{
	struct story *s = *state;
	const struct results *r;

	tell_daily_life(s, 0, 4000);
	tell_marker(s, 3970, "deploy", "report-generator", "9");
	tell(s, 4000, "oom_kill",
		"\"service\":{\"name\":\"redis\",\"alive\":0},\"process\":{\"pid\":77,\"comm\":\"redis\"},"
		"\"oom\":{\"scope\":\"host\",\"largest\":[{\"pid\":5,\"comm\":\"report-generato\",\"rss\":"
		"3221225472}]}");
	r = judged(s);
	assert_non_null(
		strstr(buf_text(&r->text), "it changed report-generator, which held most of the memory"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORY_TEST(an_operator_begins_it),
		STORY_TEST(a_third_party_that_hangs),
		STORY_TEST(lumps_are_no_rise),
		STORY_TEST(what_comes_back_is_blamed_on_what_brought_it_back),
		STORY_TEST(a_rollback_that_is_noticed),
		cmocka_unit_test(what_is_declared_and_noticed_is_one_change),
		cmocka_unit_test(what_the_dead_had_used_up),
		STORY_TEST(what_held_the_memory_is_blamed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

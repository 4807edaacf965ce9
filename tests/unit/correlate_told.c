/* SPDX-License-Identifier: Apache-2.0 */
/* Whom programs blame in their own words, and what several services lack. */
#include "tests/unit/correlate_story.h"

#include "correlate/internal.h"

#define FAR  "{\"remote\":\"198.51.100.7:80\"}"
#define NEAR "{\"service\":\"stock\",\"remote\":\"127.0.0.1:8080\"}"
#define DATA "{\"service\":\"postgresql@15-main\",\"remote\":\"127.0.0.1:5432\"}"

static void tell_words(
	struct story *s, double second, const char *service, const char *message, const char *calls)
{
	tell(s, second, "exception",
		"\"service\":{\"name\":\"%s\"},\"exception\":{\"type\":\"Failed\",\"message\":\"%s\"},"
		"\"count\":2,\"calls\":[%s]",
		service, message, calls);
}

/* An answer is a third party's only where it can have come from there alone. */
static void bad_answers(void **state)
{
	static const struct {
		const char *message;
		const char *calls;
		const char *cause;
	} answers[] = {
		{"HTTP Error 503: ", FAR, "third_party"},
		{"the carrier answers 429", FAR, "third_party"},
		{"500 Server Error for url: http://198.51.100.7/quote", FAR "," NEAR, "third_party"},
		{"invalid character '<' looking for beginning of value", FAR "," DATA, "third_party"},
		{"no map of 198.51.100.7:80: it says nothing", FAR "," NEAR, "third_party"},
		{"http://198.51.100.7/map answers 404", FAR "," NEAR, "unknown"},
		{"HTTP Error 503: ", FAR "," NEAR, "unknown"},
		{"HTTP Error 503: ", "", "unknown"},
		{"status 404", FAR, "unknown"},
		{"line 503 of the table is wrong", FAR, "unknown"},
		{"http://127.0.0.1:8080/ answers 503", NEAR, "unknown"},
	};

	(void)state;
	for (size_t n = 0; n < sizeof(answers) / sizeof(*answers); n++) {
		struct story s = {0};
		struct results r;

		tell_daily_life(&s, 0, 5000);
		for (int i = 0; i < 9; i++)
			tell_words(&s, 5000 + i, "shop", answers[n].message, answers[n].calls);
		judge(&s, NULL, &r);
		if (strcmp(text_at(r.incident, "cause"), answers[n].cause) != 0)
			fail_msg("%s: %s, not %s", answers[n].message, text_at(r.incident, "cause"),
				answers[n].cause);
		results_free(&r);
		forget(&s);
	}
}

/* What an exception is of may stand in its cause alone; what was merely being handled is none. */
static void causes_of(const char *relation, const char *cause)
{
	struct story s = {0};
	struct results r;

	tell_daily_life(&s, 0, 5000);
	for (int i = 0; i < 9; i++)
		tell(&s, 5000 + i, "exception",
			"\"service\":{\"name\":\"shop\"},\"exception\":{\"type\":\"TypeError\",\"message\":"
			"\"fetch "
			"failed\",\"chained\":[{\"relation\":\"cause\",\"type\":\"Error\",\"message\":"
			"\"wrapped\"},{\"relation\":\"%s\",\"type\":\"Error\",\"message\":\"getaddrinfo "
			"ENOTFOUND bank.example\"}]},\"fingerprint\":\"1:f\",\"count\":2,\"calls\":[" FAR "]",
			relation);
	judge(&s, NULL, &r);
	assert_string_equal(text_at(r.incident, "cause"), cause);
	assert_int_equal(strstr(buf_text(&r.text), "fetch failed: Error: getaddrinfo ENOTFOUND") != NULL,
		strcmp(relation, "cause") == 0);
	results_free(&r);
	forget(&s);
}

static void causes_tell_of_connections(void **state)
{
	(void)state;
	causes_of("cause", "third_party");
	causes_of("context", "unknown");
}

/* The URL that one names is the peer that the other one has connections with. */
static void two_services_are_answered_by_one(void **state)
{
	struct story *s = *state;
	const struct results *r;

	tell_daily_life(s, 0, 5000);
	for (int i = 0; i < 9; i++)
		tell_words(s, 5000 + i, i % 2 ? "shop" : "claims",
			i % 2 ? "https://198.51.100.7/order answers 503" : "status code 503", FAR);
	r = judged(s);
	assert_verdict(r, "third_party", "isolate_third_party");
	assert_string_equal(first_subject(r), "198.51.100.7:80");
	assert_non_null(strstr(buf_text(&r->text), "connections of 2 services to it fail"));
}

/* A text of the letters was changed hours before; that they have their own name in their messages says
 * nothing. */
static void a_disk_that_several_share(void **state)
{
	struct story *s = *state;
	const struct results *r;

	tell_daily_life(s, 0, 1000);
	tell(s, 1000, "marker",
		"\"marker\":{\"kind\":\"config\",\"service\":\"letters\",\"source\":\"inferred\","
		"\"evidence\":\"/etc/letters/letter.txt was written\"}");
	tell_daily_life(s, 20000, 26000);
	for (int i = 0; i < 9; i++)
		tell_words(s, 26000 + i, i % 2 ? "letters" : "bus",
			"cannot keep a letter: No space left on device", "");
	r = judged(s);
	assert_verdict(r, "resource", "free_resource");
	assert_non_null(strstr(buf_text(&r->text), "2 services lack it"));
	assert_null(strstr(buf_text(&r->text), "the failure names what it changed"));
}

/* Names are looked up in a file of a service that nobody has heard of. */
static void a_list_of_names_that_was_changed(void **state)
{
	struct story *s = *state;
	const struct results *r;

	tell_daily_life(s, 0, 5000);
	tell(s, 4998, "marker",
		"\"marker\":{\"kind\":\"config\",\"service\":\"resolver\",\"source\":\"inferred\","
		"\"evidence\":\"/etc/resolver/hosts was written\"}");
	for (int i = 0; i < 9; i++)
		tell_words(s, 5000 + i, i % 2 ? "shop" : "claims", "Name or service not known", FAR);
	r = judged(s);
	assert_verdict(r, "marker", "revert_config");
}

/* The enrolment waits for who takes the fees; its students are told so, more often, and first. */
static void a_third_party_of_who_is_asked(void **state)
{
	struct story *s = *state;
	const struct results *r;

	tell_daily_life(s, 0, 5000);
	for (int i = 0; i < 9; i++) {
		tell(s, 5000 + i, "exception",
			"\"service\":{\"name\":\"students\"},\"exception\":{\"type\":\"Error\",\"message\":"
			"\"answers 500\"},\"count\":5,\"calls\":[{\"service\":\"enrolment\"}]");
		tell_words(s, 5000 + i, "enrolment", "The operation was aborted due to timeout", FAR);
	}
	r = judged(s);
	assert_verdict(r, "third_party", "isolate_third_party");
	assert_string_equal(first_subject(r), "198.51.100.7:80");
	assert_non_null(strstr(buf_text(&r->text), "most of the failures are connections to it"));
}

/* As libpq, MySQL, nginx, Go, redis-py and Node.js say it; a database that answers was reached. */
static void clients_of_unix_sockets(void **state)
{
	static const struct {
		const char *message;
		enum told_connection how;
	} rows[] = {
		{"connection to server on socket \"/run/postgresql/.s.PGSQL.5432\" failed: No such file or "
		 "directory",
			TOLD_LOST},
		{"connection to server on socket \"/run/postgresql/.s.PGSQL.5432\" failed: FATAL:  role "
		 "\"shop\" "
		 "does not exist",
			TOLD_NONE},
		{"Can't connect to local MySQL server through socket '/run/mysqld/mysqld.sock' (2)",
			TOLD_LOST},
		{"connect() to unix:/run/x.sock failed (11: Resource temporarily unavailable)", TOLD_LOST},
		{"dial unix /run/x.sock: connect: no such file or directory", TOLD_LOST},
		{"Error 2 connecting to unix:///run/redis.sock. No such file or directory.", TOLD_LOST},
		{"connect ENOENT /run/x.sock", TOLD_LOST},
		{"SQLSTATE[HY000] [2002] No such file or directory", TOLD_LOST},
		{"[Errno 2] No such file or directory: '/run/x.conf'", TOLD_NONE},
	};

	(void)state;
	for (size_t n = 0; n < sizeof(rows) / sizeof(*rows); n++) {
		struct fact f = {0};

		snprintf(f.message, sizeof(f.message), "%s", rows[n].message);
		if (told_connection(&f) != rows[n].how)
			fail_msg("%s", rows[n].message);
	}
}

/* Both had a release in the same second; the one asks the other. */
static void who_asks_is_the_victim(void **state)
{
	struct story *s = *state;
	const struct results *r;

	tell_daily_life(s, 0, 5000);
	tell_marker(s, 5000, "deploy", "boxoffice", "44");
	tell_marker(s, 5000, "deploy", "seatmap", "3.0");
	for (int i = 1; i < 9; i++) {
		tell(s, 5000 + i, "exception",
			"\"service\":{\"name\":\"boxoffice\"},\"exception\":{\"type\":\"die\",\"message\":"
			"\"no seats\"},\"count\":2,\"calls\":[{\"service\":\"seatmap\"}]");
		tell_words(s, 5000 + i, "seatmap", "index out of range", "");
	}
	r = judged(s);
	assert_verdict(r, "marker", "rollback");
	assert_string_equal(first_subject(r), "deploy seatmap 3.0");
}

/* One is answered by the peer, the other by a service that asks it and says nothing. */
static void whom_one_misses_the_other_misses_too(void **state)
{
	struct story *s = *state;
	const struct results *r;

	tell_daily_life(s, 0, 5000);
	for (int i = 0; i < 9; i++) {
		tell_words(s, 5000 + i, "portal", "HTTP Error 502: Bad Gateway", NEAR);
		tell_words(s, 5000 + i, "stipends", "the bank answers HTTP/1.0 502", FAR);
	}
	r = judged(s);
	assert_verdict(r, "third_party", "isolate_third_party");
	assert_string_equal(first_subject(r), "198.51.100.7:80");
}

/* Whoever has connections with this host alone misses nobody elsewhere. */
static void a_bad_gateway_of_this_host(void **state)
{
	struct story *s = *state;
	const struct results *r;

	tell_daily_life(s, 0, 5000);
	for (int i = 0; i < 9; i++)
		tell_words(s, 5000 + i, "portal", "HTTP Error 502: Bad Gateway", NEAR);
	r = judged(s);
	assert_verdict(r, "unknown", "investigate");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bad_answers),
		cmocka_unit_test(causes_tell_of_connections),
		STORY_TEST(two_services_are_answered_by_one),
		STORY_TEST(a_disk_that_several_share),
		STORY_TEST(a_list_of_names_that_was_changed),
		STORY_TEST(a_third_party_of_who_is_asked),
		cmocka_unit_test(clients_of_unix_sockets),
		STORY_TEST(who_asks_is_the_victim),
		STORY_TEST(whom_one_misses_the_other_misses_too),
		STORY_TEST(a_bad_gateway_of_this_host),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

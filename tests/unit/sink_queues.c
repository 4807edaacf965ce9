/* SPDX-License-Identifier: Apache-2.0 */
/* Subjects and batches of nats and kafka, and what is answered to wrong keys of theirs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/kafka_library.h"
#include "sink/nats.h"
#include "sink/record.h"

static void subject_is(const char *pattern, const char *kind, const char *service, const char *expected)
{
	char subject[64];

	assert_true(nats_subject(pattern, kind, service, subject, sizeof(subject)));
	assert_string_equal(subject, expected);
}

static void a_subject_has_the_tokens_of_its_pattern(void **state)
{
	char small[12];

	(void)state;
	subject_is(NATS_SUBJECT, "oom_kill", "", "lastwords.oom_kill");
	subject_is("{kind}.x.{service}", "crash", "check-out", "crash.x.check-out");
	subject_is("a.{service}", "crash", "", "a.-");
	subject_is("a.{service}", "crash", "a.b *>\n\xc3\xa9%", "a.a%2Eb%20%2A%3E%0A%C3%A9%25");
	assert_true(nats_subject("{service}", "k", "12345678901", small, sizeof(small)));
	assert_false(nats_subject("{service}", "k", "123456789012", small, sizeof(small)));
	assert_false(nats_subject("{service}", "k", "123456789.", small, sizeof(small)));
}

/* Keys and values behind each other; answers what the section's end says, NULL: it is good. */
static void section(const char *expected, const char *const *pairs)
{
	struct sink_list list = {0};
	const char *said = NULL;

	for (; *pairs && !said; pairs += 2)
		said = sink_options_set(&list, "a", pairs[0], pairs[1]);
	if (!said)
		said = sink_options_set(&list, "a", NULL, NULL);
	if (!expected)
		assert_null(said);
	else if (!said || !strstr(said, expected))
		fail_msg("'%s' is not in '%s'", expected, said ? said : "nothing");
	sink_options_free(&list);
}
#define SECTION(expected, ...) section(expected, (const char *const[]){__VA_ARGS__, NULL})

static void wrong_keys_of_nats_are_told(void **state)
{
	(void)state;
	SECTION(NULL, "type", "nats", "url", "nats://a:4222,tls://[::1]:4223", "stream", "EVENTS");
	SECTION("addresses such as nats://", "type", "nats", "url", "nats://a, nats://b");
	SECTION("addresses such as nats://", "type", "nats", "url", "nats://a,");
	SECTION("addresses such as nats://", "type", "nats", "url", "nats://u:p@a");
	SECTION("addresses such as nats://", "type", "nats", "url", "nats://a,http://b");
	SECTION("the key url", "type", "nats", "stream", "x");
	SECTION("subject =", "type", "nats", "url", "nats://a", "subject", "a..b");
	SECTION("subject =", "type", "nats", "url", "nats://a", "subject", "a.>");
	SECTION("subject =", "type", "nats", "url", "nats://a", "subject", "{host}");
	SECTION("subject =", "type", "nats", "url", "nats://a", "subject", "$JS.API.x");
	SECTION(NULL, "type", "nats", "url", "nats://a", "subject", "x.{service}.{kind}");
	SECTION("stream =", "type", "nats", "url", "nats://a", "stream", "a.b");
	SECTION("user and password_file", "type", "nats", "url", "nats://a", "user", "u");
}

static void wrong_keys_of_kafka_are_told(void **state)
{
	(void)state;
	SECTION(NULL, "type", "kafka", "brokers", "a:9092,b,[::1]:9093", "topic", "a.b-c_d");
	SECTION("the key topic", "type", "kafka", "brokers", "a:9092");
	SECTION("the key brokers", "type", "kafka", "topic", "a");
	SECTION("brokers =", "type", "kafka", "brokers", "a:9092, b", "topic", "x");
	SECTION("brokers =", "type", "kafka", "brokers", "kafka://a", "topic", "x");
	SECTION("topic =", "type", "kafka", "brokers", "a", "topic", "x y");
	SECTION("one of none|gzip|lz4|zstd|snappy", "type", "kafka", "brokers", "a", "compression", "xz");
	SECTION("user and password_file", "type", "kafka", "brokers", "a", "topic", "x", "user", "u");
	SECTION("user and password_file", "type", "kafka", "brokers", "a", "topic", "x", "mechanism",
		"PLAIN");
	setenv("QUEUES_PASSWORD", "secret", 1);
	SECTION("PLAIN, which shows the password", "type", "kafka", "brokers", "a", "topic", "x", "user", "u",
		"password_env", "QUEUES_PASSWORD", "mechanism", "PLAIN");
	SECTION(NULL, "type", "kafka", "brokers", "a", "topic", "x", "user", "u", "password_env",
		"QUEUES_PASSWORD", "mechanism", "PLAIN", "protocol", "tls");
}

static void a_batch_gives_back_what_was_put(void **state)
{
	const struct sink_item items[] = {
		{.id = "1", .kind = "crash", .service = "shop", .body = "{\"a\":\"\\u0000\"}", .len = 14},
		{.id = "2-7", .kind = "issue", .body = "", .len = 0},
	};
	_cleanup_buf_ struct buf batch = {0};
	struct sink_record record;
	const char *at;

	(void)state;
	record_put(&batch, &items[0]);
	record_put(&batch, &items[1]);
	at = record_get(batch.data, &record);
	assert_string_equal(record.id, "1");
	assert_string_equal(record.kind, "crash");
	assert_string_equal(record.service, "shop");
	assert_int_equal(record.len, 14);
	assert_memory_equal(record.body, items[0].body, 14);
	at = record_get(at, &record);
	assert_string_equal(record.id, "2-7");
	assert_string_equal(record.service, "");
	assert_int_equal(record.len, 0);
	assert_ptr_equal(at, batch.data + batch.len);
}

static void the_libraries_have_what_is_used(void **state)
{
	(void)state;
	assert_non_null(kafka_library());
	assert_ptr_equal(kafka_library(), kafka_library());
	assert_non_null(nats_library());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_subject_has_the_tokens_of_its_pattern),
		cmocka_unit_test(wrong_keys_of_nats_are_told),
		cmocka_unit_test(wrong_keys_of_kafka_are_told),
		cmocka_unit_test(a_batch_gives_back_what_was_put),
		cmocka_unit_test(the_libraries_have_what_is_used),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Answers of name servers, honest and hostile, and the names that events get of them. */
#include <errno.h>

#include "unit/enrich_test.h"
#include "enrich/dns.h"

#define HEAD(answers)      "\0\1\x81\x80\0\1\0" answers "\0\0\0\0"
#define QUESTION(type)     "\3Pay\7exAmple\0\0" type "\0\1"
#define RECORD(type, size) "\0" type "\0\1\0\0\0\x3c\0" size
#define A                  "\xc0\x0c" RECORD("\1", "\4") "\xc0\0\2\7"

static int read_bytes(const char *bytes, size_t size, struct dns_answer *ret)
{
	uint8_t *exact = malloc(size); /* so that a byte too many is found */
	int r;

	assert_non_null(exact);
	memcpy(exact, bytes, size);
	r = dns_answer_read(exact, size, ret);
	free(exact);
	return r;
}

#define READ(bytes, ret) read_bytes(bytes, sizeof(bytes) - 1, ret)

static void addresses(void **state)
{
	static const uint8_t expected[16] = {[10] = 0xff, 0xff, 192, 0, 2, 7};
	struct dns_answer a;

	(void)state;
	assert_int_equal(READ(HEAD("\1") QUESTION("\1") A, &a), 0);
	assert_string_equal(a.name, "pay.example");
	assert_int_equal(a.count, 1);
	assert_memory_equal(a.address[0], expected, 16);
	assert_int_equal(
		READ(HEAD("\1") QUESTION("\x1c") "\xc0\x0c" RECORD("\x1c", "\x10") "0123456789abcdef", &a),
		0);
	assert_int_equal(a.count, 1);
	assert_memory_equal(a.address[0], "0123456789abcdef", 16);
	/* By way of another name, whose end is that of the first. */
	assert_int_equal(READ(HEAD("\2") QUESTION("\1") "\xc0\x0c" RECORD(
				      "\5", "\4") "\1x\xc0\x10"
						  "\1x\xc0\x10" RECORD("\1", "\4") "\xc0\0\2\7",
				 &a),
		0);
	assert_string_equal(a.name, "pay.example");
	assert_int_equal(a.count, 1);
	/* Of somebody else. */
	assert_int_equal(READ(HEAD("\1") QUESTION("\1") "\3bad\0" RECORD("\1", "\4") "\xc0\0\2\7", &a), 0);
	assert_int_equal(a.count, 0);
	/* It says two, and is cut. */
	assert_int_equal(READ(HEAD("\2") QUESTION("\1") A "\xc0\x0c\0", &a), 0);
	assert_int_equal(a.count, 1);
}

static void more_than_have_room(void **state)
{
	static const char head[] = HEAD("\x3f") QUESTION("\1");
	char bytes[sizeof(head) + 63 * (sizeof(A) - 1)];
	size_t size = sizeof(head) - 1;
	struct dns_answer a;

	(void)state;
	memcpy(bytes, head, size);
	for (int i = 0; i < 63; i++, size += sizeof(A) - 1)
		memcpy(bytes + size, A, sizeof(A) - 1);
	assert_int_equal(read_bytes(bytes, size, &a), 0);
	assert_int_equal(a.count, DNS_ADDRESSES);
}

static void refused(void **state)
{
	struct dns_answer a;

	(void)state;
	assert_int_equal(
		READ("\0\1\x01\x80\0\1\0\1\0\0\0\0" QUESTION("\1") A, &a), -EBADMSG); /* a question */
	assert_int_equal(
		READ("\0\1\x81\x83\0\1\0\1\0\0\0\0" QUESTION("\1") A, &a), -EBADMSG); /* no such name */
	assert_int_equal(READ("\0\1\x81\x80\0\2\0\1\0\0\0\0" QUESTION("\1") A, &a), -EBADMSG);
	assert_int_equal(READ(HEAD("\1") QUESTION("\x0c") A, &a), -EBADMSG); /* PTR */
	assert_int_equal(READ(HEAD("\1") "\0\0\1\0\1" A, &a), -EBADMSG);     /* the root */
	assert_int_equal(READ(HEAD("\1") "\3a\x1b"
					 "b\0\0\1\0\1" A,
				 &a),
		-EBADMSG);
	assert_int_equal(READ(HEAD("\1") "\3a.b\0\0\1\0\1" A, &a), -EBADMSG);
	assert_int_equal(READ(HEAD("\1") "\xc0\x0c\0\1\0\1" A, &a), -EBADMSG); /* to itself */
	assert_int_equal(READ(HEAD("\1") "\1a\xc0\x0c\0\1\0\1" A, &a), -EBADMSG);
	assert_int_equal(READ(HEAD("\1") "\xc0\xff\0\1\0\1" A, &a), -EBADMSG); /* ahead */
	assert_int_equal(READ(HEAD("\1") "\x80\x01\0\1\0\1" A, &a), -EBADMSG); /* of no kind */
	assert_int_equal(READ(HEAD("\1") "\x3fpay", &a), -EBADMSG);
	for (size_t size = 0; size < sizeof(HEAD("\1") QUESTION("\1")) - 1; size++)
		assert_int_equal(read_bytes(HEAD("\1") QUESTION("\1"), size, &a), -EBADMSG);
}

/* Labels that each point to the one before: as long a name as can be, and longer. */
static void chains(void **state)
{
	char bytes[512] = HEAD("\0");
	struct dns_answer a;
	size_t at = 12;

	(void)state;
	for (int i = 0; i < 4; i++, at += 64) {
		bytes[at] = 63;
		memset(bytes + at + 1, 'a', 63);
	}
	memcpy(bytes + at, "\0\0\1\0\1", 5);
	assert_int_equal(read_bytes(bytes, at + 5, &a), -EBADMSG);
	bytes[12 + 3 * 64] = 61;
	memcpy(bytes + 12 + 3 * 64 + 62, "\0\0\1\0\1", 5);
	assert_int_equal(read_bytes(bytes, at + 5, &a), 0);
	assert_int_equal(strlen(a.name), 253);
}

static const struct record failed_connect = {.type = RECORD_TCP_COUNT,
	.tcp = {.kind = TCP_CONNECT_FAILED,
		.count = 1,
		.netns = 7,
		.local = "192.0.2.1:*",
		.remote = "192.0.2.7:80"}};

static struct record answer_of(const char *bytes, uint32_t len)
{
	return (struct record){
		.type = RECORD_DNS_ANSWER, .dns = {.netns = 7, .len = len, .bytes = (const uint8_t *)bytes}};
}

static void names_of_ends(void **state)
{
	struct world *w = *state;
	static const char bytes[] = HEAD("\1") QUESTION("\1") A;
	struct record answer = answer_of(bytes, sizeof(bytes) - 1);
	struct record r = failed_connect;

	record_address(r.tcp.remote_address, (const uint8_t *)"\xc0\0\2\7", 4);
	enrich_record(w->enrich, &r);
	assert_string_equal(w->events[0].tcp.remote_name, "");
	enrich_record(w->enrich, &answer);
	enrich_record(w->enrich, &r);
	assert_string_equal(w->events[1].tcp.remote_name, "pay.example");
	r.tcp.netns = 8;
	enrich_record(w->enrich, &r);
	assert_string_equal(w->events[2].tcp.remote_name, "");
}

/* The table is bounded: the name that was heard of longest ago is forgotten. */
static void names_in_a_flood(void **state)
{
	struct world *w = *state;
	char bytes[] = HEAD("\1") QUESTION("\1") A;
	struct record answer = answer_of(bytes, sizeof(bytes) - 1);
	struct record r = failed_connect;

	for (unsigned i = 0; i <= 4096; i++) {
		bytes[sizeof(bytes) - 2] = (char)i;
		bytes[sizeof(bytes) - 3] = (char)(i >> 8);
		enrich_record(w->enrich, &answer);
	}
	record_address(r.tcp.remote_address, (const uint8_t *)"\xc0\0\0\0", 4);
	enrich_record(w->enrich, &r);
	assert_string_equal(w->events[0].tcp.remote_name, "");
	record_address(r.tcp.remote_address, (const uint8_t *)"\xc0\0\0\1", 4);
	enrich_record(w->enrich, &r);
	assert_string_equal(w->events[1].tcp.remote_name, "pay.example");
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(addresses), cmocka_unit_test(more_than_have_room),
		cmocka_unit_test(refused), cmocka_unit_test(chains), WORLD_TEST(names_of_ends),
		WORLD_TEST(names_in_a_flood)};

	return cmocka_run_group_tests_name("enrich_dns", tests, NULL, NULL);
}

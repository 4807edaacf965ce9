/* SPDX-License-Identifier: Apache-2.0 */
/* What is told by the top of an event alone is what the whole event tells. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "correlate/internal.h"

static const char *const errors[] = {"ENOSPC", "EDQUOT", "EMFILE", "ENFILE", "ENOMEM", "EADDRNOTAVAIL",
	"EAGAIN", "ENOENT", "ECONNREFUSED"};
static const char *const calls[] = {"write", "clone", "clone3", "fork", "connect", "openat"};
static const char *const directions[] = {"sent", "received", ""};
static const char *const remotes[] = {"10.0.0.1:80", "127.0.0.1:80", "[::1]:5432"};

#define COUNT(x) (sizeof(x) / sizeof(*(x)))

static void write_event(char *json, size_t size, const char *kind, unsigned n)
{
	snprintf(json, size,
		"{\"schema\":1,\"id\":\"01TOP%u\",\"time\":\"2026-05-31T11:22:33.%03uZ\",\"kind\":\"%s\","
		"\"host\":{\"name\":\"h\"},\"service\":{\"name\":\"s\",\"unit\":\"%s\",\"user\":\"1000\","
		"\"alive\":%u},\"process\":{\"pid\":7,\"exe\":\"/bin/\\\"x\\\\\",\"role\":\"%s\","
		"\"cmdline\":[\"}{][\\\"\"],\"age\":%u.5},\"syscall\":\"%s\",\"errno\":\"%s\",\"direction\":"
		"\"%s\","
		"\"remote\":\"%s\",\"count\":%u,\"subjects\":[{\"subject\":\"/a]\"}]}",
		n, n % 1000, kind, n % 2 ? "a.service" : "run-r1.scope", n % 3, n % 5 ? "command" : "worker",
		n, calls[n % COUNT(calls)], errors[n % COUNT(errors)], directions[n / 7 % COUNT(directions)],
		remotes[n / 11 % COUNT(remotes)], n);
}

static void the_top_tells_what_the_whole_tells(void **state)
{
	unsigned told[2] = {0};

	(void)state;
	for (int kind = 0; kind < EVENT_KINDS; kind++)
		for (unsigned n = 0; n < 1000; n++) {
			struct fact top, whole;
			char json[1024];

			write_event(json, sizeof(json), event_kind_name((enum event_kind)kind), n);
			assert_int_equal(fact_read(json, strlen(json), &whole), 0);
			if (!fact_read_top(json, strlen(json), &top))
				continue;
			assert_int_equal(top.kind, whole.kind);
			assert_true(top.time == whole.time);
			assert_int_equal(failure_is(&top), failure_is(&whole));
			told[failure_is(&top)]++;
		}
	assert_true(told[0] > 500 && told[1] > 500);
}

/* Also where it ends within what is passed over. */
static void what_is_cut_off_is_no_event(void **state)
{
	struct fact fact;
	char json[1024];

	(void)state;
	write_event(json, sizeof(json), "syscall_errors", 8);
	assert_true(fact_read_top(json, strlen(json), &fact));
	for (size_t len = 0; len < strlen(json); len++)
		assert_false(fact_read_top(json, len, &fact));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_top_tells_what_the_whole_tells),
		cmocka_unit_test(what_is_cut_off_is_no_event),
	};

	return cmocka_run_group_tests_name("correlate_top", tests, NULL, NULL);
}

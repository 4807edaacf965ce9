/* SPDX-License-Identifier: Apache-2.0 */
/* A crash loop's lines: some in full, then one an interval, and no event uncounted. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "command/fold.h"
#include "unit/store_test.h"

#define START (1700000000 * NS_PER_SEC)

struct loop_test {
	struct fold fold;
	struct correlation *correlation;
	struct store *store;
	void *dir;
	struct buf out;
	unsigned full;
};

static int setup(void **state)
{
	struct loop_test *t = calloc(1, sizeof(*t));
	_cleanup_buf_ struct buf error = {0};

	assert_non_null(t);
	dir_make(&t->dir);
	assert_int_equal(store_open(&t->store, t->dir, STORE_OWN, &error), 0);
	assert_int_equal(correlation_new(&t->correlation, t->store), 0);
	t->fold.interval = 60 * NS_PER_SEC;
	*state = t;
	return 0;
}

static int teardown(void **state)
{
	struct loop_test *t = *state;

	correlation_free(t->correlation);
	store_close(t->store);
	dir_remove(&t->dir);
	buf_free(&t->out);
	free(t);
	return 0;
}

/* A death so many milliseconds after the start, as the daemon takes it. */
static void die(struct loop_test *t, uint64_t ms, const char *service, const char *fingerprint)
{
	static struct event event;

	event.kind = EVENT_CRASH;
	event.time = START + ms * 1000000;
	text_copy(event.service.name, sizeof(event.service.name), service);
	text_copy(event.fingerprint, sizeof(event.fingerprint), fingerprint);
	fold_advance(&t->fold, event.time, false, t->correlation, false, &t->out);
	t->full += fold_take(&t->fold, &event);
}

static void advance(struct loop_test *t, uint64_t ms, bool all)
{
	fold_advance(&t->fold, START + ms * 1000000, all, t->correlation, false, &t->out);
}

/* The lines since the last call, and the sum of their counts. */
static unsigned lines(struct loop_test *t, unsigned *ret_counted)
{
	char *line = t->out.len ? (char *)buf_text(&t->out) : NULL, *save = NULL;
	unsigned count = 0, number;

	*ret_counted = 0;
	for (line = line ? strtok_r(line, "\n", &save) : NULL; line; line = strtok_r(NULL, "\n", &save)) {
		char *more = strstr(line, " more death");

		assert_non_null(more);
		while (more > line && more[-1] != ' ')
			more--;
		number = 0;
		for (; *more != ' '; more++)
			number = *more == ',' ? number : number * 10 + (unsigned)(*more - '0');
		*ret_counted += number;
		count++;
	}
	buf_reset(&t->out);
	return count;
}

static void ten_thousand(void **state)
{
	struct loop_test *t = *state;
	unsigned told = 0, counted;

	/* 40 a second, for 250 s */
	for (unsigned n = 0; n < 10000; n++)
		die(t, n * 25, "shop", "2:a");
	assert_int_equal(t->full, FOLD_FULL);
	assert_int_equal(lines(t, &counted), 4);
	told += counted;
	assert_int_equal(told, 4 * 60 * 40 - FOLD_FULL);
	advance(t, 250000, true);
	assert_int_equal(lines(t, &counted), 1);
	assert_int_equal(told + counted + t->full, 10000);
}

static void words_of_the_line(void **state)
{
	struct loop_test *t = *state;

	for (unsigned n = 0; n < 1234 + FOLD_FULL; n++)
		die(t, n, "shop\033[2J\xff", "2:a");
	advance(t, 60000, false);
	assert_non_null(strstr(buf_text(&t->out), "crash            shop\\x1b[2J\\xff"));
	assert_non_null(strstr(buf_text(&t->out), "  1,234 more deaths in the last minute\n"));
	buf_reset(&t->out);
	die(t, 60001, "shop\033[2J\xff", "2:a");
	advance(t, 120000, false);
	assert_non_null(strstr(buf_text(&t->out), "  1 more death in the last minute\n"));
}

/* After an interval without one they are told in full again. */
static void quiet_between(void **state)
{
	struct loop_test *t = *state;
	unsigned counted;

	for (unsigned n = 0; n < 10; n++)
		die(t, n, "shop", "2:a");
	advance(t, 60000, false);
	assert_int_equal(lines(t, &counted), 1);
	assert_int_equal(counted, 10 - FOLD_FULL);
	advance(t, 120000, false);
	assert_int_equal(lines(t, &counted), 0);
	for (unsigned n = 0; n < 10; n++)
		die(t, 130000 + n, "shop", "2:a");
	assert_int_equal(t->full, 2 * FOLD_FULL);
	/* A few a minute are told all. */
	for (unsigned n = 0; n < 6; n++)
		die(t, 300000 + n * 31000, "shop", "2:b");
	assert_int_equal(t->full, 2 * FOLD_FULL + 6);
}

/* Of each issue and service, and no more of them than there is room for. */
static void many_issues(void **state)
{
	struct loop_test *t = *state;
	unsigned counted, others = 0;

	for (unsigned n = 0; n < 4 * FOLD_ROWS; n++) {
		char fingerprint[EVENT_FINGERPRINT];

		snprintf(fingerprint, sizeof(fingerprint), "2:%x", n / 2);
		for (unsigned k = 0; k < 10; k++)
			die(t, n, n % 2 ? "shop" : "bank", fingerprint);
		others += n < FOLD_ROWS ? 0 : 10;
	}
	assert_int_equal(t->full, FOLD_ROWS * FOLD_FULL + others);
	advance(t, 70000, false);
	assert_int_equal(lines(t, &counted), FOLD_ROWS);
	assert_int_equal(counted + t->full, 4 * FOLD_ROWS * 10);
}

/* One process after the other, each with a call or two that fail. */
static void fail_call(struct loop_test *t, uint64_t ms, const char *call, uint16_t error)
{
	static struct event event;

	event.kind = EVENT_SYSCALL_ERRORS;
	event.time = START + ms * 1000000;
	text_copy(event.service.name, sizeof(event.service.name), "shop");
	text_copy(event.syscall.name, sizeof(event.syscall.name), call);
	event.syscall.error = error;
	event.syscall.count = 2;
	t->full += fold_take(&t->fold, &event);
}

static void failed_calls(void **state)
{
	struct loop_test *t = *state;
	char call[16];

	for (unsigned n = 0; n < 12000; n++)
		fail_call(t, n * 5, "read", 9);
	fail_call(t, 59000, "read", 5);
	assert_int_equal(t->full, FOLD_FULL + 1);
	advance(t, 60000, false);
	assert_non_null(strstr(buf_text(&t->out),
		"syscall_errors   shop                  23,994 more failed calls in "
		"the last minute (read EBADF)\n"));
	assert_null(strstr(buf_text(&t->out), "EIO"));
	buf_reset(&t->out);
	/* Many of them leave room for what dies. */
	t->full = 0;
	for (unsigned n = 0; n < 2 * FOLD_ROWS; n++) {
		snprintf(call, sizeof(call), "call%u", n);
		fail_call(t, 61000, call, 9);
	}
	for (unsigned n = 0; n < 10; n++)
		die(t, 61000 + n, "shop", "2:a");
	assert_int_equal(t->full, 2 * FOLD_ROWS + FOLD_FULL);
}

static void clock_put_back(void **state)
{
	struct loop_test *t = *state;
	unsigned counted;

	for (unsigned n = 0; n < 10; n++)
		die(t, 3600000 + n, "shop", "2:a");
	die(t, 1000, "shop", "2:a");
	assert_int_equal(lines(t, &counted), 1);
	advance(t, 61000, false);
	assert_int_equal(lines(t, &counted), 1);
	assert_int_equal(counted, 1);
}

static void switched_off(void **state)
{
	struct loop_test *t = *state;
	unsigned counted;

	t->fold.interval = 0;
	for (unsigned n = 0; n < 10; n++)
		die(t, n, "shop", "2:a");
	assert_int_equal(t->full, 10);
	/* What has no fingerprint is no issue's. */
	t->fold.interval = NS_PER_SEC;
	for (unsigned n = 0; n < 10; n++)
		die(t, n, "shop", "");
	assert_int_equal(t->full, 20);
	assert_int_equal(lines(t, &counted), 0);
}

/* One event a second of a service that is refused, and of ports that nobody listens on. */
static void connections_fold(void **state)
{
	struct loop_test *t = *state;
	static struct event event;
	unsigned full = 0;

	text_copy(event.service.name, sizeof(event.service.name), "pay");
	for (unsigned n = 0; n < 59; n++) {
		event.time = START + n * NS_PER_SEC;
		fold_advance(&t->fold, event.time, false, t->correlation, false, &t->out);
		event.kind = EVENT_CONNECT_FAILURE;
		event.tcp = (struct event_tcp){.remote = "10.99.7.2:443", .error = ECONNREFUSED, .count = 2};
		full += fold_take(&t->fold, &event);
		event.kind = EVENT_TCP_RESET;
		event.tcp = (struct event_tcp){.direction = "sent", .reason = "NO_SOCKET", .count = 1};
		snprintf(event.tcp.remote, sizeof(event.tcp.remote), "127.0.0.1:%u", 40000 + n);
		full += fold_take(&t->fold, &event);
	}
	advance(t, 60000, false);
	assert_int_equal(full, 2 * FOLD_FULL);
	assert_non_null(strstr(buf_text(&t->out),
		"112 more failed connections in the last minute (10.99.7.2:443 ECONNREFUSED)\n"));
	assert_non_null(strstr(buf_text(&t->out), "56 more resets in the last minute (sent to 127.0.0.1)\n"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(ten_thousand, setup, teardown),
		cmocka_unit_test_setup_teardown(words_of_the_line, setup, teardown),
		cmocka_unit_test_setup_teardown(connections_fold, setup, teardown),
		cmocka_unit_test_setup_teardown(quiet_between, setup, teardown),
		cmocka_unit_test_setup_teardown(many_issues, setup, teardown),
		cmocka_unit_test_setup_teardown(failed_calls, setup, teardown),
		cmocka_unit_test_setup_teardown(clock_put_back, setup, teardown),
		cmocka_unit_test_setup_teardown(switched_off, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

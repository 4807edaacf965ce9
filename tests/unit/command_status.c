/* SPDX-License-Identifier: Apache-2.0 */
/* The page of status: symptoms by name, declared changes first, nothing left out without a word, one screen.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/cleanup.h"
#include "base/http_listen.h"
#include "command/status_page.h"
#include "unit/told_test.h"

static unsigned lines(const char *text)
{
	unsigned count = 0;

	for (; *text; text++)
		count += *text == '\n';
	return count;
}

static void assert_has(const struct buf *page, const char *words)
{
	if (!strstr(buf_text(page), words))
		fail_msg("'%s' is not in %s", words, buf_text(page));
}

static const struct alive runs = {.state = ALIVE_RUNS};

static int page_at(struct told *t, unsigned second, struct buf *page)
{
	return status_page(t->store, &runs, T0 + second * NS_PER_SEC, false, page);
}

static void nothing_at_all(void **state)
{
	_cleanup_buf_ struct buf page = {0};
	struct told t = {0};

	(void)state;
	told_open(&t);
	assert_int_equal(page_at(&t, 0, &page), 0);
	assert_has(&page, "nothing is broken");
	assert_has(&page, "nothing that was declared");
	assert_int_equal(lines(buf_text(&page)), 11);
	told_close(&t);
}

static void busy_day(struct told *t)
{
	told_deploy(t, 100, "shop", "41");
	for (unsigned n = 0; n < 30; n++)
		told_notice(t, 200 + n * 61, "restart", n % 3 ? "web" : "bank", "web was started again");
	for (unsigned n = 0; n < 20; n++)
		told_notice(t, 3000 + n, "config", "host", "/etc/motd was written");
	told_event(t, 4000, "connect_failure", "shop",
		"\"remote\":\"127.0.0.1:5432\",\"errno\":\"ECONNREFUSED\",\"count\":1");
	for (unsigned n = 0; n < 7; n++)
		told_event(t, 4001 + n, "connect_failure", "shop",
			"\"remote\":\"192.0.2.7:443\",\"errno\":\"ETIMEDOUT\",\"count\":2");
	for (unsigned n = 0; n < 12; n++) {
		told_crash(t, 4240 + n, "shop", 100 + n, n < 6 ? 1 : n < 10 ? 2 : n);
		told_crash(t, 4280 + n, "bank", 200 + n, 20);
	}
	assert_int_equal(correlation_write(t->correlation, T0 + 4300 * NS_PER_SEC, NULL), 0);
}

static void one_screen(void **state)
{
	_cleanup_buf_ struct buf page = {0};
	const char *first;
	struct told t = {0};

	(void)state;
	told_open(&t);
	busy_day(&t);
	assert_int_equal(page_at(&t, 4300, &page), 0);
	assert_has(&page, "incident open: shop (partial)");
	assert_has(&page, "incident open: bank (partial)");
	assert_has(&page, "12 x SIGSEGV in charge20  0");
	first = strstr(buf_text(&page), "issues            6 x SIGSEGV in charge1  0");
	assert_non_null(first);
	first = strstr(first, "4 x SIGSEGV in charge2  0");
	assert_non_null(first);
	assert_non_null(strstr(first, "                  and 1 more\n"));
	/* The declared one is the oldest, and there are more than have room. */
	assert_has(&page, "deploy shop version 41\n");
	assert_has(&page, "config host (inferred)  /etc/motd was written\n");
	assert_has(&page, "  and 41 more: lastwords markers");
	assert_null(strstr(buf_text(&page), "127.0.0.1"));
	assert_has(&page, "192.0.2.7:443 ETIMEDOUT ×14\n");
	assert_in_range(lines(buf_text(&page)), 40, 56);
	told_close(&t);
}

static void restarts_are_one_line_each(void **state)
{
	_cleanup_buf_ struct buf page = {0};
	struct told t = {0};

	(void)state;
	told_open(&t);
	for (unsigned n = 0; n < 30; n++)
		told_notice(&t, 200 + n * 61, "restart", n % 3 ? "web" : "bank", "it was started again");
	assert_int_equal(page_at(&t, 4300, &page), 0);
	assert_has(&page, "restart web (inferred)  it was started again  (20 times)\n");
	assert_has(&page, "restart bank (inferred)  it was started again  (10 times)\n");
	assert_null(strstr(buf_text(&page), " more"));
	told_close(&t);
}

/* What is stored is of the past then, however calm it looks. */
static void without_a_daemon(void **state)
{
	const struct alive ended = {.state = ALIVE_NOT, .last = T0},
			   stuck = {.state = ALIVE_STUCK, .last = T0}, unknown = {.state = ALIVE_UNKNOWN};
	_cleanup_buf_ struct buf page = {0};
	struct told t = {0};

	(void)state;
	told_open(&t);
	assert_int_equal(status_page(t.store, &ended, T0 + 185 * NS_PER_SEC, false, &page), 0);
	assert_has(&page, "no daemon runs here: nobody has watched since ");
	assert_has(&page, " UTC, for 3 min 5 s\n");
	assert_null(strstr(buf_text(&page), "nothing is broken"));
	buf_reset(&page);
	assert_int_equal(status_page(t.store, &stuck, T0 + 185 * NS_PER_SEC, false, &page), 0);
	assert_has(&page, "the daemon is stuck: ");
	buf_reset(&page);
	assert_int_equal(status_page(t.store, &unknown, T0, false, &page), 0);
	assert_has(&page, "nothing was broken that is known of\n");
	told_close(&t);
}

/* No socket in the state directory: the counter tells until when it ran. */
static void looks_for_the_daemon(void **state)
{
	struct told t = {0};
	struct alive alive;

	(void)state;
	told_open(&t);
	alive_look(&alive, t.store, t.dir, T0);
	assert_int_equal(alive.state, ALIVE_NOT);
	assert_int_equal(alive.last, 0);
	assert_int_equal(alive_save(t.store, T0), 0);
	alive_look(&alive, t.store, t.dir, T0 + NS_PER_SEC);
	assert_int_equal(alive.last, T0);
	told_close(&t);
}

/* Between the begin of a daemon and its first second there is only what the one before left. */
static void begins_after_a_while(void **state)
{
	uint64_t later = T0 + 3600 * NS_PER_SEC;
	_cleanup_close_ int fd = -1;
	struct told t = {0};
	struct alive alive;
	char path[128];

	(void)state;
	told_open(&t);
	snprintf(path, sizeof(path), "%s/control.sock", (char *)t.dir);
	fd = listen_unix(path, 0600, (gid_t)-1, 8);
	assert_true(fd >= 0);
	assert_int_equal(alive_save(t.store, T0), 0);
	alive_look(&alive, t.store, t.dir, later);
	assert_int_equal(alive.state, ALIVE_STUCK);
	assert_int_equal(alive_begin(t.store, later), 0);
	alive_look(&alive, t.store, t.dir, later + NS_PER_SEC);
	assert_int_equal(alive.state, ALIVE_RUNS);
	assert_int_equal(alive.last, T0);
	alive_look(&alive, t.store, t.dir, later + 60 * NS_PER_SEC);
	assert_int_equal(alive.state, ALIVE_STUCK);
	unlink(path);
	told_close(&t);
}

/* Times say how long ago they were; the second crash counts, not its issue's count of all times. */
static void how_long(void **state)
{
	_cleanup_buf_ struct buf page = {0};
	struct told t = {0};

	(void)state;
	told_open(&t);
	for (unsigned n = 0; n < 3; n++)
		told_crash(&t, 100 + n, "shop", 100 + n, 1);
	for (unsigned n = 0; n < 3; n++)
		told_crash(&t, 5000 + n, "shop", 200 + n, 1);
	assert_int_equal(correlation_write(t.correlation, T0 + 5100 * NS_PER_SEC, NULL), 0);
	assert_int_equal(page_at(&t, 5125, &page), 0);
	assert_has(&page, " UTC, 2 min 5 s ago\n");
	assert_has(&page, "failures          3\n");
	assert_has(&page, "6 x SIGSEGV in charge1 (in all)  0");
	told_close(&t);
}

/* The newest began last, but it is quiet: what goes on comes first. */
static void what_goes_on_first(void **state)
{
	_cleanup_buf_ struct buf page = {0};
	struct told t = {0};
	const char *first, *quiet;

	(void)state;
	told_open(&t);
	for (unsigned n = 0; n < 40; n++)
		told_crash(&t, 100 + 10 * n, "shop", 100 + n, 1);
	told_crash(&t, 200, "bank", 300, 2);
	told_crash(&t, 201, "bank", 301, 2);
	assert_int_equal(correlation_write(t.correlation, T0 + 495 * NS_PER_SEC, NULL), 0);
	assert_int_equal(page_at(&t, 495, &page), 0);
	first = strstr(buf_text(&page), "incident open: shop (partial)");
	quiet = strstr(buf_text(&page), "  open  bank (partial, now none)  2 failures: ");
	assert_non_null(first);
	assert_non_null(quiet);
	assert_true(first < quiet);
	assert_has(&page, "  quiet for 4 min 54 s\n");
	told_close(&t);
}

/* One release, told by the pipeline and seen to start. */
static void declared_and_noticed_is_one(void **state)
{
	_cleanup_buf_ struct buf page = {0};
	struct told t = {0};

	(void)state;
	told_open(&t);
	told_deploy(&t, 100, "shop", "42");
	told_event(&t, 102, "marker", "shop",
		"\"marker\":{\"kind\":\"deploy\",\"service\":\"shop\",\"version\":\"42\",\"source\":"
		"\"inferred\",\"evidence\":\"now runs from release 42\"}");
	told_deploy(&t, 2000, "shop", "43");
	assert_int_equal(page_at(&t, 4300, &page), 0);
	assert_has(&page, "deploy shop version 42\n");
	assert_has(&page, "deploy shop version 43\n");
	assert_null(strstr(buf_text(&page), "inferred"));
	assert_null(strstr(buf_text(&page), " more"));
	told_close(&t);
}

/* Where so many were looked at that none of others was among them, none is not what is told. */
static void only_so_many_are_looked_at(void **state)
{
	_cleanup_buf_ struct buf page = {0};
	struct told t = {0};

	(void)state;
	told_open(&t);
	for (unsigned n = 0; n < STATUS_ROWS; n++)
		told_event(&t, 4000, "connect_failure", "shop",
			"\"remote\":\"127.0.0.1:81\",\"errno\":\"ECONNREFUSED\",\"count\":1");
	assert_int_equal(page_at(&t, 4100, &page), 0);
	assert_has(&page, "  none among the newest 1000: ");
	told_close(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_at_all),
		cmocka_unit_test(one_screen),
		cmocka_unit_test(restarts_are_one_line_each),
		cmocka_unit_test(without_a_daemon),
		cmocka_unit_test(looks_for_the_daemon),
		cmocka_unit_test(begins_after_a_while),
		cmocka_unit_test(how_long),
		cmocka_unit_test(what_goes_on_first),
		cmocka_unit_test(declared_and_noticed_is_one),
		cmocka_unit_test(only_so_many_are_looked_at),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* The page of status: symptoms by name, declared changes first, nothing left out without a word, one screen.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

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

static void nothing_at_all(void **state)
{
	_cleanup_buf_ struct buf page = {0};
	struct told t = {0};

	(void)state;
	told_open(&t);
	assert_int_equal(status_page(t.store, T0, false, &page), 0);
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
			"\"remote\":\"192.0.2.7:443\",\"errno\":\"ETIMEDOUT\",\"count\":1");
	for (unsigned n = 0; n < 12; n++) {
		told_crash(t, 4010 + n, "shop", 100 + n, n < 6 ? 1 : n < 10 ? 2 : n);
		told_crash(t, 4200 + n, "bank", 200 + n, 20);
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
	assert_int_equal(status_page(t.store, T0 + 4300 * NS_PER_SEC, false, &page), 0);
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
	assert_has(&page, "192.0.2.7:443 ETIMEDOUT  (7 times)\n");
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
	assert_int_equal(status_page(t.store, T0 + 4300 * NS_PER_SEC, false, &page), 0);
	assert_has(&page, "restart web (inferred)  it was started again  (20 times)\n");
	assert_has(&page, "restart bank (inferred)  it was started again  (10 times)\n");
	assert_null(strstr(buf_text(&page), " more"));
	told_close(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_at_all),
		cmocka_unit_test(one_screen),
		cmocka_unit_test(restarts_are_one_line_each),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

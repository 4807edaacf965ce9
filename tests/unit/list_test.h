/* SPDX-License-Identifier: Apache-2.0 */
/* Rows for the tests of lists. */
#ifndef LW_TESTS_LIST_TEST_H
#define LW_TESTS_LIST_TEST_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "base/clock.h"
#include "base/cleanup.h"
#include "command/list.h"

#define BASE 1700000000000000000ull

/* n: its number, which the body has. */
static inline void add(struct store *store, uint64_t n, uint64_t time, const char *kind, const char *service)
{
	_cleanup_buf_ struct buf body = {0};
	char id[ID_SIZE], when[CLOCK_TEXT_SIZE];

	id_make(time, n, id);
	clock_format(time, when);
	buf_printf(&body, "{\"id\":\"%s\",\"time\":\"%s\",\"kind\":\"%s\",\"n\":%llu}", id, when, kind,
		(unsigned long long)n);
	const struct store_event event = {
		.id = id, .time = time, .kind = kind, .service = service, .body = buf_text(&body)};
	assert_int_equal(store_add(store, &event, NULL), 0);
}

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* Decoding of a thread's registers and mappings: how much was taken, and mappings that are out of order. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "bpf/events.h"
#include "probe/decode.h"

static struct {
	struct lw_snapshot m;
	struct lw_map maps[2];
} message;
static struct record record;

static int decoded(uint16_t flags, uint16_t maps)
{
	message.m.head = (struct lw_head){.type = LW_SNAPSHOT, .flags = flags};
	message.m.head.size = (uint32_t)(sizeof(message.m) + maps * sizeof(struct lw_map));
	message.m.thread = (struct lw_thread){.start = 7, .pid = 42, .tid = 43};
	message.m.map_count = maps;
	message.maps[0] = (struct lw_map){.start = 0x1000, .end = 0x3000};
	message.maps[1] = (struct lw_map){.start = 0x2000, .end = 0x4000};
	return decode(&message, message.m.head.size, &record);
}

static void how_much(void **state)
{
	(void)state;
	assert_int_equal(decoded(0, 2), 0);
	assert_int_equal(record.snapshot.bare, BARE_NOT);
	assert_int_equal(record.snapshot.map_count, 1); /* the second one begins inside of the first */
	assert_int_equal(decoded(LW_SNAPSHOT_OVER, 1), 0);
	assert_int_equal(record.snapshot.bare, BARE_OVER);
	assert_int_equal(decoded(LW_SNAPSHOT_FULL, 0), 0);
	assert_int_equal(record.snapshot.bare, BARE_FULL);
	message.m.head.size -= (uint32_t)sizeof(struct lw_map);
	message.m.map_count = 1;
	assert_int_equal(decode(&message, sizeof(message.m), &record), -EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(how_much)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Events for tests that read a store with conclusions: both get them. */
#ifndef LW_TESTS_TOLD_TEST_H
#define LW_TESTS_TOLD_TEST_H

#include "base/clock.h"
#include "command/correlation.h"
#include "unit/store_test.h"

struct told {
	struct store *store;
	struct correlation *correlation;
	void *dir;
	unsigned events;
};

static inline void told_open(struct told *t)
{
	dir_make(&t->dir);
	t->store = open_ok(t->dir, STORE_OWN);
	assert_int_equal(correlation_new(&t->correlation, t->store), 0);
}

static inline void told_close(struct told *t)
{
	correlation_free(t->correlation);
	store_close(t->store);
	dir_remove(&t->dir);
}

/* So many seconds after T0; its id is 01STORY and its number. rest: its further keys. */
static inline void told_event(
	struct told *t, unsigned second, const char *kind, const char *service, const char *rest)
{
	_cleanup_buf_ struct buf body = {0};
	struct store_event row = {.time = T0 + second * NS_PER_SEC, .kind = kind, .service = service};
	char id[32], time[CLOCK_TEXT_SIZE];

	snprintf(id, sizeof(id), "01STORY%03u", t->events++);
	clock_format(row.time, time);
	buf_printf(&body,
		"{\"schema\":1,\"id\":\"%s\",\"time\":\"%s\",\"kind\":\"%s\",\"service\":{\"name\":\"%s\"},%"
		"s}",
		id, time, kind, service, rest);
	row.id = id;
	row.body = buf_text(&body);
	assert_int_equal(store_add(t->store, &row, NULL), 0);
	correlation_event(t->correlation, row.body, strlen(row.body));
}

static inline void told_deploy(struct told *t, unsigned second, const char *service, const char *version)
{
	char rest[200];

	snprintf(rest, sizeof(rest),
		"\"marker\":{\"kind\":\"deploy\",\"service\":\"%s\",\"version\":\"%s\",\"source\":"
		"\"declared\"}",
		service, version);
	told_event(t, second, "marker", service, rest);
}

static inline void told_notice(
	struct told *t, unsigned second, const char *kind, const char *service, const char *evidence)
{
	char rest[300];

	snprintf(rest, sizeof(rest),
		"\"marker\":{\"kind\":\"%s\",\"service\":\"%s\",\"source\":\"inferred\",\"evidence\":\"%s\"}",
		kind, service, evidence);
	told_event(t, second, "marker", service, rest);
}

/* In a function charge and the number of the place, which makes an issue. */
static inline void told_crash(
	struct told *t, unsigned second, const char *service, unsigned pid, unsigned place)
{
	char rest[400];

	snprintf(rest, sizeof(rest),
		"\"process\":{\"pid\":%u,\"comm\":\"work\"},\"signal\":{\"name\":\"SIGSEGV\"},\"killer\":{"
		"\"class\":"
		"\"self\"},\"stack\":{\"frames\":[{\"function\":\"charge%u\"}]},\"fingerprint\":\"4:%016x\","
		"\"fingerprint_step\":\"stack\"",
		pid, place, place);
	told_event(t, second, "crash", service, rest);
}

#endif

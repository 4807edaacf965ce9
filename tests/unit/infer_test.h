/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of noticed changes share: a detector, starts of programs, and what was told. */
#ifndef LW_TESTS_INFER_TEST_H
#define LW_TESTS_INFER_TEST_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "marker/infer.h"
#include "marker/marker.h"

#define MAX_MARKERS 64

struct seen {
	struct infer *infer;
	unsigned count;
	struct event_marker markers[MAX_MARKERS];
	uint64_t now;
};

static inline void on_marker(void *context, const struct event_marker *marker, uint64_t time)
{
	struct seen *s = context;

	assert_int_equal(time, s->now);
	assert_null(marker_check(marker));
	assert_true(s->count < MAX_MARKERS);
	s->markers[s->count++] = *marker;
}

static inline int setup(void **state)
{
	static struct seen seen;

	seen = (struct seen){.now = 1000 * NS_PER_SEC};
	*state = &seen;
	return infer_new(&seen.infer, on_marker, &seen);
}

static inline int teardown(void **state)
{
	infer_free(((struct seen *)*state)->infer);
	return 0;
}

/* A start of a unit's program an hour after the last one; args are words between blanks. */
static inline void start(
	struct seen *s, const char *unit, const char *exe, uint64_t inode, const char *args, bool supervised)
{
	struct event_service service = {0};
	struct infer_start x = {.time = s->now += 3600 * NS_PER_SEC,
		.service = &service,
		.exe = exe,
		.inode = inode,
		.mtime = inode * NS_PER_SEC,
		.supervised = supervised};
	struct infer_install install;
	char words[512];

	snprintf(service.unit, sizeof(service.unit), "%s", unit);
	snprintf(service.name, sizeof(service.name), "%.*s", (int)strcspn(unit, "."), unit);
	x.args_len = (uint32_t)snprintf(words, sizeof(words), "%s", args) + 1;
	for (char *p = words; *p; p++)
		if (*p == ' ')
			*p = '\0';
		else if (*p == '_')
			*p = ' ';
	x.args = words;
	infer_started(s->infer, &x);
	/* It ends at once, and replaced no file of anybody. */
	if (infer_installs(s->infer, &x, &install)) {
		bool known = install.service[0];
		struct infer_package package = {.path = "", .users = {install.service}, .user_count = known};

		infer_installed(s->infer, &install, &package, "", s->now);
	}
}

static inline void assert_last(
	const struct seen *s, unsigned count, const char *kind, const char *service, const char *version)
{
	assert_int_equal(s->count, count);
	assert_string_equal(s->markers[count - 1].kind, kind);
	assert_string_equal(s->markers[count - 1].service, service);
	assert_string_equal(s->markers[count - 1].version, version);
	assert_string_equal(s->markers[count - 1].source, "inferred");
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

#endif

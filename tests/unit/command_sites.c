/* SPDX-License-Identifier: Apache-2.0 */
/* A death without its stack takes the fingerprint of its place. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "command/sites.h"

static struct sites sites;
static struct event event;
static struct frames frames;
static uint64_t callers;
static const struct evidence_module module = {.path = "/srv/worker"};

/* Returns the fingerprint of a crash; without function it is one that was not captured. */
static const char *crash(const char *exe, uint64_t address, const char *function)
{
	memset(&event, 0, sizeof(event));
	event.kind = EVENT_CRASH;
	event.death.signal = 11;
	strcpy(event.process.exe, exe);
	event.death.evidence.frames = &frames;
	event.death.evidence.modules = &module;
	event.death.evidence.module_count = 1;
	event.death.evidence.callers = callers;
	frames.count = 1;
	frames.frame[0] =
		(struct frame){.address = address, .offset = address & 0xfff, .trust = TRUST_CONTEXT};
	if (function)
		strcpy(frames.frame[0].function, function);
	sites_fingerprint(&sites, &event);
	return event.fingerprint;
}

static void of_its_place(void **state)
{
	char captured[EVENT_FINGERPRINT], bare[EVENT_FINGERPRINT], called[EVENT_FINGERPRINT];

	(void)state;
	strcpy(bare, crash("/srv/worker", 0x5000123, NULL));
	strcpy(captured, crash("/srv/worker", 0x7000123, "f"));
	assert_string_not_equal(bare, captured);
	assert_string_equal(crash("/srv/worker", 0x9000123, NULL), captured);
	assert_string_not_equal(crash("/srv/worker", 0x9000124, NULL), captured);
	assert_string_not_equal(crash("/srv/other", 0x9000123, NULL), captured);
	/* In a library the place is nobody's own. */
	callers = 7;
	assert_string_not_equal(crash("/srv/worker", 0x9000123, NULL), captured);
	assert_string_not_equal(crash("/srv/worker", 0x9000123, NULL), bare);
	strcpy(called, crash("/srv/worker", 0x7000123, "h"));
	assert_string_equal(crash("/srv/worker", 0x9000123, NULL), called);
	callers = 0;
	assert_string_equal(crash("/srv/worker", 0x9000123, NULL), captured);
	/* Deaths of one place that differ tell nothing of one that was not captured. */
	crash("/srv/worker", 0x7000123, "g");
	assert_string_equal(crash("/srv/worker", 0x9000123, NULL), bare);
	crash("/srv/worker", 0x7000123, "f");
	assert_string_equal(crash("/srv/worker", 0x9000123, NULL), bare);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(of_its_place)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

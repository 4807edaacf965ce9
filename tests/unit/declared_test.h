/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of declarations share: events of one service, told to an engine, and what it makes of them.
 */
#ifndef LW_TESTS_DECLARED_TEST_H
#define LW_TESTS_DECLARED_TEST_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "correlate/engine.h"

#define NOON   1700000000
#define ISSUES 8

struct results {
	unsigned issues, incidents;
	json_t *issue[ISSUES]; /* oldest first */
	json_t *incident;      /* the last one */
};

static unsigned told;

static inline void tell(struct engine *e, double second, const char *kind, const char *rest)
{
	char time[CLOCK_TEXT_SIZE], event[1024];

	clock_format((uint64_t)((NOON + second) * 1e9), time);
	snprintf(event, sizeof(event), "{\"id\":\"01TEST%020u\",\"time\":\"%s\",\"kind\":\"%s\",%s}", told++,
		time, kind, rest);
	assert_int_equal(engine_event(e, event, strlen(event)), 0);
}

static inline void tell_crash(struct engine *e, double second, const char *service, const char *fingerprint)
{
	char rest[256];

	snprintf(rest, sizeof(rest),
		"\"service\":{\"name\":\"%s\",\"unit\":\"u\",\"alive\":3},\"signal\":{\"name\":\"SIGSEGV\"},"
		"\"fingerprint\":\"%s\"",
		service, fingerprint);
	tell(e, second, "crash", rest);
}

static inline void tell_marker(struct engine *e, double second, const char *service, const char *version)
{
	char rest[256];

	snprintf(rest, sizeof(rest),
		"\"marker\":{\"kind\":\"deploy\",\"service\":\"%s\",\"version\":\"%s\",\"source\":"
		"\"declared\"}",
		service, version);
	tell(e, second, "marker", rest);
}

static inline int take(void *context, const struct engine_result *result)
{
	struct results *r = context;

	if (strcmp(result->kind, "issue") == 0) {
		assert_true(r->issues < ISSUES);
		r->issue[r->issues++] = json_loads(result->body, 0, NULL);
		return 0;
	}
	r->incidents++;
	json_decref(r->incident);
	r->incident = json_loads(result->body, 0, NULL);
	return 0;
}

static inline void results_free(struct results *r)
{
	for (unsigned n = 0; n < r->issues; n++)
		json_decref(r->issue[n]);
	json_decref(r->incident);
	*r = (struct results){0};
}

static inline void look(struct engine *e, struct results *r)
{
	results_free(r);
	assert_int_equal(engine_results(e, 0, take, r), 0);
}

static inline const char *text(const json_t *object, const char *key)
{
	const char *value = json_string_value(json_object_get(object, key));

	return value ? value : "";
}

static inline struct engine *engine(void)
{
	struct engine *e;

	assert_int_equal(engine_new(&e), 0);
	return e;
}

#endif

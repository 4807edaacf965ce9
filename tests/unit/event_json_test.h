/* SPDX-License-Identifier: Apache-2.0 */
/* Events for the tests of their JSON. */
#ifndef LW_TESTS_EVENT_JSON_TEST_H
#define LW_TESTS_EVENT_JSON_TEST_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <jansson.h>
#include <string.h>

#include "base/clock.h"
#include "model/event.h"

#define NOW 1795344369123456789ull /* 2026-11-22T10:46:09.123456789Z */

/* One line, which is one object. */
static inline json_t *parse(const struct buf *text)
{
	json_error_t error;
	json_t *root = json_loadb(buf_text(text), text->len, JSON_REJECT_DUPLICATES, &error);

	assert_false(text->failed);
	if (!root)
		fail_msg("%s in %s", error.text, buf_text(text));
	assert_null(strchr(buf_text(text), '\n'));
	return root;
}

static inline void fill_host(struct event *e, enum event_kind kind)
{
	*e = (struct event){.time = NOW, .kind = kind};
	strcpy(e->id, "01M3AANGM307PDAAAAAAAAAAAA");
	strcpy(e->host.name, "web-1");
	strcpy(e->host.boot_id, "3f1c9a0e-5b1d-4f43-9d0a-0d5f9a2b7c11");
}

/* The same one each time. */
static inline struct event *of_process(enum event_kind kind)
{
	static struct event event;

	fill_host(&event, kind);
	event.process.key.pid = 4242;
	event.process.tid = 4243;
	strcpy(event.process.comm, "worker");
	return &event;
}

#endif

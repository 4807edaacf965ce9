/* SPDX-License-Identifier: Apache-2.0 */
/* Events that tests make are handed on to tests/schema/check: they are appended to the file that the variable
 * LASTWORDS_TOLD names, a line each. */
#ifndef LW_TESTS_TOLD_H
#define LW_TESTS_TOLD_H

#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "model/event.h"

static inline void told_body(const char *body)
{
	const char *path = getenv("LASTWORDS_TOLD");
	FILE *file = path ? fopen(path, "ae") : NULL;

	if (!file)
		return;
	fprintf(file, "%s\n", body);
	fclose(file);
}

static inline void told(const struct event *event)
{
	_cleanup_buf_ struct buf body = {0};

	event_json(event, &body);
	told_body(buf_text(&body));
}

#endif

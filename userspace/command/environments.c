/* SPDX-License-Identifier: Apache-2.0 */
/* Environments by their folders. */
#include "command/environments.h"

#include <stdbool.h>
#include <string.h>

#include "base/text.h"
#include "host/environment.h"

#define NAMES_MAX (256 << 10) /* bytes of one */

void environments_free(struct environments *e)
{
	for (unsigned n = 0; n < ENVIRONMENTS; n++)
		buf_free(&e->all[n].names);
}

static struct environment *find(struct environments *e, const char *home, bool npm)
{
	for (unsigned n = 0; home[0] && n < ENVIRONMENTS; n++)
		if (e->all[n].npm == npm && strcmp(e->all[n].home, home) == 0)
			return &e->all[n];
	return NULL;
}

static void keep(struct environments *e, const char *home, bool npm, const struct buf *names)
{
	struct environment *x = find(e, home, npm), *oldest = &e->all[0];

	for (unsigned n = 0; n < ENVIRONMENTS; n++)
		if (e->all[n].used < oldest->used)
			oldest = &e->all[n];
	x = x ? x : oldest;
	text_copy(x->home, sizeof(x->home), home);
	x->npm = npm;
	x->used = ++e->uses;
	buf_reset(&x->names);
	buf_append(&x->names, buf_text(names), names->len);
}

void environments_note(struct environments *e, const char *home, bool npm)
{
	if (!find(e, home, npm))
		environments_begin(e, home, npm, UINT64_MAX);
}

void environments_begin(struct environments *e, const char *home, bool npm, uint64_t time)
{
	_cleanup_buf_ struct buf names = {.max = NAMES_MAX};
	uint64_t changed;

	/* It may have been at work for a second already. */
	if (home[0] && environment_read(home, npm, &names, &changed) == 0 && changed < time)
		keep(e, home, npm, &names);
}

/* Whether the text has that line. */
static bool has_line(const char *text, const char *line, size_t len)
{
	for (; *text; text += strcspn(text, "\n") + 1)
		if (strcspn(text, "\n") == len && memcmp(text, line, len) == 0)
			return true;
	return false;
}

void environments_end(struct environments *e, const char *home, bool npm, struct buf *changes)
{
	_cleanup_buf_ struct buf names = {.max = NAMES_MAX};
	const struct environment *x = find(e, home, npm);
	uint64_t changed;

	if (!home[0] || environment_read(home, npm, &names, &changed) < 0)
		return;
	for (const char *at = x ? buf_text(&x->names) : ""; *at; at += strcspn(at, "\n") + 1)
		if (!has_line(buf_text(&names), at, strcspn(at, "\n")))
			buf_append(changes, at, strcspn(at, "\n") + 1);
	keep(e, home, npm, &names);
}

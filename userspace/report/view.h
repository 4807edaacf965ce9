/* SPDX-License-Identifier: Apache-2.0 */
/* Internal to report: keys of a stored event as text for people. The body may be of a newer schema, or
 * hostile: a key that is absent or of another type says nothing at all. */
#ifndef LW_REPORT_VIEW_H
#define LW_REPORT_VIEW_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

#define VIEW_TEXT_LINE 160  /* bytes of one text in a line; the rest is cut */
#define VIEW_TEXT_PAGE 4096 /* and on a page */

#define VIEW_NEXT_LINE "\n                  " /* on a page, under the values */

struct view {
	const json_t *root;
	struct buf *out;
	size_t max; /* bytes of one text */
	bool colour;
};

/* Parses a body. Returns NULL when it is no JSON object; json_decref the result. */
json_t *view_parse(const char *body);

/* The value at a dotted path such as "process.comm", or NULL. */
const json_t *view_find(const struct view *v, const char *path);
bool view_is(const struct view *v, const char *path, const char *text);

/* Appends text, escaped and cut. */
void view_text(const struct view *v, const char *text, size_t len);

/* Each appends before and then the value at path when it is known; returns whether it is. */
typedef bool (*say_fn)(const struct view *v, const char *before, const char *path);

bool say(const struct view *v, const char *before, const char *path);       /* a text, a number, yes or no */
bool say_count(const struct view *v, const char *before, const char *path); /* a number other than 1 */
bool say_time(const struct view *v, const char *before, const char *path);  /* to the millisecond, UTC */
bool say_size(const struct view *v, const char *before, const char *path);  /* 32.0 MiB */
bool say_duration(const struct view *v, const char *before, const char *path); /* 12.5 s, 2 h 3 min */
bool say_process(const struct view *v, const char *before, const char *path);  /* bash[77] */
bool say_list(const struct view *v, const char *before, const char *path);     /* a, b */
bool say_subjects(const struct view *v, const char *before, const char *path); /* /etc/app.key (48), … */

/* text_evidence.c: several lines each, for a page */
bool say_exception(const struct view *v, const char *before, const char *path);
bool say_stack(const struct view *v, const char *before, const char *path);
bool say_threads(const struct view *v, const char *before, const char *path);
bool say_last_words(const struct view *v, const char *before, const char *path);
bool say_crumbs(const struct view *v, const char *before, const char *path);

/* One frame on one line; dim, when v is in colour, unless it is of exe. */
void say_frame(const struct view *v, size_t index, const char *exe);

/* The same view of another object. */
struct view view_inside(const struct view *v, const json_t *root);
/* The time at path, in ns; false: there is none. */
bool view_time(const struct view *v, const char *path, uint64_t *ret);

/* text_finding.c: an issue or incident on one line, its kind first. */
void say_finding(const struct view *v);

/* text_finding.c: what the pages of incidents have in common. */
bool say_utc(const struct view *v, const char *before, const char *path);     /* a time with its zone */
bool say_actions(const struct view *v, const char *before, const char *path); /* what was done: helped */
bool say_advice(const struct view *v, const char *before, const char *path);
bool say_estimate(const struct view *v, const char *before, const char *path);
void say_score(const struct view *v, const char *before); /* always as wide: 0.990 */
bool is_likely(const json_t *suspect);                    /* what is not only hides the others */
void put_row(const struct view *v, const char *label, say_fn fn, const char *path);
void put_incident_title(const struct view *v);

/* text_brief.c: the rows of an incident's issues, so many at most; the rest is a number. */
void put_issues(const struct view *v, json_t *const *issues, size_t count, size_t room);

/* What happened, for the kind of the event: "SIGSEGV SEGV_MAPERR at 0x0; …". May append nothing. */
void say_what(const struct view *v);
/* Time, kind and service, each filled up to the width that all lines have. */
void say_columns(const struct view *v, bool colour);
/* The kind, coloured by how bad it is. */
void say_kind(const struct view *v, bool colour);

#endif

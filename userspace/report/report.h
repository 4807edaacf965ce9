/* SPDX-License-Identifier: Apache-2.0 */
/* Writers: stored events for people (text) and for programs (json, jsonl). All text output of commands goes
 * through here. */
#ifndef LW_REPORT_REPORT_H
#define LW_REPORT_REPORT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/buf.h"

enum report_format { REPORT_TEXT, REPORT_JSON, REPORT_JSONL };

/* "text", "json", "jsonl". Returns the format or -EINVAL. */
int report_format_parse(const char *name);

/* Whether to colour what goes to this stream: a terminal, and no NO_COLOR in the environment. */
bool report_wants_colour(FILE *stream);

/* Appends one line (with newline) that says what happened, from an event's JSON. */
void report_event_line(const char *body, bool colour, struct buf *out);

/* Many events of one issue that are told at once. */
struct report_repeat {
	uint64_t time; /* ns, of the newest */
	uint64_t count;
	uint64_t seconds;     /* in which they came */
	const char *kind;     /* of the events */
	const char *service;  /* "" : not known */
	const char *what;     /* "deaths" */
	const char *title;    /* of the issue; NULL: not known */
	const char *incident; /* id; NULL: none */
};

/* Appends a line such as "… crash  checkout  1,204 more deaths in the last minute (SIGSEGV in parse_row),
 * incident 01J…". */
void report_repeat_line(const struct report_repeat *repeat, bool colour, struct buf *out);

/* Appends what happened on one line without its end, for messages of other systems: the line above without
 * time and columns; of an event, issue or incident. */
void report_message(const json_t *object, struct buf *out);
/* Appends the frames of an event's exception, without those the frames of its stack, a line each. */
void report_frames(const json_t *object, struct buf *out);

/* Appends the whole page of one event: what, where, who ended it, what is not known. */
void report_event_page(const char *body, bool colour, struct buf *out);
/* Of that the exception, the stack and the last words alone; nothing when none is known. */
void report_event_place(const char *body, bool colour, struct buf *out);

/* The line of an issue or an incident. */
void report_finding_line(const char *body, bool colour, struct buf *out);
/* Its page; an incident knows its issues by their ids alone, and these are the largest first. */
void report_finding_page(const char *body, json_t *const *issues, size_t count, bool colour, struct buf *out);
/* Appends what is most needed of an open incident, as of now (ns). */
void report_incident_brief(const json_t *incident, json_t *const *issues, size_t count, uint64_t now,
	bool colour, struct buf *out);

/* Appends 12.5 s, 2 min 3 s, 4 h 5 min or 6 d 7 h. */
void report_duration(double seconds, struct buf *out);

/* A list of events on a stream in any format: begin, each event, end. */
struct report_list {
	FILE *stream;
	enum report_format format;
	bool colour;
	bool findings; /* issues or incidents, not events; set after report_list_begin */
	bool first;
	int error; /* -errno of a failed write */
};

/* stream stays the caller's. Writes nothing yet but for what stands before a list of the format. */
void report_list_begin(struct report_list *list, FILE *stream, enum report_format format);
/* All three return 0, or -errno when the stream failed (a closed pager), and then go on failing. Events are
 * buffered as the stream is: who prints them as they happen flushes after each bunch. */
int report_list_event(struct report_list *list, const char *body);
int report_list_flush(struct report_list *list);
/* Ends the document and flushes. */
int report_list_end(struct report_list *list);

#endif

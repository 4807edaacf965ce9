/* SPDX-License-Identifier: Apache-2.0 */
/* What makes two deaths the same: a short text computed from an event alone, so that it is equal for the same
 * defect on another host, in another run and after a rebuild. Pure: neither memory of earlier events nor any
 * I/O. */
#ifndef LW_CORRELATE_FINGERPRINT_H
#define LW_CORRELATE_FINGERPRINT_H

#include "model/event.h"

/* Part of each fingerprint: raised when the rules change in a way that gives other fingerprints. */
#define FINGERPRINT_VERSION 4

/* What it was computed from, the first that the event has, in this order. */
enum fingerprint_step {
	FINGERPRINT_NONE,      /* the event is neither a death nor an exception: it has no fingerprint */
	FINGERPRINT_SENDER,    /* a kill, an oom_kill: what the victim was doing tells nothing of the cause.
				  Program,    signal, and who sent it, respectively the scope of the memory limit
				*/
	FINGERPRINT_EXCEPTION, /* language, type and frames that the runtime told */
	FINGERPRINT_STACK,     /* names of the native frames */
	FINGERPRINT_WORDS, /* program, end, and the last line it wrote without numbers and what is in quotes
			    */
	FINGERPRINT_PLACE, /* program, end (signal or status), module and offset of the fault, and who called,
			      as far as known */
};

/* Writes FINGERPRINT_VERSION, ":" and 16 hexadecimal digits to ret, or "" for FINGERPRINT_NONE. Returns what
 * it was computed from.
 *
 * Frames count by name: module without directory and version, function without template arguments, suffixes
 * of compilers and versions of symbols. An address counts only in a frame without a name. Left out as long as
 * others remain: frames of the C library, the loader and the languages' runtimes, signal frames, and such as
 * a search of the stack has found. Recursion counts once, and where it was left when it went deep does not
 * count; of what remains the FINGERPRINT_FRAMES innermost.
 */
#define FINGERPRINT_FRAMES 8
enum fingerprint_step fingerprint_of(const struct event *event, char ret[EVENT_FINGERPRINT]);

/* "stack" and so on, as in the event's JSON; NULL for FINGERPRINT_NONE. */
const char *fingerprint_step_name(enum fingerprint_step step);

/* The same of what a death said of its end: its exception's type and message, or the last line of an abort,
 * without what changes with each run. It is equal where stacks cannot be, between builds of which one has no
 * names. "" when it said nothing. */
void fingerprint_message(const struct event *event, char ret[EVENT_FINGERPRINT]);

#endif

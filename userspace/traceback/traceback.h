/* SPDX-License-Identifier: Apache-2.0 */
/* From what a program wrote to standard error to the exception it tells of: one file a language, one table of
 * them. Pure: bounded memory, linear time, any bytes. */
#ifndef LW_TRACEBACK_TRACEBACK_H
#define LW_TRACEBACK_TRACEBACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/exception.h"

/* The last exception that text tells of; text may be cut at both ends, and its lines may be wrapped by a log
 * (timestamps, JSON, docker, journald), end in CRLF and be coloured. Of more than 64 KB only the end is
 * looked at. Returns true and fills ret, or false when there is none. */
bool traceback_find(const char *text, size_t len, struct exception *ret);

/* For a program that lives on: takes its output as it comes and tells each exception once, when it is
 * complete. */
struct traceback_stream;

#define TRACEBACK_STREAM_MAX 16384 /* bytes kept of one stream */

typedef void (*traceback_fn)(void *context, const struct exception *exception);

/* Returns 0 or -ENOMEM. */
int traceback_stream_new(struct traceback_stream **ret);
void traceback_stream_free(struct traceback_stream *stream);
void traceback_stream_feed(
	struct traceback_stream *stream, const char *bytes, size_t len, traceback_fn fn, void *context);
/* Nothing has come for a while, or it has ended: what looks complete is told. */
void traceback_stream_idle(struct traceback_stream *stream, traceback_fn fn, void *context);

#endif

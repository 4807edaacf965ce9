/* SPDX-License-Identifier: Apache-2.0 */
/* The output of living processes, in whole lines and redacted, to a reader of tracebacks each. */
#include "enrich/exceptions.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "base/clock.h"
#include "enrich/datagram.h"
#include "enrich/internal.h"
#include "enrich/redact.h"
#include "traceback/traceback.h"

#define LIVING_MAX  4096 /* processes of which it is known how far they were read */
#define STREAMS_MAX 64   /* of them with a reader: 55 KB each */
#define TAIL_MAX    4096 /* bytes of a line whose end has not come yet */
#define QUIET       (NS_PER_SEC / 2)
#define IDLE_MAX    (10 * NS_PER_SEC) /* then a reader is given up */

struct stream {
	struct traceback_stream *reader;
	uint32_t len;
	bool settled;
	char tail[TAIL_MAX];
};

struct living {
	struct hash_key key;
	uint32_t kept;
	uint64_t time; /* of the last output */
	uint64_t lost; /* bytes, since the last exception */
	struct stream *stream;
	UT_hash_handle hh;
};

struct exceptions {
	struct living *by_key; /* that which wrote longest ago first */
	unsigned streams;
	struct folds *folds;
	/* What the reader is fed from; redaction may make it longer. */
	char text[TAIL_MAX + 2 * RECORD_WORDS];
};

/* What a reader tells belongs to. */
struct telling {
	struct folds *folds;
	struct living *living;
};

int exceptions_new(struct exceptions **ret)
{
	struct exceptions *x = calloc(1, sizeof(*x));

	if (!x || folds_new(&x->folds) < 0) {
		free(x);
		return -ENOMEM;
	}
	*ret = x;
	return 0;
}

static void stream_drop(struct exceptions *x, struct living *l)
{
	if (!l->stream)
		return;
	traceback_stream_free(l->stream->reader);
	free(l->stream);
	l->stream = NULL;
	x->streams--;
}

static void living_drop(struct exceptions *x, struct living *l)
{
	stream_drop(x, l);
	HASH_DEL(x->by_key, l);
	free(l);
}

void exceptions_free(struct exceptions *x)
{
	struct living *l, *next;

	if (!x)
		return;
	HASH_ITER (hh, x->by_key, l, next)
		living_drop(x, l);
	folds_free(x->folds);
	free(x);
}

static struct living *living_find(struct exceptions *x, struct process_key key)
{
	struct hash_key k = hash_key_of(key);
	struct living *l;

	HASH_FIND(hh, x->by_key, &k, sizeof(k), l);
	return l;
}

/* Finds or makes it, as the newest. */
static struct living *living_touch(struct exceptions *x, struct process_key key)
{
	struct living *l = living_find(x, key);

	if (l) {
		HASH_DEL(x->by_key, l);
	} else {
		if (HASH_COUNT(x->by_key) >= LIVING_MAX)
			living_drop(x, x->by_key);
		l = calloc(1, sizeof(*l));
		if (!l)
			return NULL;
		l->key = hash_key_of(key);
	}
	HASH_ADD(hh, x->by_key, key, sizeof(l->key), l);
	return l;
}

static void on_exception(void *context, const struct exception *exception)
{
	struct telling *t = context;
	struct living *l = t->living;

	folds_add(t->folds, (struct process_key){.pid = (uint32_t)l->key.pid, .start = l->key.start},
		exception, l->lost, l->time);
	l->lost = 0;
}

/* All that has come, be the last line whole or not. */
static void settle(struct exceptions *x, struct living *l)
{
	struct telling telling = {x->folds, l};
	struct stream *s = l->stream;
	uint32_t len = s->len;

	memcpy(x->text, s->tail, len);
	redact_text(x->text, sizeof(x->text), &len);
	traceback_stream_feed(s->reader, x->text, len, on_exception, &telling);
	traceback_stream_idle(s->reader, on_exception, &telling);
	s->len = 0;
	s->settled = true;
}

/* Gives it a reader, if need be that of the process that wrote longest ago. */
static bool stream_make(struct exceptions *x, struct living *l)
{
	struct living *other, *next;

	if (l->stream)
		return true;
	HASH_ITER (hh, x->by_key, other, next) {
		if (x->streams < STREAMS_MAX)
			break;
		if (other->stream && !other->stream->settled)
			settle(x, other);
		stream_drop(x, other);
	}
	l->stream = calloc(1, sizeof(*l->stream));
	if (!l->stream)
		return false;
	x->streams++;
	if (traceback_stream_new(&l->stream->reader) == 0)
		return true;
	stream_drop(x, l);
	return false;
}

/* Behind the first newline: half a line may begin with half a secret. */
static uint32_t whole_lines(const char *text, uint32_t len)
{
	const char *newline = memchr(text, '\n', len);

	return newline ? (uint32_t)(newline + 1 - text) : len;
}

/* It has a reader. */
static void feed(struct exceptions *x, struct living *l, const char *text, uint32_t len, uint64_t lost)
{
	struct telling telling = {x->folds, l};
	struct stream *s = l->stream;
	uint32_t all, lines, skip = 0;
	const char *newline;

	if (lost) { /* the line that was begun does not go on here */
		s->len = 0;
		settle(x, l);
		l->lost += lost;
	}
	memcpy(x->text, s->tail, s->len);
	memcpy(x->text + s->len, text, len);
	if (!datagram_unwrap(x->text + s->len, &len) && lost)
		skip = whole_lines(x->text, len);
	all = s->len + len;
	newline = memrchr(x->text, '\n', all);
	lines = newline ? (uint32_t)(newline + 1 - x->text) : 0;
	if (all - lines > TAIL_MAX)
		lines = all;
	if (lines < skip)
		lines = skip;
	s->len = all - lines;
	memcpy(s->tail, x->text + lines, s->len);
	s->settled = false;
	lines -= skip;
	memmove(x->text, x->text + skip, lines);
	redact_text(x->text, sizeof(x->text), &lines);
	traceback_stream_feed(s->reader, x->text, lines, on_exception, &telling);
}

void exceptions_output(struct enrich *e, const struct record *record)
{
	const struct record_output *r = &record->output;
	struct exceptions *x = e->exceptions;
	struct living *l;

	e->tally[SOURCE_OUTPUT].taken += r->len;
	if (!is_watched(e, r->key, 0)) {
		e->tally[SOURCE_OUTPUT].routine += r->len;
		return;
	}
	l = living_touch(x, r->key);
	if (!l || !stream_make(x, l)) {
		e->tally[SOURCE_OUTPUT].lost += r->len;
		return;
	}
	e->tally[SOURCE_OUTPUT].used += r->len;
	l->kept = r->kept;
	l->time = record->time;
	feed(x, l, r->text, r->len, r->bytes - r->len);
}

void exceptions_last_words(
	struct enrich *e, const struct record_last_words *words, uint64_t time, const struct exception *told)
{
	struct exceptions *x = e->exceptions;
	struct living *l = living_find(x, words->key);
	uint32_t unread = words->kept, lost = 0;

	if (!told && (!l || !l->stream))
		return;
	if (l && words->kept >= l->kept) /* else the probes had to forget it meanwhile */
		unread -= l->kept;
	l = is_watched(e, words->key, 0) ? living_touch(x, words->key) : NULL;
	if (!l)
		return;
	if (unread > words->len) {
		lost = unread - words->len;
		unread = words->len;
	}
	l->time = time;
	if (stream_make(x, l)) {
		feed(x, l, words->text + words->len - unread, unread, lost);
		settle(x, l);
	}
	living_drop(x, l);
}

void exceptions_death(struct enrich *e, struct process_key key, const struct exception *told)
{
	folds_death(e, e->exceptions->folds, key, told);
}

void exceptions_tick(struct enrich *e, uint64_t now)
{
	struct exceptions *x = e->exceptions;
	struct living *l, *next;

	HASH_ITER (hh, x->by_key, l, next) {
		if (!l->stream || now < l->time + QUIET)
			continue;
		if (!l->stream->settled)
			settle(x, l);
		if (now > l->time + IDLE_MAX)
			stream_drop(x, l);
	}
	folds_tick(e, x->folds, now);
}

void exceptions_finish(struct enrich *e)
{
	struct exceptions *x = e->exceptions;
	struct living *l, *next;

	HASH_ITER (hh, x->by_key, l, next)
		if (l->stream && !l->stream->settled)
			settle(x, l);
	folds_finish(e, x->folds);
}

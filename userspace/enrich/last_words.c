/* SPDX-License-Identifier: Apache-2.0 */
/* Last words wait here, redacted, for the death that they belong to. */
#include "enrich/internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "enrich/datagram.h"
#include "enrich/redact.h"
#include "traceback/traceback.h"

/* Those of deaths that wait for a core dump, and as many of deaths that are still to come. */
#define WORDS_MAX (2 * HELD_MAX)

struct words {
	struct hash_key key;
	uint64_t bytes;
	uint32_t len;
	bool cut;
	struct exception *exception; /* NULL: none */
	UT_hash_handle hh;
	char text[];
};

struct last_words {
	struct words *by_key; /* in order of arrival */
};

int last_words_new(struct last_words **ret)
{
	*ret = calloc(1, sizeof(**ret));
	return *ret ? 0 : -ENOMEM;
}

static void words_remove(struct last_words *all, struct words *words)
{
	HASH_DEL(all->by_key, words);
	free(words->exception);
	free(words);
}

void last_words_free(struct last_words *all)
{
	struct words *words, *next;

	if (!all)
		return;
	HASH_ITER (hh, all->by_key, words, next)
		words_remove(all, words);
	free(all);
}

static struct words *words_find(struct last_words *all, struct process_key key)
{
	struct hash_key k = hash_key_of(key);
	struct words *words;

	HASH_FIND(hh, all->by_key, &k, sizeof(k), words);
	return words;
}

/* Where text begins whose start is missing: behind the first newline, or at least behind the first word,
 * which may be half a secret. */
static uint32_t begin_of(const char *text, uint32_t len)
{
	const char *newline = memchr(text, '\n', len);
	uint32_t at = 0;

	if (newline)
		return (uint32_t)(newline + 1 - text);
	while (at < len && text[at] != ' ' && text[at] != '\t' && text[at] != '\r')
		at++;
	return at;
}

/* What the text tells of an exception, to be freed; NULL: nothing. */
static struct exception *exception_find(const char *text, uint32_t len)
{
	struct exception found;
	struct exception *kept;

	if (!traceback_find(text, len, &found))
		return NULL;
	kept = malloc(sizeof(*kept));
	if (kept)
		*kept = found;
	return kept;
}

void last_words_record(struct enrich *e, const struct record *record)
{
	const struct record_last_words *r = &record->last_words;
	bool cut = r->cut || r->bytes > r->len, partial;
	uint32_t begin;
	struct words *words = words_find(e->last_words, r->key);

	e->tally[SOURCE_SNAPSHOT].taken++;
	if (words)
		words_remove(e->last_words, words);
	words = calloc(1, sizeof(*words) + RECORD_WORDS);
	if (!words) {
		e->tally[SOURCE_SNAPSHOT].lost++;
		return;
	}
	e->tally[SOURCE_SNAPSHOT].used++;
	if (HASH_COUNT(e->last_words->by_key) >= WORDS_MAX)
		words_remove(e->last_words, e->last_words->by_key);
	words->key = hash_key_of(r->key);
	words->bytes = r->bytes;
	words->cut = cut;
	words->len = r->len;
	memcpy(words->text, r->text, r->len);
	partial = datagram_unwrap(words->text, &words->len);
	begin = cut && !partial ? begin_of(words->text, words->len) : 0;
	words->len -= begin;
	memmove(words->text, words->text + begin, words->len);
	redact_text(words->text, RECORD_WORDS, &words->len);
	words->exception = exception_find(words->text, words->len);
	HASH_ADD(hh, e->last_words->by_key, key, sizeof(words->key), words);
	exceptions_last_words(e, r, record->time, words->exception);
}

void last_words_lend(struct enrich *e, struct process_key key, struct event *event)
{
	struct output_rule rule = output_rules_find(e->output_rules, &event->service);
	struct words *words = words_find(e->last_words, key);
	struct evidence *evidence = &event->death.evidence;
	uint32_t begin = 0;

	if (!words)
		return;
	if (rule.exceptions)
		evidence->exception = words->exception;
	if (!rule.last_words) {
		event_missing_add(event, "last_words", "switched off for this service");
		return;
	}
	if (words->len > rule.last_words_bytes) {
		begin = words->len - rule.last_words_bytes;
		begin += begin_of(words->text + begin, words->len - begin);
	}
	evidence->last_words = words->text + begin;
	evidence->last_words_len = words->len - begin;
	evidence->last_words_bytes = words->bytes;
	evidence->last_words_cut = words->cut || begin;
}

void last_words_drop(struct enrich *e, struct process_key key)
{
	struct words *words = words_find(e->last_words, key);

	if (words)
		words_remove(e->last_words, words);
}

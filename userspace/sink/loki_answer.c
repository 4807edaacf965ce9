/* SPDX-License-Identifier: Apache-2.0 */
/* What Loki answers: 204, or a text about some entries of the batch, of which the others were taken. */
#include <string.h>

#include "base/clock.h"
#include "sink/loki.h"

/* Texts of a 400 that are for what an entry is, for good. */
static const char *const of_entry[] = {"timestamp too old", "timestamp too new", "too far behind",
	"out of order", "entry size", "too large", "label value too long"};

/* Texts of a 400 that are for how Loki is configured: somebody will mend it. */
static const char *const of_limits[] = {"allow_structured_metadata", "too many structured metadata",
	"label names; limit", "ingestion blocked", "no org id"};

static bool has_one(const char *text, const char *const *parts, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strstr(text, parts[i]))
			return true;
	return false;
}
#define HAS_ONE(text, parts) has_one(text, parts, sizeof(parts) / sizeof((parts)[0]))

/* The time up to which entries are too old, as the text says it; 0: not said. */
static uint64_t oldest_time(const char *text)
{
	static const char before[] = "oldest acceptable timestamp is: ";
	const char *at = strstr(text, before);
	char time[40] = "";
	uint64_t ns;

	if (!at)
		return 0;
	at += sizeof(before) - 1;
	for (size_t i = 0; i + 1 < sizeof(time) && at[i] && strchr("0123456789-:.TZ+", at[i]); i++)
		time[i] = at[i];
	return clock_parse(time, 0, &ns) == 0 ? ns : 0;
}

/* Whether none of the batch is young enough. How far behind is too far is counted for each stream. */
static bool are_all_old(const struct loki *loki, const char *text)
{
	uint64_t oldest = oldest_time(text);

	if (!oldest || (loki->streams_count > 1 && !strstr(text, "timestamp too old")))
		return false;
	for (size_t i = 0; i < loki->entries_count; i++)
		if (loki->entries[i].time >= oldest)
			return false;
	return true;
}

/* Which entries are meant is not told, so the core halves the batch; what was taken already and comes again
 * is the same entry to Loki. */
static void on_bad(struct sink *sink, const struct loki *loki, const struct http_answer *answer)
{
	char reason[SINK_REASON];

	http_reason(answer, reason);
	if (HAS_ONE(answer->body, of_limits)) {
		sink_done(sink, SINK_RETRY, answer->retry_after, reason);
	} else if (are_all_old(loki, answer->body) ||
		   (loki->entries_count == 1 && HAS_ONE(answer->body, of_entry))) {
		for (unsigned i = 0; i < loki->entries_count; i++)
			sink_refuse(sink, i, reason);
		sink_done(sink, SINK_DELIVERED, 0, NULL);
	} else {
		http_finish(sink, answer);
	}
}

void loki_answer(struct sink *sink, const struct loki *loki, const struct http_answer *answer)
{
	char reason[SINK_REASON];

	if (answer->status == 204) {
		sink_done(sink, SINK_DELIVERED, 0, NULL);
	} else if (answer->status == 400) {
		on_bad(sink, loki, answer);
	} else if (answer->status == 413) {
		http_finish(sink, answer);
	} else {
		http_reason(answer, reason);
		if (answer->status >= 200 && answer->status < 300)
			strcpy(reason, "no answer of Loki, which is 204 (look at url)");
		sink_done(sink, SINK_RETRY, answer->retry_after, reason);
	}
}

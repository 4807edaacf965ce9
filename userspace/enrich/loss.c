/* SPDX-License-Identifier: Apache-2.0 */
/* What the probes, and the tables here, lost since the last statistics becomes gap events. */
#include "enrich/internal.h"

#include <stddef.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "model/names.h"

static const struct {
	const char *reason;
	size_t offset;
} reasons[] = {
	{"ring_full", offsetof(struct source_stats, ring_full)},
	{"map_full", offsetof(struct source_stats, map_full)},
	{"unreadable", offsetof(struct source_stats, unreadable)},
	{"probe_missed", offsetof(struct source_stats, missed)},
};

static uint64_t value_at(const struct source_stats *stats, size_t offset)
{
	return *(const uint64_t *)((const char *)stats + offset);
}

/* Whether it is a gap. A host that asks for others has more answers than are wanted, and many a program
 * writes more than anybody reads: the exceptions tell of it. */
static bool is_told(enum record_source source)
{
	return source != SOURCE_DNS && source != SOURCE_OUTPUT;
}

static void tell(
	struct enrich *e, enum record_source source, const char *reason, uint64_t count, uint64_t time)
{
	struct event event;

	event_begin(e, EVENT_GAP, time, &event);
	text_copy(event.gap.reason, sizeof(event.gap.reason), reason);
	text_copy(event.gap.source, sizeof(event.gap.source), name_source(source));
	event.gap.count = count;
	event.gap.interval = e->stats_time ? time - e->stats_time : 0;
	event_emit(e, &event);
}

void loss_table(struct enrich *e, uint64_t time)
{
	uint64_t count = table_forgotten(e->table);

	if (count)
		tell(e, SOURCE_LIFECYCLE, "map_full", count, time);
}

void loss_stats(struct enrich *e, const struct record *record)
{
	struct record_stats stats = record->stats;

	for (enum record_source i = 0; i < SOURCES; i++) {
		stats.source[i].map_full += e->tally[i].lost;
		for (size_t r = 0; r < sizeof(reasons) / sizeof(*reasons); r++) {
			uint64_t now = value_at(&stats.source[i], reasons[r].offset);
			uint64_t before = value_at(&e->stats.source[i], reasons[r].offset);

			if (is_told(i) && now > before)
				tell(e, i, reasons[r].reason, now - before, record->time);
		}
	}
	e->stats = stats;
	e->stats_time = record->time;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* The account of everything the probes saw, and its forms: table, JSON, counters in the store. */
#include "command/pipeline.h"

#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <string.h>

#include "base/json.h"
#include "model/names.h"

static const struct {
	const char *name;
	size_t offset;
} columns[] = {
	{"seen", offsetof(struct account_row, seen)},
	{"stored", offsetof(struct account_row, stored)},
	{"routine", offsetof(struct account_row, routine)},
	{"used", offsetof(struct account_row, used)},
	{"held", offsetof(struct account_row, held)},
	{"ring_full", offsetof(struct account_row, ring_full)},
	{"map_full", offsetof(struct account_row, map_full)},
	{"probe_missed", offsetof(struct account_row, missed)},
	{"decode", offsetof(struct account_row, decode)},
	{"store", offsetof(struct account_row, store)},
};
#define COLUMNS (sizeof(columns) / sizeof(*columns))

/* Of processes alone. */
static const char repaired[] = "repaired";

static uint64_t *column(struct account_row *row, size_t i)
{
	return (uint64_t *)((char *)row + columns[i].offset);
}

static uint64_t column_value(const struct account_row *row, size_t i)
{
	return *(const uint64_t *)((const char *)row + columns[i].offset);
}

void pipeline_account(const struct pipeline *p, struct account_row rows[SOURCES])
{
	for (enum record_source i = 0; i < SOURCES; i++) {
		const struct source_stats *stats = &enrich_stats(p->enrich)->source[i];
		const struct enrich_tally *tally = enrich_tally(p->enrich, i);
		const struct account *a = &p->account[i];
		struct account_row *row = &rows[i];
		uint64_t settled;

		*row = (struct account_row){
			.seen = stats->seen + stats->missed,
			.stored = a->stored,
			.routine = tally->routine,
			.used = tally->used,
			.ring_full = stats->ring_full,
			/* A full map costs a death its details, not its record. */
			.map_full = i == SOURCE_DEATH ? 0 : stats->map_full,
			.missed = stats->missed,
			.decode = a->decode,
			.store = a->store,
			.repaired = i == SOURCE_LIFECYCLE ? p->repaired : 0,
		};
		settled = row->stored + row->routine + row->used + row->ring_full + row->map_full +
			  row->missed + row->decode + row->store;
		row->held = row->seen > settled ? row->seen - settled : 0;
	}
}

void account_print(const struct account_row rows[SOURCES], struct buf *out)
{
	buf_printf(out, "%-10s", "source");
	for (size_t i = 0; i < COLUMNS; i++)
		buf_printf(out, " %12s", columns[i].name);
	buf_char(out, '\n');
	for (enum record_source s = 0; s < SOURCES; s++) {
		buf_printf(out, "%-10s", name_source(s));
		for (size_t i = 0; i < COLUMNS; i++)
			buf_printf(out, " %12" PRIu64, column_value(&rows[s], i));
		buf_char(out, '\n');
	}
	if (rows[SOURCE_LIFECYCLE].repaired)
		buf_printf(out,
			"%" PRIu64 " starts and ends of processes that were lost were found in /proc\n",
			rows[SOURCE_LIFECYCLE].repaired);
}

void account_json(const struct account_row rows[SOURCES], struct buf *out)
{
	struct json j;

	json_begin(&j, out);
	json_array_begin(&j, NULL);
	for (enum record_source s = 0; s < SOURCES; s++) {
		json_object_begin(&j, NULL);
		json_str(&j, "source", name_source(s));
		for (size_t i = 0; i < COLUMNS; i++)
			json_uint(&j, columns[i].name, column_value(&rows[s], i));
		if (s == SOURCE_LIFECYCLE)
			json_uint(&j, repaired, rows[s].repaired);
		json_object_end(&j);
	}
	json_array_end(&j);
}

int account_save(const struct account_row rows[SOURCES], struct store *store)
{
	char name[64];
	int r = 0;

	for (enum record_source s = 0; s < SOURCES; s++) {
		for (size_t i = 0; i < COLUMNS && r == 0; i++) {
			snprintf(name, sizeof(name), "%s.%s", name_source(s), columns[i].name);
			r = store_counter_set(store, name, column_value(&rows[s], i));
		}
	}
	snprintf(name, sizeof(name), "%s.%s", name_source(SOURCE_LIFECYCLE), repaired);
	return r < 0 ? r : store_counter_set(store, name, rows[SOURCE_LIFECYCLE].repaired);
}

int account_save_kinds(const struct pipeline *p)
{
	char name[64];
	int r = 0;

	for (int kind = 0; kind < EVENT_KINDS && r == 0; kind++) {
		snprintf(name, sizeof(name), "kind.%s", event_kind_name((enum event_kind)kind));
		r = store_counter_set(p->store, name, p->kinds[kind]);
	}
	return r;
}

struct loading {
	struct account_row *rows;
	bool any;
};

static int load_one(void *context, const char *name, uint64_t value)
{
	struct loading *loading = context;
	const char *dot = strchr(name, '.');

	for (enum record_source s = 0; dot && s < SOURCES; s++) {
		const char *source = name_source(s);

		if (strncmp(source, name, (size_t)(dot - name)) != 0 || source[dot - name])
			continue;
		for (size_t i = 0; i < COLUMNS; i++) {
			if (strcmp(columns[i].name, dot + 1) == 0) {
				*column(&loading->rows[s], i) = value;
				loading->any = true;
			}
		}
		if (strcmp(repaired, dot + 1) == 0)
			loading->rows[s].repaired = value;
	}
	return 0;
}

int account_load(struct account_row rows[SOURCES], struct store *store)
{
	struct loading loading = {.rows = rows};
	int r;

	memset(rows, 0, sizeof(*rows) * SOURCES);
	r = store_counters(store, load_one, &loading);
	return r < 0 ? r : loading.any ? 0 : -ENOENT;
}

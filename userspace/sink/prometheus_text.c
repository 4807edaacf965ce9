/* SPDX-License-Identifier: Apache-2.0 */
/* /metrics: the account, the sinks, the open incidents. Labels are bounded: kinds, sources and sinks are few,
 * and so are the services that are told by name. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "sink/prometheus.h"
#include "store/finding.h"

#define COUNTERS  1024
#define NAME      128
#define SERVICES  100
#define INCIDENTS 1000 /* that are looked at, the newest */

struct counter {
	char name[NAME];
	uint64_t value;
};

struct service {
	char name[256];
	unsigned open[3]; /* by impact */
};

static const char *const impacts[] = {"none", "partial", "total"};

struct state {
	struct counter counters[COUNTERS];
	size_t count;
	struct service services[SERVICES + 1]; /* the last: all others */
	size_t service_count;
	unsigned incidents;
	struct buf *out;
};

static int on_counter(void *context, const char *name, uint64_t value)
{
	struct state *s = context;

	if (s->count == COUNTERS)
		return 1;
	text_copy(s->counters[s->count].name, NAME, name);
	s->counters[s->count++].value = value;
	return 0;
}

static uint64_t counter(const struct state *s, const char *name)
{
	for (size_t i = 0; i < s->count; i++)
		if (strcmp(s->counters[i].name, name) == 0)
			return s->counters[i].value;
	return 0;
}

static struct service *service_of(struct state *s, const char *name)
{
	for (size_t i = 0; i < s->service_count; i++)
		if (strcmp(s->services[i].name, name) == 0)
			return &s->services[i];
	if (s->service_count < SERVICES)
		text_copy(s->services[s->service_count].name, sizeof(s->services[0].name), name);
	else
		text_copy(s->services[SERVICES].name, sizeof(s->services[0].name), "other");
	s->service_count += s->service_count <= SERVICES;
	return &s->services[s->service_count - 1];
}

static int on_incident(void *context, const struct store_finding *finding)
{
	struct state *s = context;
	json_t *object = json_loads(finding->body, JSON_ALLOW_NUL, NULL);
	const json_t *service;
	size_t index;

	s->incidents++;
	json_array_foreach(json_object_get(object, "services"), index, service)
	{
		const char *name = json_string_value(json_object_get(service, "name"));
		const char *impact = json_string_value(json_object_get(service, "impact"));

		for (size_t i = 0; name && impact && i < 3; i++)
			if (strcmp(impact, impacts[i]) == 0)
				service_of(s, name)->open[i]++;
	}
	json_decref(object);
	return 0;
}

static int read_state(struct state *s, struct store *store)
{
	const struct store_finding_filter open = {.kind = "incident", .state = "open", .limit = INCIDENTS};
	int r = store_counters(store, on_counter, s);

	return r < 0 ? r : store_findings(store, &open, on_incident, s);
}

static void begin(struct state *s, const char *name, const char *type, const char *help)
{
	buf_printf(s->out, "# HELP lastwords_%s %s\n# TYPE lastwords_%s %s\n", name, help, name, type);
}

/* Other control characters than those that can be escaped end a scrape. */
static void write_label(struct buf *out, const char *key, const char *value)
{
	buf_printf(out, "%s=\"", key);
	for (; *value; value++) {
		if (*value == '\\' || *value == '"')
			buf_char(out, '\\');
		if (*value == '\n')
			buf_str(out, "\\n");
		else if ((unsigned char)*value < ' ')
			buf_str(out, "\xef\xbf\xbd");
		else
			buf_char(out, *value);
	}
	buf_char(out, '"');
}

static void sample(struct state *s, const char *name, const char *const labels[4], uint64_t value)
{
	buf_printf(s->out, "lastwords_%s{", name);
	write_label(s->out, labels[0], labels[1]);
	if (labels[2]) {
		buf_char(s->out, ',');
		write_label(s->out, labels[2], labels[3]);
	}
	buf_printf(s->out, "} %llu\n", (unsigned long long)value);
}

static void write_kinds(struct state *s)
{
	begin(s, "events_total", "counter", "Events stored since the daemon started.");
	for (size_t i = 0; i < s->count; i++)
		if (strncmp(s->counters[i].name, "kind.", 5) == 0)
			sample(s, "events_total", (const char *const[4]){"kind", s->counters[i].name + 5},
				s->counters[i].value);
}

/* The columns of the account, see docs/EVENTS.md. Rows of one metric stand together. */
static const struct column {
	const char *metric, *type, *help; /* help NULL: the same metric as above */
	const char *column;
	const char *reason; /* NULL: none */
} columns[] = {
	{"seen_total", "counter", "What the probes counted since the daemon started.", ".seen", NULL},
	{"stored_total", "counter", "Of that, told in events that are stored.", ".stored", NULL},
	{"no_event_total", "counter", "Of that, no event of its own by the rules.", ".routine", "routine"},
	{"no_event_total", NULL, NULL, ".used", "used"},
	{"held", "gauge", "Of that, still inside: in rings, counters, waiting for a core file.", ".held",
		NULL},
	{"dropped_total", "counter", "Of that, lost, by reason.", ".ring_full", "ring_full"},
	{"dropped_total", NULL, NULL, ".map_full", "map_full"},
	{"dropped_total", NULL, NULL, ".probe_missed", "probe_missed"},
	{"dropped_total", NULL, NULL, ".decode", "decode"},
	{"dropped_total", NULL, NULL, ".store", "store"},
};

static void write_column(struct state *s, const struct column *column)
{
	if (column->help)
		begin(s, column->metric, column->type, column->help);
	for (size_t i = 0; i < s->count; i++) {
		const char *dot = strchr(s->counters[i].name, '.');
		char source[NAME];

		if (!dot || strcmp(dot, column->column) != 0)
			continue;
		text_copy(source, (size_t)(dot - s->counters[i].name) + 1, s->counters[i].name);
		sample(s, column->metric,
			(const char *const[4]){
				"source", source, column->reason ? "reason" : NULL, column->reason},
			s->counters[i].value);
	}
}

static const struct {
	const char *metric, *type, *help, *counter;
} sink_rows[] = {
	{"sink_delivered_total", "counter", "Events that the sink delivered.", "delivered"},
	{"sink_refused_total", "counter", "Events that the receiver refused for good.", "refused"},
	{"sink_skipped_total", "counter", "Events that were gone before they were delivered.", "skipped"},
	{"sink_failures_total", "counter", "Attempts of the sink that failed.", "failures"},
};

static uint64_t sink_counter(const struct state *s, const struct sink_options *options, const char *what)
{
	char name[NAME];

	snprintf(name, sizeof(name), "sink.%s.%s", options->name, what);
	return counter(s, name);
}

static void write_sinks(struct state *s, const struct sink *sink, uint64_t last)
{
	const struct sink_options *options;

	for (size_t row = 0; row < sizeof(sink_rows) / sizeof(sink_rows[0]); row++) {
		begin(s, sink_rows[row].metric, sink_rows[row].type, sink_rows[row].help);
		for (size_t i = 0; (options = sink_sibling(sink, i)); i++)
			if (options->kind->send)
				sample(s, sink_rows[row].metric,
					(const char *const[4]){
						"sink", options->name, "type", options->kind->name},
					sink_counter(s, options, sink_rows[row].counter));
	}
	begin(s, "sink_lag_events", "gauge", "Events in the store behind the cursor of the sink.");
	for (size_t i = 0; (options = sink_sibling(sink, i)); i++) {
		uint64_t at = sink_counter(s, options, "event");

		if (options->kind->send)
			sample(s, "sink_lag_events",
				(const char *const[4]){"sink", options->name, "type", options->kind->name},
				last > at ? last - at : 0);
	}
}

static void write_incidents(struct state *s)
{
	begin(s, "incidents_open", "gauge", "Open incidents.");
	buf_printf(s->out, "lastwords_incidents_open %u\n", s->incidents);
	begin(s, "service_incidents_open", "gauge", "Open incidents by service and their impact on it.");
	for (size_t i = 0; i < s->service_count; i++)
		for (size_t n = 0; n < 3; n++)
			if (s->services[i].open[n])
				sample(s, "service_incidents_open",
					(const char *const[4]){
						"service", s->services[i].name, "impact", impacts[n]},
					s->services[i].open[n]);
}

int prometheus_text(const struct sink *sink, struct buf *out)
{
	_cleanup_free_ struct state *s = calloc(1, sizeof(*s));
	struct store *store = sink_store(sink);
	uint64_t last = 0;
	int r = s ? read_state(s, store) : -ENOMEM;

	if (r >= 0)
		r = store_last_seq(store, &last);
	if (r < 0)
		return r;
	s->out = out;
	begin(s, "build_info", "gauge", "The version of lastwords.");
	sample(s, "build_info", (const char *const[4]){"version", LW_VERSION}, 1);
	write_kinds(s);
	for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++)
		write_column(s, &columns[i]);
	write_sinks(s, sink, last);
	write_incidents(s);
	begin(s, "findings_removed_total", "counter", "Issues and incidents that took too much room.");
	buf_printf(out, "lastwords_findings_removed_total %llu\n",
		(unsigned long long)counter(s, "findings.removed"));
	begin(s, "store_size_bytes", "gauge", "Bytes of the database and its write-ahead log.");
	buf_printf(out, "lastwords_store_size_bytes %llu\n", (unsigned long long)store_disk_size(store));
	return out->failed ? -ENOMEM : 0;
}

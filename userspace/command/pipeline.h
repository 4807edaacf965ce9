/* SPDX-License-Identifier: Apache-2.0 */
/* The stages behind the source of messages: decode, enrich, store, standard output; and the account of what
 * became of everything. run, exec and `run --from` differ in where messages come from and where events go. */
#ifndef LW_COMMAND_PIPELINE_H
#define LW_COMMAND_PIPELINE_H

#include <stdio.h>

#include "command/sites.h"
#include "command/correlation.h"
#include "enrich/enrich.h"
#include "model/event.h"
#include "report/report.h"
#include "store/store.h"

/* Appends what is to be printed of an event to out; body is its JSON. */
typedef void (*pipeline_print_fn)(
	void *context, const struct event *event, const char *body, struct buf *out);

struct account {
	uint64_t decode; /* units dropped since the message made no sense */
	uint64_t stored;
	uint64_t store;   /* units dropped since the store could not take them */
	uint64_t pending; /* in the open transaction */
};

/* Sees each record before enrich takes it. */
typedef void (*pipeline_record_fn)(void *context, const struct record *record);

struct pipeline {
	pipeline_record_fn record; /* NULL: nobody looks */
	void *record_context;
	struct store *store; /* NULL: none; borrowed */
	struct enrich *enrich;
	struct correlation *correlation; /* NULL: none; borrowed */
	FILE *stream;                    /* NULL: prints nothing */
	pipeline_print_fn print;
	void *print_context;
	struct buf out; /* printed when what it tells is stored */
	struct buf body;
	struct buf remains; /* of the event at hand, for its core file */
	bool keep_remains;
	struct sites sites;
	struct account account[SOURCES];
	uint64_t events;
	uint64_t kinds[EVENT_KINDS]; /* of those, taken */
	uint64_t lost_events;        /* since the last gap event for them */
	uint64_t gap_pending;        /* losses that a gap event in the open transaction tells of; 0: none */
	uint64_t duplicates;
	uint64_t repaired; /* processes whose start or end was lost, and found in /proc */
	int store_error;   /* the last one reported; 0 when it works */
	int stream_error;  /* -errno: standard output is gone */
};

/* Returns 0 or -ENOMEM. */
int pipeline_init(struct pipeline *p);
void pipeline_free(struct pipeline *p);

/* A probe_message_fn; context is the pipeline. */
void pipeline_message(void *pipeline, const void *message, size_t size);
/* An event that is no record's: a marker. Returns 0 or -errno of the store. */
int pipeline_event(struct pipeline *p, const struct event *event);
/* Makes durable what came so far, then prints it. */
void pipeline_commit(struct pipeline *p);

/* One line of the account: seen = stored + routine + used + held + dropped, for each source. */
struct account_row {
	uint64_t seen;
	uint64_t stored;
	uint64_t routine;
	uint64_t used;
	uint64_t held; /* still inside: in the rings, in counters, waiting for the end of a core dump */
	uint64_t ring_full;
	uint64_t map_full;
	uint64_t missed;
	uint64_t decode;
	uint64_t store;
	uint64_t repaired; /* no part of the sum: see struct pipeline */
};

/* What became so far of what each source has seen. */
void pipeline_account(const struct pipeline *p, struct account_row rows[SOURCES]);
/* Writes the rows as a table, when text is wanted. */
void account_print(const struct account_row rows[SOURCES], struct buf *out);
/* Keeps the rows in the store for doctor, and takes them from there (-ENOENT when there are none). */
int account_save(const struct account_row rows[SOURCES], struct store *store);
/* The same for the events of each kind: "kind.NAME". */
int account_save_kinds(const struct pipeline *p);
int account_load(struct account_row rows[SOURCES], struct store *store);
void account_json(const struct account_row rows[SOURCES], struct buf *out);

#endif

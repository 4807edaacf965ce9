/* SPDX-License-Identifier: Apache-2.0 */
/* What sink.c, batch.c, aside.c and sender.c share. Kinds know kind.h and http.h only. */
#ifndef LW_SINK_INTERNAL_H
#define LW_SINK_INTERNAL_H

#include "sink/filter.h"
#include "sink/http.h"
#include "sink/kind.h"

#define SETTLING 64 /* batches on their way without an answer */

enum entry_state { ENTRY_TAKEN, ENTRY_REFUSED, ENTRY_AGAIN };

struct entry {
	struct sink_cursor at; /* delivered up to here with it */
	unsigned events;       /* that were wanted, up to here in the batch */
	char id[SINK_ID];
	enum entry_state state;
	char *reason; /* of a refused one */
};

enum sender_state {
	SENDER_IDLE,    /* may look into the store */
	SENDER_SENDING, /* sink_done is to come */
	SENDER_WAITING, /* until due */
};

/* What became of what is before a cursor. */
struct tally {
	uint64_t delivered;
	uint64_t skipped;
	uint64_t events; /* those of the store: delivered, refused and skipped */
};

struct settling {
	struct sink_cursor at;
	struct tally tally;
	uint64_t since;
};

/* Refused for good. */
struct aside {
	struct sink_cursor at;
	char id[SINK_ID + 32];
	char *reason;
	unsigned count; /* of events; over 1 when the receiver did not say which */
};

struct sink {
	struct sinks *all;
	const struct sink_options *options;
	const struct sink_kind *kind;
	struct http_call *call; /* of http.c; NULL before the first */
	void *state;
	struct filter *filter;
	bool raw;
	struct buf body;

	struct sink_cursor sent;      /* what is read begins behind it */
	struct tally tally;           /* before sent */
	struct sink_cursor confirmed; /* what a restart goes on from */
	struct tally done;            /* before confirmed */
	struct sink_cursor read;      /* as far as the batch at hand was read */
	unsigned events;              /* that were wanted among what was read, also those set aside */
	struct aside *asides;         /* behind confirmed */
	unsigned aside_count, aside_room;
	struct entry *entries;
	unsigned count;
	unsigned max;     /* events of a batch, by the configuration */
	unsigned limit;   /* now: less after a refusal */
	unsigned unnamed; /* refused, nobody knows which */
	struct settling settling[SETTLING];
	unsigned settling_count;

	enum sender_state sender;
	bool more;           /* the last look left something */
	bool told;           /* progress says what is */
	bool repeating;      /* the batch at hand is of what was sent before */
	uint64_t repeat_due; /* ns of clock_boottime: open incidents are sent again */
	uint64_t due;        /* ns of clock_boottime: end of waiting, or of patience while sending */
	uint64_t pause;      /* the last one */
	unsigned refusals;   /* of the single event at hand */
	bool takes;          /* some were delivered since the last one was set aside */
	struct sink_progress progress;
};

struct sinks {
	struct loop *loop;
	struct store *store;
	const struct store_row *probe; /* in the place of a store: one event */
	const struct sink_listener *listener;
	struct http_client *http;
	int alarm;
	uint64_t entropy;
	bool after_half; /* see kind.h */
	bool leaves_half;
	char host[256];
	struct sink *sinks;
	size_t count;
};

/* batch.c: reads what comes behind sent into body and entries. Returns 0 or -errno. */
int batch_read(struct sink *sink);
/* The same with the open incidents in the place of what is new; the cursor stays. */
int batch_read_open(struct sink *sink);
/* One event into the batch. Returns 0 when it is in, 1 when it is not wanted or was set aside. */
int batch_add(struct sink *sink, const struct sink_cursor *at, const char *id, uint64_t time,
	const char *kind, const char *service, const char *body);

/* sender.c */
/* Does what can be done now. Returns when it wants to be called again at the latest, ns of clock_boottime;
 * UINT64_MAX: not before it is woken. */
uint64_t sender_step(struct sink *sink, uint64_t now);
void sender_stop(struct sink *sink);
/* What is before sent need not be sent any more, once nothing is on its way before it. */
void sender_pass(struct sink *sink);

/* aside.c */
/* Texts are copied; reason NULL: the usual one. */
void aside_add(
	struct sink *sink, const struct sink_cursor *at, const char *id, const char *reason, unsigned count);
/* Those behind sent are read again. */
void aside_forget(struct sink *sink);
/* Tells of those before confirmed. */
void aside_tell(struct sink *sink);
void aside_free(struct sink *sink);

/* sink.c */
void sink_tell(struct sink *sink);

#endif

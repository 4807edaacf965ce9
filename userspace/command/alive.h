/* SPDX-License-Identifier: Apache-2.0 */
/* Whether the daemon of a state runs: without it what is stored is of the past, however calm it looks. */
#ifndef LW_COMMAND_ALIVE_H
#define LW_COMMAND_ALIVE_H

#include "base/json.h"
#include "store/store.h"

enum alive_state {
	ALIVE_RUNS,
	ALIVE_STUCK, /* it has its socket, and has not written for seconds */
	ALIVE_NOT,
	ALIVE_UNKNOWN, /* this user may not ask */
};

struct alive {
	enum alive_state state;
	uint64_t last; /* ns: its last second; 0: not known */
};

/* Before it listens: until its first second what the one before left is no sign of anything. Begins or joins
 * the open transaction; 0 or -errno. */
int alive_begin(struct store *store, uint64_t now);
/* The daemon calls it each second. Joins the open transaction; 0 or -errno. */
int alive_save(struct store *store, uint64_t now);

/* Asks the daemon of the state directory, and what it left in the store. now: ns. */
void alive_look(struct alive *ret, struct store *store, const char *state, uint64_t now);

/* Appends "no daemon runs: …" without an end of line; nothing when there is nothing to worry about. */
void alive_say(const struct alive *alive, uint64_t now, struct buf *out);

/* Writes the object "daemon" with "running" (null: not known) and "last". */
void alive_json(const struct alive *alive, struct json *j);

#endif

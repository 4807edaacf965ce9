/* SPDX-License-Identifier: Apache-2.0 */
/* Whether the daemon of a state runs, and until when it did. */
#include "command/alive.h"

#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "marker/control.h"
#include "report/report.h"

#define COUNTER "alive"
#define BEGUN   "alive.begun"
#define SILENT  (15 * NS_PER_SEC) /* a daemon that is held up for so long is of no use */

int alive_begin(struct store *store, uint64_t now)
{
	return store_counter_set(store, BEGUN, now);
}

int alive_save(struct store *store, uint64_t now)
{
	return store_counter_set(store, COUNTER, now);
}

struct times {
	uint64_t last, begun;
};

static int take(void *context, const char *name, uint64_t value)
{
	struct times *times = context;

	if (strcmp(name, COUNTER) == 0)
		times->last = value;
	else if (strcmp(name, BEGUN) == 0)
		times->begun = value;
	return 0;
}

void alive_look(struct alive *ret, struct store *store, const char *state, uint64_t now)
{
	struct times times = {0};
	int r = control_listens(state);
	uint64_t sign;

	if (store_counters(store, take, &times) < 0)
		times = (struct times){0};
	*ret = (struct alive){.state = ALIVE_UNKNOWN, .last = times.last};
	sign = times.begun > times.last ? times.begun : times.last;
	if (r == -ENOENT || r == -ECONNREFUSED)
		ret->state = ALIVE_NOT;
	else if (r == 0)
		ret->state = sign && now > sign + SILENT ? ALIVE_STUCK : ALIVE_RUNS;
}

void alive_say(const struct alive *alive, uint64_t now, struct buf *out)
{
	char text[CLOCK_TEXT_SIZE];
	uint64_t seconds = 0;

	if (alive->state != ALIVE_NOT && alive->state != ALIVE_STUCK)
		return;
	buf_str(out, alive->state == ALIVE_NOT ? "no daemon runs here: " : "the daemon is stuck: ");
	if (!alive->last) {
		buf_str(out, "nobody watches");
		return;
	}
	clock_format(alive->last, text);
	buf_printf(out, "nobody has watched since %.10s %.8s UTC, for ", text, text + 11);
	if (now > alive->last)
		seconds = (now - alive->last + NS_PER_SEC - 1) / NS_PER_SEC; /* a part of one counts */
	report_duration((double)seconds, out);
}

void alive_json(const struct alive *alive, struct json *j)
{
	char text[CLOCK_TEXT_SIZE];

	json_object_begin(j, "daemon");
	if (alive->state == ALIVE_UNKNOWN)
		json_none(j, "running");
	else
		json_bool(j, "running", alive->state == ALIVE_RUNS);
	if (alive->last) {
		clock_format(alive->last, text);
		json_str(j, "last", text);
	}
	json_object_end(j);
}

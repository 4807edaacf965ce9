/* SPDX-License-Identifier: Apache-2.0 */
/* How often each kind of failure happens, against its own history. */
#include <math.h>
#include <string.h>

#include "correlate/internal.h"

/* What is there in the first minute of all has perhaps always been there: it is unusual only once its rate is
 * known. */
#define LEARNING      MINUTE
#define CHANGED       (20 * SECOND) /* what begins so soon after a change was not there before it */
#define QUIET         (5 * MINUTE)  /* ends what was unusual, as it does an incident */
#define KNOWN_MINUTES 3
#define RUN_PAUSE     MINUTE        /* within a run; four times its mean where that is longer */
#define RUN_FIRST     (10 * MINUTE) /* between its first two, whose rhythm nobody knows */
#define RUN_LONGEST   HOUR          /* what began longer ago is how things are */
#define FORGETTING    (1.0 / 30)    /* of the usual rate, a minute */
#define SIGMAS        4
#define FEW           3 /* within half an hour, of what was never there */
#define HALF_HOUR     (30 * MINUTE)

/* Failures that one event tells of are one lump: of so many on the average, weighed by failures. */
static double lump(const struct series *x)
{
	return x->total ? x->squares / (double)x->total : 1;
}

/* Moves the ring on; minutes that are over become part of the usual rate. */
static void series_roll(struct series *x, uint64_t minute)
{
	uint64_t steps = minute > x->minute ? minute - x->minute : 0;

	if (steps > SERIES_MINUTES) {
		x->rate *= pow(1 - FORGETTING, (double)(steps - SERIES_MINUTES));
		steps = SERIES_MINUTES;
	}
	for (; steps > 0; steps--) {
		uint64_t over = minute - steps;

		x->rate += ((double)x->count[over % SERIES_MINUTES] - x->rate) * FORGETTING;
		x->count[(over + 1) % SERIES_MINUTES] = 0;
	}
	if (minute > x->minute)
		x->minute = minute;
}

/* Failures that follow each other without a pause that is long for them. */
static void run_on(struct series *x, uint64_t time)
{
	uint64_t pause = time > x->last ? time - x->last : 0;
	uint64_t most = x->run_count > 1 ? 4 * (x->last - x->run) / (x->run_count - 1) : RUN_FIRST;

	if (!x->run_count || pause > (most > RUN_PAUSE ? most : RUN_PAUSE)) {
		x->run = time;
		x->run_count = 0;
	}
	x->run_count++;
}

uint64_t series_onset(const struct series *x, uint64_t time)
{
	return x->run <= time && time - x->run < RUN_LONGEST ? x->run : time;
}

struct series *series_add(struct state *s, const struct fact *f, const struct failure *failure)
{
	uint64_t service = key_of(fact_service(f)), minute = f->time / MINUTE;
	struct series *x;
	uint32_t *count;
	bool new;

	x = WAYS_GET(s->series, key_join(service + failure->mechanism, failure->detail), f->time, &new);
	if (new) {
		x->service = service;
		x->first = f->time;
		x->minute = minute;
	}
	series_roll(x, minute);
	run_on(x, f->time);
	if (f->time > x->last + QUIET)
		x->unusual = 0;
	x->last = f->time;
	x->total += f->count;
	x->squares += (double)f->count * (double)f->count;
	count = &x->count[minute % SERIES_MINUTES];
	*count = f->count < UINT32_MAX - *count ? *count + (uint32_t)f->count : UINT32_MAX;
	return x;
}

/* Whether it may have been there before there was somebody to see it. Lost connections come and go with what
 * a change restarts. */
static bool is_old(const struct state *s, const struct series *x, const struct failure *failure)
{
	const struct marker *m;

	if (x->first >= s->first + LEARNING)
		return false;
	for (unsigned n = 0; failure->mechanism == MECHANISM_EXCEPTION && (m = marker_newest(s, n)); n++)
		if (m->time > s->first && m->time <= x->first && x->first - m->time < CHANGED &&
			strcmp(m->kind, "restart") != 0)
			return false;
	return true;
}

/* Never seen in an hour of watching, and now it goes on. */
static bool is_unheard_of(const struct state *s, const struct series *x)
{
	return x->run == x->first && x->first > s->first + HOUR && x->last - x->run < RUN_LONGEST;
}

static bool exceeds(const struct state *s, const struct series *x, const struct failure *failure)
{
	uint64_t now = x->count[x->minute % SERIES_MINUTES];
	bool old = is_old(s, x, failure);
	double usual = x->rate;

	if (is_unheard_of(s, x))
		return now >= failure->least ||
		       (failure->counts && x->total >= FEW && x->last - x->run < HALF_HOUR);

	/* The rate starts from nothing; until it has settled the mean since the first one stands for it. */
	if (x->minute - x->first / MINUTE < SERIES_MINUTES) {
		if (old && x->minute - x->first / MINUTE < KNOWN_MINUTES)
			return false;
		usual = (double)(x->total - now) / ((double)(x->last - x->first) / (double)MINUTE + 1);
	}
	return now >= failure->least && (double)now > usual + SIGMAS * sqrt(usual * lump(x));
}

/* What goes on does not become usual by that. */
bool series_is_unusual(const struct state *s, struct series *x, const struct failure *failure)
{
	if (x->unusual && x->last < x->unusual + HOUR)
		return true;
	if (!exceeds(s, x, failure))
		return false;
	x->unusual = x->last;
	return true;
}

uint64_t series_count(const struct series *x, uint64_t from, uint64_t until)
{
	uint64_t sum = 0, first = from / MINUTE, last = until / MINUTE;

	if (last > x->minute)
		last = x->minute;
	if (first + SERIES_MINUTES <= x->minute)
		first = x->minute - SERIES_MINUTES + 1;
	for (uint64_t minute = first; minute <= last; minute++)
		sum += x->count[minute % SERIES_MINUTES];
	return sum;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* The steps of the engine, in the order in which a fact passes them. */
#ifndef LW_CORRELATE_INTERNAL_H
#define LW_CORRELATE_INTERNAL_H

#include "base/json.h"
#include "correlate/state.h"
#include "correlate/weights.h"

#define SHORT_LIFE  (10 * SECOND) /* of a process that died as soon as it was started */
#define CLOCK_SLACK (2 * SECOND)  /* between a change's time and that of what it brings */

/* failure.c: what a fact means. */
struct failure {
	uint8_t mechanism; /* 0: no failure at all */
	bool certain; /* wrong by itself, whatever the rate; else only when its rate leaves its own history */
	char detail[FACT_TEXT + 40]; /* tells kinds of failure of one service apart */
	bool by_hand;                /* of a program that a person runs, no service */
	uint64_t pause;              /* between failures that are rare, ns; 0: not known */
	uint64_t least;              /* in a minute, to be more than it used to be */
	bool counts;                 /* it needs no rate: a few are more than none */
	bool again;                  /* it had been seen before, without being counted */
	bool lost;                   /* a connection, by its other end: that may have been on this host */
	bool lookup;                 /* the name of the other end was not found */
	bool aside;                  /* is listed as an issue, and makes no incident */
	bool echo; /* a program's own words about a connection; to whom, they do not say reliably */
	const char *resource; /* what is exhausted, by the call or the program's words: an errno or "memory";
				 NULL: nothing. Borrowed from the fact */
};
/* failure.c: what a fact means; all zero when it is no failure. Whether it is one. */
void failure_of(const struct fact *f, struct failure *ret);
bool failure_is(const struct fact *f);

/* told.c: what a failure says in lower case: a word is found in it much faster than whatever its case. */
struct lower {
	char message[FACT_TEXT];
	char exception[FACT_NAME];
	uint64_t pairs[16]; /* set of the pairs of letters in them: of a word most often not even the first is
			       there */
};
void lower_of(const struct fact *f, struct lower *ret);
/* Whether one of them has this word, of at least two letters. */
bool lower_says(const struct lower *said, const char *word);
/* size: of ret, of which it fills as much as there is text. */
void lower_text(char *ret, const char *text, size_t size);

/* What is used up by a program's own words, an errno or "connections"; or NULL. */
const char *told_exhausted(const struct fact *f);
/* Whether it could not listen where another one does. */
bool told_address_taken(const struct fact *f);
/* Whether they speak of a connection, and how it failed. */
enum told_connection {
	TOLD_NONE,
	TOLD_FAR,    /* slow, or not reached */
	TOLD_LOST,   /* the other end is gone, or refuses */
	TOLD_LOOKUP, /* its name is not found */
};
enum told_connection told_connection(const struct fact *f);
/* The host of the URL that the message names, unless that is this one. */
bool told_host(const struct fact *f, char ret[FACT_NAME]);

/* service.c: what a fact tells of its service, which is made when it is not known. Never NULL. */
struct service *service_note(struct state *s, const struct fact *f);
/* A change of a service, unless nothing else was ever heard of that. */
void service_marker(struct state *s, const struct marker *m);
/* When it will be certain that it does not listen any more and is not just about to end. */
uint64_t service_deaf(const struct service *service);
/* A process ended as it should: when it was started tells something, too. */
void service_end(struct state *s, const struct fact *f);
/* *ret_presumed: it is total since then unless it turns out that something of it was started soon; or 0. */
enum impact service_impact(const struct service *service, uint64_t now, uint64_t *ret_presumed);
/* When that may be worse without other events; UINT64_MAX: never. */
uint64_t service_impact_due(const struct service *service, uint64_t now);

/* restart.c: remembers that a service was stopped or started on purpose. */
void restart_note(struct state *s, const struct fact *f);
/* Whether it is an end of a process that its supervisor stops just now, one way or the other. */
bool restart_ends(const struct state *s, const struct fact *f, const struct failure *failure);
/* Whether connections of this host have been lost since another service was started anew, not for long. */
bool restart_explains(
	const struct state *s, const struct fact *f, const struct failure *failure, uint64_t onset);

/* series.c: counts a failure; returns its series. */
struct series *series_add(struct state *s, const struct fact *f, const struct failure *failure);
/* Whether it is more than there used to be, or has been without a pause since it was, for an hour at most. */
bool series_is_unusual(const struct state *s, struct series *series, const struct failure *failure);
/* When the failures began that one of this time is the last of: of those that go on for more than an hour
 * they are how things are, and it is this one. */
uint64_t series_onset(const struct series *series, uint64_t time);
/* Failures from one time to another, as far as the minutes are still kept. */
uint64_t series_count(const struct series *series, uint64_t from, uint64_t until);

/* issue.c: whether it was first seen after a change of its service, by which it is explained, and again. */
bool issue_is_brought(const struct state *s, const struct issue *issue);
/* The issue that a fingerprint is part of, or NULL. */
const struct issue *issue_find(const struct state *s, const char *fingerprint);
/* Finds or makes the issue of a failure that has a fingerprint; NULL without one. */
struct issue *issue_add(
	struct state *s, const struct fact *f, const struct failure *failure, const struct service *service);
/* decision.c: carries out what a person decided. An issue that is not known (any more) stays so. */
void decision_take(struct state *s, const struct fact *f);
/* The key that failures of this one are booked under. */
uint64_t decision_key(struct state *s, uint64_t key, uint64_t time);

/* "new" and so on, a constant. */
const char *issue_state_name(const struct issue *issue);
/* Whether it was resolved, ignored or merged, and has not come back. */
bool issue_has_ended(const struct issue *issue);
/* What it was before; "" when it has not ended. */
const char *issue_state_before(const struct issue *issue);

/* marker.c */
struct marker *marker_add(struct state *s, const struct fact *f);
/* Whether it changed the service with that key and name: of a template also each instance. */
bool marker_changes(const struct marker *m, uint64_t service, const char *name);
/* The first service of the incident that it changed; NULL: none of them. */
const struct incident_service *marker_service(const struct incident *i, const struct marker *m);
/* The n-th newest, 0 being the last; NULL when there are no more. */
const struct marker *marker_newest(const struct state *s, unsigned n);

/* incident.c */
/* Of one that is pending: it was none. */
void incident_forget(struct state *s, struct incident *i);
void incident_add(struct state *s, const struct fact *f, const struct failure *failure,
	const struct issue *issue, const struct series *series, const struct service *service);
/* Whether a failure that alone would be too little is part of an open incident: one that began with failures
 * of this very series, or in which somebody died to whom the connection may have been. */
bool incident_expects(const struct state *s, const struct fact *f, const struct failure *failure,
	const struct series *series);
bool incident_has_series(const struct incident *i, uint64_t key);
void incident_add_issue(struct incident *i, uint64_t key);
void incident_add_series(struct incident *i, uint64_t key);
/* Each process once, however often it fails. */
void incident_add_process(struct incident *i, const struct incident_process *x);
/* Of the lowest one that is left of a set such as state.going_on; left &= left - 1 takes it out. */
static inline unsigned incident_index(uint64_t left)
{
	return (unsigned)__builtin_ctzll(left);
}
/* Takes over how its service is, as far as that is known by now. */
void incident_impact(struct incident_service *x, const struct service *service, uint64_t now);
/* What it is at this time: none when it does not fail any more. */
enum impact incident_impact_now(
	const struct incident_service *x, const struct service *service, uint64_t now);
#define TOGETHER (10 * SECOND) /* failures that begin so close to each other */
#define SAME_CAUSE                                                                                           \
	MINUTE /* between failures of two services that lack the same resource, or that are related */

/* incident_merge.c: whether by this failure, which is linked to i, the later j is the same as i. */
bool incident_may_absorb(const struct incident *i, const struct incident *j, const struct fact *f);
/* Takes over each other one that is the same as i, now that this failure of that series is part of i. */
void incident_absorb(struct state *s, struct incident *i, const struct fact *f, const struct series *series);

/* incident_peer.c: whether a failed connection was to one that services of the incident miss. */
bool incident_has_peer(const struct incident *i, const struct fact *f);
/* The same where it is not known whom that one or those miss: it may be the same one elsewhere. */
bool incident_may_miss(const struct incident *i, const struct fact *f);
/* Counts it; service is the index of its own. */
void incident_add_peer(
	struct incident *i, const struct fact *f, const struct failure *failure, unsigned service);
/* Whether it, of the service with that key, fails at the same time as one that it has connections with. */
bool incident_is_related(const struct incident *i, const struct fact *f, uint64_t service);
/* Whether it is what the clients of an open one say meanwhile, directly or through a proxy. */
bool incident_answers(const struct state *s, const struct incident *i, const struct fact *f,
	const struct failure *failure, const struct series *series);
void incident_add_related(struct incident *i, const struct fact *f);
/* Takes over what another incident knows of a peer, whose services are those of i by now. */
void incident_merge_peer(struct incident *i, const struct incident_peer *peer);
void incident_merge_related(struct incident *i, const struct incident *j);
/* Whether services of it have connections with that one, or that one has them with services of it. */
bool incident_calls(const struct incident *i, uint64_t service);
bool incident_is_called(const struct incident *i, uint64_t service);
/* incident_time.c: how long it must be quiet until it is over: half as long as it lasted, within bounds, or
 * one and a half times as long as its failures pause. ns */
uint64_t incident_quiet(const struct incident *i);
/* Whether there is one that time alone may begin or end. */
bool incident_waits(const struct state *s);
/* Moves the time on: ends incidents that are over. */
void incident_advance(struct state *s, uint64_t now);
const struct incident_service *incident_service(const struct incident *i, uint64_t key);
/* Whether the service with that index asks another one of the incident, which does not ask it. */
bool incident_is_victim(const struct incident *i, unsigned n);
/* Failures of its kinds from one time to another, as far as the minutes are still kept. */
uint64_t incident_failures(const struct state *s, const struct incident *i, uint64_t from, uint64_t until);

/* history.c */
#define ACTIONS 8

enum action_result {
	ACTION_OPEN, /* it is too early to tell */
	ACTION_HELPED,
	ACTION_FAILED, /* it went on, or came back */
};

/* What somebody did during an incident. */
struct action {
	const struct marker *marker;
	enum action_result result;
	uint64_t taken; /* ns to the last failure */
};

/* From earlier cases. */
struct estimate {
	bool known;      /* more than half of them are over, or helped */
	bool others;     /* there are none of this service */
	uint64_t time;   /* median, ns */
	unsigned cases;  /* 0: there is no history */
	unsigned helped; /* of these */
	char action[16]; /* what was done */
};

/* The newest ones first; returns how many, at most ACTIONS. */
unsigned history_actions(const struct state *s, const struct incident *i, struct action *ret);
/* Remembers an incident that is over. */
void history_note(struct state *s, const struct incident *i);
/* How long it takes until all is quiet after an action (the kind of a marker), of the same issue, else of the
 * same service and cause, else of all. */
void history_restore(const struct state *s, const struct incident *i, const char *cause, const char *action,
	struct estimate *ret);
/* How long incidents of the same issue last, else of the same service and cause. */
void history_fix(const struct state *s, const struct incident *i, const char *cause, struct estimate *ret);
/* How many times longer than stated it takes on this host until changes of a kind show, by those that were
 * undone with success; 1 without enough of them. */
double history_stretch(
	const struct state *s, const struct incident *i, const char *kind, bool slow, unsigned *ret_cases);

/* words.c: hashes of the words of a text that may name the thing that failed or changed: of at least four
 * characters, in lower case, no numbers, no words that are in every message. Adds to at most max tokens those
 * that are not there; returns the new count. */
unsigned words_add(const char *text, uint64_t *tokens, unsigned count, unsigned max);

/* The same of what a failure tells, and, behind WORD_SERVER, the names of the servers that a client's library
 * speaks to; WORD_DATABASE when that is a database. */
#define WORD_SERVER   "="
#define WORD_DATABASE "=database"
unsigned words_of_failure(const struct fact *f, uint64_t *tokens, unsigned count, unsigned max);
/* The same of those of another failure. */
unsigned words_merge(
	uint64_t *tokens, unsigned count, unsigned max, const uint64_t *more, unsigned more_count);
/* Whether it changed what the failure speaks of, in whatever words: certificates, names, the clock,
 * permissions. */
bool words_share_topic(const struct marker *m, const uint64_t *tokens, unsigned count);
/* Those of a change, from none on, by its note and evidence. */
unsigned words_of_change(const struct marker *m, uint64_t *tokens, unsigned max);
/* Whether a word, in lower case, is among them. */
bool words_have(const char *word, const uint64_t *tokens, unsigned count);

/* Whether an address is one of this very host's. */
bool peer_is_local(const char *remote);
/* An address without its port; false: too little is left to be looked for in texts. */
bool peer_host(const char *remote, char ret[FACT_NAME]);

/* suspect.c, evidence.c */
#define SUSPECTS    8
#define REASONS     10
#define REASON_TEXT 200

struct reason {
	enum weight_row row;
	double amount; /* times the row's weight */
	char text[REASON_TEXT];
};

struct suspect {
	const char *cause; /* marker, third_party, resource, operator, hardware, intrinsic, unknown */
	const struct marker *marker;
	char subject[FACT_TEXT];
	double weight; /* decibans, the sum of its reasons */
	double score;  /* 0..1 */
	unsigned reason_count;
	struct reason reasons[REASONS];
};

struct verdict {
	unsigned count;
	bool abstains;                     /* no suspect is likely enough */
	struct suspect suspects[SUSPECTS]; /* likeliest first */
};

/* Adds amount in the row's measure to what speaks for a suspect, and says why. */
__attribute__((format(printf, 4, 5))) void reason_add(
	struct suspect *x, enum weight_row row, double amount, const char *format, ...);
/* All that speaks for or against a marker; actions: history_actions() of the incident. */
void evidence_marker(const struct state *s, const struct incident *i, const struct action *actions,
	unsigned count, struct suspect *x);
/* place.c: what it changed, against what fails. */
void weigh_place(const struct state *s, const struct incident *i, const struct marker *m, struct suspect *x);
/* Whether the failure names what was changed, or comes from the library of its clients. */
bool place_is_named(const struct incident *i, const struct marker *m);
/* The host as a whole, or nothing in particular. */
bool is_everywhere(const struct marker *m);
void verdict_of(const struct state *s, const struct incident *i, struct verdict *ret);

/* advice.c */
#define WHY 256
struct advice {
	const char *action;
	char why[WHY];
	char command[EVENT_UNDO + FACT_NAME + 32];
	struct estimate restore, fix;
};
/* What to do about an incident, and how long that may take; action is a constant. */
void advice_of(const struct state *s, const struct incident *i, const struct verdict *v, struct advice *ret);

/* verdict_json.c */
void issue_json(const struct state *s, const struct issue *issue, struct json *j);
void incident_json(const struct state *s, const struct incident *i, struct json *j);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* Internal to correlate: all that the engine remembers. One flat structure without pointers: a copy of it is
 * the engine at that instant, its bytes are what is saved, and no input makes it grow. Times are ns since the
 * epoch, of the records; nothing here knows of another clock. */
#ifndef LW_CORRELATE_STATE_H
#define LW_CORRELATE_STATE_H

#include "correlate/fact.h"
#include "correlate/ways.h"

#define STATE_VERSION 15

#define STATE_SERVICES  256
#define STATE_ISSUES    1024
#define STATE_ALIASES   1024
#define STATE_SERIES    2048
#define STATE_MARKERS   256
#define STATE_INCIDENTS 64 /* a bit each in state.going_on */
#define STATE_PAST      256
#define STATE_MERGES    256
#define STATE_STIRS     8

#define SECOND 1000000000ull
#define MINUTE (60 * SECOND)
#define HOUR   (60 * MINUTE)
#define DAY    (24 * HOUR)

#define SERIES_MINUTES 64

/* What a failure is, by what it takes to stop it. A bit each. */
enum mechanism {
	MECHANISM_CRASH = 1,
	MECHANISM_OOM = 2,
	MECHANISM_KILL = 4,
	MECHANISM_EXIT = 8,
	MECHANISM_EXCEPTION = 16,
	MECHANISM_RESOURCE = 32, /* an errno that tells of something exhausted */
	MECHANISM_PEER = 64,     /* a connection reset or not made */
	MECHANISM_HARDWARE = 128,
};

struct service {
	struct way way;
	char name[FACT_NAME];
	char unit[FACT_NAME];       /* of the system's manager; empty: it is another one's, or none */
	char version[FACT_VERSION]; /* of the last marker or event */
	char before[FACT_VERSION];  /* the version before that */
	uint64_t since;             /* time that version is known from */
	uint64_t before_for;        /* ns that the version before it was there */
	uint64_t first;             /* time that it was first heard of */
	uint64_t alive;             /* processes left after its last death */
	bool has_alive;
	uint64_t down_since;   /* it lost its last process then; 0: no */
	uint64_t deaf_since;   /* nothing of it listens any more since then, though it lives; 0: no */
	uint64_t back_from;    /* down_since of the last time that it was back soon */
	uint64_t died;         /* the last process of it that did */
	uint64_t short_deaths; /* in a row, each but the first of what had been started seconds before */
};

#define ISSUE_OTHERS 7

enum issue_state {
	ISSUE_NEW,
	ISSUE_ONGOING,
	ISSUE_REGRESSED,
	ISSUE_RESOLVED,
	ISSUE_IGNORED,
	ISSUE_MERGED,
	ISSUE_STATES
};

struct issue {
	struct way way;
	char id[ID_SIZE];
	char fingerprint[40];
	char title[FACT_TEXT];
	char service[FACT_NAME];       /* the first */
	uint64_t others[ISSUE_OTHERS]; /* further ones, by key; 0: no more */
	char first_version[FACT_VERSION];
	char last_version[FACT_VERSION];
	uint64_t first;
	uint64_t last;
	uint64_t count;
	uint64_t decided;   /* time of the last decision about it; 0: none */
	char into[ID_SIZE]; /* the issue that it was merged into */
	uint64_t returned;  /* after a silence that its rate before does not explain; 0: never */
	uint8_t state;
	uint8_t state_before; /* it was resolved, ignored or merged; means nothing of one that was not */
	uint8_t mechanism;
	char step[16]; /* what its fingerprint was made of */
	struct near near;
};

/* A fingerprint that is another one's issue: its stack is nearly the same, or somebody decided so. */
struct alias {
	struct way way;
	uint64_t issue; /* key */
	char fingerprint[EVENT_FINGERPRINT];
};

/* A fingerprint, by key, that was decided to be the same issue as another one's. */
struct merge {
	struct way way;
	uint64_t into; /* key */
};

/* Counts of one kind of failure of one service, minute by minute. */
struct series {
	struct way way;
	uint64_t service; /* key */
	uint64_t first;
	uint64_t last;
	uint64_t total;
	double squares;   /* sum of the squared counts of its events: failures come in lumps */
	uint64_t minute;  /* the newest in count, since the epoch */
	double rate;      /* a minute, as it used to be */
	uint64_t unusual; /* since then, without a minute of quiet; 0: no */
	uint64_t run;     /* the first of those that follow each other without a long pause */
	uint64_t run_count;
	uint32_t count[SERIES_MINUTES];
};

/* A service that was stopped or started on purpose. */
struct stir {
	uint64_t service; /* key */
	uint64_t time;
	uint64_t stopped; /* by its supervisor; 0: not yet */
};

struct marker {
	uint64_t time;
	uint64_t service; /* key */
	char id[ID_SIZE];
	char kind[16];
	char name[FACT_NAME]; /* of the service */
	char version[FACT_VERSION];
	char before[FACT_VERSION]; /* the version that it took the place of; empty: not known */
	char source[16];
	char evidence[FACT_TEXT];
	char note[FACT_TEXT];
	char undo[EVENT_UNDO]; /* the command that takes it back; empty: not known */
	bool lasting;          /* how to take back a part of it is not known */
};

enum impact { IMPACT_NONE, IMPACT_PARTIAL, IMPACT_TOTAL };

#define INCIDENT_SERVICES  8
#define INCIDENT_ISSUES    16
#define INCIDENT_PEERS     4
#define INCIDENT_SERIES    16
#define INCIDENT_PROCESSES 32
#define INCIDENT_TOKENS    32
#define INCIDENT_RELATED   16

struct incident_service {
	uint64_t key;
	char name[FACT_NAME];
	uint8_t impact;    /* the worst so far */
	uint8_t row;       /* among the services, where it was last */
	uint8_t calls;     /* set of those of the incident that it has connections with, by their indexes */
	uint64_t presumed; /* total since then, unless it was back soon; 0: certain */
	uint64_t count;    /* failures */
	uint64_t first;    /* of these */
	uint64_t last;
};

struct incident_peer {
	char remote[FACT_NAME];
	char name[FACT_NAME]; /* empty: not known */
	uint64_t count;
	uint64_t lost;     /* of these, only told by programs that say that it refused or closed */
	uint64_t lookups;  /* the same, that its name was not found */
	uint64_t near;     /* the same, by who has connections with this host alone */
	uint64_t services; /* set of indexes into the incident's services */
};

struct incident_process {
	uint64_t service; /* key */
	uint64_t start;
};

/* Pending until a second failure confirms it. */
enum incident_state { INCIDENT_FREE, INCIDENT_PENDING, INCIDENT_OPEN, INCIDENT_CLOSED };

struct incident {
	char id[ID_SIZE];
	char into[ID_SIZE]; /* the incident that it turned out to be part of; empty: none */
	uint8_t state;
	uint8_t mechanisms;
	uint8_t service_count;
	uint8_t issue_count;
	uint8_t peer_count;
	uint8_t process_count;
	uint8_t series_count;
	uint8_t token_count;
	bool address_taken;  /* somebody else listens there */
	bool operator;       /* a person's signal was in it */
	bool operator_first; /* it began with that */
	bool issues_cut;     /* there were more than have room */
	bool services_cut;
	bool workers; /* nothing but workers failed */
	uint64_t started;
	uint64_t detected;
	uint64_t last;  /* failure */
	uint64_t pause; /* the longest between two failures of it */
	uint64_t died;  /* the last process of it that did; 0: none */
	uint64_t ended; /* 0: not yet; of one that was merged when that was */
	uint64_t count; /* failures */
	uint64_t peer_failures;
	char killer[16]; /* of the last kill */
	char killer_class[16];
	char resource[16];          /* the errno, or "memory" */
	uint64_t resource_since;    /* the first failure that told of it */
	uint64_t resource_services; /* bits of those that lack it */
	char resource_subject[FACT_TEXT];
	char killer_reason[FACT_REASON]; /* of the last kill, or hardware error */
	char limit[16];                  /* that a process which died had reached; empty: none is known */
	char limit_words[96];            /* the end of a sentence about that process */
	char eater[16];                  /* the process that held most of the memory, and was spared */
	uint64_t eater_bytes;
	uint64_t overflows; /* of stacks */
	struct incident_service services[INCIDENT_SERVICES];
	uint64_t issues[INCIDENT_ISSUES]; /* keys */
	struct incident_peer peers[INCIDENT_PEERS];
	uint64_t series[INCIDENT_SERIES];                      /* keys */
	struct incident_process processes[INCIDENT_PROCESSES]; /* that failed */
	uint64_t tokens[INCIDENT_TOKENS];                      /* words of what failed */
	uint64_t
		callees[INCIDENT_RELATED]; /* services that those have connections with, by key; 0: no more */
	uint64_t callers[INCIDENT_RELATED]; /* that have connections with those */
};

/* An incident that is over, or what was done in it. */
struct past {
	uint64_t started; /* the incident */
	uint64_t acted;   /* time of the action */
	uint64_t service; /* key of the one that failed first; 0: unused */
	uint64_t issue;   /* key of the first; 0: none */
	uint64_t taken;   /* ns from the first failure, or from the action, to the last failure */
	uint64_t delay;   /* ns from the change that the action undid to the first failure */
	bool helped;      /* it was quiet then */
	bool slow;        /* something ran out */
	char cause[16];   /* as the verdict was when it ended */
	char action[16];  /* kind of the marker; "": this is the incident as a whole */
	char undone[16];  /* kind of the change that it undid with success; "": none */
};

struct state {
	uint64_t version; /* STATE_VERSION */
	uint64_t size;    /* of this structure */
	uint64_t first;   /* of all events but declared ones */
	uint64_t newest;  /* the same; what is declared never moves it */
	uint64_t now;     /* of the newest event that was taken, or where time has been moved to */
	struct stir stirs[STATE_STIRS];
	uint64_t marker_count;
	uint64_t past_count;
	uint64_t going_on;    /* set of the incidents that are pending or open: few of many, far apart */
	uint64_t impacts_due; /* before this time no impact changes by time alone; 0: services have changed */
	struct service services[STATE_SERVICES];
	struct issue issues[STATE_ISSUES];
	struct alias aliases[STATE_ALIASES];
	struct series series[STATE_SERIES];
	struct marker markers[STATE_MARKERS];
	uint8_t marker_order[STATE_MARKERS]; /* their indexes, oldest first */
	struct incident incidents[STATE_INCIDENTS];
	struct past past[STATE_PAST];
	struct merge merges[STATE_MERGES];
};

/* A hash of a text, joined to another key; never 0. */
uint64_t key_of(const char *text);
uint64_t key_join(uint64_t key, const char *text);

#endif

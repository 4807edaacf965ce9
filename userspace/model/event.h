/* SPDX-License-Identifier: Apache-2.0 */
/* Events: what lastwords tells the world (docs/EVENTS.md). Enrich makes them of records; model/event_json.c
 * writes them. Strings are owned by the event; NULL or empty means not known. Times are ns since the epoch.
 */
#ifndef LW_MODEL_EVENT_H
#define LW_MODEL_EVENT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/id.h"
#include "model/evidence.h"
#include "model/record.h"

#define EVENT_SCHEMA 1

enum event_kind {
	EVENT_CRASH,
	EVENT_OOM_KILL,
	EVENT_KILL,
	EVENT_EXIT_FAILURE,
	EVENT_EXCEPTION,
	EVENT_SYSCALL_ERRORS,
	EVENT_TCP_RESET,
	EVENT_CONNECT_FAILURE,
	EVENT_MARKER,
	EVENT_GAP,
	EVENT_DECISION,
	EVENT_LISTEN,
	EVENT_KINDS
};

/* Names of the host an event comes from. */
struct event_host {
	char name[256];
	char boot_id[40];
};

#define EVENT_SERVICE_NAME 256 /* bytes, the NUL included */

/* Where the process belongs. All text is bounded and may be hostile. */
struct event_service {
	char name[EVENT_SERVICE_NAME]; /* empty: not known */
	char unit[256];
	char slice[256];
	char container_id[72];
	char container_runtime[16];
	char pod_uid[40];
	char pod_qos[16];
	char user[16]; /* uid of the user manager that the unit belongs to */
	char cgroup[RECORD_PATH];
	char version[128];
	bool has_alive;
	uint64_t alive;     /* processes that were left in its control groups after a death */
	bool has_listening; /* it has listened, as far as is known */
	uint64_t listening; /* its sockets that listen now */
};

#define EVENT_NAME         256 /* bytes of a DNS name, the NUL included */
#define EVENT_ARGS_MAX     32
#define EVENT_MISSING_MAX  12
#define EVENT_SUBJECTS_MAX 5
#define EVENT_FINGERPRINT  20 /* bytes, the NUL included */

struct event_process {
	struct process_key key; /* pid 0: no process is known */
	uint32_t tid;
	char thread_name[RECORD_COMM]; /* of a thread that has another name than the process */
	uint32_t ppid;
	uint32_t ns_pid;
	bool has_ids; /* ppid, uid, gid, ns_pid are known */
	uint32_t uid;
	uint32_t gid;
	uint64_t start;   /* ns since the epoch */
	uint64_t age;     /* ns; 0: not known */
	uint32_t threads; /* 0: not known */
	const char *role; /* a constant: main, worker, command, script; of a death, NULL: not known */
	char comm[RECORD_COMM];
	char exe[RECORD_PATH];
	char args[RECORD_ARGS]; /* NUL-separated, redacted */
	uint32_t args_len;
	bool args_cut;
};

struct event_subject {
	char text[RECORD_SUBJECT];
	uint64_t count;
};

struct event_killer {
	bool known;
	struct process_key key;
	uint32_t uid;
	char comm[RECORD_COMM];
	char exe[RECORD_PATH];
	const char *class; /* a constant: operator, supervisor, kernel, self, hardware, userspace_oom, parent,
			      unknown */
	char reason[160];  /* why that class, for people; empty: nothing to say */
	struct record_origin origin;
	uint32_t kin_count;
	struct record_kin kin[RECORD_ANCESTRY];
};

/* Parts of crash, kill, oom_kill and exit_failure. */
struct event_death {
	uint32_t signal; /* 0: an exit status */
	int32_t code;
	uint64_t address;
	bool has_fault;   /* code is known */
	bool has_address; /* the signal is one that carries an address */
	uint32_t status;
	int core_dumped;     /* 1, 0, -1 not known */
	uint32_t end_signal; /* the signal the process ended with in the end, where that is another one */
	char no_core_reason[128];
	struct event_killer killer;
	const char *reason;      /* of the fault: "stack overflow"; a constant, NULL: none is known */
	const char *reason_text; /* the sentence to it */
	struct record_limits limits;
	struct record_oom oom; /* scope OOM_NONE: none */
	struct record_oom_scene scene;
	struct evidence evidence;
};

/* An exception that the process lived on with. */
struct event_exception {
	const struct exception
		*exception; /* the last of them; borrowed until the event has been handed out */
	uint64_t count;
	uint64_t interval; /* ns from the first to the last */
};

struct event_syscall {
	char name[40];
	uint16_t error;
	uint64_t count;
	uint64_t interval; /* ns */
	struct event_subject subjects[EVENT_SUBJECTS_MAX];
	unsigned subject_count;
};

struct event_tcp {
	const char *direction; /* a constant: sent, received; NULL for a failed connect */
	char local[RECORD_END];
	char remote[RECORD_END];
	char remote_name[EVENT_NAME]; /* that a name server gave that address for; empty: not seen */
	const char *state;            /* a constant, or NULL */
	char reason[64];
	uint16_t error;
	uint64_t count;
	uint64_t interval;
	uint32_t netns;
	bool folded;
};

#define EVENT_UNDO 400 /* bytes, the NUL included */

/* A change, declared or inferred. */
struct event_marker {
	char kind[16];
	char service[256];
	char version[128];
	char before[128]; /* the version that it was noticed to take the place of; empty: not known */
	char source[16];  /* declared, inferred */
	char evidence[512];
	char undo[EVENT_UNDO]; /* a command that takes it back, safe to be typed; empty: none is known */
	char note[1024];
	char link[1024];
};

struct event_gap {
	char reason[32]; /* ring_full, map_full, unreadable, probe_missed, decode, store, … */
	char source[16]; /* lifecycle, death, syscall, subject, tcp, snapshot */
	uint64_t count;
	uint64_t interval; /* ns */
};

/* What a person decided about an issue. */
struct event_decision {
	char action[16]; /* resolve, ignore, merge */
	char issue[ID_SIZE];
	char into[ID_SIZE]; /* merge: what it is the same as */
	char by[64];
};

/* A service has no socket any more that listens, though the process that closed the last one lives. */
struct event_listen {
	const char *state; /* a constant: stopped; then again, or ended with the process */
	uint16_t port;     /* of the last one, respectively of the new one */
};

#define EVENT_CALLS_MAX   8
#define EVENT_CALLERS_MAX 8

/* A service of this host, or a peer elsewhere, that the event's service has connected to. */
struct event_call {
	char service[EVENT_SERVICE_NAME]; /* empty: it is elsewhere */
	char remote[RECORD_END];
	char remote_name[EVENT_NAME]; /* that a name server gave that address for; empty: not seen */
};

struct event_missing {
	const char *what; /* a key of the event, a constant */
	const char *why;  /* a constant */
};

struct event {
	char id[ID_SIZE];
	uint64_t time;
	enum event_kind kind;
	struct event_host host;
	struct event_service service;
	struct event_process process;
	union {
		struct event_death death;
		struct event_exception exception;
		struct event_syscall syscall;
		struct event_tcp tcp;
		struct event_marker marker;
		struct event_gap gap;
		struct event_decision decision;
		struct event_listen listen;
	};
	struct event_call calls[EVENT_CALLS_MAX]; /* newest first */
	unsigned call_count;
	char callers[EVENT_CALLERS_MAX]
		    [EVENT_SERVICE_NAME]; /* services of this host that have connected to it */
	unsigned caller_count;
	char fingerprint[EVENT_FINGERPRINT]; /* of a death or exception: the same for the same defect; empty:
						none */
	char message_fingerprint[EVENT_FINGERPRINT]; /* of what it said of its end: the same in builds without
							names; empty: nothing */
	const char *fingerprint_step;                /* what it was made of: a constant; NULL: none */
	struct event_missing missing[EVENT_MISSING_MAX];
	unsigned missing_count;
};

/* "crash", "oom_kill", … */
const char *event_kind_name(enum event_kind kind);
/* Returns the kind, or -EINVAL. */
int event_kind_parse(const char *name);

/* crash, oom_kill, kill or exit_failure. */
bool event_is_death(enum event_kind kind);

/* Notes that key what could not be had; both are constants. Beyond EVENT_MISSING_MAX it is ignored. */
void event_missing_add(struct event *event, const char *what, const char *why);

/* death_json.c: writes the keys killer, oom, limits and memory, as far as there are any. */
void death_json(const struct event_death *death, struct json *j);

/* Appends the event as one line of JSON without a newline. */
void event_json(const struct event *event, struct buf *out);

#endif

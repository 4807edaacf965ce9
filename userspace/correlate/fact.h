/* SPDX-License-Identifier: Apache-2.0 */
/* What correlation needs to know of an event: read from its JSON, so that a live event, a stored one and one
 * of a recording are the same thing. Plain data without pointers; text is cut to fit and may be hostile.
 * Empty or 0 means not known. */
#ifndef LW_CORRELATE_FACT_H
#define LW_CORRELATE_FACT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/id.h"
#include "correlate/near.h"
#include "model/event.h"

#define FACT_NAME    64
#define FACT_VERSION 48
#define FACT_TEXT    192
#define FACT_REASON  96
#define FACT_CALLS   8

/* Most that an event counts for, ten times what a process can fail at in a second: sums of it do not
 * overflow, nor leave the integers of any receiver. */
#define FACT_COUNT (1U << 24)

struct fact {
	_Alignas(16) uint64_t time; /* ns since the epoch; aligned for who packs facts */
	uint64_t count;
	uint64_t start; /* of the process, ns since the epoch */
	uint64_t age;   /* of the process, ns */
	uint64_t pid;
	uint64_t alive;     /* processes of the service that are left */
	uint64_t listening; /* sockets of the service that listen */
	uint64_t status;
	bool has_alive;
	bool has_listening;
	bool has_status;
	uint8_t kind; /* enum event_kind */
	char id[ID_SIZE];
	char service[FACT_NAME];
	char unit[FACT_NAME];
	char user[12];      /* uid of the person in whose slice it is */
	char container[16]; /* the begin of the id of the one that it runs in */
	char version[FACT_VERSION];
	char exe[FACT_TEXT];
	char signal[16];
	char code[24];
	char killer_class[16];
	char killer_comm[16];
	char killer_reason[FACT_REASON];
	char fault[24];        /* why the signal came, such as "stack overflow" */
	char comm[16];         /* of the process */
	char role[8];          /* main, worker, command, script */
	char largest_comm[16]; /* of the largest process, when the OOM killer chose */
	uint64_t largest_pid;
	uint64_t largest_rss; /* bytes */
	uint64_t files;       /* that were open */
	uint64_t files_max;   /* RLIMIT_NOFILE */
	uint64_t space;       /* bytes of its address space */
	uint64_t space_max;   /* RLIMIT_AS */
	char oom_scope[8];
	char oom_cgroup[FACT_TEXT]; /* that is at its limit */
	uint64_t oom_limit;         /* bytes; 0: not known */
	char fingerprint[40];
	char step[16]; /* what the fingerprint was made of */
	char message_fingerprint[40];
	struct near near;          /* of its stack */
	char exception[FACT_NAME]; /* its type */
	char message[FACT_TEXT];   /* of the exception and of its last cause; without one the last words */
	char said[FACT_TEXT];      /* the last words, while it is read */
	char raised[FACT_NAME];    /* the function that raised it */
	char function[FACT_NAME];  /* of the innermost frame that has a name */
	char syscall[24];
	char error[16];
	char subject[FACT_TEXT];
	char remote[FACT_NAME];
	char remote_name[FACT_NAME]; /* of its DNS name the begin */
	char far[FACT_NAME];         /* the only peer elsewhere that the service has connections with */
	char far_name[FACT_NAME];    /* its DNS name */
	uint64_t far_count;          /* peers elsewhere */
	uint64_t near_count; /* services of this host that it has connections with, without databases */
	uint64_t callees[FACT_CALLS]; /* services of this host that it has connections with, by the key of
					 their names */
	uint64_t callers[FACT_CALLS]; /* that have connections with it */
	char listen[12];              /* stopped, again, ended */
	char direction[16];
	char tcp_state[16];
	char marker_kind[16];
	char marker_service[FACT_NAME];
	char marker_version[FACT_VERSION];
	char marker_before[FACT_VERSION];
	char marker_source[16];
	char marker_evidence[FACT_TEXT];
	char marker_undo[EVENT_UNDO];
	char marker_note[FACT_TEXT];
	char action[16]; /* of a decision */
	char issue[ID_SIZE];
	char into[ID_SIZE];
};

/* Reads an event. Returns 0; -EINVAL when it is no JSON object or lacks a time or a kind that can be read;
 * -ENOTSUP for a kind that this version does not know (it is to be left out). */
int fact_read(const char *json, size_t len, struct fact *ret);

/* The same of failed calls and of resets, without what is in objects and arrays: whether they are failures
 * can be told by that. False for other kinds, and for what fact_read says no to. */
bool fact_read_top(const char *json, size_t len, struct fact *ret);

/* Reads the array of one of the keys `calls` and `callers` into the fact. */
struct json_reader;
void fact_calls_read(struct json_reader *reader, struct fact *ret);
void fact_callers_read(struct json_reader *reader, struct fact *ret);

/* The name that failures of it are booked under: of the service, else of the executable, else "". */
const char *fact_service(const struct fact *f);

#endif

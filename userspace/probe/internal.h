/* SPDX-License-Identifier: Apache-2.0 */
/* Shared by the files of this folder: the loaded probe. */
#ifndef LW_PROBE_INTERNAL_H
#define LW_PROBE_INTERNAL_H

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "probe/output.h"
#include "probe/probe.h"
#include "bpf/events.h"

enum {
	FAMILY_LIFECYCLE,
	FAMILY_CRASH,
	FAMILY_OOM,
	FAMILY_SYSCALL,
	FAMILY_TCP,
	FAMILY_ESTABLISHED,
	FAMILY_DNS,
	FAMILIES
};

#define PROGRAMS_MAX 16

/* A program of the skeleton and where its misses are counted. */
struct probe_program {
	struct bpf_program *program;
	struct bpf_link *link;
	unsigned family;
	enum lw_source source;
};

/* The connections that live, which are looked at from time to time. */
struct established {
	int link; /* 0: the kernel cannot */
	int look; /* under way; 0: none */
	uint64_t next;
	volatile int32_t *left;
	volatile __u64 *since;
};

struct probe {
	struct probes *skeleton;
	struct probe_program programs[PROGRAMS_MAX];
	unsigned program_count;
	struct probe_status status[FAMILIES];
	struct ring_buffer *rings[2]; /* deaths, activity */
	int epoll;
	struct buf reset_reasons; /* names, each with its NUL */
	bool no_unix;             /* unix sockets are a module */
	struct buf deaths;        /* read but not handed over yet: size, message, … */
	int death_count;          /* in them */
	int maps_calls[2];
	int maps_tcp[2];
	int map_stats;
	struct output *output; /* NULL: last words are off */
	int map_costs;
	volatile uint32_t *active_buffer;
	volatile uint32_t *words_epoch;
	volatile uint32_t *words_untold;
	volatile int32_t *words_room;
	volatile int32_t *tcp_exact_left;
	volatile int32_t *dns_left;
	volatile int32_t *connected_left;
	volatile int32_t *connected_far_left;
	volatile int32_t *unix_left;
	int map_unix_paths;
	volatile uint32_t *reader_polls;
	struct established established;
	uint64_t last_tick;
	unsigned cpus;
	probe_message_fn fn; /* of the drain under way */
	void *context;
};

/* drain.c: the rings, by the descriptors of their maps, and what waits for them. Returns 0 or -errno;
 * probe_close frees what there is. */
int rings_open(struct probe *probe, const int maps[2]);

/* established.c: a piece of the look at the connections that live, when it is due: now is boottime. Returns 0
 * or -errno. */
int established_read(struct probe *probe, uint64_t now, probe_message_fn fn, void *context);
void established_close(struct probe *probe);

/* encode.c: the path as the probes have it; returns its length. */
size_t unix_path_of(const struct record_unix *listener, uint8_t ret[LW_UNIX_PATH]);

/* counters.c: the buffer that is not being filled; statistics. */
int counters_drain(struct probe *probe, unsigned buffer, uint64_t now, probe_message_fn fn, void *context);
int counters_stats(struct probe *probe, uint64_t now, probe_message_fn fn, void *context);

#endif

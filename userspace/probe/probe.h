/* SPDX-License-Identifier: Apache-2.0 */
/* The live source of messages: loads and attaches the BPF programs by family, reads their rings and counters.
 * A message is a run of bytes as bpf/events.h lays it out; nobody outside this folder looks into one,
 * decode() makes a record of it. */
#ifndef LW_PROBE_PROBE_H
#define LW_PROBE_PROBE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "model/record.h"
#include "probe/policy.h"

struct probe;

#define PROBE_RING_DEFAULT  (2u << 20) /* bytes of each ring */
#define PROBE_WORDS_DEFAULT 512

struct probe_config {
	uint32_t death_ring; /* bytes, a power of two and at least a page; 0: default */
	uint32_t activity_ring;
	const struct syscall_policy *policy; /* what failures are routine; borrowed */
	uint32_t words_processes;            /* whose last words are kept at a time; 0: default */
	bool words_off;                      /* nobody's */
	bool dns_off;                        /* no names of remote ends */
	bool measure_cost;                   /* of a death, inside; for tests/bench */
	bool own_children;                   /* whose failures are not told: they deliver to the sinks */
	uint32_t nursery_pid;                /* of whose children failed calls are not counted; 0: none */
	uint32_t families;                   /* set of 1 << family to try; 0: all */
};

enum probe_state { PROBE_ATTACHED, PROBE_DEGRADED, PROBE_MISSING };

struct probe_status {
	const char *name;
	const char *gives; /* what events it is for */
	enum probe_state state;
	char why[384];   /* empty when attached */
	const char *fix; /* what would help, or NULL */
};

/* Opens, loads and attaches. A family that cannot is left out, probe_status() says why; the call fails only
 * when none could: -EPERM, -ENOENT (no BTF), or the kernel's error, with a line for people in error. */
int probe_open(struct probe **ret, const struct probe_config *config, struct buf *error);
/* Takes NULL. */
void probe_close(struct probe *probe);

/* The families, in a fixed order; the array lives as long as the probe. */
const struct probe_status *probe_status(const struct probe *probe, unsigned *ret_count);

/* Where the kernel tells nothing at all (no right, no BTF): the same table with the reason in each row;
 * static rows of count families are written to rows. */
unsigned probe_status_none(struct probe_status *rows, unsigned room, const char *why, const char *fix);

/* A descriptor for epoll: readable when messages wait. */
int probe_fd(const struct probe *probe);

typedef void (*probe_message_fn)(void *context, const void *message, size_t size);

/* Hands over what waits in the rings, each death after everything that happened before it. Returns the
 * number of deaths among them, or -errno. */
int probe_drain(struct probe *probe, probe_message_fn fn, void *context);

/* Tells the probes of a unix socket that listens already. */
void probe_unix_listener(struct probe *probe, const struct record_unix *listener);

/* Tells the probes that the reader comes by itself every few milliseconds, or that deaths must wake it. After
 * the latter it must drain once more, for what came before they knew. */
void probe_poll(struct probe *probe, bool polls);

/* To be called once a second: the counters that were filled during the second before the last call, the
 * statistics and a tick. Counters thus arrive one to two seconds after the failure: a buffer is read only
 * when no program can still be writing to it. */
int probe_tick(struct probe *probe, probe_message_fn fn, void *context);

/* Detaches all programs and hands over all that is left, so that the statistics are final. */
int probe_finish(struct probe *probe, probe_message_fn fn, void *context);

/* A message of a process that was there before the probes, or whose end was lost and that is gone,
 * respectively of the host, from what host/ knows. */
void probe_encode_seed(const struct record_exec *process, uint64_t time, struct buf *out);
void probe_encode_gone(struct process_key process, uint64_t time, struct buf *out);
void probe_encode_host(const struct record_host *host, uint64_t time, struct buf *out);
void probe_encode_listen(const struct record_listen *listen, uint64_t time, struct buf *out);
void probe_encode_unix(const struct record_unix *listener, uint64_t time, struct buf *out);
/* What host/ found of an OOM kill. */
void probe_encode_oom_scene(const struct record_oom_scene *scene, struct buf *out);
/* Whether the message tells of an OOM kill whose scene is to be read at once. */
bool probe_is_oom_mark(const void *message, size_t size, struct record_oom_mark *ret);
/* The present time, by which boottimes become dates. */
void probe_encode_tick(struct buf *out);
/* The kernel's names of reset reasons; appends nothing where it has none. */
void probe_encode_reset_reasons(const struct probe *probe, uint64_t time, struct buf *out);

#endif

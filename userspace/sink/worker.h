/* SPDX-License-Identifier: Apache-2.0 */
/* A thread for what blocks and cannot be made not to: a library, a file system that another machine answers
 * for. The loop and the thread hand one job to and fro. */
#ifndef LW_SINK_WORKER_H
#define LW_SINK_WORKER_H

#include <stdbool.h>

#include "base/loop.h"

struct worker;

struct worker_calls {
	void (*work)(void *context); /* in the thread */
	void (*done)(void *context); /* then in the loop, unless the job was forgotten */
	void (*end)(void *context);  /* in the thread, before it ends */
};

/* calls and context live as long as the worker; the thread is made for the first job. Returns 0 or -errno. */
int worker_new(struct worker **ret, struct loop *loop, const struct worker_calls *calls, void *context);
/* Whether a job is under way, forgotten or not: what it uses is the thread's. */
bool worker_is_busy(struct worker *worker);
/* Not while it is busy. Returns 0, or -errno when there is no thread for it. */
int worker_give(struct worker *worker);
/* Its end will not be told. */
void worker_forget(struct worker *worker);
/* Set once the worker is to end, to be read by __atomic_load_n in work. */
const bool *worker_is_stopped(const struct worker *worker);
/* Takes NULL. Waits a second for the thread. Returns false when it is not given back: then it keeps what the
 * context holds, which is not to be freed; the process ends soon. */
bool worker_free(struct worker *worker);

#endif

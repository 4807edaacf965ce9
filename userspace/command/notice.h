/* SPDX-License-Identifier: Apache-2.0 */
/* Changes of this host that nobody declared: what is started and written here, through the detectors, into
 * the pipeline as markers. */
#ifndef LW_COMMAND_NOTICE_H
#define LW_COMMAND_NOTICE_H

#include "base/loop.h"
#include "command/pipeline.h"

struct notice;

/* off: a set of detectors, by 1 << their number, that are not wanted. The pipeline is borrowed, its enrich
 * tells of starts from now on. Returns 0 or -errno. */
int notice_new(struct notice **ret, struct pipeline *pipeline, uint32_t off);
/* Takes NULL. */
void notice_free(struct notice *n);

/* This is the host, now: takes up what the store has of what services ran before, and looks at their files.
 * Before the pipeline tells of starts. */
void notice_load(struct notice *n);
/* Watches the files of configuration, as far as the kernel lets it. */
void notice_files(struct notice *n, struct loop *loop);
/* Compares this boot with the one before, which the store remembers. */
void notice_boot(struct notice *n, struct store *store);
/* Whether a service of that name, or an instance of that template, has been seen to run here. */
bool notice_knows(const struct notice *n, const char *service);
/* Once a second: what takes its time to be looked at. */
void notice_second(struct notice *n);
/* At the end, while the pipeline still takes markers. */
void notice_finish(struct notice *n);

#endif

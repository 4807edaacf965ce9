/* SPDX-License-Identifier: Apache-2.0 */
/* What the services of this host are made of, looked at when it changes: limits of their control groups,
 * images of their containers, packages whose files they have mapped. */
#ifndef LW_COMMAND_LOOK_H
#define LW_COMMAND_LOOK_H

#include "base/loop.h"
#include "enrich/enrich.h"
#include "marker/infer.h"

struct look;

/* infer is borrowed: it is told what is found. Returns 0 or -ENOMEM. */
int look_new(struct look **ret, struct infer *infer);
/* Takes NULL. Before the loop is freed. */
void look_free(struct look *look);

/* What is told is of this host, and of now: limits are watched, and it is remembered which packages there
 * are. Without that only the services are. */
void look_host(struct look *look, struct loop *loop);

/* A program was started. */
void look_started(struct look *look, const struct enrich_start *start);
/* A package manager was started: it is told once it has ended, of the services whose files it replaced. */
void look_install(struct look *look, uint32_t pid, const struct infer_install *what, uint64_t time);
/* A file was written; those of packages count. */
void look_written(struct look *look, const char *path);
/* Once a second. */
void look_second(struct look *look);
/* At the end: looks at what has begun to change. */
void look_finish(struct look *look);

#endif

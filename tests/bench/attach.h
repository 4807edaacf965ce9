/* SPDX-License-Identifier: Apache-2.0 */
/* The three configurations that a system call is measured under. */
#ifndef LW_BENCH_ATTACH_H
#define LW_BENCH_ATTACH_H

#include <stdbool.h>

enum setup { SETUP_NONE, SETUP_EMPTY, SETUP_LASTWORDS, SETUPS };

struct attached;

/* Loads and attaches; object is the path of empty.bpf.o. Only the syscall family of lastwords, for only that
 * touches a system call. Exits with a message when it cannot. */
struct attached *attach(enum setup setup, const char *object);
/* Ticks the probes until all their counters are new. */
void attach_fresh(struct attached *attached);
void detach(struct attached *attached);
/* Whether nobody else on this host traces system calls, for they would all be slower then. */
bool attach_alone(void);

#endif

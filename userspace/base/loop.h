/* SPDX-License-Identifier: Apache-2.0 */
/* The event loop: one thread, epoll; descriptors, one-second-style timers and signals as callbacks. */
#ifndef LW_BASE_LOOP_H
#define LW_BASE_LOOP_H

#include <stdint.h>

struct loop;

/* events is a set of EPOLLIN, EPOLLOUT, ... */
typedef void (*loop_fd_fn)(void *context, int fd, uint32_t events);
typedef void (*loop_timer_fn)(void *context);
typedef void (*loop_signal_fn)(void *context, int signo);

/* Returns 0 or -errno. */
int loop_new(struct loop **ret);
/* Takes NULL. Closes what the loop itself opened, never a descriptor that was added. */
void loop_free(struct loop *loop);

/* Calls fn when fd, which stays the caller's, is ready for one of events. This and what follows returns 0 or
 * -errno. */
int loop_add_fd(struct loop *loop, int fd, uint32_t events, loop_fd_fn fn, void *context);
/* Before fd is closed. May be called from any callback, also for a descriptor that is ready in the same
 * round: its callback is not called any more. */
void loop_remove_fd(struct loop *loop, int fd);
/* Calls fn every period_ns (CLOCK_MONOTONIC); missed periods are folded into one call. */
int loop_add_timer(struct loop *loop, uint64_t period_ns, loop_timer_fn fn, void *context);
/* A timer that rings once, when it is set. Returns its descriptor, which the loop owns, or -errno. */
int loop_add_alarm(struct loop *loop, loop_timer_fn fn, void *context);
/* Lets it ring in so many ns (CLOCK_MONOTONIC), in the place of what was set before; 0: at once; UINT64_MAX:
 * not at all. */
void loop_set_alarm(int alarm, uint64_t in_ns);
/* Blocks signo for the process and delivers it through the loop. */
int loop_add_signal(struct loop *loop, int signo, loop_signal_fn fn, void *context);

/* Calls fn after each round of callbacks, for what is to be done once for all of them. */
void loop_on_round(struct loop *loop, loop_timer_fn fn, void *context);

/* Runs until loop_stop. Returns the code given there, or -errno. */
int loop_run(struct loop *loop);
void loop_stop(struct loop *loop, int code);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers, most of them the kernel's, to the names that people know. All results are constants; unknown
 * numbers give NULL. */
#ifndef LW_MODEL_NAMES_H
#define LW_MODEL_NAMES_H

#include <stdbool.h>
#include <stdint.h>
#include <stddef.h>

#include "model/record.h"

/* 11 -> "SIGSEGV"; real-time signals as "SIGRTMIN+n" in buf of at least 16 bytes; else "SIG<n>". Never NULL.
 */
const char *name_signal(uint32_t signal, char *buf, size_t size);
/* (SIGSEGV, 1) -> "SEGV_MAPERR"; codes for any signal: SI_USER, SI_TKILL, SI_KERNEL, … */
const char *name_signal_code(uint32_t signal, int32_t code);
/* Whether siginfo carries a fault address for this signal and code. */
bool signal_has_address(uint32_t signal, int32_t code);
/* Whether the default action of the signal writes a core file (signal(7)). */
bool signal_dumps_core(uint32_t signal);

/* 13 -> "EACCES" */
const char *name_errno(uint32_t error);
/* "EACCES" -> 13, or 0 */
uint32_t errno_by_name(const char *name);

/* 1 -> "ESTABLISHED"; kernel's include/net/tcp_states.h */
const char *name_tcp_state(uint8_t state);

/* SOURCE_LIFECYCLE -> "lifecycle", as accounts and gap events have it. */
const char *name_source(enum record_source source);

#endif

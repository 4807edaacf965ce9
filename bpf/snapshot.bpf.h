/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* Captures the current thread; a global function, so that the verifier looks at it once. */
#ifndef LW_SNAPSHOT_BPF_H
#define LW_SNAPSHOT_BPF_H

#include "vmlinux.h"

/* Sends files, registers with mappings, and stack into the ring of deaths. Takes nothing of a process that is
 * not dumpable, and nothing when that ring is half full. Returns 0. */
int snapshot_take(__u32 signal);

#endif

/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* Captures the current thread; a global function, so that the verifier looks at it once. */
#ifndef LW_SNAPSHOT_BPF_H
#define LW_SNAPSHOT_BPF_H

#include "vmlinux.h"
#include "events.h"

#define SNAPSHOT_WHOLE (LW_STACK_MAX / LW_STACK_PART)

enum snapshot_result {
	SNAPSHOT_NONE,
	SNAPSHOT_TAKEN, /* all of it */
	SNAPSHOT_OVER,  /* registers and one mapping of a death that came over and over */
};

/* Sends files, registers with mappings, and parts pieces of stack into the ring of deaths; with fewer than
 * SNAPSHOT_WHOLE registers and stack alone. Takes nothing of a process that is not dumpable. Of a death that
 * comes over and over, and while that ring is half full, it sends the registers and one mapping alone; less
 * than the whole is not taken when the ring is a quarter full. Returns enum snapshot_result. */
int snapshot_take(__u32 signal, __u32 parts);

#endif

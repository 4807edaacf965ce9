/* SPDX-License-Identifier: Apache-2.0 */
/* What a helper gives up before it reads its first hostile byte. */
#ifndef LW_SYMBOLIZE_SANDBOX_H
#define LW_SYMBOLIZE_SANDBOX_H

#include <stdbool.h>
#include <stdint.h>

/* Leaves this process with the descriptor keep alone, no privileges, little memory, and the system calls that
 * computing and reading keep need; any other kills it. own_mounts: it has a mount namespace of its own, in
 * which it gives up the file system too. Returns 0, or -errno when one of the essential parts failed: then it
 * must end. */
int sandbox_enter(int keep, bool own_mounts);

/* The same for a process that downloads: an unprivileged user without capabilities, that writes files of at
 * most file_size bytes, keeps its descriptors and the network, and can start, trace and signal nothing. */
int sandbox_enter_network(uint64_t file_size);

/* Closes all descriptors but keep. */
void sandbox_close_others(int keep);

#endif

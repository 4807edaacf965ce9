/* SPDX-License-Identifier: Apache-2.0 */
/* Which failed system calls are routine and not counted, and which argument of a call says what it was about.
 * System calls have names here; libseccomp knows their numbers on each architecture. */
#ifndef LW_PROBE_POLICY_H
#define LW_PROBE_POLICY_H

#include <stdbool.h>
#include <stddef.h>

struct syscall_policy;

/* The default policy (the table in policy.c). Returns 0 or -ENOMEM. */
int policy_new(struct syscall_policy **ret);
void policy_free(struct syscall_policy *policy);

/* "CALL:ERRNO" with "*" for all calls, e.g. "openat:ENOENT", "*:EAGAIN"; "none" forgets all routine pairs.
 * Returns NULL, or what was expected (a constant). */
const char *policy_set(struct syscall_policy *policy, const char *pair, bool routine);

/* The rows for the kernel: size bytes to be copied into the map. */
const void *policy_rows(const struct syscall_policy *policy, size_t *ret_size);

#endif

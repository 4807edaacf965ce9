/* SPDX-License-Identifier: Apache-2.0 */
/* Secrets in command lines are replaced before anything is stored. */
#ifndef LW_ENRICH_REDACT_H
#define LW_ENRICH_REDACT_H

#include <stddef.h>
#include <stdint.h>

#define REDACTED "[redacted]"

/* Redacts NUL-separated arguments in place: the value of options and variables whose name speaks of a secret
 * (--password X, --token=X, API_KEY=X, -pX of the mysql tools, -u user:password of curl, Authorization
 * headers), and the password of URLs. size is the room in args, *len the bytes used; what no longer fits is
 * cut off at the end, and a NUL stands behind *len. The time is linear in *len. Without memory nothing is
 * kept. */
void redact_args(char *args, size_t size, uint32_t *len);

#endif

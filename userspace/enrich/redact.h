/* SPDX-License-Identifier: Apache-2.0 */
/* Secrets in command lines and in output are replaced before anything is stored. */
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

/* The same for text of many lines, such as a program's output, with any bytes in it: each line is read as an
 * argument is; a private key goes over lines, and may have lost its begin. What no longer fits is cut off at
 * the start, if possible up to the begin of a line. No NUL is put behind it. */
void redact_text(char *text, size_t size, uint32_t *len);

#endif

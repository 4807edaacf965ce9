/* SPDX-License-Identifier: Apache-2.0 */
/* Files that options name: certificates, keys, secrets. Each function but the first and the last
 * returns NULL, or what was expected instead. */
#ifndef LW_SINK_OPTIONS_FILE_H
#define LW_SINK_OPTIONS_FILE_H

#include "base/buf.h"

/* Reads at most 1 MiB as text, which the caller frees. NULL: it cannot be read. */
char *options_file_read(const char *path);

const char *options_file_readable(const char *path);
/* It must hold "-----BEGIN … WHAT-----". */
const char *options_file_pem(const char *path, const char *what);
/* Certificates in PEM, one at least. */
const char *options_file_certificates(const char *path);
/* It must not need a passphrase: nobody is there to be asked. */
const char *options_file_plain_key(const char *path);
/* Others than its owner may not read it. */
const char *options_file_private(const char *path);
/* A private file whose first line becomes *secret, in the place of what was there. */
const char *options_file_secret(const char *path, char **secret);

/* When this process may neither make the file nor write to the one that is there: appends to why what stands
 * in the way. */
void options_file_usable(const char *path, struct buf *why);

#endif

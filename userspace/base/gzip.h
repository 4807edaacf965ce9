/* SPDX-License-Identifier: Apache-2.0 */
/* gzip (RFC 1952) of a whole text: by libdeflate where that is there, which takes half the time of zlib. */
#ifndef LW_BASE_GZIP_H
#define LW_BASE_GZIP_H

#include "base/buf.h"

struct gzip;

/* Returns 0 or -ENOMEM. To be used by one thread at a time. */
int gzip_new(struct gzip **ret);
/* Takes NULL. */
void gzip_free(struct gzip *gzip);
/* Replaces what is in packed. Returns 0 or -ENOMEM. */
int gzip_pack(struct gzip *gzip, const void *bytes, size_t len, struct buf *packed);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* Where an HTTP endpoint listens. */
#ifndef LW_BASE_HTTP_LISTEN_H
#define LW_BASE_HTTP_LISTEN_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/buf.h"

struct http_place {
	const char *listen; /* unix:/PATH, ADDRESS:PORT or [ADDRESS]:PORT */
	bool anywhere;      /* other addresses than loopback will do */
	mode_t mode;        /* of a unix socket; 0: 0600 */
	gid_t group;        /* of a unix socket; (gid_t)-1: as it comes */
};

/* Returns NULL, or what was expected instead. */
const char *http_listen_check(const char *listen, bool anywhere);

/* Whether where one endpoint listens another cannot. False for what is no address, and for port 0. */
bool http_listen_same(const char *one, const char *other);

/* Listens on a unix socket at path: one that was left behind there is replaced, and nobody can connect before
 * mode and group ((gid_t)-1: as it comes) are right. Returns the descriptor, which the caller closes before
 * it removes path, or -errno; -ENAMETOOLONG over 107 bytes. */
int listen_unix(const char *path, mode_t mode, gid_t group, int backlog);

/* Binds and listens. Returns the descriptor, or -errno with the reason in error. */
int http_listen(const struct http_place *place, struct buf *error);

#endif

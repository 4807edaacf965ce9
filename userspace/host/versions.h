/* SPDX-License-Identifier: Apache-2.0 */
/* Which version of each package dpkg has installed, as it was when that was read. */
#ifndef LW_HOST_VERSIONS_H
#define LW_HOST_VERSIONS_H

#define VERSIONS_FOLDER "/var/lib/dpkg"

struct versions;

/* Reads the state of dpkg in that folder: its file, and what it has noted since. Returns 0 or -errno;
 * -ENOENT: there is no dpkg. */
int versions_read(const char *folder, struct versions **ret);
/* Takes NULL. */
void versions_free(struct versions *versions);

/* The version of a package that is installed, by the name that its list of files has: "bash", or
 * "libssl3:amd64" where there is one for each architecture. NULL: it is not, or nothing was read (versions
 * may be NULL). It lives as long as versions. */
const char *versions_get(const struct versions *versions, const char *package);

#endif

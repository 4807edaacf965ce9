/* SPDX-License-Identifier: Apache-2.0 */
/* Debug information from a debuginfod server, by HTTP. Runs in a process of its own, without rights. */
#ifndef LW_SYMBOLIZE_DOWNLOAD_H
#define LW_SYMBOLIZE_DOWNLOAD_H

#include <stdint.h>

/* Finds libcurl, so that hosts that download nothing need none, and the daemon has none of it. Returns 0 or
 * -ELIBACC. */
int download_load(void);

/* Asks each of urls (separated by spaces) for the debug information of build_id (hex), until one gives an ELF
 * file with this build-id of at most max bytes, and writes that to fd, which can be read too. Returns 0;
 * -ENOENT when no server has it, or gave anything else; -errno. */
int download(const char *urls, const char *build_id, int fd, uint64_t max);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* Configuration files: [section] and key = value lines, '#' or ';' comments on lines of their own.
 * Of the INI libraries in Debian none reports the line of a bad value, which the user needs: hence this
 * reader. */
#ifndef LW_BASE_CONF_H
#define LW_BASE_CONF_H

#include <stddef.h>

#include "base/buf.h"

#define CONF_LINE_MAX 4096       /* bytes of one line */
#define CONF_FILE_MAX (1u << 20) /* bytes of one file */

/* Called for each key = value, with the section's whole text between the brackets; and at the end of each
 * section with key and value NULL. Returns NULL, or what was expected instead ("a size like 64M"): a string
 * that lives until conf_read returns. What is expected at an end is told of the line of the key that is its
 * first word, or, when the section does not have that, of the section's own line. */
typedef const char *(*conf_fn)(void *context, const char *section, const char *key, const char *value);

/* Reads one file. Returns 0; -ENOENT when there is none; -errno when it cannot be read (-EFBIG over
 * CONF_FILE_MAX) and "FILE: REASON" in error; -EINVAL with "FILE:LINE: MESSAGE" in error when a line is
 * malformed or fn refused it. Never more than one line. A key before the first section has the section "". */
int conf_read(const char *path, conf_fn fn, void *context, struct buf *error);

/* Reads path, then each *.conf of the folder dir in the order of names (a missing dir is no error). A missing
 * path gives -ENOENT, but only after dir was read without an error: a caller may ignore it. */
int conf_read_all(const char *path, const char *dir, conf_fn fn, void *context, struct buf *error);

/* Parses "yes/no/true/false/on/off/1/0". Returns 0 or -EINVAL. */
int conf_parse_bool(const char *value, int *ret);

#endif

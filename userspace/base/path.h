/* SPDX-License-Identifier: Apache-2.0 */
/* Where paths lead. */
#ifndef LW_BASE_PATH_H
#define LW_BASE_PATH_H

#include <stdbool.h>

/* Whether two absolute paths lead to one file, by whatever spelling and links, also when it or folders above
 * it do not exist yet. */
bool path_same(const char *one, const char *other);

#endif

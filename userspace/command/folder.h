/* SPDX-License-Identifier: Apache-2.0 */
/* A watched folder: each file that is put there declares a change. */
#ifndef LW_COMMAND_FOLDER_H
#define LW_COMMAND_FOLDER_H

#include "base/loop.h"
#include "marker/http.h"

struct folder;

/* Watches the folder and takes what is there already. A file is taken when it is closed after writing or
 * renamed into place, then renamed to NAME.done, or to NAME.bad with the reason in NAME.bad.why. Names that
 * begin with a dot or end in .done, .bad, .why, .tmp or ~ are left alone. fn takes what was checked. Returns
 * 0 or -errno. */
int folder_open(struct folder **ret, struct loop *loop, const char *path, http_mark_fn fn, void *context);
/* Once a second: takes what was more than one second's share. Takes NULL. */
void folder_second(struct folder *folder);
/* Takes NULL. Before the loop is freed. */
void folder_close(struct folder *folder);

#endif

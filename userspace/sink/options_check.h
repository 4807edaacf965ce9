/* SPDX-License-Identifier: Apache-2.0 */
/* What one key alone does not show: keys that are missing, or wrong beside another one or another sink. */
#ifndef LW_SINK_OPTIONS_CHECK_H
#define LW_SINK_OPTIONS_CHECK_H

#include "sink/options.h"

/* Of the last sink of the list, whose section is at its end. Returns NULL, or what was expected instead,
 * which begins with the key whose fault it is; a text that lives as long as the list. */
const char *options_check(struct sink_list *list);

/* options.c: the name by which key was given, key itself or KEY_file or KEY_env; NULL: it was not. */
const char *options_given(const struct sink_options *options, const char *key);

#endif

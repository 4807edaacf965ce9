/* SPDX-License-Identifier: Apache-2.0 */
/* What only a sink and its receiver may know, kept out of what is told. */
#ifndef LW_SINK_SECRETS_H
#define LW_SINK_SECRETS_H

#include "sink/options.h"

/* Receivers may quote what they were shown, and what they say is logged and stored: puts "***" in the place
 * of the sink's password, token, key of a DSN and value of header, also of a piece of one that was cut. */
void secrets_hide(const struct sink_options *options, char *text);

#endif

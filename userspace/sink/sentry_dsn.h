/* SPDX-License-Identifier: Apache-2.0 */
/* The address of a project of Sentry, as Sentry shows it: https://KEY@HOST/PROJECT. */
#ifndef LW_SINK_SENTRY_DSN_H
#define LW_SINK_SENTRY_DSN_H

#include <stdbool.h>

struct sentry_dsn {
	char url[1024]; /* where envelopes are posted */
	char key[128];
};

/* Whether text is such an address; *ret may be half filled when not. */
bool sentry_dsn_parse(const char *text, struct sentry_dsn *ret);

#endif

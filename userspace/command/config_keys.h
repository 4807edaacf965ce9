/* SPDX-License-Identifier: Apache-2.0 */
/* One key of the configuration at a time. */
#ifndef LW_COMMAND_CONFIG_KEYS_H
#define LW_COMMAND_CONFIG_KEYS_H

#include "command/config.h"

struct config_reading {
	struct config *config;
	struct enrich *enrich;
};

/* Returns NULL, or what was expected instead, a constant. key NULL: the end of the section. */
const char *config_set(struct config_reading *r, const char *section, const char *key, const char *value);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* What is kept of what the programs of a service write: as configured for all, and for some. */
#ifndef LW_ENRICH_OUTPUT_RULES_H
#define LW_ENRICH_OUTPUT_RULES_H

#include <stdbool.h>
#include <stdint.h>

#include "model/event.h"

struct output_rules;

struct output_rule {
	bool last_words;
	bool exceptions;
	uint32_t last_words_bytes;      /* of the newest at most */
	uint32_t exceptions_per_minute; /* events of one process and kind of exception */
	uint32_t exceptions_in_all;     /* events a minute; of all services together */
};

/* Returns 0 or -ENOMEM. */
int output_rules_new(struct output_rules **ret);
void output_rules_free(struct output_rules *rules);

/* Sets a key for the services or units of that name, a pattern of fnmatch(3); NULL: for all. Later rules come
 * before earlier ones. Returns NULL, or what was expected. */
const char *output_rules_set(
	struct output_rules *rules, const char *service, const char *key, const char *value);

/* What holds for a service. */
struct output_rule output_rules_find(const struct output_rules *rules, const struct event_service *service);

#endif

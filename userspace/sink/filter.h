/* SPDX-License-Identifier: Apache-2.0 */
/* Which events a sink gets, and which of their fields. */
#ifndef LW_SINK_FILTER_H
#define LW_SINK_FILTER_H

#include <jansson.h>
#include <stdbool.h>

#include "sink/options.h"

struct filter;

#define FILTER_WORDS_MAX 64 /* of each list */

/* Returns 0 or -ENOMEM. */
int filter_new(struct filter **ret, const struct sink_options *options);
/* Takes NULL. */
void filter_free(struct filter *filter);

/* service may be NULL. */
bool filter_wants(const struct filter *filter, const char *kind, const char *service);
/* Whether filter_wants_severity or filter_remove have something to say. */
bool filter_looks_inside(const struct filter *filter);
/* otel: SeverityNumber, otel_open of model_severity */
bool filter_wants_severity(const struct filter *filter, unsigned otel);
/* The three above at once, of a body that is not parsed yet. One that cannot be judged is wanted. */
bool filter_wants_body(const struct filter *filter, const char *kind, const char *service, const char *body);
/* Takes the fields out that are to be removed. Returns whether there were any. */
bool filter_remove(const struct filter *filter, json_t *object);

#endif

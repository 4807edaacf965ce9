/* SPDX-License-Identifier: Apache-2.0 */
/* Internal to the sink elastic. */
#ifndef LW_SINK_ELASTIC_H
#define LW_SINK_ELASTIC_H

#include "sink/http.h"
#include "sink/kind.h"

/* elastic_document.c: appends the ECS document of an item, one line without its end. */
void elastic_document(const struct sink_item *item, const char *host, struct buf *body);
/* elastic_event.c: the parts of it that are more than another name for a value. */
struct ecs;
void elastic_event(struct ecs *ecs, const struct sink_item *item);
void elastic_error(struct ecs *ecs, const json_t *object);
void elastic_network(struct ecs *ecs, const struct sink_item *item);

/* elastic_answer.c: what the answer to a _bulk of count items means; calls sink_done. */
void elastic_answer(struct sink *sink, const struct http_answer *answer, unsigned count);

#endif

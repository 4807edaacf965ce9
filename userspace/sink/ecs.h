/* SPDX-License-Identifier: Apache-2.0 */
/* A document whose fields have dotted names, written as nested objects in one pass: fields of one object must
 * come one after the other. A value of NULL or null writes nothing. */
#ifndef LW_SINK_ECS_H
#define LW_SINK_ECS_H

#include <jansson.h>

#include "base/json.h"

#define ECS_NAME 512 /* bytes of a name, the NUL included */

struct ecs {
	struct json json;
	char open[ECS_NAME]; /* the objects that are open, "process.parent" */
	size_t open_len;
};

/* One object in out, which the caller owns. */
void ecs_begin(struct ecs *ecs, struct buf *out);
void ecs_end(struct ecs *ecs);

/* Fields by their dotted name: nothing is written for NULL. */
void ecs_value(struct ecs *ecs, const char *name, const json_t *value);
void ecs_text(struct ecs *ecs, const char *name, const char *text);
void ecs_textn(struct ecs *ecs, const char *name, const char *text, size_t len);
void ecs_number(struct ecs *ecs, const char *name, int64_t value);
/* A number becomes a text. */
void ecs_value_text(struct ecs *ecs, const char *name, const json_t *value);
/* An array of one text. */
void ecs_list(struct ecs *ecs, const char *name, const char *text);

#endif

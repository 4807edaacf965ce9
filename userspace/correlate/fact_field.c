/* SPDX-License-Identifier: Apache-2.0 */
/* Walks through an event's JSON. */
#include "correlate/fact_field.h"

#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"

static void read_time(struct fact_reading *g, uint64_t *ret)
{
	char text[40];

	if (json_take_text(&g->reader, text, sizeof(text)) && clock_parse(text, 0, ret) < 0)
		*ret = 0;
}

static void read_kind(struct fact_reading *g)
{
	char text[32];
	int kind;

	if (!json_take_text(&g->reader, text, sizeof(text)))
		return;
	kind = event_kind_parse(text);
	g->kind = kind < 0 ? -ENOTSUP : kind;
	if (g->kinds && (kind < 0 || !(g->kinds & 1u << kind)))
		g->reader.failed = true;
}

static void read_first(struct fact_reading *g, const struct field *fields)
{
	struct json_key key;
	bool first = true;

	if (!json_enter(&g->reader, '['))
		return;
	while (json_next(&g->reader, &key)) {
		if (first)
			fact_read_object(g, fields);
		else
			json_skip(&g->reader);
		first = false;
	}
}

/* The names of a frame. */
static void read_frame(struct fact_reading *g)
{
	char module[FACT_TEXT] = "", function[FRAME_FUNCTION] = "", file[FRAME_FILE] = "";
	struct json_key key;

	if (!json_enter(&g->reader, '{'))
		return;
	while (json_next(&g->reader, &key)) {
		if (json_key_is(&key, "module"))
			json_take_text(&g->reader, module, sizeof(module));
		else if (json_key_is(&key, "function"))
			json_take_text(&g->reader, function, sizeof(function));
		else if (json_key_is(&key, "file"))
			json_take_text(&g->reader, file, sizeof(file));
		else
			json_skip(&g->reader);
	}
	/* That of the title: the first of its own, or else the first. */
	if ((near_add(&g->fact->near, module, function, file) && g->fact->near.count == 1) ||
		!g->fact->function[0])
		text_copy(g->fact->function, sizeof(g->fact->function), function);
}

static void read_frames(struct fact_reading *g)
{
	struct json_key key;

	if (!json_enter(&g->reader, '['))
		return;
	while (json_next(&g->reader, &key)) {
		if (g->fact->near.count < NEAR_FRAMES)
			read_frame(g);
		else
			json_skip(&g->reader);
	}
}

/* One that is chained to an exception: returns whether it is a cause of it. */
static bool read_chained(struct json_reader *reader, char type[FACT_NAME], char message[FACT_TEXT])
{
	struct json_key key;
	char relation[16] = "";

	type[0] = message[0] = '\0';
	if (!json_enter(reader, '{'))
		return false;
	while (json_next(reader, &key)) {
		if (json_key_is(&key, "relation"))
			json_take_text(reader, relation, sizeof(relation));
		else if (json_key_is(&key, "type"))
			json_take_text(reader, type, FACT_NAME);
		else if (json_key_is(&key, "message"))
			json_take_text(reader, message, FACT_TEXT);
		else
			json_skip(reader);
	}
	return strcmp(relation, "cause") == 0;
}

/* What wraps others says "fetch failed": the last cause tells of what. */
static void read_causes(struct fact_reading *g)
{
	char type[FACT_NAME], message[FACT_TEXT];
	struct json_key key;

	if (!json_enter(&g->reader, '['))
		return;
	while (json_next(&g->reader, &key)) {
		if (!read_chained(&g->reader, type, message))
			continue;
		text_copy(g->cause_type, sizeof(g->cause_type), type);
		text_copy(g->cause, sizeof(g->cause), message);
	}
}

static void read_field(struct fact_reading *g, const struct field *field)
{
	char *at = (char *)g->fact + field->offset;
	uint64_t number;
	double seconds;

	switch (field->type) {
	case TEXT: json_take_text(&g->reader, at, field->size); break;
	case NUMBER:
		if (json_take_u64(&g->reader, &number)) {
			memcpy(at, &number, sizeof(number));
			if (field->known)
				*((bool *)g->fact + field->known) = true;
		}
		break;
	case SECONDS:
		if (json_take_number(&g->reader, &seconds) && seconds >= 0 && seconds < 1e9) {
			number = (uint64_t)(seconds * (double)NS_PER_SEC);
			memcpy(at, &number, sizeof(number));
		}
		break;
	case TIME:
		number = 0;
		read_time(g, &number);
		memcpy(at, &number, sizeof(number));
		break;
	case KIND: read_kind(g); break;
	case INSIDE: fact_read_object(g, field->inside); break;
	case FIRST: read_first(g, field->inside); break;
	case FRAMES: read_frames(g); break;
	case CALLS: fact_calls_read(&g->reader, g->fact); break;
	case CALLERS: fact_callers_read(&g->reader, g->fact); break;
	case CAUSES: read_causes(g); break;
	case UNUSED: json_skip(&g->reader); break;
	}
}

/* The field of a key, or NULL; next is the one to begin with, and becomes the one behind it. */
static const struct field *find_field(
	const struct field *fields, const struct field **next, const struct json_key *key)
{
	const struct field *field = *next;

	do {
		if (!field->key) {
			field = fields;
			continue;
		}
		if (key->len == field->len && key->text[0] == field->key[0] &&
			memcmp(key->text, field->key, key->len) == 0) {
			*next = field + 1;
			return field;
		}
		field++;
	} while (field != *next);
	return NULL;
}

void fact_read_object(struct fact_reading *g, const struct field *fields)
{
	const struct field *field, *next = fields;
	struct json_key key;

	if (!json_enter(&g->reader, '{'))
		return;
	for (;;) {
		/* Most keys come in the order of the table. */
		if (next->key && json_next_is(&g->reader, next->key, next->len))
			field = next++;
		else if (json_next(&g->reader, &key))
			field = find_field(fields, &next, &key);
		else
			return;
		if (field)
			read_field(g, field);
		else
			json_skip(&g->reader);
	}
}

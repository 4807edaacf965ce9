/* SPDX-License-Identifier: Apache-2.0 */
/* A run of messages through decode, enrich and the JSON writer: each event is one line of JSON with unique
 * keys. */
#include "fuzz.h"
#include "told.h"

#include <jansson.h>

#include "enrich/enrich.h"
#include "probe/decode.h"
#include "bpf/events.h"

static void on_event(void *context, struct event *event)
{
	_cleanup_buf_ struct buf body = {0};
	json_error_t error;
	json_t *root;

	(void)context;
	HOLDS(id_valid(event->id));
	event_json(event, &body);
	HOLDS(!body.failed);
	for (size_t i = 0; i < body.len; i++)
		HOLDS((unsigned char)body.data[i] >= ' ' && body.data[i] != 0x7f);
	root = json_loadb(body.data, body.len, JSON_REJECT_DUPLICATES, &error);
	if (!root)
		fprintf(stderr, "%s: %s\n", error.text, body.data);
	HOLDS(root);
	HOLDS(strcmp(json_string_value(json_object_get(root, "kind")), event_kind_name(event->kind)) == 0);
	json_decref(root);
	/* Who wrote a capture may call his host as he likes. */
	event->host = (struct event_host){"web-1", "3f1c9a0e-5b1d-4f43-9d0a-0d5f9a2b7c11"};
	told(event);
}

static void one_message(struct enrich *enrich, const uint8_t *data, size_t size)
{
	void *message = malloc(size); /* aligned, and of exactly that size */
	enum record_source source;
	struct record record;
	uint64_t units;

	HOLDS(message);
	memcpy(message, data, size);
	source = message_source(message, size, &units);
	HOLDS(source <= SOURCES);
	if (decode(message, size, &record) == 0)
		enrich_record(enrich, &record);
	free(message);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct enrich *enrich;
	struct lw_head head;

	HOLDS(enrich_new(&enrich, on_event, NULL) == 0);
	while (size >= sizeof(head)) {
		memcpy(&head, data, sizeof(head));
		if (head.size < sizeof(head) || head.size > size)
			head.size = (uint32_t)size;
		one_message(enrich, data, head.size);
		data += head.size;
		size -= head.size;
	}
	enrich_finish(enrich);
	for (int i = 0; i < SOURCES; i++) {
		const struct enrich_tally *t = enrich_tally(enrich, (enum record_source)i);

		HOLDS(t->taken == t->emitted + t->routine + t->used);
	}
	enrich_free(enrich);
	return 0;
}

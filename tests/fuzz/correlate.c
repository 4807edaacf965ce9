/* SPDX-License-Identifier: Apache-2.0 */
/* Lines of events through the engine: each is taken or refused, and what comes out is JSON whatever went in.
 */
#include "fuzz.h"

#include <jansson.h>

#include "correlate/engine.h"

static int is_json(void *context, const struct engine_result *result)
{
	json_t *root = json_loads(result->body, JSON_REJECT_DUPLICATES, NULL);

	(void)context;
	HOLDS(root && json_is_string(json_object_get(root, "id")));
	HOLDS(*result->kind && *result->id && *result->state);
	json_decref(root);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *at = (const char *)data, *end = at + size, *line_end;
	struct engine *engine;

	HOLDS(engine_new(&engine) == 0);
	for (; at < end; at = line_end + 1) {
		line_end = memchr(at, '\n', (size_t)(end - at));
		if (!line_end)
			line_end = end;
		engine_event(engine, at, (size_t)(line_end - at));
	}
	HOLDS(engine_results(engine, 0, is_json, NULL) == 0);
	engine_finish(engine);
	HOLDS(engine_results(engine, 0, is_json, NULL) == 0);
	engine_free(engine);
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "command/leftover.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/id.h"
#include "base/json_tree.h"
#include "base/text.h"
#include "store/finding.h"

#define MOST 256 /* at a time: the rest at the next */

struct ids {
	char id[MOST][ID_SIZE];
	unsigned count;
};

static int add(struct ids *ids, const char *id)
{
	if (ids->count < MOST)
		text_copy(ids->id[ids->count++], ID_SIZE, id);
	return 0;
}

static int take_stored(void *context, const struct store_finding *finding)
{
	return add(context, finding->id);
}

static int take_known(void *context, const struct engine_result *result)
{
	return strcmp(result->kind, "incident") == 0 ? add(context, result->id) : 0;
}

static bool is_among(const struct ids *ids, const char *id)
{
	for (unsigned n = 0; n < ids->count; n++)
		if (strcmp(ids->id[n], id) == 0)
			return true;
	return false;
}

static int close_one(void *context, const struct store_finding *finding)
{
	struct store_finding closed = *finding;
	json_t *body = json_tree(finding->body, strlen(finding->body)),
	       *last = json_object_get(body, "last_seen");
	_cleanup_free_ char *text = NULL;

	if (!body) /* another version's: it stays as it is */
		return 0;
	json_object_set_new(body, "state", json_string("closed"));
	json_object_set(body, "ended", last);
	text = json_dumps(body, JSON_COMPACT);
	json_decref(body);
	closed.state = "closed";
	closed.body = text;
	return text ? store_finding_set(context, &closed) : -ENOMEM;
}

int leftover_close(struct store *store, struct engine *engine)
{
	const struct store_finding_filter open = {.kind = "incident", .state = "open", .limit = MOST};
	_cleanup_free_ struct ids *stored = calloc(2, sizeof(*stored));
	struct ids *known = stored ? stored + 1 : NULL;
	int r = stored ? store_findings(store, &open, take_stored, stored) : -ENOMEM;

	if (r < 0 || !stored->count)
		return r;
	r = engine_results(engine, UINT64_MAX, take_known, known);
	for (unsigned n = 0; n < stored->count && r == 0; n++)
		if (!is_among(known, stored->id[n]))
			r = store_finding_get(store, stored->id[n], close_one, store);
	return r;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* What _bulk answers: a status for the whole and, with 200, one for each item in the order in which they were
 * sent. */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "sink/elastic.h"

/* Errors with the status 400 that are not for what the document holds: they go away when somebody mends the
 * index, and until then nothing is set aside. */
static const char *const of_index[] = {"index_closed_exception", "invalid_index_name_exception",
	"index_not_found_exception", "cluster_block_exception", "unavailable_shards_exception",
	"process_cluster_event_timeout_exception", "validation_exception"};

enum verdict { TAKEN, REFUSED, AGAIN };

struct item {
	long status;
	const char *type; /* of the error; "" when there is none */
	const char *reason;
};

static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

/* {"create": {"status": …, "error": {…}}}. Returns false when it is something else. */
static bool read_item(const json_t *value, struct item *ret)
{
	json_t *object = (json_t *)(uintptr_t)value; /* jansson's iterators take no const */
	const json_t *inner = json_object_iter_value(json_object_iter(object)), *error;
	const json_t *status = json_object_get(inner, "status");

	if (!json_is_integer(status) || json_integer_value(status) < 100 || json_integer_value(status) > 999)
		return false;
	error = json_object_get(inner, "error");
	ret->status = (long)json_integer_value(status);
	ret->type = text_of(error, "type");
	ret->reason = json_is_string(error) ? json_string_value(error) : text_of(error, "reason");
	return true;
}

static bool is_no_pipeline(const struct item *item)
{
	return strcmp(item->type, "illegal_argument_exception") == 0 &&
	       strncmp(item->reason, "pipeline with id ", 17) == 0 && strstr(item->reason, "does not exist");
}

static enum verdict judge(const struct item *item)
{
	/* 409: it is there already. */
	if ((item->status >= 200 && item->status < 300) || item->status == 409)
		return TAKEN;
	if (item->status != 400 && item->status != 413 && item->status != 422)
		return AGAIN;
	for (size_t i = 0; i < sizeof(of_index) / sizeof(of_index[0]); i++)
		if (strcmp(item->type, of_index[i]) == 0)
			return AGAIN;
	return is_no_pipeline(item) ? AGAIN : REFUSED;
}

static void say_reason(const struct item *item, char reason[SINK_REASON])
{
	_cleanup_buf_ struct buf text = {0};

	buf_printf(&text, "HTTP %ld of an item: ", item->status);
	text_escape(&text, item->type, strnlen(item->type, 80));
	buf_str(&text, *item->type && *item->reason ? ": " : "");
	text_escape(&text, item->reason, strnlen(item->reason, 160));
	text_copy(reason, SINK_REASON, buf_text(&text));
}

/* Whether all were refused for the same, that does not even name the document: no template, a pipeline that
 * fails, a full mapping. Of several no one is to blame; of a single one it is not known. */
static bool is_same_for_all(const json_t *items)
{
	struct item first = {0}, item;
	size_t count = json_array_size(items);

	for (size_t i = 0; i < count; i++) {
		if (!read_item(json_array_get(items, i), &item) || judge(&item) != REFUSED ||
			strcmp(item.type, "illegal_argument_exception") != 0)
			return false;
		if (i == 0)
			first = item;
		if (strcmp(first.reason, item.reason) != 0)
			return false;
	}
	return count > 0;
}

static void take_items(struct sink *sink, const json_t *items)
{
	char reason[SINK_REASON], again[SINK_REASON] = "";
	struct item item = {.type = "", .reason = ""};

	for (unsigned i = 0; i < json_array_size(items); i++) {
		enum verdict verdict;

		read_item(json_array_get(items, i), &item);
		verdict = judge(&item);
		if (verdict == TAKEN)
			continue;
		say_reason(&item, reason);
		if (verdict == REFUSED) {
			sink_refuse(sink, i, reason);
			continue;
		}
		sink_again(sink, i);
		if (!*again)
			text_copy(again, sizeof(again), reason);
	}
	sink_done(sink, SINK_DELIVERED, 0, *again ? again : NULL);
}

/* Items tell nothing unless there is one for each that was sent. */
static bool are_items(const json_t *items, unsigned count)
{
	struct item item;

	for (size_t i = 0; i < json_array_size(items); i++)
		if (!read_item(json_array_get(items, i), &item))
			return false;
	return json_array_size(items) == count;
}

static void on_success(struct sink *sink, const struct http_answer *answer, unsigned count)
{
	json_t *root = json_loadb(answer->body, answer->len, JSON_ALLOW_NUL, NULL);
	const json_t *errors = json_object_get(root, "errors"), *items = json_object_get(root, "items");
	struct item first = {.type = "", .reason = ""};
	char reason[SINK_REASON];

	if (json_is_false(errors) && (!items || are_items(items, count))) {
		sink_done(sink, SINK_DELIVERED, 0, NULL);
	} else if (!json_is_true(errors) || !are_items(items, count)) {
		sink_done(sink, SINK_RETRY, answer->retry_after,
			"HTTP 200, but no answer of _bulk to what was sent (look at url)");
	} else if (is_same_for_all(items)) {
		read_item(json_array_get(items, 0), &first);
		say_reason(&first, reason);
		/* A single one waits for a second, which shows what is at fault, unless there is no room for
		 * one beside it. */
		sink_done(sink, count == 1 && sink_is_full(sink) ? SINK_REFUSED : SINK_RETRY, 0, reason);
	} else {
		take_items(sink, items);
	}
	json_decref(root);
}

void elastic_answer(struct sink *sink, const struct http_answer *answer, unsigned count)
{
	char reason[SINK_REASON];

	http_reason(answer, reason);
	if (answer->status == 200)
		on_success(sink, answer, count);
	else if (answer->too_long && count > 1)
		/* Long reasons of many items: fewer at a time have room. */
		sink_done(sink, SINK_REFUSED, 0, reason);
	else if (answer->status == 413)
		http_finish(sink, answer);
	else
		/* What a document holds is answered by its item. This is for the request, and no event is
		 * given up for that. */
		sink_done(sink, SINK_RETRY, answer->retry_after, reason);
}

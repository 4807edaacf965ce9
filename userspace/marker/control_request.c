/* SPDX-License-Identifier: Apache-2.0 */
/* Control requests: a line of hostile JSON in, a line of JSON out. */
#include "marker/control_request.h"

#include <errno.h>
#include <jansson.h>
#include <stdbool.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/text.h"
#include "marker/decision.h"
#include "marker/marker.h"

static json_t *error_object(const char *message)
{
	return json_pack("{s:s}", "error", message);
}

/* Returns a message when the key is there with another type than a string. */
static const char *get_text(const json_t *request, const char *key, const char **ret)
{
	const json_t *value = json_object_get(request, key);

	*ret = json_string_value(value);
	return !value || json_is_null(value) || *ret ? NULL : "every value of a marker must be a string";
}

static const char *parse_mark(const json_t *request, struct event_marker *marker, uint64_t *ret_time)
{
	uint64_t now = clock_realtime();
	const char *message, *text;

	for (const char *const *field = marker_fields; *field; field++) {
		message = get_text(request, *field, &text);
		if (!message)
			message = marker_set(marker, *field, text);
		if (message)
			return message;
	}
	message = marker_check(marker);
	if (!message)
		message = get_text(request, "time", &text);
	/* As files and --at call it. */
	if (!message && !text)
		message = get_text(request, "at", &text);
	if (message)
		return message;
	*ret_time = now;
	if (text && clock_parse(text, now, ret_time) < 0)
		return "time must be RFC 3339, such as 2026-11-22T10:46:09Z";
	return marker_check_time(*ret_time, now);
}

/* A peer of this host is not seen to run. */
static const char *warning_of(const struct control_caller *caller, const struct event_marker *marker)
{
	if (!caller->knows || strcmp(marker->kind, "third-party") == 0 ||
		caller->knows(caller->context, marker->service))
		return NULL;
	return "no service of that name has been seen to run on this host";
}

static json_t *op_mark(const struct control_caller *caller, const json_t *request)
{
	struct event_marker marker = {0};
	char id[ID_SIZE];
	uint64_t time_ns;
	int r;
	const char *message = parse_mark(request, &marker, &time_ns);

	if (message)
		return error_object(message);
	marker_declare(&marker, caller->uid, caller->pid);
	r = caller->mark(caller->context, &marker, time_ns, caller->uid, caller->pid, id);
	if (r < 0)
		return json_pack("{s:s+}", "error", "the marker was not stored: ", strerror(-r));
	return json_pack("{s:s, s:s*}", "id", id, "warning", warning_of(caller, &marker));
}

static const char *parse_decision(const json_t *request, struct event_decision *ret)
{
	const struct {
		const char *key;
		char *to;
		size_t size;
	} texts[] = {
		{"action", ret->action, sizeof(ret->action)},
		{"issue", ret->issue, sizeof(ret->issue)},
		{"into", ret->into, sizeof(ret->into)},
	};
	const char *text;

	for (size_t n = 0; n < sizeof(texts) / sizeof(*texts); n++) {
		if (get_text(request, texts[n].key, &text) || (text && strlen(text) >= texts[n].size))
			return "action, issue and into of a decision are short strings";
		text_copy(texts[n].to, texts[n].size, text ? text : "");
	}
	return decision_check(ret);
}

static json_t *op_decide(const struct control_caller *caller, const json_t *request)
{
	struct event_decision decision = {0};
	const char *message = parse_decision(request, &decision);
	char id[ID_SIZE];
	int r;

	if (message)
		return error_object(message);
	r = caller->decide ? caller->decide(caller->context, &decision, caller->uid, id) : -ENOTSUP;
	if (r < 0)
		return json_pack("{s:s+}", "error", "the decision was not stored: ", strerror(-r));
	return json_pack("{s:s}", "id", id);
}

static json_t *op_ping(const struct control_caller *caller, const json_t *request)
{
	(void)caller;
	(void)request;
	return json_pack("{s:b}", "ok", 1);
}

static const struct op {
	const char *name;
	json_t *(*fn)(const struct control_caller *caller, const json_t *request);
} ops[] = {
	{"mark", op_mark},
	{"decide", op_decide},
	{"ping", op_ping},
};

/* Takes the answer. */
static void write_answer(json_t *object, struct buf *out)
{
	_cleanup_free_ char *text = object ? json_dumps(object, JSON_COMPACT) : NULL;

	json_decref(object);
	buf_str(out, text ? text : "{\"error\":\"out of memory\"}");
	buf_char(out, '\n');
}

void control_error(const char *message, struct buf *out)
{
	write_answer(error_object(message), out);
}

void control_request(const struct control_caller *caller, const char *line, size_t len, struct buf *out)
{
	/* jansson refuses invalid UTF-8, NUL, more than 2048 levels, and anything behind the value. */
	json_t *request = json_loadb(line, len, JSON_REJECT_DUPLICATES, NULL);
	const char *name = json_string_value(json_object_get(request, "op"));
	json_t *result = NULL;

	if (!json_is_object(request))
		result = error_object("a request is one line with a JSON object");
	for (size_t i = 0; !result && name && i < sizeof(ops) / sizeof(ops[0]); i++) {
		if (strcmp(ops[i].name, name) == 0)
			result = ops[i].fn(caller, request);
	}
	if (!result)
		result = error_object("op must be one of mark, decide, ping");
	json_decref(request);
	write_answer(result, out);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* What an OTLP receiver answers, in protobuf or JSON: some send JSON whatever they were sent. */
#include <string.h>

#include "base/text.h"
#include "sink/otlp.h"
#include "sink/protobuf.h"

enum response { PARTIAL_SUCCESS = 1 };
enum partial_success { REJECTED = 1, ERROR_MESSAGE = 2 };
enum status { MESSAGE = 2 };

static void set_message(char message[SINK_REASON], const void *text, size_t len)
{
	if (len >= SINK_REASON)
		len = SINK_REASON - 1;
	memcpy(message, text, len);
	message[len] = '\0';
}

static void read_partial(const struct protobuf_field *message, struct otlp_answer *ret)
{
	struct protobuf_reader r;
	struct protobuf_field field;

	protobuf_read(&r, message->bytes, message->len);
	while (protobuf_next(&r, &field)) {
		if (field.number == REJECTED && !field.bytes)
			ret->rejected = field.value;
		else if (field.number == ERROR_MESSAGE && field.bytes)
			set_message(ret->message, field.bytes, field.len);
	}
	ret->good = !r.bad;
}

static void read_protobuf(const char *body, size_t len, struct otlp_answer *ret)
{
	struct protobuf_reader r;
	struct protobuf_field field;

	ret->good = true;
	protobuf_read(&r, body, len);
	while (ret->good && protobuf_next(&r, &field))
		if (field.number == PARTIAL_SUCCESS && field.bytes)
			read_partial(&field, ret);
	ret->good = ret->good && !r.bad;
}

static const json_t *member(const json_t *object, const char *name, const char *other)
{
	const json_t *value = json_object_get(object, name);

	return value ? value : json_object_get(object, other);
}

/* A number or its text; where all numbers are of one type, 3.0 too. */
static bool read_count(const json_t *value, uint64_t *ret)
{
	double number = json_real_value(value);

	if (json_is_string(value))
		return text_parse_u64(json_string_value(value), INT64_MAX, ret) == 0;
	if (json_is_integer(value)) {
		*ret = (uint64_t)json_integer_value(value);
		return *ret <= INT64_MAX;
	}
	if (json_is_real(value)) {
		*ret = number >= 0 && number <= 1e15 ? (uint64_t)number : 0;
		return number == (double)*ret;
	}
	return !value || json_is_null(value);
}

/* An object that says nothing of OTLP is somebody else's: {"error":"no such tenant"}. */
static void read_json(const char *body, size_t len, struct otlp_answer *ret)
{
	json_t *root = json_loadb(body, len, JSON_ALLOW_NUL, NULL);
	const json_t *partial = member(root, "partialSuccess", "partial_success");
	const json_t *rejected = member(partial, "rejectedLogRecords", "rejected_log_records");
	const json_t *message = member(partial, "errorMessage", "error_message");

	ret->good = json_is_object(root) &&
		    (partial ? json_is_object(partial) || json_is_null(partial) : !json_object_size(root));
	ret->good = read_count(rejected, &ret->rejected) && ret->good;
	if (json_is_string(message))
		set_message(ret->message, json_string_value(message), json_string_length(message));
	json_decref(root);
}

static bool is_json(const char *body, size_t len)
{
	size_t blank = strspn(body, " \t\r\n");

	/* As protobuf it would begin a group, which there are none of. */
	return blank < len && body[blank] == '{';
}

void otlp_answer_read(const char *body, size_t len, struct otlp_answer *ret)
{
	*ret = (struct otlp_answer){0};
	if (is_json(body, len))
		read_json(body, len, ret);
	else
		read_protobuf(body, len, ret);
	ret->good = ret->good && ret->rejected <= INT64_MAX;
}

void otlp_status_read(const char *body, size_t len, char message[SINK_REASON])
{
	struct protobuf_reader r;
	struct protobuf_field field;
	json_t *root = is_json(body, len) ? json_loadb(body, len, 0, NULL) : NULL;
	const char *text = json_string_value(json_object_get(root, "message"));

	text_copy(message, SINK_REASON, text ? text : "");
	json_decref(root);
	protobuf_read(&r, body, len);
	while (!text && protobuf_next(&r, &field))
		if (field.number == MESSAGE && field.bytes)
			set_message(message, field.bytes, field.len);
	if (r.bad && !text)
		*message = '\0';
}

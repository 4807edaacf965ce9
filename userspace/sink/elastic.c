/* SPDX-License-Identifier: Apache-2.0 */
/* The sink elastic: ECS documents to Elasticsearch's _bulk. Each is a `create` with an id of its own, so that
 * one which comes twice is there once. */
#include "sink/elastic.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "sink/kinds.h"

#define INDEX     "logs-lastwords-default"
#define INDEX_MAX 255

/* Without it the answer has some 200 bytes for each item that was taken. */
#define FILTER "?filter_path=errors,items.*.status,items.*.error"

struct elastic {
	struct buf path;
	unsigned count; /* of the batch under way */
	bool plain;     /* the server does not know filter_path */
};

static const char *check(const struct sink_options *options)
{
	const char *index = options->index ? options->index : INDEX;
	size_t len = strspn(index, "abcdefghijklmnopqrstuvwxyz0123456789._-");

	if (index[len] || len > INDEX_MAX || strchr("._-", *index))
		return "index = a name of small letters, digits, '.', '_' and '-' that begins with a letter "
		       "or digit";
	return http_check(options);
}

static int open_sink(struct sink *sink, struct buf *error)
{
	struct elastic *elastic = calloc(1, sizeof(*elastic));

	(void)error;
	sink_set_state(sink, elastic);
	return elastic ? 0 : -ENOMEM;
}

static void close_sink(struct sink *sink)
{
	struct elastic *elastic = sink_state(sink);

	if (elastic)
		buf_free(&elastic->path);
	free(elastic);
}

static int encode(struct sink *sink, const struct sink_item *item, struct buf *body)
{
	struct json j;

	json_begin(&j, body);
	json_object_begin(&j, NULL);
	json_object_begin(&j, "create");
	json_str(&j, "_id", item->id);
	json_object_end(&j);
	json_object_end(&j);
	buf_char(body, '\n');
	elastic_document(item, sink_host(sink), body);
	buf_char(body, '\n');
	return 0;
}

static void on_answer(struct sink *sink, const struct http_answer *answer)
{
	struct elastic *elastic = sink_state(sink);

	if (answer->status == 400 && !elastic->plain && strstr(answer->body, "filter_path")) {
		elastic->plain = true;
		sink_done(
			sink, SINK_RETRY, 0, "the server does not know filter_path: without it from now on");
		return;
	}
	elastic_answer(sink, answer, elastic->count);
}

static void send_batch(struct sink *sink, struct buf *body, unsigned count)
{
	const struct sink_options *options = sink_options(sink);
	struct elastic *elastic = sink_state(sink);
	size_t len = strlen(options->url);
	struct http_request request = {.content_type = "application/x-ndjson",
		.token_scheme = "ApiKey",
		.body = body->data,
		.len = body->len,
		.gzip = http_gzip(sink, true),
		.answer = on_answer};

	elastic->count = count;
	buf_reset(&elastic->path);
	buf_printf(&elastic->path, "%s%s/_bulk%s", len && options->url[len - 1] == '/' ? "" : "/",
		options->index ? options->index : INDEX, elastic->plain ? "" : FILTER);
	request.path = buf_text(&elastic->path);
	http_post(sink, &request);
}

const struct sink_kind sink_elastic = {
	.name = "elastic",
	.keys = "url! index compression=gzip|none header ca cert key proxy user password_file password_env "
		"token_file token_env",
	.schemes = "http https",
	.batch = 500,
	.check = check,
	.open = open_sink,
	.close = close_sink,
	.encode = encode,
	.send = send_batch,
	.cancel = http_cancel,
};

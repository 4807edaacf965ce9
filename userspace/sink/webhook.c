/* SPDX-License-Identifier: Apache-2.0 */
/* The sink http: a webhook. A batch goes as a JSON array or as JSON lines, or each event alone; as it is, or
 * in the form of a template; signed, when there is a secret. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/hmac.h"
#include "base/log.h"
#include "sink/http.h"
#include "sink/kinds.h"
#include "sink/options_file.h"
#include "sink/template.h"

enum form { FORM_JSON, FORM_LINES, FORM_SINGLE };

struct webhook {
	enum form form;
	struct pattern *pattern; /* NULL: events as they are */
};

static enum form form_of(const struct sink_options *options)
{
	const char *format = options->format;

	if (!format) /* what has a form of its own is mostly a message, which goes alone */
		return options->template ? FORM_SINGLE : FORM_JSON;
	if (strcmp(format, "json") == 0)
		return FORM_JSON;
	return strcmp(format, "ndjson") == 0 ? FORM_LINES : FORM_SINGLE;
}

static int read_template(const char *path, struct pattern **ret, struct buf *error)
{
	_cleanup_free_ char *text = options_file_read(path);

	if (!text) {
		buf_str(error, "it cannot be read");
		return -ENOENT;
	}
	return template_new(ret, text, error);
}

static const char *check(const struct sink_options *options)
{
	_cleanup_buf_ struct buf error = {0};
	struct pattern *pattern = NULL;
	int r = options->template ? read_template(options->template, &pattern, &error) : 0;

	template_free(pattern);
	if (r < 0)
		log_error("%s: %s", options->template, error.len ? buf_text(&error) : strerror(-r));
	if (r < 0)
		return "template = a file that is JSON when each {{FIELD}} is taken for a value, or for a "
		       "part of a "
		       "string (docs/SINKS.md)";
	if (form_of(options) == FORM_SINGLE && options->batch > 1)
		return "batch = 1, or format = json or ndjson: format = single, the default with a template, "
		       "sends each alone";
	return NULL;
}

static int open_sink(struct sink *sink, struct buf *error)
{
	const struct sink_options *options = sink_options(sink);
	struct webhook *webhook = calloc(1, sizeof(*webhook));
	char signature[HMAC_TEXT_SIZE];

	if (!webhook)
		return -ENOMEM;
	sink_set_state(sink, webhook);
	webhook->form = form_of(options);
	if (!options->template)
		sink_take_raw(sink);
	if (webhook->form == FORM_SINGLE)
		sink_limit_batch(sink, 1);
	/* Not without a signature when one is asked for. */
	if (options->secret && hmac_sha256("", 0, NULL, "", 0, signature) < 0) {
		buf_str(error, "libnettle cannot be loaded (libnettle.so.8), which makes signatures");
		return -ELIBACC;
	}
	return options->template ? read_template(options->template, &webhook->pattern, error) : 0;
}

static void close_sink(struct sink *sink)
{
	struct webhook *webhook = sink_state(sink);

	template_free(webhook->pattern);
	free(webhook);
}

static int encode(struct sink *sink, const struct sink_item *item, struct buf *body)
{
	const struct webhook *webhook = sink_state(sink);

	if (webhook->form == FORM_JSON)
		buf_char(body, body->len ? ',' : '[');
	if (webhook->pattern)
		template_fill(webhook->pattern, item, sink_host(sink), body);
	else
		buf_append(body, item->body, item->len);
	if (webhook->form == FORM_LINES)
		buf_char(body, '\n');
	return 0;
}

static void send_batch(struct sink *sink, struct buf *body, unsigned count)
{
	const struct sink_options *options = sink_options(sink);
	const struct webhook *webhook = sink_state(sink);
	char batch[SINK_ID + 64], stamp[64], signature[HMAC_TEXT_SIZE + 64], hex[HMAC_TEXT_SIZE], head[32];
	uint64_t now = clock_realtime() / NS_PER_SEC;
	struct http_request request = {
		.content_type = webhook->form == FORM_LINES ? "application/x-ndjson" : "application/json",
		.headers = {batch},
		.gzip = http_gzip(sink, false),
		.answer = http_finish,
	};

	if (webhook->form == FORM_JSON)
		buf_char(body, ']');
	request.body = body->data;
	request.len = body->len;
	/* The same for the same body, and for no other: what came twice can be told by it. */
	snprintf(batch, sizeof(batch), "Idempotency-Key: %s-%016" PRIx64, sink_batch_id(sink, count - 1),
		id_hash(0, body->data, body->len));
	if (options->secret) {
		snprintf(head, sizeof(head), "%" PRIu64 ".", now);
		hmac_sha256(options->secret, strlen(options->secret), head, body->data, body->len, hex);
		snprintf(stamp, sizeof(stamp), "X-Lastwords-Timestamp: %" PRIu64, now);
		snprintf(signature, sizeof(signature), "X-Lastwords-Signature: sha256=%s", hex);
		request.headers[1] = stamp;
		request.headers[2] = signature;
	}
	http_post(sink, &request);
}

const struct sink_kind sink_webhook = {
	.name = "http",
	.keys = "url! format=json|ndjson|single template secret_file secret_env token_file token_env user "
		"password_file password_env header compression=none|gzip proxy ca cert key",
	.schemes = "https http",
	.check = check,
	.open = open_sink,
	.close = close_sink,
	.encode = encode,
	.send = send_batch,
	.cancel = http_cancel,
};

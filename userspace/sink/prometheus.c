/* SPDX-License-Identifier: Apache-2.0 */
/* The sink prometheus: others ask for /metrics and /-/healthy. */
#include "sink/prometheus.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/http_server.h"
#include "base/log.h"
#include "sink/kinds.h"
#include "store/store.h"

#define TEXT_TYPE   "text/plain; version=0.0.4; charset=utf-8"
#define PAUSE_FIRST (250 * NS_PER_MS)

struct prometheus {
	struct http_server *server; /* NULL: it cannot listen yet */
	int alarm;                  /* of the next attempt */
	uint64_t pause;             /* ns before that; 0: the first one is to come */
};

static enum MHD_Result answer(struct MHD_Connection *c, unsigned status, const char *type, char *text)
{
	const char *const headers[] = {MHD_HTTP_HEADER_CONTENT_TYPE, type, NULL};

	return http_server_answer(c, status, text, headers);
}

static enum MHD_Result answer_metrics(const struct sink *sink, struct MHD_Connection *c)
{
	struct buf text = {0};
	int r = prometheus_text(sink, &text);

	if (r == 0)
		return answer(c, MHD_HTTP_OK, TEXT_TYPE, text.data);
	buf_free(&text);
	return answer(c, MHD_HTTP_SERVICE_UNAVAILABLE, "text/plain", strdup(strerror(-r)));
}

/* This process lives as long as the daemon; the store is what else can fail. */
static enum MHD_Result answer_health(const struct sink *sink, struct MHD_Connection *c)
{
	uint64_t last;
	int r = store_last_seq(sink_store(sink), &last);

	if (r == 0)
		return answer(c, MHD_HTTP_OK, "text/plain", strdup("lastwords is healthy.\n"));
	return answer(c, MHD_HTTP_SERVICE_UNAVAILABLE, "text/plain", strdup(strerror(-r)));
}

/* Called once with the headers, then with each piece of a body, then once with none. */
static enum MHD_Result on_request(void *context, struct MHD_Connection *c, const char *url,
	const char *method, const char *version, const char *data, size_t *size, void **state)
{
	(void)version;
	(void)data;
	if (!*state) {
		*state = context;
		return MHD_YES;
	}
	if (*size) {
		*size = 0;
		return MHD_YES;
	}
	if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 && strcmp(method, MHD_HTTP_METHOD_HEAD) != 0)
		return answer(c, MHD_HTTP_METHOD_NOT_ALLOWED, "text/plain", strdup("GET only\n"));
	if (strcmp(url, "/metrics") == 0)
		return answer_metrics(context, c);
	if (strcmp(url, "/-/healthy") == 0)
		return answer_health(context, c);
	return answer(c, MHD_HTTP_NOT_FOUND, "text/plain", strdup("there are /metrics and /-/healthy\n"));
}

/* Others may have the port for a while. It is said when it begins, and when it is over. */
static void try_to_listen(void *context)
{
	struct sink *sink = context;
	struct prometheus *prometheus = sink_state(sink);
	const struct sink_options *options = sink_options(sink);
	const struct http_place place = {
		.listen = options->listen,
		.mode = options->mode ? (mode_t)strtoul(options->mode, NULL, 8) : 0660,
		.group = (gid_t)-1,
	};
	const struct http_handler handler = {.request = on_request, .context = sink};
	_cleanup_buf_ struct buf error = {0};
	int r = http_server_new(&prometheus->server, sink_loop(sink), &place, &handler, &error);

	if (r < 0 && !prometheus->pause)
		log_error("sink %s: %s; it is tried again", options->name,
			error.len ? buf_text(&error) : strerror(-r));
	else if (r == 0 && prometheus->pause)
		log_info("sink %s: listens", options->name);
	if (r == 0)
		return;
	prometheus->server = NULL;
	prometheus->pause = prometheus->pause ? 2 * prometheus->pause : PAUSE_FIRST;
	if (prometheus->pause > options->retry_max)
		prometheus->pause = options->retry_max;
	loop_set_alarm(prometheus->alarm, prometheus->pause);
}

static int open_sink(struct sink *sink, struct buf *error)
{
	struct prometheus *prometheus = calloc(1, sizeof(*prometheus));

	(void)error;
	if (!prometheus)
		return -ENOMEM;
	sink_set_state(sink, prometheus);
	prometheus->alarm = loop_add_alarm(sink_loop(sink), try_to_listen, sink);
	if (prometheus->alarm < 0)
		return prometheus->alarm;
	try_to_listen(sink);
	return 0;
}

static void close_sink(struct sink *sink)
{
	struct prometheus *prometheus = sink_state(sink);

	http_server_free(prometheus->server);
	free(prometheus);
}

static const char *check(const struct sink_options *options)
{
	char *end;

	if (options->mode && (strtoul(options->mode, &end, 8) > 0777 || *end))
		return "mode = an octal mode such as 0660";
	return http_listen_check(options->listen, false) ? "listen = unix:/PATH, 127.0.0.1:PORT or [::1]:PORT"
							 : NULL;
}

const struct sink_kind sink_prometheus = {
	.name = "prometheus",
	.keys = "listen! mode",
	.check = check,
	.open = open_sink,
	.close = close_sink,
	.ask = prometheus_ask,
};

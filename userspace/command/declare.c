/* SPDX-License-Identifier: Apache-2.0 */
/* From what was declared to an event in the store. */
#include "command/declare.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "command/folder.h"
#include "marker/control.h"
#include "marker/decision.h"
#include "marker/http.h"
#include "marker/marker.h"

struct declare {
	struct pipeline *pipeline;
	const struct notice *notice;
	struct control *control;
	struct http *http;
	struct folder *folder;
	uint64_t marks;
	void (*decided)(void *context);
	void *context;
};

static int take_marker(struct declare *d, const struct event_marker *marker, uint64_t time, uint64_t entropy,
	char id[ID_SIZE])
{
	struct event event;
	int r;

	marker_event(marker, time, entropy, enrich_host(d->pipeline->enrich), &event);
	memcpy(id, event.id, ID_SIZE);
	r = pipeline_event(d->pipeline, &event);
	pipeline_commit(d->pipeline);
	/* Told as done only when it is stored. */
	return r < 0 ? r : d->pipeline->store_error;
}

static int on_mark(void *context, const struct event_marker *marker, uint64_t time, uid_t uid, pid_t pid,
	char id[ID_SIZE])
{
	struct declare *d = context;
	uint64_t facts[] = {clock_realtime(), (uint64_t)uid, (uint64_t)pid, d->marks++};

	return take_marker(d, marker, time, id_hash(0, facts, sizeof(facts)), id);
}

static bool on_knows(void *context, const char *service)
{
	const struct declare *d = context;

	return notice_knows(d->notice, service);
}

static int on_decide(void *context, const struct event_decision *decision, uid_t uid, char id[ID_SIZE])
{
	struct declare *d = context;
	struct event event;
	int r;

	decision_event(decision, clock_realtime(), uid, enrich_host(d->pipeline->enrich), &event);
	memcpy(id, event.id, ID_SIZE);
	r = pipeline_event(d->pipeline, &event);
	d->decided(d->context);
	return r < 0 ? r : d->pipeline->store_error;
}

static int on_http_mark(void *context, const struct webhook *webhook, char id[ID_SIZE])
{
	struct event_marker marker = webhook->marker;

	marker_declare_by(&marker, "declared over HTTP");
	return take_marker(context, &marker, webhook->time, webhook_entropy(webhook), id);
}

static int on_file_mark(void *context, const struct webhook *webhook, char id[ID_SIZE])
{
	struct event_marker marker = webhook->marker;

	marker_declare_by(&marker, "declared by a file");
	return take_marker(context, &marker, webhook->time, webhook_entropy(webhook), id);
}

static int open_control(
	struct declare *d, struct loop *loop, const char *state, const struct control_config *config)
{
	struct control_config with_answers = *config;
	int r;

	with_answers.decide = on_decide;
	with_answers.knows = on_knows;
	r = control_listen(&d->control, loop, state, &with_answers, on_mark, d);
	if (r < 0)
		log_error("cannot listen on %s/control.sock: %s", state, strerror(-r));
	return r;
}

static int open_http(struct declare *d, struct loop *loop, const struct config *config)
{
	_cleanup_buf_ struct buf error = {0};
	int r = http_open(&d->http, loop, &config->http, &config->control, on_http_mark, d, &error);

	if (r < 0)
		log_error("%s", error.len ? buf_text(&error) : strerror(-r));
	return r;
}

static int open_folder(struct declare *d, struct loop *loop, const char *path)
{
	int r = folder_open(&d->folder, loop, path, on_file_mark, d);

	if (r < 0)
		log_error("%s: %s", path, strerror(-r));
	return r;
}

int declare_open(struct declare **ret, struct loop *loop, const char *state, const struct config *config,
	struct pipeline *pipeline, const struct notice *notice, void (*decided)(void *context), void *context)
{
	struct declare *d = calloc(1, sizeof(*d));
	int r;

	if (!d) {
		log_error("out of memory");
		return -ENOMEM;
	}
	*d = (struct declare){.pipeline = pipeline, .notice = notice, .decided = decided, .context = context};
	r = open_control(d, loop, state, &config->control);
	if (r == 0 && config->http.listen[0])
		r = open_http(d, loop, config);
	if (r == 0 && config->marker_folder[0])
		r = open_folder(d, loop, config->marker_folder);
	if (r < 0) {
		declare_close(d);
		return r;
	}
	*ret = d;
	return 0;
}

void declare_second(struct declare *d)
{
	if (d)
		folder_second(d->folder);
}

void declare_close(struct declare *d)
{
	if (!d)
		return;
	control_close(d->control);
	http_close(d->http);
	folder_close(d->folder);
	free(d);
}

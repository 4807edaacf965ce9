/* SPDX-License-Identifier: Apache-2.0 */
/* lastwords doctor --sinks: one test event to each sink, and what came back; how far each is. */
#include "command/doctor_sinks.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "base/text.h"
#include "command/config.h"
#include "command/delivery.h"
#include "host/host.h"
#include "marker/marker.h"
#include "sink/kind.h"

struct trial {
	const struct sink_options *options;
	int result;
	uint64_t took; /* ns */
	char reason[SINK_REASON];
	struct delivery_account account;
	bool known;       /* that account */
	uint64_t waiting; /* events of the store behind the cursor */
};

/* A change that changes nothing: receivers need to know no other kind of event. */
static int make_event(const char *sink, struct event *event, struct buf *body)
{
	struct event_marker marker = {0};
	struct event_host host = {0};
	struct record_host described;
	uint64_t now = clock_realtime();
	char note[SINK_NAME + 64];

	snprintf(note, sizeof(note), "lastwords doctor tests the sink %s; nothing was changed", sink);
	if (marker_set(&marker, "kind", "flag") || marker_set(&marker, "service", "lastwords") ||
		marker_set(&marker, "note", note))
		return -EINVAL;
	marker_declare(&marker, getuid(), getpid());
	host_describe(&described);
	text_copy(host.name, sizeof(host.name), described.name);
	marker_event(&marker, now, id_hash(now, sink, strlen(sink)), &host, event);
	event_json(event, body);
	return body->failed ? -ENOMEM : 0;
}

static int send_event(const struct sink_options *options, char reason[SINK_REASON])
{
	_cleanup_buf_ struct buf body = {0};
	struct event event;
	int r = make_event(options->name, &event, &body);
	const struct store_row row = {.id = event.id,
		.time = event.time,
		.kind = "marker",
		.service = "lastwords",
		.body = buf_text(&body)};

	return r < 0 ? r : sink_probe(options, &row, reason);
}

/* Standard output is for what is said about the trial: the event goes to standard error. */
static int send_aside(const struct sink_options *options, char reason[SINK_REASON])
{
	int out = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0);
	int r = out < 0 || dup2(STDERR_FILENO, STDOUT_FILENO) < 0 ? -errno : send_event(options, reason);

	if (out >= 0) {
		dup2(out, STDOUT_FILENO);
		close(out);
	}
	return r;
}

static void try_sink(struct trial *trial)
{
	const struct sink_kind *kind = trial->options->kind;
	uint64_t start = clock_boottime();

	if (kind->ask)
		trial->result = kind->ask(trial->options, trial->reason);
	else if (strcmp(kind->name, "stdout") == 0)
		trial->result = send_aside(trial->options, trial->reason);
	else
		trial->result = send_event(trial->options, trial->reason);
	trial->took = clock_boottime() - start;
	if (trial->result < 0 && !trial->reason[0])
		text_copy(trial->reason, sizeof(trial->reason), strerror(-trial->result));
}

/* Without a state there is no account, and the trial is what was asked for. */
static void read_accounts(struct trial *trials, size_t count, const char *state)
{
	_cleanup_buf_ struct buf error = {0};
	struct store *store;
	uint64_t last = 0;

	if (store_open(&store, state, STORE_READ, &error) < 0)
		return;
	store_last_seq(store, &last);
	for (size_t i = 0; i < count; i++) {
		struct trial *trial = &trials[i];

		if (trial->options->kind->ask)
			continue;
		delivery_load(store, trial->options->name, &trial->account, &trial->known);
		if (last > trial->account.cursor.event)
			trial->waiting = last - trial->account.cursor.event;
	}
	store_close(store);
}

static const char *where(const struct sink_options *options)
{
	const char *at = options->url ? options->url : options->path ? options->path : options->brokers;

	return at ? at : options->listen ? options->listen : "";
}

static void write_text(const struct trial *trial, struct buf *out)
{
	const struct delivery_account *a = &trial->account;
	const char *what = trial->options->kind->ask ? "/metrics was" : "a test event was";
	const char *done = trial->options->kind->ask ? "answered" : "delivered";

	buf_printf(out, "%-12s %s %s\n             ", trial->options->name, trial->options->kind->name,
		where(trial->options));
	if (trial->result == 0)
		buf_printf(out, "%s %s in %.1f ms", what, done, (double)trial->took / 1e6);
	else
		buf_printf(out, "%s NOT %s: %s", what, done, trial->reason);
	if (trial->known)
		buf_printf(out,
			"\n             the daemon: %llu delivered, %llu refused, %llu skipped, %llu "
			"waiting, %llu failed attempts",
			(unsigned long long)a->delivered, (unsigned long long)a->refused,
			(unsigned long long)a->skipped, (unsigned long long)trial->waiting,
			(unsigned long long)a->failures);
	if (trial->known && *a->error)
		buf_printf(out, "\n             its last attempt failed: %s", a->error);
	buf_char(out, '\n');
}

static void write_json(const struct trial *trial, struct json *j)
{
	json_object_begin(j, NULL);
	json_str(j, "name", trial->options->name);
	json_str(j, "type", trial->options->kind->name);
	json_str(j, "where", where(trial->options));
	json_str(j, "test",
		trial->result < 0           ? "failed"
		: trial->options->kind->ask ? "answered"
					    : "delivered");
	json_str_known(j, "reason", trial->reason);
	json_seconds(j, "took", trial->took);
	if (trial->known) {
		json_uint(j, "delivered", trial->account.delivered);
		json_uint(j, "refused", trial->account.refused);
		json_uint(j, "skipped", trial->account.skipped);
		json_uint(j, "failures", trial->account.failures);
		json_uint(j, "waiting", trial->waiting);
		json_str_known(j, "error", trial->account.error);
	}
	json_object_end(j);
}

static void write_all(const struct trial *trials, size_t count, enum report_format format, struct buf *out)
{
	struct json j;

	json_begin(&j, out);
	if (format == REPORT_JSON)
		json_array_begin(&j, NULL);
	for (size_t i = 0; i < count; i++) {
		if (format == REPORT_TEXT)
			write_text(&trials[i], out);
		else if (format == REPORT_JSON)
			write_json(&trials[i], &j);
		else {
			json_begin(&j, out);
			write_json(&trials[i], &j);
			buf_char(out, '\n');
		}
	}
	if (format == REPORT_JSON) {
		json_array_end(&j);
		buf_char(out, '\n');
	}
}

int doctor_sinks(const struct common_options *common, const char *config)
{
	_cleanup_buf_ struct buf text = {0};
	struct sink_list list = {0};
	struct trial trials[SINKS_MAX] = {{0}};
	bool failed = false;
	int r = config_read_sinks(&list, config, &text);

	if (r < 0) {
		log_error("%s", text.len ? buf_text(&text) : strerror(-r));
		return EXIT_FAILED;
	}
	/* What the daemon's process may not, a trial should not hide. */
	r = delivery_drop_rights();
	if (r < 0)
		log_error("cannot drop capabilities: %s", strerror(-r));
	signal(SIGPIPE, SIG_IGN);
	for (size_t i = 0; i < list.count; i++) {
		trials[i].options = &list.sinks[i];
		try_sink(&trials[i]);
		failed |= trials[i].result < 0;
	}
	read_accounts(trials, list.count, common->state);
	buf_reset(&text);
	write_all(trials, list.count, common->format, &text);
	if (!list.count && common->format == REPORT_TEXT)
		buf_printf(&text, "%s has no [sink NAME] section\n", config);
	sink_options_free(&list);
	output_begin();
	fwrite(buf_text(&text), 1, text.len, stdout);
	r = output_finish(0);
	return r == EXIT_DONE && failed ? EXIT_FAILED : r;
}

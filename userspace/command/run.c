/* SPDX-License-Identifier: Apache-2.0 */
/* lastwords run: the daemon. The only place where all stages are wired. */
#include "command/alive.h"
#include "command/command.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/steady.h"
#include "command/config.h"
#include "command/correlation.h"
#include "command/declare.h"
#include "command/delivery.h"
#include "command/fold.h"
#include "command/live.h"
#include "command/names.h"
#include "command/notice.h"
#include "command/pipeline.h"
#include "command/recheck.h"
#include "probe/capture.h"
#include "symbolize/symbolize.h"
#include "host/host.h"
#include "sink/kind.h"

static const char help[] =
	"Usage: lastwords run [OPTIONS]\n"
	"Watches this host in the foreground, stores what dies and fails, and prints it.\n\n"
	"  -o, --output FORMAT   text (default), or jsonl (json means the same): one event a line\n"
	"  --state DIR           database and control socket, default " STATE_DIR_DEFAULT "\n"
	"  --config FILE         default " CONFIG_DEFAULT " and conf.d beside it\n"
	"  --from FILE           read a capture made by `lastwords record` instead of the kernel; needs no "
	"root\n";

enum { OPTION_CONFIG = OPTION_OWN, OPTION_FROM };
enum { NOT_STARTED = -1 }; /* in place of an exit status: nothing was seen */

struct run {
	struct pipeline pipeline;
	struct config config;
	struct store *store;
	struct correlation *correlation;
	struct notice *notice;
	struct recheck *recheck;
	struct loop *loop;
	struct live *live;
	struct declare *declare;
	struct delivery *delivery;
	struct steady steady; /* the time that retention goes by */
	const char *config_path;
	struct names names;
	struct fold fold;
	bool colour;
};

static void print_line(void *context, const struct event *event, const char *body, struct buf *out)
{
	struct run *run = context;

	fold_advance(&run->fold, event->time, false, run->correlation, run->colour, out);
	if (fold_take(&run->fold, event))
		report_event_line(body, run->colour, out);
}

static void print_json(void *context, const struct event *event, const char *body, struct buf *out)
{
	(void)context;
	(void)event;
	buf_str(out, body);
	buf_char(out, '\n');
}

static void on_message(void *context, const void *message, size_t size)
{
	struct run *run = context;

	pipeline_message(&run->pipeline, message, size);
}

static void on_flush(void *context)
{
	struct run *run = context;

	pipeline_commit(&run->pipeline);
	delivery_wake(run->delivery);
	if (run->pipeline.stream_error && run->loop)
		loop_stop(run->loop, EXIT_FAILED);
}

static void save_account(struct run *run)
{
	struct account_row rows[SOURCES];

	pipeline_account(&run->pipeline, rows);
	if (account_save(rows, run->store) == 0 && account_save_kinds(&run->pipeline) == 0 &&
		(!run->loop || alive_save(run->store, clock_realtime()) == 0)) /* a capture is of the past */
		store_commit(run->store, NULL);
}

/* Incidents, and issues that go on, have their lines between those of the events. */
static void conclude(struct run *run, bool end)
{
	struct buf *out = run->pipeline.print == print_line ? &run->pipeline.out : NULL;

	if (out && (run->loop || end))
		fold_advance(&run->fold, clock_realtime(), end, run->correlation, run->colour, out);
	if (correlation_write(run->correlation, clock_realtime(), out) == 0)
		pipeline_commit(&run->pipeline);
}

static void on_second(void *context)
{
	struct run *run = context;
	uint64_t removed;
	int r;

	recheck_second(run->recheck);
	save_account(run);
	notice_second(run->notice);
	declare_second(run->declare);
	conclude(run, false);
	delivery_second(run->delivery);
	delivery_removing(run->delivery);
	r = store_trim(run->store, &run->config.retention,
		steady_time(&run->steady, clock_realtime(), clock_boottime()), &removed);
	delivery_removed(run->delivery, r == 0);
}

static void on_stop_signal(void *context, int signo)
{
	struct run *run = context;

	(void)signo;
	loop_stop(run->loop, EXIT_DONE);
}

/* A sink that is standard output has it for itself: two writers would mix their lines, and a reader that does
 * not read would hold up this one. */
static void choose_stream(struct run *run)
{
	const struct sink_list *sinks = &run->config.sinks;

	run->pipeline.stream = stdout;
	for (size_t i = 0; i < sinks->count; i++)
		if (strcmp(sinks->sinks[i].kind->name, "stdout") == 0)
			run->pipeline.stream = NULL;
}

static void on_sinks_taken(void *context)
{
	struct run *run = context;

	choose_stream(run);
	log_info("the sinks are those of %s now: %zu", run->config_path, run->config.sinks.count);
}

/* What the sinks are is read anew; the rest of the configuration needs a restart. */
static void on_reload_signal(void *context, int signo)
{
	struct run *run = context;
	_cleanup_buf_ struct buf error = {0};
	struct sink_list sinks = {0}, old = run->config.sinks;
	int r;

	(void)signo;
	if (config_read_sinks(&sinks, run->config_path, &error) < 0) {
		log_error("%s; the sinks stay as they were", buf_text(&error));
		sink_options_free(&sinks);
		return;
	}
	pipeline_commit(&run->pipeline);
	run->config.sinks = sinks;
	r = delivery_reload(run->delivery, &run->config.sinks, on_sinks_taken, run);
	if (r < 0) {
		log_error("the sinks stay as they were: %s", strerror(-r));
		run->config.sinks = old;
		old = sinks;
	}
	sink_options_free(&old);
}

static void on_decided(void *context)
{
	conclude(context, false);
}

static void print_account(struct run *run)
{
	_cleanup_buf_ struct buf table = {0};
	struct account_row rows[SOURCES];

	pipeline_account(&run->pipeline, rows);
	account_print(rows, &table);
	fputs("lastwords: what was seen and what became of it:\n", stderr);
	fputs(buf_text(&table), stderr);
}

static void print_hints(struct run *run, const char *state)
{
	_cleanup_buf_ struct buf summary = {0};
	const char *option = strcmp(state, STATE_DIR_DEFAULT) == 0 ? "" : " --state ";
	const char *dir = *option ? state : "";

	live_summary(run->live, &summary);
	log_info("watching this host; %s", buf_text(&summary));
	log_info("to see something, paste into another terminal:");
	fprintf(stderr,
		"    bash -c 'kill -SEGV $$'\n"
		"    sleep 1000 & kill -9 $!\n"
		"    lastwords mark deploy%s%s --service checkout --version 42\n"
		"    lastwords events%s%s        lastwords show%s%s ID        lastwords doctor%s%s\n",
		option, dir, option, dir, option, dir, option, dir);
}

static int run_live(struct run *run, const char *state)
{
	int r = loop_new(&run->loop);

	if (r == 0)
		r = loop_add_signal(run->loop, SIGINT, on_stop_signal, run);
	if (r == 0)
		r = loop_add_signal(run->loop, SIGTERM, on_stop_signal, run);
	if (r == 0)
		r = loop_add_signal(run->loop, SIGHUP, on_reload_signal, run);
	if (r < 0) {
		log_error("no event loop: %s", strerror(-r));
		return NOT_STARTED;
	}
	if (alive_begin(run->store, clock_realtime()) == 0)
		store_commit(run->store, NULL);
	if (declare_open(&run->declare, run->loop, state, &run->config, &run->pipeline, run->notice,
		    on_decided, run) < 0)
		return NOT_STARTED;
	names_watch(&run->names, &run->pipeline, run->config.files);
	notice_load(run->notice);
	run->config.probe.own_children = true;
	run->config.probe.nursery_pid = (uint32_t)symbolizer_nursery(run->names.symbolizer);
	if (live_start(&run->live, run->loop, &run->config.probe, on_message, on_flush, on_second, run) < 0)
		return NOT_STARTED;
	names_attach(&run->names, run->loop, state);
	notice_files(run->notice, run->loop);
	notice_boot(run->notice, run->store);
	delivery_start(run->delivery, run->loop);
	print_hints(run, state);
	r = loop_run(run->loop);
	if (r < 0)
		log_error("the event loop failed: %s", strerror(-r));
	notice_finish(run->notice);
	live_stop(run->live);
	live_settle(run->loop, run->pipeline.enrich);
	return r < 0 ? EXIT_FAILED : r;
}

static int run_capture(struct run *run, const char *path)
{
	_cleanup_buf_ struct buf error = {0};
	int r = capture_read(path, on_message, run, &error);

	if (r < 0) {
		log_error("%s", buf_text(&error));
		return NOT_STARTED;
	}
	return EXIT_DONE;
}

/* What stands between the probes and the store, and behind it. */
static int make_stages(struct run *run, const char *state)
{
	int r;

	run->pipeline.store = run->store;
	run->pipeline.keep_remains = !run->config.cores_off;
	run->pipeline.correlation = run->correlation;
	r = notice_new(&run->notice, &run->pipeline, run->config.detectors_off);
	if (r == 0)
		r = recheck_new(&run->recheck, &run->pipeline);
	return r < 0 ? r : delivery_new(&run->delivery, &run->pipeline, &run->config.sinks, state);
}

static int run_all(struct run *run, const struct common_options *common, const char *config, const char *from)
{
	_cleanup_buf_ struct buf error = {0};
	int r;

	run->config_path = config ? config : CONFIG_DEFAULT;
	r = config_read(&run->config, run->config_path, config != NULL, run->pipeline.enrich, &error);
	/* Before the lock of the state is taken: a helper would keep it. */
	if (r == 0 && !from)
		names_start(&run->names, &run->config.debuginfo);
	if (r == 0)
		r = store_open(&run->store, common->state, STORE_OWN, &error);
	if (r < 0) {
		log_error("%s", error.len ? buf_text(&error) : strerror(-r));
		return EXIT_FAILED;
	}
	r = correlation_new(&run->correlation, run->store);
	if (r < 0) {
		log_error("cannot go on from the stored events: %s", strerror(-r));
		return EXIT_FAILED;
	}
	r = make_stages(run, common->state);
	if (r < 0) {
		log_error("%s", strerror(-r));
		return EXIT_FAILED;
	}
	choose_stream(run);
	run->pipeline.print = common->format == REPORT_TEXT ? print_line : print_json;
	run->pipeline.print_context = run;
	run->fold.interval = run->config.repeat;
	run->colour = report_wants_colour(stdout);
	output_begin();
	r = from ? run_capture(run, from) : run_live(run, common->state);
	if (r == NOT_STARTED)
		return EXIT_FAILED; /* the account of the run before stays */
	enrich_finish(run->pipeline.enrich);
	pipeline_commit(&run->pipeline);
	conclude(run, true);
	correlation_save(run->correlation);
	save_account(run);
	delivery_stop(run->delivery);
	run->delivery = NULL;
	print_account(run);
	if (run->pipeline.stream_error)
		return output_finish(run->pipeline.stream_error);
	return r == EXIT_DONE && run->pipeline.store_error ? EXIT_FAILED : r;
}

int command_run(int argc, char **argv)
{
	static const struct option options[] = {COMMON_LONG_OPTIONS,
		{"config", required_argument, NULL, OPTION_CONFIG},
		{"from", required_argument, NULL, OPTION_FROM}, {NULL, 0, NULL, 0}};
	struct common_options common = COMMON_OPTIONS_INIT;
	const char *config = NULL, *from = NULL;
	struct run run = {0};
	int c, taken, r;

	while ((c = getopt_long(argc, argv, ":o:", options, NULL)) != -1) {
		taken = common_option(&common, c, argv);
		if (taken < 0)
			return EXIT_USAGE;
		if (c == OPTION_CONFIG)
			config = optarg;
		else if (c == OPTION_FROM)
			from = optarg;
	}
	if (common.help)
		return help_print(help);
	if (optind < argc)
		return usage_error(argv, "unexpected argument '%s'", argv[optind]);
	if (pipeline_init(&run.pipeline) < 0) {
		log_error("out of memory");
		return EXIT_FAILED;
	}
	r = run_all(&run, &common, config, from);
	names_stop(&run.names);
	declare_close(run.declare);
	notice_free(run.notice);
	recheck_free(run.recheck);
	delivery_stop(run.delivery);
	loop_free(run.loop);
	correlation_free(run.correlation);
	store_close(run.store);
	pipeline_free(&run.pipeline);
	config_free(&run.config);
	return r;
}

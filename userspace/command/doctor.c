/* SPDX-License-Identifier: Apache-2.0 */
/* lastwords doctor: what this kernel and this user can do, and what became of everything the daemon saw. */
#include "command/command.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "command/alive.h"
#include "command/config.h"
#include "command/doctor_sinks.h"
#include "command/pipeline.h"
#include "host/host.h"
#include "probe/probe.h"

#define FAMILIES_MAX 16

static const char help[] =
	"Usage: lastwords doctor [OPTIONS]\n"
	"Tries each family of probes, and shows the account of the daemon of this state.\n"
	"Ends with 1 when a family is missing.\n\n"
	"  --sinks               send a test event to each sink instead, and say what came back;\n"
	"                        ends with 1 when one was not delivered\n"
	"  --config FILE         of the sinks, default " CONFIG_DEFAULT "\n"
	"  -o, --output FORMAT   text, json or jsonl\n"
	"  --state DIR           default " STATE_DIR_DEFAULT "\n";

static const char *const states[] = {
	[PROBE_ATTACHED] = "attached", [PROBE_DEGRADED] = "degraded", [PROBE_MISSING] = "missing"};

struct findings {
	struct record_host host;
	const char *missing_capability;
	bool btf;
	struct probe_status families[FAMILIES_MAX];
	unsigned family_count;
	struct account_row account[SOURCES];
	struct buf account_problem; /* empty: the account is there */
	struct alive alive;
	uint64_t now;
};

static void try_probes(struct findings *f)
{
	static const struct probe_config config;
	_cleanup_buf_ struct buf error = {0};
	const struct probe_status *status;
	struct probe *probe;

	if (probe_open(&probe, &config, &error) < 0) {
		f->family_count = probe_status_none(f->families, FAMILIES_MAX, buf_text(&error),
			f->missing_capability ? "run as root" : NULL);
		return;
	}
	status = probe_status(probe, &f->family_count);
	memcpy(f->families, status, f->family_count * sizeof(*status));
	probe_close(probe);
}

static void read_account(struct findings *f, const char *state)
{
	struct store *store;
	int r = store_open(&store, state, STORE_READ, &f->account_problem);

	if (r < 0)
		return;
	alive_look(&f->alive, store, state, f->now);
	r = account_load(f->account, store);
	if (r < 0)
		buf_printf(&f->account_problem, "no daemon has run on %s yet", state);
	store_close(store);
}

static bool any_missing(const struct findings *f)
{
	for (unsigned i = 0; i < f->family_count; i++)
		if (f->families[i].state == PROBE_MISSING)
			return true;
	return false;
}

static void write_json(const struct findings *f, struct buf *out)
{
	_cleanup_buf_ struct buf account = {0};
	struct json j;

	json_begin(&j, out);
	json_object_begin(&j, NULL);
	json_str(&j, "version", LW_VERSION);
	json_str(&j, "kernel", f->host.release);
	json_str(&j, "machine", f->host.machine);
	json_bool(&j, "btf", f->btf);
	json_str(&j, "missing_capability", f->missing_capability);
	json_array_begin(&j, "families");
	for (unsigned i = 0; i < f->family_count; i++) {
		const struct probe_status *s = &f->families[i];

		json_object_begin(&j, NULL);
		json_str(&j, "name", s->name);
		json_str(&j, "state", states[s->state]);
		json_str(&j, "gives", s->gives);
		json_str_known(&j, "why", s->why);
		json_str_known(&j, "fix", s->why[0] ? s->fix : NULL);
		json_object_end(&j);
	}
	json_array_end(&j);
	alive_json(&f->alive, &j);
	if (f->account_problem.len) {
		json_none(&j, "account");
		json_str(&j, "account_problem", buf_text(&f->account_problem));
	} else {
		account_json(f->account, &account);
		json_raw(&j, "account", buf_text(&account));
	}
	json_object_end(&j);
	buf_char(out, '\n');
}

static void write_text(const struct findings *f, struct buf *out)
{
	buf_printf(out, "lastwords   %s\n", LW_VERSION);
	buf_printf(out, "kernel      %s %s\n", f->host.release, f->host.machine);
	buf_printf(out, "BTF         %s\n", f->btf ? "yes" : "no: the kernel needs CONFIG_DEBUG_INFO_BTF=y");
	buf_printf(out, "privileges  %s%s\n\n", f->missing_capability ? "missing " : "yes",
		f->missing_capability ? f->missing_capability : "");
	for (unsigned i = 0; i < f->family_count; i++) {
		const struct probe_status *s = &f->families[i];

		buf_printf(out, "%-11s %-9s %s\n", s->name, states[s->state], s->gives);
		if (s->why[0])
			buf_printf(out, "            why: %s\n", s->why);
		if (s->why[0] && s->fix)
			buf_printf(out, "            fix: %s\n", s->fix);
	}
	buf_char(out, '\n');
	if (f->alive.state != ALIVE_UNKNOWN) {
		buf_str(out, "daemon      ");
		if (f->alive.state == ALIVE_RUNS)
			buf_str(out, "runs");
		alive_say(&f->alive, f->now, out);
		buf_str(out, "\n\n");
	}
	if (f->account_problem.len)
		buf_printf(out, "account     %s\n", buf_text(&f->account_problem));
	else
		account_print(f->account, out);
}

int command_doctor(int argc, char **argv)
{
	enum { OPTION_SINKS = OPTION_OWN, OPTION_CONFIG };
	static const struct option options[] = {COMMON_LONG_OPTIONS,
		{"sinks", no_argument, NULL, OPTION_SINKS},
		{"config", required_argument, NULL, OPTION_CONFIG}, {NULL, 0, NULL, 0}};
	struct common_options common = COMMON_OPTIONS_INIT;
	_cleanup_buf_ struct buf out = {0};
	const char *config = CONFIG_DEFAULT;
	struct findings f = {.alive.state = ALIVE_UNKNOWN, .now = clock_realtime()};
	bool sinks = false;
	int c;

	while ((c = getopt_long(argc, argv, ":o:", options, NULL)) != -1) {
		if (common_option(&common, c, argv) < 0)
			return EXIT_USAGE;
		sinks |= c == OPTION_SINKS;
		if (c == OPTION_CONFIG)
			config = optarg;
	}
	if (common.help)
		return help_print(help);
	if (optind < argc)
		return usage_error(argv, "unexpected argument '%s'", argv[optind]);
	if (sinks)
		return doctor_sinks(&common, config);
	host_describe(&f.host);
	f.missing_capability = host_missing_capability();
	f.btf = access("/sys/kernel/btf/vmlinux", R_OK) == 0;
	try_probes(&f);
	read_account(&f, common.state);
	if (common.format == REPORT_TEXT)
		write_text(&f, &out);
	else
		write_json(&f, &out);
	buf_free(&f.account_problem);
	output_begin();
	fwrite(buf_text(&out), 1, out.len, stdout);
	c = output_finish(0);
	return c == EXIT_DONE && any_missing(&f) ? EXIT_FAILED : c;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* The helper process and the files for it, wired. */
#include "command/names.h"

#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "host/files.h"
#include "symbolize/symbolize.h"

void names_start(struct names *names)
{
	int r = symbolizer_start(&names->symbolizer);

	if (r < 0)
		log_warn("no helper process for stacks: %s; deaths come with raw addresses", strerror(-r));
}

static void on_record(void *context, const struct record *record)
{
	const struct record_exec *exec = &record->exec;

	if (record->type != RECORD_EXEC && record->type != RECORD_SEED)
		return;
	files_exec(context,
		&(struct running){.pid = exec->task.key.pid,
			.device = exec->device,
			.inode = exec->inode,
			.mtime = exec->mtime,
			.mount_ns = exec->mount_ns},
		clock_boottime());
}

void names_watch(struct names *names, struct pipeline *pipeline, unsigned limit)
{
	if (!names->symbolizer || files_new(&names->files, limit) < 0)
		return;
	names->enrich = pipeline->enrich;
	pipeline->record = on_record;
	pipeline->record_context = names->files;
}

static void on_running(void *context, const struct running *process)
{
	files_round_process(context, process);
}

static void on_round(void *context)
{
	struct names *names = context;

	files_round_begin(names->files, clock_boottime());
	enrich_running(names->enrich, on_running, names->files);
	files_round_end(names->files);
}

static int open_file(void *context, const struct mapped_file *file)
{
	return files_open(context, file);
}

void names_attach(struct names *names, struct loop *loop)
{
	int r = names->files ? symbolizer_attach(names->symbolizer, loop) : -ENOMEM;

	if (!names->symbolizer)
		return;
	if (r == 0) {
		enrich_symbolize(names->enrich, names->symbolizer, open_file, names->files);
		r = loop_add_timer(loop, FILES_ROUND, on_round, names);
	}
	if (r < 0)
		log_warn("cannot watch the helper process for stacks: %s", strerror(-r));
}

void names_stop(struct names *names)
{
	symbolizer_stop(names->symbolizer);
	files_free(names->files);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* The helper process and the files for it, wired. */
#include "command/names.h"

#include <errno.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "host/files.h"
#include "symbolize/symbolize.h"

#define PAGE 4096ull

void names_start(struct names *names, const struct debuginfo_options *debuginfo)
{
	int r = symbolizer_start(&names->symbolizer);

	if (r < 0)
		log_warn("no helper process for stacks: %s; deaths come with raw addresses", strerror(-r));
	r = r == 0 && debuginfo && debuginfo->urls ? debuginfo_start(&names->debuginfo, debuginfo) : 0;
	if (r < 0)
		log_warn("no debug information is fetched: %s",
			r == -ELIBACC ? "libcurl is not installed" : strerror(-r));
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
	struct names *names = context;
	int fd = files_open(names->files, file);

	if (fd < 0 && !file->inode &&
		strncmp(file->path, SYMBOLIZER_DEBUG "/", sizeof(SYMBOLIZER_DEBUG)) == 0) {
		int fetched = debuginfo_open(names->debuginfo, file->path + strlen(SYMBOLIZER_DEBUG));
		return fetched == -ENOENT ? fd : fetched;
	}
	return fd;
}

/* The executable mapping of the C library, as a snapshot has it. */
static int find_library(struct dl_phdr_info *info, size_t size, void *context)
{
	struct library *library = context;
	uint64_t pc = (uint64_t)&abort;
	struct stat st;

	(void)size;
	for (unsigned i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *header = &info->dlpi_phdr[i];
		uint64_t before = header->p_vaddr % PAGE, start = info->dlpi_addr + header->p_vaddr - before;

		if (header->p_type != PT_LOAD || pc < start || pc - start >= before + header->p_memsz ||
			stat(info->dlpi_name, &st) < 0)
			continue;
		text_copy(library->path, sizeof(library->path), info->dlpi_name);
		library->map = (struct snapshot_map){.start = start,
			.end = start + before + header->p_memsz,
			.offset = header->p_offset - before,
			.inode = st.st_ino,
			.device = (uint32_t)(major(st.st_dev) << 20 | minor(st.st_dev))};
		return 1;
	}
	return 0;
}

static int open_library(void *context, uint32_t device, uint64_t inode, const char *debug)
{
	struct names *names = context;
	struct mapped_file file = {.path = names->library.path, .owner = MAPPED_ANY_OWNER};
	char path[sizeof(SYMBOLIZER_DEBUG) + sizeof(names->library.path)];

	(void)device;
	(void)inode;
	if (debug && symbolizer_debug_path(names->library.path, debug, path, sizeof(path)) < 0)
		return -ENOENT;
	if (debug)
		file.path = path;
	return open_file(names, &file);
}

static void on_warm(void *context, const struct symbolized *result)
{
	(void)context;
	(void)result;
}

/* Nearly every stack has frames of the C library: it is read before the first death. */
static void warm(struct names *names)
{
	struct snapshot snapshot = {.pc = (uint64_t)&abort, .map_count = 1, .maps = &names->library.map};

#ifdef __aarch64__
	snapshot.arch = SNAPSHOT_AARCH64;
#endif
	if (dl_iterate_phdr(find_library, &names->library) == 1)
		symbolizer_request(names->symbolizer, &snapshot, open_library, on_warm, names);
}

static void attach_debuginfo(struct names *names, struct loop *loop, const char *state)
{
	int r = names->debuginfo ? debuginfo_attach(names->debuginfo, loop, state) : 0;

	if (r < 0)
		log_warn("no debug information is fetched: %s/debuginfo: %s", state, strerror(-r));
}

void names_attach(struct names *names, struct loop *loop, const char *state)
{
	int r = names->files ? symbolizer_attach(names->symbolizer, loop) : -ENOMEM;

	if (!names->symbolizer)
		return;
	if (r == 0) {
		enrich_symbolize(names->enrich, names->symbolizer, open_file, names);
		attach_debuginfo(names, loop, state);
		warm(names);
		r = loop_add_timer(loop, FILES_ROUND, on_round, names);
	}
	if (r < 0)
		log_warn("cannot watch the helper process for stacks: %s", strerror(-r));
}

void names_stop(struct names *names)
{
	symbolizer_stop(names->symbolizer);
	debuginfo_stop(names->debuginfo);
	files_free(names->files);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* lastwords core: a core file of a death that is stored. */
#include "command/command.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "export/core.h"
#include "host/host.h"
#include "store/store.h"

enum { OPTION_FORCE = OPTION_OWN };

static const char help[] = "Usage: lastwords core [OPTIONS] EVENT\n"
			   "Makes a small core file of a death: registers and stacks of its threads, for "
			   "gdb, lldb and eu-stack.\n"
			   "EVENT is the id of a crash or kill and may be cut to 6 characters or more.\n\n"
			   "  -O FILE               where to; default core.EVENT; - is standard output\n"
			   "  --force               overwrite FILE\n"
			   "  --state DIR           state directory, default " STATE_DIR_DEFAULT "\n";

struct request {
	const char *id;
	const char *path; /* NULL: core.EVENT */
	bool force;
	char name[64];
};

static int open_mapped(void *context, const struct remains_map *map)
{
	(void)context;
	return host_open_file(map->path, map->map.inode);
}

/* The file may hold what was secret to the process: nobody else is to read it. */
static FILE *open_output(const struct request *request)
{
	int flags = O_WRONLY | O_CREAT | O_CLOEXEC | (request->force ? O_TRUNC : O_EXCL);
	int fd = open(request->path, flags, 0600);

	return fd < 0 ? NULL : fdopen(fd, "w");
}

static int write_to(const struct request *request, const struct remains *remains, FILE *out)
{
	unsigned absent = 0;
	int r = core_write(remains, open_mapped, NULL, out, &absent);

	if (r == 0 && fflush(out) != 0)
		r = -errno;
	if (r < 0) {
		log_error("cannot write %s: %s", request->path, strerror(-r));
		return r;
	}
	if (absent)
		log_warn("%u of the files that were mapped are gone or have changed: names in them will be "
			 "missing",
			absent);
	return 0;
}

static int write_core(const struct request *request, const struct remains *remains)
{
	if (strcmp(request->path, "-") == 0)
		return write_to(request, remains, stdout);
	_cleanup_fclose_ FILE *out = open_output(request);
	if (!out && errno == EEXIST)
		log_error("%s is there already: remove it, or overwrite it with --force", request->path);
	else if (!out)
		log_error("cannot make %s: %s", request->path, strerror(errno));
	return out ? write_to(request, remains, out) : -errno;
}

static int on_remains(void *context, const void *blob, size_t size)
{
	struct request *request = context;
	_cleanup_free_ struct remains *remains = malloc(sizeof(*remains));
	_cleanup_free_ void *bytes = NULL;
	int r = remains ? remains_decode(blob, size, remains, &bytes) : -ENOMEM;

	if (r < 0) {
		log_error("%s", r == -EPROTO ? "what is kept of this event was written by a newer lastwords"
					     : "what is kept of this event is damaged");
		return 1;
	}
	if (!request->path) {
		snprintf(request->name, sizeof(request->name), "core.%s", request->id);
		request->path = request->name;
	}
	r = write_core(request, remains);
	if (r == 0 && strcmp(request->path, "-") != 0)
		printf("%s: %u thread%s; gdb PROGRAM %s\n", request->path, remains->thread_count,
			remains->thread_count == 1 ? "" : "s", request->path);
	return r < 0 ? 1 : 0;
}

static int core(const struct common_options *common, struct request *request)
{
	struct store *store;
	int r = open_store(&store, common->state, STORE_READ);

	if (r < 0)
		return EXIT_FAILED;
	r = store_remains(store, request->id, on_remains, request);
	store_close(store);
	if (r == -ENOENT)
		log_error("no event has the id %s", request->id);
	else if (r == -ENOTUNIQ)
		log_error("more than one event has an id that begins with %s: give more of it", request->id);
	else if (r == -ENODATA)
		log_error("of this event nothing was kept that a core file could be made of");
	else if (r < 0)
		log_error("cannot read the event: %s", strerror(-r));
	return r ? EXIT_FAILED : output_finish(0);
}

int command_core(int argc, char **argv)
{
	static const struct option options[] = {
		COMMON_LONG_OPTIONS, {"force", no_argument, NULL, OPTION_FORCE}, {NULL, 0, NULL, 0}};
	struct common_options common = COMMON_OPTIONS_INIT;
	struct request request = {.id = NULL};
	char id[ID_TEXT];
	int c;

	while ((c = getopt_long(argc, argv, ":o:O:", options, NULL)) != -1) {
		if (common_option(&common, c, argv) < 0)
			return EXIT_USAGE;
		if (c == 'O')
			request.path = optarg;
		else if (c == OPTION_FORCE)
			request.force = true;
	}
	if (common.help)
		return help_print(help);
	output_begin();
	c = id_argument(argc, argv, id);
	if (c)
		return c;
	request.id = id;
	return core(&common, &request);
}

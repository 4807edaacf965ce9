/* SPDX-License-Identifier: Apache-2.0 */
/* The scene of an OOM kill: what the group (or the host) consists of, read as soon as the kernel has told. */
#include "host/host.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/text.h"
#include "host/internal.h"

#define DEPTH_MAX     8
#define GROUPS_MAX    512
#define PROCESSES_MAX 32768
#define FILE_ROOM     16384

struct reader {
	struct record_oom_scene *scene;
	int proc;
	unsigned groups;
	unsigned processes;
	uint64_t page;
};

/* Lines of memory.stat that count bytes: of v2, then of v1, where "total_" stands before. Some are parts of
 * others. */
static const char *const items[] = {"anon", "file", "kernel", "kernel_stack", "pagetables", "sec_pagetables",
	"percpu", "sock", "vmalloc", "shmem", "zswap", "slab_reclaimable", "slab_unreclaimable",
	"file_mapped", "file_dirty", "file_writeback", "swapcached", "anon_thp", "unevictable", "rss",
	"cache", "rss_huge", "mapped_file", "dirty", "writeback", "swap"};

/* Those of /proc/meminfo, which counts KiB. */
static const char *const host_items[] = {"MemFree", "Buffers", "Cached", "AnonPages", "Shmem", "Slab",
	"KernelStack", "PageTables", "Percpu", "Mlocked", "Unevictable", "VmallocUsed", "Hugetlb",
	"SwapCached"};

static void add_stat(struct record_oom_scene *s, const char *name, uint64_t bytes)
{
	unsigned at = s->stat_count;

	while (at > 0 && s->stats[at - 1].bytes < bytes)
		at--;
	if (at == RECORD_OOM_STATS || bytes == 0)
		return;
	if (s->stat_count < RECORD_OOM_STATS)
		s->stat_count++;
	memmove(&s->stats[at + 1], &s->stats[at], (s->stat_count - 1 - at) * sizeof(*s->stats));
	text_copy(s->stats[at].name, sizeof(s->stats[at].name), name);
	s->stats[at].bytes = bytes;
}

/* Lines "NAME VALUE" or "NAME: VALUE kB", where just those that begin with prefix count. */
static void read_stats(struct record_oom_scene *s, char *text, const char *prefix, const char *const *names,
	size_t count, uint64_t unit)
{
	char *save = NULL;

	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		size_t len = strcspn(line, ": ");
		char *value = line + len + strspn(line + len, ": ");
		const char *name = line + strlen(prefix);

		if (strncmp(line, prefix, strlen(prefix)) != 0)
			continue;
		line[len] = '\0';
		for (size_t i = 0; i < count; i++)
			if (strcmp(name, names[i]) == 0)
				add_stat(s, name, strtoull(value, NULL, 10) * unit);
	}
}

static uint64_t read_rss(const struct reader *r, uint32_t pid)
{
	char path[32], text[128], *end;

	snprintf(path, sizeof(path), "%u/statm", pid);
	if (file_read_at(r->proc, path, text, sizeof(text)) <= 0)
		return 0;
	strtoull(text, &end, 10);
	return strtoull(end, NULL, 10) * r->page;
}

static void add_process(struct reader *r, uint32_t pid)
{
	struct record_oom_scene *s = r->scene;
	uint64_t rss;
	unsigned at = s->process_count;

	if (pid == 0 || r->processes++ >= PROCESSES_MAX)
		return;
	rss = read_rss(r, pid);
	while (at > 0 && s->largest[at - 1].rss < rss)
		at--;
	if (at == RECORD_OOM_LARGEST || rss == 0)
		return;
	if (s->process_count < RECORD_OOM_LARGEST)
		s->process_count++;
	memmove(&s->largest[at + 1], &s->largest[at], (s->process_count - 1 - at) * sizeof(*s->largest));
	s->largest[at] = (struct record_oom_process){.rss = rss, .pid = pid};
}

/* Takes dir. */
static void read_group(struct reader *r, int dir, unsigned depth)
{
	_cleanup_fclose_ FILE *procs = NULL;
	struct dirent *entry;
	char line[24];
	int fd = openat(dir, "cgroup.procs", O_RDONLY | O_CLOEXEC);
	DIR *list;

	procs = fd < 0 ? NULL : fdopen(fd, "r");
	while (procs && fgets(line, sizeof(line), procs))
		add_process(r, (uint32_t)strtoul(line, NULL, 10));
	list = fdopendir(dir);
	if (!list) {
		close(dir);
		return;
	}
	while (depth < DEPTH_MAX && r->groups < GROUPS_MAX && (entry = readdir(list))) {
		if (entry->d_type != DT_DIR || entry->d_name[0] == '.')
			continue;
		fd = openat(dirfd(list), entry->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (fd < 0)
			continue;
		r->groups++;
		read_group(r, fd, depth + 1);
	}
	closedir(list);
}

/* Where the hierarchy of the memory controller is mounted, of version 1 or 2. */
static int find_root(unsigned version, char *root, size_t room)
{
	_cleanup_fclose_ FILE *mounts = fopen("/proc/self/mounts", "re");
	char line[2048], path[1024], type[32], options[512];

	while (mounts && fgets(line, sizeof(line), mounts)) {
		if (sscanf(line, "%*s %1023s %31s %511s", path, type, options) != 3)
			continue;
		if (version == 2 ? strcmp(type, "cgroup2") == 0
				 : strcmp(type, "cgroup") == 0 && strstr(options, ",memory")) {
			text_copy(root, room, path);
			return 0;
		}
	}
	return -ENOENT;
}

static int read_cgroup(struct reader *r, const struct record_oom_mark *mark)
{
	char root[1024], path[1024 + RECORD_PATH], text[FILE_ROOM];
	int dir, error = find_root(mark->version, root, sizeof(root));

	if (error < 0)
		return error;
	snprintf(path, sizeof(path), "%s%s", root, mark->cgroup);
	dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return -errno;
	if (file_read_at(dir, "memory.stat", text, sizeof(text)) > 0)
		read_stats(r->scene, text, mark->version == 1 ? "total_" : "", items,
			sizeof(items) / sizeof(*items), 1);
	read_group(r, dir, 0);
	return 0;
}

static int read_host(struct reader *r)
{
	struct dirent *entry;
	char text[FILE_ROOM];
	DIR *proc = opendir("/proc");

	if (!proc)
		return -errno;
	if (file_read_at(r->proc, "meminfo", text, sizeof(text)) > 0)
		read_stats(r->scene, text, "", host_items, sizeof(host_items) / sizeof(*host_items), 1024);
	while ((entry = readdir(proc)))
		if (isdigit((unsigned char)entry->d_name[0]))
			add_process(r, (uint32_t)strtoul(entry->d_name, NULL, 10));
	closedir(proc);
	return 0;
}

static void name_process(const struct reader *r, struct record_oom_process *process)
{
	char path[32], text[64];

	snprintf(path, sizeof(path), "%u/comm", process->pid);
	if (file_read_at(r->proc, path, text, sizeof(text)) > 0) {
		text[strcspn(text, "\n")] = '\0';
		text_copy(process->comm, sizeof(process->comm), text);
	}
	snprintf(path, sizeof(path), "%u/oom_score_adj", process->pid);
	if (file_read_at(r->proc, path, text, sizeof(text)) > 0)
		process->score_adj = (int32_t)strtol(text, NULL, 10);
}

int host_oom_scene(const struct record_oom_mark *mark, struct record_oom_scene *ret)
{
	_cleanup_close_ int proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct reader r = {.scene = ret, .proc = proc, .page = (uint64_t)sysconf(_SC_PAGESIZE)};
	int error;

	if (proc < 0)
		return -errno;
	memset(ret, 0, sizeof(*ret));
	error = mark->scope == OOM_HOST ? read_host(&r) : read_cgroup(&r, mark);
	if (error < 0)
		return error;
	for (unsigned i = 0; i < ret->process_count; i++)
		name_process(&r, &ret->largest[i]);
	ret->victim = mark->victim;
	ret->marked = mark->time;
	ret->read = clock_boottime();
	return 0;
}

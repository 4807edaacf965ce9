/* SPDX-License-Identifier: Apache-2.0 */
/* The folder of what was downloaded, the queue, and what failed. */
#include "symbolize/debuginfo.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/log.h"
#include "symbolize/fetcher.h"

#define FOLDER   "debuginfo"
#define PART     "part" /* what is being written */
#define HEX      "0123456789abcdef"
#define BUILD_ID sizeof(((struct fetch_request *)0)->build_id)

struct debuginfo {
	const struct debuginfo_options *options;
	struct loop *loop; /* NULL: not attached */
	int control;       /* to the fetcher; -1: it is gone */
	pid_t fetcher;
	int folder;
	int part;                                    /* -1: nothing is being fetched */
	struct fetch_request queue[DEBUGINFO_QUEUE]; /* the first one is being fetched */
	unsigned queued;
	struct failed {
		char build_id[BUILD_ID];
		uint64_t until;
	} failed[DEBUGINFO_FAILED];
};

const char *debuginfo_check_url(const char *url)
{
	static const char expected[] =
		"servers as http://HOST[:PORT][/PATH] or https://HOST[:PORT][/PATH], separated by spaces";
	static const char allowed[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_~%:/[]";
	const char *host = strncmp(url, "http://", 7) == 0    ? url + 7
			   : strncmp(url, "https://", 8) == 0 ? url + 8
							      : NULL;

	return host && (isalnum((unsigned char)*host) || *host == '[') && !host[strspn(host, allowed)] &&
			       strlen(url) < 1024
		       ? NULL
		       : expected;
}

int debuginfo_start(struct debuginfo **ret, const struct debuginfo_options *options)
{
	struct debuginfo *d = calloc(1, sizeof(*d));
	uint64_t max = options->size < DEBUGINFO_FILE ? options->size : DEBUGINFO_FILE;

	if (!d)
		return -ENOMEM;
	d->options = options;
	d->folder = d->part = -1;
	int r = fetcher_start(options->urls, max, &d->control, &d->fetcher);
	if (r < 0) {
		free(d);
		return r;
	}
	*ret = d;
	return 0;
}

static void close_folder(DIR **dir)
{
	if (*dir)
		closedir(*dir);
}

static bool is_older(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec != b->tv_sec ? a->tv_sec < b->tv_sec : a->tv_nsec < b->tv_nsec;
}

/* Returns the bytes of all files; build_id becomes that of the oldest, or empty. */
static uint64_t look_through(const struct debuginfo *d, char build_id[BUILD_ID])
{
	_cleanup_(close_folder) DIR *dir =
		fdopendir(openat(d->folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	const struct dirent *entry;
	struct timespec oldest = {0};
	uint64_t total = 0;
	struct stat st;

	build_id[0] = '\0';
	while (dir && (entry = readdir(dir))) {
		size_t length = strspn(entry->d_name, HEX);
		if (entry->d_name[length] || length >= BUILD_ID ||
			fstatat(d->folder, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		total += (uint64_t)st.st_size;
		if (build_id[0] && !is_older(&st.st_mtim, &oldest))
			continue;
		memcpy(build_id, entry->d_name, length + 1);
		oldest = st.st_mtim;
	}
	return total;
}

/* Removes the oldest files until the rest is no more than allowed. */
static void trim(struct debuginfo *d)
{
	char build_id[BUILD_ID];

	while (look_through(d, build_id) > d->options->size && unlinkat(d->folder, build_id, 0) == 0)
		;
}

/* The entry of build_id, or one that is free; NULL when there is none. */
static struct failed *failed_find(struct debuginfo *d, const char *build_id)
{
	uint64_t now = clock_boottime();
	struct failed *found = NULL;

	for (unsigned i = 0; i < DEBUGINFO_FAILED; i++) {
		if (d->failed[i].until <= now)
			found = found ? found : &d->failed[i];
		else if (strcmp(d->failed[i].build_id, build_id) == 0)
			return &d->failed[i];
	}
	return found;
}

/* Without room the build-id is asked for again when it is wanted again and there is some. */
static void failed_add(struct debuginfo *d, const char *build_id)
{
	struct failed *failed = failed_find(d, build_id);

	if (!failed)
		return;
	memcpy(failed->build_id, build_id, sizeof(failed->build_id));
	failed->until = clock_boottime() + DEBUGINFO_REST;
}

static void lose_fetcher(struct debuginfo *d)
{
	log_warn("the process that fetches debug information is gone: nothing more is fetched");
	loop_remove_fd(d->loop, d->control);
	close(d->control);
	d->control = -1;
}

static void close_part(struct debuginfo *d)
{
	if (d->part >= 0)
		close(d->part);
	d->part = -1;
	unlinkat(d->folder, PART, 0);
}

static void take_first(struct debuginfo *d)
{
	d->queued--;
	memmove(&d->queue[0], &d->queue[1], d->queued * sizeof(d->queue[0]));
}

/* Begins with the first of the queue that can be begun. */
static void pump(struct debuginfo *d)
{
	while (d->part < 0 && d->queued && d->control >= 0) {
		d->part = openat(d->folder, PART, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
		if (d->part >= 0 && fetcher_ask(d->control, &d->queue[0], d->part) == 0)
			return;
		close_part(d);
		failed_add(d, d->queue[0].build_id);
		take_first(d);
	}
}

static void on_answer(void *context, int fd, uint32_t events)
{
	struct debuginfo *d = context;
	int result, r = fetcher_take(fd, &result);

	(void)events;
	if (r == -EAGAIN)
		return;
	if (r < 0 || !d->queued) {
		lose_fetcher(d);
		close_part(d);
		return;
	}
	if (result == 0 && renameat(d->folder, PART, d->folder, d->queue[0].build_id) < 0)
		result = -errno;
	if (result < 0)
		failed_add(d, d->queue[0].build_id);
	close_part(d);
	take_first(d);
	trim(d);
	pump(d);
}

int debuginfo_attach(struct debuginfo *d, struct loop *loop, const char *state)
{
	_cleanup_close_ int parent = open(state, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (parent < 0 || (mkdirat(parent, FOLDER, 0700) < 0 && errno != EEXIST))
		return -errno;
	d->folder = openat(parent, FOLDER, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (d->folder < 0 || fcntl(d->control, F_SETFL, O_NONBLOCK) < 0)
		return -errno;
	close_part(d); /* of a daemon that was killed */
	trim(d);
	int r = loop_add_fd(loop, d->control, EPOLLIN, on_answer, d);
	if (r == 0)
		d->loop = loop;
	return r;
}

void debuginfo_stop(struct debuginfo *d)
{
	if (!d)
		return;
	if (d->control >= 0 && d->loop)
		loop_remove_fd(d->loop, d->control);
	if (d->control >= 0)
		close(d->control);
	waitpid(d->fetcher, NULL, 0);
	if (d->folder >= 0) {
		close_part(d);
		close(d->folder);
	}
	free(d);
}

/* "/.build-id/ab/cdef.debug" to "abcdef". */
static bool read_path(const char *path, char build_id[BUILD_ID])
{
	static const char before[] = "/.build-id/", after[] = ".debug";
	const char *hex = path + strlen(before);

	if (strncmp(path, before, strlen(before)) != 0 || strspn(hex, HEX) != 2 || hex[2] != '/')
		return false;
	size_t rest = strspn(hex + 3, HEX);
	if (rest % 2 || 2 + rest >= BUILD_ID || strcmp(hex + 3 + rest, after) != 0)
		return false;
	snprintf(build_id, BUILD_ID, "%.2s%.*s", hex, (int)rest, hex + 3);
	return true;
}

static int want(struct debuginfo *d, const char *build_id)
{
	const struct failed *failed = failed_find(d, build_id);

	for (unsigned i = 0; i < d->queued; i++)
		if (strcmp(d->queue[i].build_id, build_id) == 0)
			return -EINPROGRESS;
	if (!failed || failed->until > clock_boottime() || d->queued == DEBUGINFO_QUEUE)
		return -EAGAIN;
	memcpy(d->queue[d->queued++].build_id, build_id, BUILD_ID);
	pump(d);
	return d->queued ? -EINPROGRESS : -EAGAIN;
}

int debuginfo_open(struct debuginfo *d, const char *path)
{
	char build_id[BUILD_ID];

	if (!d || !d->loop || !read_path(path, build_id))
		return -ENOENT;
	int fd = openat(d->folder, build_id, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	return fd >= 0 ? fd : d->control < 0 ? -ENOENT : want(d, build_id);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Which files and roots are kept for how long, and where a file is looked for. */
#include "host/files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>
#include <uthash.h>

#include "base/cleanup.h"
#include "host/internal.h"

/* In the order in which they came. */
struct kept {
	uint64_t key[2]; /* device, inode, as the probes tell them */
	uint64_t used;
	uint64_t looked; /* the round's time: a file without descriptor is looked at once in each */
	uint64_t mtime;
	uint32_t mount_ns;
	int fd; /* -1: not kept, as it is still where it was, on a file system that must not be pinned */
	UT_hash_handle hh;
};

struct space {
	uint32_t mount_ns;
	uint64_t used;
	struct root root;
	UT_hash_handle hh;
};

struct files {
	unsigned limit;
	uint64_t now;
	unsigned place, turn; /* of a process in the round; of the first whose libraries are looked at */
	uint32_t own_ns;
	struct root own;
	struct kept *kept;
	struct space *spaces; /* other mount namespaces */
};

int files_new(struct files **ret, unsigned limit)
{
	struct files *files = calloc(1, sizeof(*files));
	struct rlimit most;

	if (!files)
		return -ENOMEM;
	if (getrlimit(RLIMIT_NOFILE, &most) == 0 && most.rlim_cur / 8 < limit)
		limit = (unsigned)(most.rlim_cur / 8);
	files->limit = limit;
	files->own_ns = process_mount_ns((uint32_t)getpid());
	files->own = (struct root){.fd = -1, .mounts = -1};
	if (root_open((uint32_t)getpid(), &files->own) < 0)
		files->own.fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	*ret = files;
	return 0;
}

static void kept_drop(struct files *files, struct kept *kept)
{
	HASH_DEL(files->kept, kept);
	if (kept->fd >= 0)
		close(kept->fd);
	free(kept);
}

static void space_drop(struct files *files, struct space *space)
{
	HASH_DEL(files->spaces, space);
	root_close(&space->root);
	free(space);
}

void files_free(struct files *files)
{
	if (!files)
		return;
	while (files->kept)
		kept_drop(files, files->kept);
	while (files->spaces)
		space_drop(files, files->spaces);
	root_close(&files->own);
	free(files);
}

static struct kept *kept_find(const struct files *files, uint32_t device, uint64_t inode)
{
	const uint64_t key[2] = {device, inode};
	struct kept *kept;

	HASH_FIND(hh, files->kept, key, sizeof(key), kept);
	return kept;
}

/* NULL when there is no room: programs that begin drive the oldest out, others do not. */
static struct kept *kept_add(
	struct files *files, uint32_t device, uint64_t inode, uint32_t mount_ns, bool begins)
{
	struct kept *kept;

	if (HASH_COUNT(files->kept) >= files->limit && !(begins && files->kept))
		return NULL;
	kept = calloc(1, sizeof(*kept));
	if (!kept)
		return NULL;
	if (HASH_COUNT(files->kept) >= files->limit)
		kept_drop(files, files->kept);
	kept->key[0] = device;
	kept->key[1] = inode;
	kept->mount_ns = mount_ns;
	kept->fd = -1;
	HASH_ADD(hh, files->kept, key, sizeof(kept->key), kept);
	return kept;
}

/* Takes over fd, or closes it. */
static void keep(struct kept *kept, const struct root *root, int fd)
{
	struct stat st;

	if (fd < 0)
		return;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
		(st.st_nlink == 0 || (root && file_mount_id(fd) == root->mount_id))) {
		kept->mtime = file_mtime(&st);
		kept->fd = fd;
	} else {
		close(fd);
	}
}

static struct space *space_find(const struct files *files, uint32_t mount_ns)
{
	struct space *space;

	HASH_FIND(hh, files->spaces, &mount_ns, sizeof(mount_ns), space);
	return space;
}

static struct space *space_add(struct files *files, uint32_t mount_ns)
{
	struct space *space = calloc(1, sizeof(*space));

	if (!space)
		return NULL;
	if (HASH_COUNT(files->spaces) >= files->limit)
		space_drop(files, files->spaces);
	space->mount_ns = mount_ns;
	space->root.fd = space->root.mounts = -1;
	HASH_ADD(hh, files->spaces, mount_ns, sizeof(space->mount_ns), space);
	return space;
}

/* The root of a process's namespace, looked at once a round: it may have been put in place since. That of a
 * chroot makes way for the namespace's own. */
static struct space *space_of(struct files *files, const struct running *process)
{
	struct space *space = space_find(files, process->mount_ns);
	struct root root;

	if (space && space->used == files->now)
		return space;
	if (space && !root_differs(&space->root, process->pid)) {
		space->used = files->now;
		if (!space->root.prefix[0])
			return space;
	}
	if (root_open(process->pid, &root) < 0)
		return space;
	/* In this order: a number of a process that has gone may be another's. */
	if (process_mount_ns(process->pid) != process->mount_ns || (space && root.prefix[0])) {
		root_close(&root);
		return space;
	}
	if (!space)
		space = space_add(files, process->mount_ns);
	if (!space) {
		root_close(&root);
		return NULL;
	}
	root_close(&space->root);
	space->root = root;
	space->used = files->now;
	return space;
}

static const struct root *root_of(struct files *files, const struct running *process)
{
	struct space *space;

	if (!process->mount_ns || process->mount_ns == files->own_ns)
		return &files->own;
	space = space_of(files, process);
	return space ? &space->root : NULL;
}

static void note(struct files *files, const struct running *process, const struct root *root, bool begins)
{
	struct kept *kept = kept_find(files, process->device, process->inode);

	if (!kept)
		kept = kept_add(files, process->device, process->inode, process->mount_ns, begins);
	if (!kept)
		return;
	kept->used = files->now;
	if (kept->fd >= 0 || (kept->looked == files->now && !begins))
		return;
	kept->looked = files->now;
	keep(kept, root, process_open_exe(process, root));
}

void files_exec(struct files *files, const struct running *process, uint64_t now)
{
	if (!files->limit || !process->inode)
		return;
	files->now = now;
	note(files, process, root_of(files, process), true);
}

struct look {
	struct files *files;
	const struct root *root;
	const struct running *process;
};

static void on_deleted(void *context, uint32_t device, uint64_t inode, int dir, const char *name)
{
	const struct look *look = context;
	struct kept *kept = kept_find(look->files, device, inode);

	if (!kept)
		kept = kept_add(look->files, device, inode, look->process->mount_ns, false);
	if (!kept)
		return;
	kept->used = look->files->now;
	if (kept->fd < 0 && !mounts_may_hang(look->root ? look->root->mounts : -1, device, NULL)) {
		_cleanup_close_ int place = openat(dir, name, O_PATH | O_CLOEXEC);
		if (place >= 0)
			keep(kept, look->root, file_open(place));
	}
}

void files_round_begin(struct files *files, uint64_t now)
{
	files->now = now;
	files->place = 0;
}

void files_round_process(struct files *files, const struct running *process)
{
	const struct root *root;

	if (!files->limit || !process->inode)
		return;
	root = root_of(files, process);
	note(files, process, root, false);
	if (files->place++ - files->turn < FILES_PER_ROUND)
		process_deleted(process->pid, on_deleted, &(struct look){files, root, process});
}

static bool is_old(const struct files *files, uint64_t used, uint64_t most)
{
	return files->now > used && files->now - used > most;
}

void files_round_end(struct files *files)
{
	/* Libraries are seen only when the turn is their process's. */
	uint64_t libraries = FILES_KEEP + FILES_ROUND * (2 + files->place / FILES_PER_ROUND);
	struct kept *kept, *next_kept;
	struct space *space, *next_space;

	files->turn = files->turn + FILES_PER_ROUND < files->place ? files->turn + FILES_PER_ROUND : 0;
	HASH_ITER (hh, files->kept, kept, next_kept) {
		if (is_old(files, kept->used, kept->looked ? FILES_KEEP : libraries))
			kept_drop(files, kept);
	}
	HASH_ITER (hh, files->spaces, space, next_space) {
		if (is_old(files, space->used, FILES_KEEP))
			space_drop(files, space);
	}
}

/* A file that stat tells another device of, by inode and time, among those of its namespace. */
static struct kept *kept_alike(const struct files *files, const struct mapped_file *file)
{
	struct kept *kept, *next;

	HASH_ITER (hh, files->kept, kept, next) {
		if (kept->fd >= 0 && kept->key[1] == file->inode && kept->mtime == file->mtime &&
			kept->mount_ns == file->mount_ns)
			return kept;
	}
	return NULL;
}

int files_open(struct files *files, const struct mapped_file *file)
{
	struct kept *kept = file->inode ? kept_find(files, file->device, file->inode) : NULL;
	bool own = !file->mount_ns || file->mount_ns == files->own_ns;
	struct space *space = own ? NULL : space_find(files, file->mount_ns);
	int fd = -ENOENT;

	if (kept && kept->fd >= 0)
		return fcntl(kept->fd, F_DUPFD_CLOEXEC, 0);
	if (space)
		fd = root_open_file(&space->root, file);
	/* In a namespace whose root is not known most files are this one's, if they prove to be the same. */
	if (fd < 0 && (own || file->inode))
		fd = root_open_file(&files->own, file);
	if (fd < 0 && file->inode && file->mtime) {
		kept = kept_alike(files, file);
		fd = kept ? fcntl(kept->fd, F_DUPFD_CLOEXEC, 0) : fd;
	}
	return fd;
}

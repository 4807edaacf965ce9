/* SPDX-License-Identifier: Apache-2.0 */
/* Roots of processes, and files below them. */
#include "host/host.h"
#include "host/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/id.h"

#define PROC_PATH  64
#define DEVICE(st) (major((st)->st_dev) << 20 | minor((st)->st_dev))

static uint64_t mount_id(int fd, const char *path, int flags)
{
	struct statx st;

	if (statx(fd, path, flags | AT_NO_AUTOMOUNT | AT_STATX_DONT_SYNC, STATX_MNT_ID, &st) < 0 ||
		!(st.stx_mask & STATX_MNT_ID))
		return 0;
	return st.stx_mnt_id;
}

uint64_t file_mount_id(int fd)
{
	return mount_id(fd, "", AT_EMPTY_PATH);
}

uint64_t file_mtime(const struct stat *st)
{
	return (uint64_t)st->st_mtim.tv_sec * NS_PER_SEC + (uint64_t)st->st_mtim.tv_nsec;
}

bool file_is(const struct stat *st, uint32_t device, uint64_t inode, uint64_t mtime)
{
	bool same_device = DEVICE(st) == device;

	return st->st_ino == inode && (same_device || (mtime && file_mtime(st) == mtime));
}

uint32_t process_mount_ns(uint32_t pid)
{
	char path[PROC_PATH];
	struct stat st;

	snprintf(path, sizeof(path), "/proc/%u/ns/mnt", pid);
	return stat(path, &st) < 0 ? 0 : (uint32_t)st.st_ino;
}

int root_open(uint32_t pid, struct root *ret)
{
	char path[PROC_PATH];
	ssize_t n;

	ret->mounts = -1;
	snprintf(path, sizeof(path), "/proc/%u/root", pid);
	n = readlink(path, ret->prefix, sizeof(ret->prefix));
	if (n < 0)
		return -errno;
	if (n == 0 || n == sizeof(ret->prefix))
		return -ENAMETOOLONG;
	ret->prefix[n > 1 ? n : 0] = '\0';
	ret->fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (ret->fd < 0)
		return -errno;
	snprintf(path, sizeof(path), "/proc/%u/mountinfo", pid);
	ret->mounts = open(path, O_RDONLY | O_CLOEXEC);
	ret->mount_id = file_mount_id(ret->fd);
	return 0;
}

void root_close(struct root *root)
{
	if (root->fd >= 0)
		close(root->fd);
	if (root->mounts >= 0)
		close(root->mounts);
	root->fd = root->mounts = -1;
}

bool root_differs(const struct root *root, uint32_t pid)
{
	char path[PROC_PATH];

	snprintf(path, sizeof(path), "/proc/%u/root", pid);
	return mount_id(AT_FDCWD, path, 0) != root->mount_id;
}

int file_open(int place)
{
	char path[PROC_PATH];
	struct stat st;
	int fd;

	if (fstat(place, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", place);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	return fd < 0 ? -errno : fd;
}

static int check(int fd, const struct mapped_file *file)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -errno;
	if (file->inode && !file_is(&st, file->device ? file->device : DEVICE(&st), file->inode, file->mtime))
		return -ESTALE; /* replaced since it was mapped */
	return file->owner == MAPPED_ANY_OWNER || file->owner == st.st_uid ? 0 : -EPERM;
}

int root_open_file(const struct root *root, const struct mapped_file *file)
{
	size_t prefix = strlen(root->prefix);
	/* A path of the kernel's has no links left in it; one that has them now is another file. */
	enum links links = file->inode ? LINKS_NONE : LINKS_ALL;
	_cleanup_close_ int place = -1;
	int r;

	if (strncmp(file->path, root->prefix, prefix) != 0 || file->path[prefix] != '/')
		return -ENOENT;
	place = root_find(root, file->device, file->path + prefix, links);
	if (place < 0)
		return place;
	r = check(place, file);
	return r < 0 ? r : file_open(place);
}

int host_open_file(const char *path, uint64_t inode)
{
	const struct mapped_file file = {.path = path, .inode = inode, .owner = MAPPED_ANY_OWNER};
	struct root root = {.fd = -1, .mounts = -1};
	int fd = root_open((uint32_t)getpid(), &root);

	if (fd == 0)
		fd = root_open_file(&root, &file);
	root_close(&root);
	return fd;
}

int host_link(const char *path, char *buf, size_t size)
{
	struct root root = {.fd = -1, .mounts = -1};
	int r = root_open((uint32_t)getpid(), &root);
	_cleanup_close_ int place = r < 0 ? r : root_find(&root, 0, path, LINKS_BEFORE);
	ssize_t len = place < 0 ? -1 : readlinkat(place, "", buf, size - 1);

	root_close(&root);
	if (len < 0)
		return place < 0 ? place : -EINVAL;
	buf[len] = '\0';
	return 0;
}

bool host_may_hang(const char *path)
{
	struct root root = {.fd = -1, .mounts = -1};
	int r = root_open((uint32_t)getpid(), &root);
	_cleanup_close_ int place = r < 0 ? r : root_find(&root, 0, path, LINKS_ALL);

	root_close(&root);
	return place == -EREMOTE;
}

int process_open_exe(const struct running *process, const struct root *root)
{
	char path[PROC_PATH];
	struct stat st;
	int fd;

	if (mounts_may_hang(root ? root->mounts : -1, process->device, NULL))
		return -EREMOTE;
	snprintf(path, sizeof(path), "/proc/%u/exe", process->pid);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) ||
		!file_is(&st, process->device, process->inode, process->mtime)) {
		close(fd);
		return -ESTALE;
	}
	return fd;
}

uint64_t host_exe_content(uint32_t pid, uint32_t device, uint64_t mtime)
{
	char path[PROC_PATH], page[4096];
	_cleanup_close_ int mounts = -1, fd = -1;
	struct stat st;
	uint64_t size, hash;
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%u/mountinfo", pid);
	mounts = open(path, O_RDONLY | O_CLOEXEC);
	if (mounts < 0 || mounts_may_hang(mounts, device, NULL))
		return 0;
	snprintf(path, sizeof(path), "/proc/%u/exe", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || file_mtime(&st) != mtime)
		return 0;
	n = pread(fd, page, sizeof(page), 0);
	if (n <= 0)
		return 0;
	size = (uint64_t)st.st_size;
	hash = id_hash(id_hash(1, &size, sizeof(size)), page, (size_t)n);
	return hash ? hash : 1;
}

/* proc(5): "START-END PERMS OFFSET MAJOR:MINOR INODE PATH (deleted)". A path may have anything in it, but for
 * line ends, which are escaped. */
static void deleted_line(char *line, int dir, process_deleted_fn fn, void *context)
{
	static const char mark[] = " (deleted)\n";
	size_t length = strlen(line), tail = sizeof(mark) - 1;
	char *at = line, *fields[5] = {0}, *minor_number;
	uint32_t device;

	if (length < tail || strcmp(line + length - tail, mark) != 0)
		return;
	for (unsigned n = 0; n < 5 && at; n++)
		fields[n] = strsep(&at, " ");
	if (!at || strlen(fields[1]) != 4 || fields[1][2] != 'x')
		return;
	device = (uint32_t)strtoul(fields[3], &minor_number, 16) << 20;
	if (*minor_number != ':')
		return;
	device |= (uint32_t)strtoul(minor_number + 1, NULL, 16);
	fn(context, device, strtoul(fields[4], NULL, 10), dir, fields[0]);
}

void process_deleted(uint32_t pid, process_deleted_fn fn, void *context)
{
	char path[PROC_PATH], line[4096 + 128];
	FILE *maps;
	int dir;

	snprintf(path, sizeof(path), "/proc/%u/maps", pid);
	maps = fopen(path, "re");
	if (!maps)
		return;
	snprintf(path, sizeof(path), "/proc/%u/map_files", pid);
	dir = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	while (dir >= 0 && fgets(line, sizeof(line), maps))
		deleted_line(line, dir, fn, context);
	if (dir >= 0)
		close(dir);
	fclose(maps);
}

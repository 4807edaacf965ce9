/* SPDX-License-Identifier: Apache-2.0 */
/* What files.c needs of single processes and of the file system. */
#ifndef LW_HOST_INTERNAL_H
#define LW_HOST_INTERNAL_H

#include <stdbool.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "model/mapped.h"

#define ROOT_PREFIX 256

/* The root directory of a process. */
struct root {
	int fd;     /* O_PATH */
	int mounts; /* mountinfo of its mount namespace */
	uint64_t mount_id;
	char prefix[ROOT_PREFIX]; /* of a chroot: where it is in its mount namespace; else empty */
};

/* Returns 0 or -errno. */
int root_open(uint32_t pid, struct root *ret);
void root_close(struct root *root);
/* Whether the process has another one. */
bool root_differs(const struct root *root, uint32_t pid);
/* Finds what is at path below root, as O_PATH: the file is not opened, and nothing is touched that may never
 * answer (device as below), wherever links lead. Returns a descriptor, perhaps of a link, or -errno, -EREMOTE
 * for the latter. */
enum links { LINKS_NONE, LINKS_BEFORE /* all but the last part */, LINKS_ALL };
int root_find(const struct root *root, uint32_t device, const char *path, enum links links);
/* Whether nobody but root, or who runs this, can put something else at that path or into that folder. */
bool root_guards(const struct root *root, const char *folder);
/* Opens a file by its path in the mount namespace of root, as files_open. */
int root_open_file(const struct root *root, const struct mapped_file *file);

/* Whether the file system of device (0: not known), or of path below the root (NULL: not asked), is one that
 * another process or machine answers for: to touch it may take for ever. mounts is a mountinfo; nothing else
 * is touched. */
bool mounts_may_hang(int mounts, uint32_t device, const char *path);

/* Opens what an O_PATH descriptor, which stays open, stands for, if it is a regular file: to open another may
 * have effects. Returns a descriptor or -errno. */
int file_open(int place);

/* Whether it has nothing that would end a word or a line of a list of packages. */
bool environment_is_plain(const char *name);
/* What npm has installed in the folder, as environment_read. */
int environment_npm(const struct root *root, const char *home, struct buf *out, uint64_t *ret_changed);

/* The inode number of the process's mount namespace; 0: the process has gone. */
uint32_t process_mount_ns(uint32_t pid);
/* Opens what the process runs, if it is that file. root is the process's. Returns a descriptor or -errno. */
int process_open_exe(const struct running *process, const struct root *root);
/* Calls fn for each executable mapping of a file that was deleted; name, below the folder dir, opens it. */
typedef void (*process_deleted_fn)(void *context, uint32_t device, uint64_t inode, int dir, const char *name);
void process_deleted(uint32_t pid, process_deleted_fn fn, void *context);

/* Whether st is that file; mtime: see struct mapped_file. */
bool file_is(const struct stat *st, uint32_t device, uint64_t inode, uint64_t mtime);
uint64_t file_mtime(const struct stat *st);
/* 0 when it cannot be told. */
uint64_t file_mount_id(int fd);
/* Reads a file of the kernel's below the folder dir into out, with a NUL behind it; what does not fit is left
 * out. Returns its bytes or -errno. */
ssize_t file_read_at(int dir, const char *name, char *out, size_t room);

#endif

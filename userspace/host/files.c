/* SPDX-License-Identifier: Apache-2.0 */
/* Files that observed processes had mapped. */
#include "host/host.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

int host_open_file(const char *path, uint64_t inode)
{
	/* A path of the kernel's has no links left in it; one that has them now is another file. */
	struct open_how how = {
		.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY,
		.resolve = RESOLVE_NO_MAGICLINKS | (inode ? RESOLVE_NO_SYMLINKS : 0),
	};
	if (host_path_may_hang(path))
		return -EREMOTE;
	int fd = (int)syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof(how));
	struct stat st;
	int r = 0;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) < 0)
		r = -errno;
	else if (!S_ISREG(st.st_mode))
		r = -EINVAL;
	/* Replaced since it was mapped. The device is not compared: on overlay and btrfs stat tells another
	 * one. */
	else if (inode && st.st_ino != inode)
		r = -ESTALE;
	if (r < 0) {
		close(fd);
		return r;
	}
	return fd;
}

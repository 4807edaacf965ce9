/* SPDX-License-Identifier: Apache-2.0 */
/* The vDSO as a file. */
#include "symbolize/vdso.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <unistd.h>

#define VDSO_MAX 65536

/* Its headers of sections come last. */
static size_t vdso_size(const Elf64_Ehdr *header)
{
	size_t end = header->e_shoff + (size_t)header->e_shnum * header->e_shentsize;

	return end < VDSO_MAX ? end : 0;
}

/* The helper gets this very descriptor: what is written stays. */
static int fill(int fd, const void *bytes, size_t size)
{
	if (write(fd, bytes, size) != (ssize_t)size)
		return -EIO;
	return fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) < 0 ? -errno
												    : 0;
}

int vdso_open(void)
{
	const Elf64_Ehdr *header = (const Elf64_Ehdr *)getauxval(AT_SYSINFO_EHDR);
	size_t size = header ? vdso_size(header) : 0;

	if (!size)
		return -ENOENT;
	int fd = memfd_create("vdso", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd < 0)
		return -errno;
	int r = fill(fd, header, size);
	if (r < 0) {
		close(fd);
		return r;
	}
	return fd;
}

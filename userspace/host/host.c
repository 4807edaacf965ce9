/* SPDX-License-Identifier: Apache-2.0 */
/* Facts about this host and this process. */
#include "host/host.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"

/* The first line of a small file; empty when it cannot be read. */
static void read_line(const char *path, char *line, size_t size)
{
	_cleanup_fclose_ FILE *file = fopen(path, "re");

	line[0] = '\0';
	if (file && fgets(line, (int)size, file))
		line[strcspn(line, "\n")] = '\0';
}

void host_describe(struct record_host *ret)
{
	struct utsname names;

	memset(ret, 0, sizeof(*ret));
	if (gethostname(ret->name, sizeof(ret->name) - 1) < 0)
		ret->name[0] = '\0';
	if (uname(&names) == 0) {
		text_copy(ret->machine, sizeof(ret->machine), names.machine);
		text_copy(ret->release, sizeof(ret->release), names.release);
	}
	read_line("/proc/sys/kernel/random/boot_id", ret->boot_id, sizeof(ret->boot_id));
	read_line("/proc/sys/kernel/core_pattern", ret->core_pattern, sizeof(ret->core_pattern));
}

#define BIT_SYS_ADMIN (1ull << CAP_SYS_ADMIN)

const char *host_missing_capability(void)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2] = {0};
	uint64_t effective;

	if (syscall(SYS_capget, &head, data) < 0)
		return NULL;
	effective = data[0].effective | (uint64_t)data[1].effective << 32;
	/* CAP_BPF and CAP_PERFMON would do for loading, but not for reading the kernel's type information by
	 * id. */
	return effective & BIT_SYS_ADMIN ? NULL : "CAP_SYS_ADMIN";
}

int host_group(const char *name, gid_t *ret)
{
	struct group *group = getgrnam(name);
	uint64_t number;

	if (group) {
		*ret = group->gr_gid;
		return 0;
	}
	if (text_parse_u64(name, UINT32_MAX - 1, &number) < 0)
		return -ENOENT;
	*ret = (gid_t)number;
	return 0;
}

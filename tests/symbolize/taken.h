/* SPDX-License-Identifier: Apache-2.0 */
/* Snapshots of stopped processes by ptrace, as the probes take them in the kernel. For tests. */
#ifndef LW_TEST_TAKEN_H
#define LW_TEST_TAKEN_H

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <unistd.h>

#include "symbolize/symbolize.h"

#define RED_ZONE  128
#define STACK_GAP 16 /* pages */

struct taken {
	struct snapshot snapshot;
	struct snapshot_map maps[SNAPSHOT_MAPS];
	char paths[SNAPSHOT_MAPS][SNAPSHOT_PATH];
	uint8_t stack[SNAPSHOT_STACK];
	pid_t pid;
	const char *debug_folder; /* NULL: there is none */
};

static inline void taken_registers(struct snapshot *snapshot, const struct user_regs_struct *regs)
{
	const unsigned long long in_order[] = {regs->rax, regs->rdx, regs->rcx, regs->rbx, regs->rsi,
		regs->rdi, regs->rbp, regs->rsp, regs->r8, regs->r9, regs->r10, regs->r11, regs->r12,
		regs->r13, regs->r14, regs->r15, regs->rip};

	snapshot->arch = SNAPSHOT_X86_64;
	for (unsigned i = 0; i < sizeof(in_order) / sizeof(in_order[0]); i++) {
		snapshot->registers[i] = in_order[i];
		snapshot->known |= 1ull << i;
	}
	snapshot->pc = regs->rip;
	snapshot->sp = regs->rsp;
}

static inline void taken_maps(struct taken *taken, pid_t pid)
{
	char path[64], line[1024], rights[8];
	unsigned major_number, minor_number;

	snprintf(path, sizeof(path), "/proc/%d/maps", pid);
	FILE *file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file) && taken->snapshot.map_count < SNAPSHOT_MAPS) {
		struct snapshot_map map = {.start = 0};
		char *name = taken->paths[taken->snapshot.map_count];
		*name = '\0';
		if (sscanf(line, "%lx-%lx %7s %lx %x:%x %lu %511[^\n]", &map.start, &map.end, rights,
			    &map.offset, &major_number, &minor_number, &map.inode, name) < 7 ||
			rights[2] != 'x' || strcmp(name, "[vsyscall]") == 0)
			continue;
		map.device = major_number << 20 | minor_number;
		map.vdso = strcmp(name, "[vdso]") == 0;
		taken->maps[taken->snapshot.map_count++] = map;
	}
	if (file)
		fclose(file);
	taken->snapshot.maps = taken->maps;
}

/* As much of the stack as there is from the red zone up. A stack that overflowed begins above sp: what is
 * below is not mapped. */
static inline void taken_stack(struct taken *taken, pid_t pid)
{
	struct snapshot *snapshot = &taken->snapshot;
	size_t size = 0;
	unsigned skipped = 0;

	snapshot->stack_start = snapshot->sp - RED_ZONE;
	while (size < SNAPSHOT_STACK) {
		uint64_t at = snapshot->stack_start + size;
		size_t want =
			4096 - at % 4096 < SNAPSHOT_STACK - size ? 4096 - at % 4096 : SNAPSHOT_STACK - size;
		struct iovec here = {taken->stack + size, want}, there = {(void *)at, want};
		ssize_t got = process_vm_readv(pid, &here, 1, &there, 1, 0);
		if (got > 0)
			size += (size_t)got;
		else if (!size && skipped++ < STACK_GAP)
			snapshot->stack_start += want;
		else
			break;
	}
	snapshot->stack_size = (uint32_t)size;
	snapshot->stack = taken->stack;
}

/* Of a process (or thread) that ptrace has stopped. */
static inline int taken_take(struct taken *taken, pid_t pid)
{
	struct user_regs_struct regs;

	memset(&taken->snapshot, 0, sizeof(taken->snapshot));
	taken->pid = pid;
	if (ptrace(PTRACE_GETREGS, pid, NULL, &regs) < 0)
		return -errno;
	taken_registers(&taken->snapshot, &regs);
	taken_maps(taken, pid);
	taken_stack(taken, pid);
	return 0;
}

/* A symbolizer_open_fn; context is a struct taken. */
static inline int taken_open(void *context, uint32_t device, uint64_t inode, const char *debug)
{
	struct taken *taken = context;
	char path[2 * SNAPSHOT_PATH];

	if (debug && strcmp(debug, SYMBOLIZER_PERF_MAP) == 0) {
		snprintf(path, sizeof(path), "/tmp/perf-%d.map", taken->pid);
		int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
		return fd < 0 ? -errno : fd;
	}
	if (debug && debug[0] == '/' && !taken->debug_folder)
		return -ENOENT;
	for (unsigned i = 0; i < taken->snapshot.map_count; i++) {
		const char *file = taken->paths[i];
		if (taken->maps[i].inode != inode || taken->maps[i].device != device)
			continue;
		if (!debug)
			snprintf(path, sizeof(path), "%s", file);
		else if (debug[0] == '/')
			snprintf(path, sizeof(path), "%s%s", taken->debug_folder, debug);
		else
			snprintf(path, sizeof(path), "%.*s%s", (int)(strrchr(file, '/') + 1 - file), file,
				debug);
		int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
		return fd < 0 ? -errno : fd;
	}
	return -ENOENT;
}

#endif

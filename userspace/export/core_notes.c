/* SPDX-License-Identifier: Apache-2.0 */
/* The notes of a core file, in the kernel's order and layout (fs/binfmt_elf.c), for 64 bits. */
#include "export/core_internal.h"

#include <elf.h>
#include <string.h>

#define X86_PT_REGS   21
#define ARM64_PT_REGS 34

/* <linux/elfcore.h>; registers and an int that says whether there are those of the FPU follow. */
struct status {
	int32_t signal, code, error;
	int16_t current_signal, pad;
	uint64_t pending, held;
	uint32_t tid, ppid, group, session;
	uint64_t times[8];
};

struct process {
	char state, state_name, zombie, nice;
	uint32_t pad;
	uint64_t flags;
	uint32_t uid, gid;
	uint32_t pid, ppid, group, session;
	char name[16];
	char args[80];
};

struct signal_info {
	int32_t signal, error, code, pad;
	uint64_t address;
	uint8_t rest[104];
};

static void note(struct buf *out, const char *owner, uint32_t type, const void *bytes, size_t size)
{
	static const char zeros[4];
	Elf64_Nhdr head = {
		.n_namesz = (uint32_t)strlen(owner) + 1, .n_descsz = (uint32_t)size, .n_type = type};

	buf_append(out, &head, sizeof(head));
	buf_append(out, owner, head.n_namesz);
	buf_append(out, zeros, -head.n_namesz & 3);
	buf_append(out, bytes, size);
	buf_append(out, zeros, -size & 3);
}

/* x86: what struct user_regs_struct has behind struct pt_regs: fs_base gs_base ds es fs gs */
static void add_registers(struct buf *out, enum snapshot_arch arch, const struct remains_thread *t)
{
	const uint64_t more[6] = {t->bases[0], t->bases[1]};

	if (arch == SNAPSHOT_X86_64) {
		buf_append(out, t->registers, X86_PT_REGS * sizeof(uint64_t));
		buf_append(out, more, sizeof(more));
	} else {
		buf_append(out, t->registers, ARM64_PT_REGS * sizeof(uint64_t));
	}
	buf_append(out, &(uint64_t){0}, sizeof(uint64_t));
}

static void add_status(const struct remains *r, const struct remains_thread *t, struct buf *out)
{
	_cleanup_buf_ struct buf bytes = {0};
	const struct status status = {
		.signal = (int32_t)r->signal,
		.code = t == r->threads ? r->code : 0,
		.current_signal = (int16_t)r->signal,
		.tid = t->tid,
		.ppid = r->ppid,
		.group = r->pid,
		.session = r->pid,
	};

	buf_append(&bytes, &status, sizeof(status));
	add_registers(&bytes, r->arch, t);
	out->failed |= bytes.failed;
	note(out, "CORE", NT_PRSTATUS, buf_text(&bytes), bytes.len);
	if (r->arch == SNAPSHOT_AARCH64)
		note(out, "LINUX", NT_ARM_TLS, &t->bases[0], sizeof(t->bases[0]));
}

static void add_process(const struct remains *r, struct buf *out)
{
	struct process p = {.state_name = 'R',
		.uid = r->uid,
		.gid = r->gid,
		.pid = r->pid,
		.ppid = r->ppid,
		.group = r->pid};

	memcpy(p.name, r->comm, strnlen(r->comm, sizeof(p.name) - 1));
	for (size_t i = 0; i < sizeof(p.args) - 1 && i + 1 < r->args_len; i++)
		p.args[i] = r->args[i] ? r->args[i] : ' ';
	note(out, "CORE", NT_PRPSINFO, &p, sizeof(p));
}

static void add_auxv(const struct remains *r, struct buf *out)
{
	unsigned count = 0;

	while (count + 2 < SNAPSHOT_AUXV && r->auxv[count] != AT_NULL)
		count += 2;
	if (count)
		note(out, "CORE", NT_AUXV, r->auxv, (count + 2) * sizeof(r->auxv[0]));
}

static void add_file(struct buf *places, struct buf *names, const char *path, uint64_t start, uint64_t end,
	uint64_t offset, uint64_t *count)
{
	const uint64_t place[] = {start, end, offset / CORE_PAGE};

	if (end <= start)
		return;
	buf_append(places, place, sizeof(place));
	buf_append(names, path, strlen(path) + 1);
	++*count;
}

/* Only executable mappings are known; the others follow from the headers of the files. */
static void add_files(const struct core *core, struct buf *out)
{
	_cleanup_buf_ struct buf places = {0}, names = {0}, all = {0};
	uint64_t head[2] = {0, CORE_PAGE};

	for (unsigned i = 0; i < core->module_count; i++) {
		const struct core_module *m = &core->modules[i];
		const struct snapshot_map *map = &m->map->map;

		if (m->fd < 0 && map->inode)
			add_file(&places, &names, m->map->path, map->start, map->end, map->offset, &head[0]);
		for (unsigned k = 0; k < m->outline.segment_count; k++) {
			const struct outline_segment *s = &m->outline.segments[k];

			add_file(&places, &names, m->map->path, m->bias + PAGE_DOWN(s->vaddr),
				m->bias + PAGE_UP(s->vaddr + s->file_size), PAGE_DOWN(s->offset), &head[0]);
		}
	}
	buf_append(&all, head, sizeof(head));
	buf_append(&all, buf_text(&places), places.len);
	buf_append(&all, buf_text(&names), names.len);
	out->failed |= all.failed || places.failed || names.failed;
	if (head[0])
		note(out, "CORE", NT_FILE, buf_text(&all), all.len);
}

void core_notes(const struct core *core, struct buf *out)
{
	const struct remains *r = core->remains;
	const struct signal_info info = {
		.signal = (int32_t)r->signal, .code = r->code, .address = r->address};

	add_status(r, &r->threads[0], out);
	add_process(r, out);
	note(out, "CORE", NT_SIGINFO, &info, sizeof(info));
	add_auxv(r, out);
	add_files(core, out);
	for (unsigned i = 1; i < r->thread_count; i++)
		add_status(r, &r->threads[i], out);
}

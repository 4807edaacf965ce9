/* SPDX-License-Identifier: Apache-2.0 */
/* Puts the pieces of a core file in order and writes it. */
#include "export/core_internal.h"

#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

uint64_t core_auxv(const struct remains *remains, uint64_t type)
{
	for (unsigned i = 0; i + 1 < SNAPSHOT_AUXV && remains->auxv[i] != AT_NULL; i += 2)
		if (remains->auxv[i] == type)
			return remains->auxv[i + 1];
	return 0;
}

void *core_own(struct core *core, size_t size)
{
	void *bytes =
		core->owned_count < sizeof(core->owned) / sizeof(core->owned[0]) ? calloc(1, size) : NULL;

	if (bytes)
		core->owned[core->owned_count++] = bytes;
	else
		core->failed = true;
	return bytes;
}

void core_add(struct core *core, const struct core_piece *piece)
{
	if (piece->memory_size && piece->start + piece->memory_size > piece->start &&
		core->piece_count < CORE_PIECES)
		core->pieces[core->piece_count++] = *piece;
}

static int by_start(const void *a, const void *b)
{
	const struct core_piece *left = a, *right = b;

	return left->start < right->start ? -1 : left->start > right->start;
}

/* One byte of memory is in one piece: the end of an earlier one gives way. */
static void sort_pieces(struct core *core)
{
	qsort(core->pieces, core->piece_count, sizeof(core->pieces[0]), by_start);
	for (unsigned i = 0; i + 1 < core->piece_count; i++) {
		struct core_piece *piece = &core->pieces[i];
		uint64_t room = core->pieces[i + 1].start - piece->start;

		if (piece->memory_size > room)
			piece->memory_size = room;
		if (piece->size > room)
			piece->size = room;
	}
}

static void put_header(const struct core *core, struct buf *out)
{
	Elf64_Ehdr header = {
		.e_ident = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB, EV_CURRENT},
		.e_type = ET_CORE,
		.e_machine = core->remains->arch == SNAPSHOT_X86_64 ? EM_X86_64 : EM_AARCH64,
		.e_version = EV_CURRENT,
		.e_phoff = sizeof(header),
		.e_ehsize = sizeof(header),
		.e_phentsize = sizeof(Elf64_Phdr),
		.e_phnum = (Elf64_Half)(core->piece_count + 1),
	};

	buf_append(out, &header, sizeof(header));
}

static void put_program_headers(const struct core *core, size_t notes_size, struct buf *out)
{
	uint64_t offset = sizeof(Elf64_Ehdr) + (core->piece_count + 1) * sizeof(Elf64_Phdr);
	Elf64_Phdr header = {
		.p_type = PT_NOTE, .p_offset = offset, .p_filesz = notes_size, .p_align = sizeof(uint32_t)};

	buf_append(out, &header, sizeof(header));
	offset += notes_size;
	for (unsigned i = 0; i < core->piece_count; i++) {
		const struct core_piece *piece = &core->pieces[i];

		header = (Elf64_Phdr){.p_type = PT_LOAD,
			.p_flags = piece->flags,
			.p_offset = offset,
			.p_vaddr = piece->start,
			.p_filesz = piece->size,
			.p_memsz = piece->memory_size,
			.p_align = 1};
		buf_append(out, &header, sizeof(header));
		offset += piece->size;
	}
}

static int put(FILE *out, const void *bytes, size_t size)
{
	errno = 0;
	return !size || fwrite(bytes, size, 1, out) == 1 ? 0 : errno ? -errno : -EIO;
}

static int write_all(const struct core *core, FILE *out)
{
	_cleanup_buf_ struct buf head = {0}, notes = {0};
	int r;

	core_notes(core, &notes);
	put_header(core, &head);
	put_program_headers(core, notes.len, &head);
	if (head.failed || notes.failed)
		return -ENOMEM;
	r = put(out, head.data, head.len);
	if (r == 0)
		r = put(out, notes.data, notes.len);
	for (unsigned i = 0; r == 0 && i < core->piece_count; i++)
		r = put(out, core->pieces[i].bytes, core->pieces[i].size);
	return r;
}

int core_write(
	const struct remains *remains, core_open_fn open, void *context, FILE *out, unsigned *ret_absent)
{
	_cleanup_free_ struct core *core = calloc(1, sizeof(*core));
	int r;

	if (!core)
		return -ENOMEM;
	core->remains = remains;
	core_modules_find(core, open, context);
	core_stacks_pieces(core);
	core_modules_pieces(core, core_link_pieces(core));
	sort_pieces(core);
	r = core->failed ? -ENOMEM : write_all(core, out);
	core_modules_close(core);
	for (unsigned i = 0; i < core->owned_count; i++)
		free(core->owned[i]);
	if (r == 0)
		*ret_absent = core->absent;
	return r;
}

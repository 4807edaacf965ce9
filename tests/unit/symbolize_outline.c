/* SPDX-License-Identifier: Apache-2.0 */
/* Outlines of ELF files that are made here, byte by byte. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <elf.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "symbolize/outline.h"

#define NOTES 64

struct file {
	Elf64_Ehdr head;
	Elf64_Phdr headers[3];
	uint8_t notes[2][NOTES];
};

static void put_note(uint8_t *at, uint32_t type, const char name[4], uint32_t size)
{
	const Elf64_Nhdr head = {.n_namesz = 4, .n_descsz = size, .n_type = type};

	memcpy(at, &head, sizeof(head));
	memcpy(at + sizeof(head), name, 4);
	memset(at + sizeof(head) + 4, 0xab, size);
}

static struct file make(void)
{
	struct file f = {.head = {.e_ident = {0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB},
				 .e_machine = EM_X86_64,
				 .e_phoff = offsetof(struct file, headers),
				 .e_phentsize = sizeof(Elf64_Phdr),
				 .e_phnum = 3},
		.headers = {{.p_type = PT_LOAD, .p_filesz = sizeof(struct file)},
			{.p_type = PT_NOTE, .p_offset = offsetof(struct file, notes[0])},
			{.p_type = PT_NOTE, .p_offset = offsetof(struct file, notes[1])}}};

	return f;
}

static struct outline outline_of(const struct file *file)
{
	char path[] = "/tmp/lastwords-outline-XXXXXX";
	struct outline outline;
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	unlink(path);
	assert_int_equal(write(fd, file, sizeof(*file)), sizeof(*file));
	assert_int_equal(outlines_read(&fd, 1, &outline), 0);
	close(fd);
	return outline;
}

static void has_its_build_id(void **state)
{
	struct file file = make();
	struct outline outline;

	(void)state;
	file.headers[1].p_filesz = 56;
	put_note(file.notes[0], 9, "XYZ", 1);
	put_note(file.notes[0] + 20, NT_GNU_BUILD_ID, "GNU", 20);
	outline = outline_of(&file);
	assert_true(outline.known);
	assert_int_equal(outline.segment_count, 1);
	assert_int_equal(outline.build_id_size, 20);
	assert_int_equal(outline.build_id[19], 0xab);
}

/* The second notes end in the middle of a word. Behind them lies what was read before, of the first. */
static void notes_end_where_they_end(void **state)
{
	const Elf64_Nhdr too_long = {.n_namesz = 4, .n_descsz = NOTES, .n_type = 9};
	struct file file = make();

	(void)state;
	file.headers[1].p_filesz = 56;
	memcpy(file.notes[0], &too_long, sizeof(too_long));
	put_note(file.notes[0] + 20, NT_GNU_BUILD_ID, "GNU", 20);
	file.headers[2].p_filesz = 17;
	put_note(file.notes[1], 9, "XYZ", 1);
	assert_int_equal(outline_of(&file).build_id_size, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(has_its_build_id),
		cmocka_unit_test(notes_end_where_they_end),
	};

	return cmocka_run_group_tests_name("symbolize/outline", tests, NULL, NULL);
}

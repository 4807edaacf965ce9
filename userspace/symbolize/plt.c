/* SPDX-License-Identifier: Apache-2.0 */
/* Names for the stubs of the procedure linkage table: each jumps through a word that a relocation fills with
 * a function's address. */
#include <gelf.h>
#include <stdlib.h>
#include <string.h>

#include "symbolize/symbols.h"

#define STUB     16u /* bytes; also where one begins */
#define SLOT_MAX 65536u

struct slot {
	uint64_t address;
	const char *name;
};

struct slots {
	struct slot *list;
	size_t count;
};

static int compare_slots(const void *left, const void *right)
{
	const struct slot *a = left, *b = right;

	return a->address < b->address ? -1 : a->address > b->address;
}

/* Of one relocation section: the words that get the address of an imported function. */
static void add_slots(struct slots *slots, Elf *elf, Elf_Scn *section, const GElf_Shdr *header)
{
	Elf_Scn *table = elf_getscn(elf, header->sh_link);
	GElf_Shdr table_header;
	Elf_Data *data = elf_getdata(section, NULL), *symbols = table ? elf_getdata(table, NULL) : NULL;
	GElf_Rela rela;
	GElf_Sym symbol;

	if (!data || !symbols || !gelf_getshdr(table, &table_header))
		return;
	for (int i = 0; slots->count < SLOT_MAX && gelf_getrela(data, i, &rela); i++) {
		if (!GELF_R_SYM(rela.r_info) || !gelf_getsym(symbols, (int)GELF_R_SYM(rela.r_info), &symbol))
			continue;
		const char *name = elf_strptr(elf, table_header.sh_link, symbol.st_name);
		if (name && name[0])
			slots->list[slots->count++] = (struct slot){rela.r_offset, name};
	}
}

/* The word that the stub jumps through: jmp *disp32(%rip), or adrp x16; ldr x17, [x16, #offset]. 0: none. */
static uint64_t stub_slot(uint16_t machine, const uint8_t *code, uint64_t vaddr)
{
	uint32_t words[STUB / 4];
	int32_t displacement;

	if (machine == EM_X86_64) {
		for (size_t i = 0; i + 6 <= STUB; i++) {
			if (code[i] != 0xFF || code[i + 1] != 0x25)
				continue;
			memcpy(&displacement, code + i + 2, 4);
			return vaddr + i + 6 + (uint64_t)(int64_t)displacement;
		}
		return 0;
	}
	memcpy(words, code, sizeof(words));
	for (size_t i = 0; i + 1 < STUB / 4; i++) {
		if ((words[i] & 0x9F00001F) != 0x90000010 || (words[i + 1] & 0xFFC003FF) != 0xF9400211)
			continue;
		uint64_t pages = (words[i] >> 5 & 0x7FFFF) << 2 | (words[i] >> 29 & 3);
		uint64_t base = (vaddr & ~0xFFFull) + (uint64_t)((int64_t)(pages << 43) >> 31);
		return base + (words[i + 1] >> 10 & 0xFFF) * 8;
	}
	return 0;
}

static void add_stubs(struct symbols *symbols, const struct slots *slots, uint16_t machine, Elf_Scn *section,
	const GElf_Shdr *header)
{
	Elf_Data *data = elf_rawdata(section, NULL);
	const uint8_t *code = data ? data->d_buf : NULL;

	for (size_t at = 0; code && at + STUB <= data->d_size; at += STUB) {
		struct slot key = {.address = stub_slot(machine, code + at, header->sh_addr + at)};
		const struct slot *slot =
			bsearch(&key, slots->list, slots->count, sizeof(key), compare_slots);
		if (slot)
			symbols_add_one(symbols, &(struct symbol){.value = header->sh_addr + at,
							 .size = STUB,
							 .plt = true,
							 .name = slot->name});
	}
}

void symbols_add_plt(struct symbols *symbols, const struct image *image)
{
	static const char *const sections[] = {".plt", ".plt.sec", ".plt.got"};
	struct slots slots = {.list = malloc(SLOT_MAX * sizeof(struct slot))};
	Elf_Scn *section = NULL;
	GElf_Shdr header;
	GElf_Ehdr file;

	while (slots.list && (section = elf_nextscn(image->elf, section)))
		if (gelf_getshdr(section, &header) && header.sh_type == SHT_RELA &&
			header.sh_flags & SHF_ALLOC)
			add_slots(&slots, image->elf, section, &header);
	if (slots.list && slots.count && gelf_getehdr(image->elf, &file)) {
		qsort(slots.list, slots.count, sizeof(*slots.list), compare_slots);
		for (size_t i = 0; i < sizeof(sections) / sizeof(sections[0]); i++) {
			section = image_section(image, sections[i]);
			if (section && gelf_getshdr(section, &header) && header.sh_type == SHT_PROGBITS)
				add_stubs(symbols, &slots, file.e_machine, section, &header);
		}
	}
	free(slots.list);
}

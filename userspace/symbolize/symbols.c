/* SPDX-License-Identifier: Apache-2.0 */
/* A sorted index of a module's functions. */
#include "symbolize/symbols.h"

#include <gelf.h>
#include <stdlib.h>
#include <string.h>

#define WALK 32 /* symbols before an address that may enclose it */

void symbols_add_one(struct symbols *symbols, const struct symbol *symbol)
{
	if (symbols->count == symbols->room) {
		size_t room = symbols->room ? 2 * symbols->room : 1024;
		struct symbol *list =
			room <= SYMBOLS_MAX ? realloc(symbols->list, room * sizeof(*list)) : NULL;
		if (!list)
			return;
		symbols->list = list;
		symbols->room = room;
	}
	symbols->list[symbols->count++] = *symbol;
}

/* Public names before internal ones: fewer underscores in front; global, weak, local. */
static uint8_t rank(const char *name, unsigned binding)
{
	size_t underscores = strspn(name, "_");

	return (uint8_t)((underscores < 8 ? underscores : 8) * 4 +
			 (binding == STB_LOCAL ? 2 : binding == STB_WEAK));
}

static bool is_function(const struct image *image, const GElf_Sym *symbol)
{
	unsigned type = GELF_ST_TYPE(symbol->st_info);
	GElf_Shdr header;

	if (symbol->st_shndx == SHN_UNDEF ||
		(symbol->st_shndx >= SHN_LORESERVE && symbol->st_shndx != SHN_XINDEX))
		return false;
	if (type == STT_FUNC || type == STT_GNU_IFUNC)
		return true;
	/* Labels of assembly code. */
	return type == STT_NOTYPE && gelf_getshdr(elf_getscn(image->elf, symbol->st_shndx), &header) &&
	       header.sh_flags & SHF_EXECINSTR;
}

static void add_table(
	struct symbols *symbols, const struct image *image, Elf_Scn *section, const GElf_Shdr *header)
{
	Elf_Data *data = elf_getdata(section, NULL);
	size_t count = data && data->d_buf ? data->d_size / sizeof(Elf64_Sym) : 0;
	bool dynamic = header->sh_type == SHT_DYNSYM;
	GElf_Sym symbol;

	for (size_t i = 1; i < count && i <= SYMBOLS_MAX; i++) {
		if (!gelf_getsym(data, (int)i, &symbol) || !is_function(image, &symbol))
			continue;
		const char *name = elf_strptr(image->elf, header->sh_link, symbol.st_name);
		/* '$' begins the marks of code and data on arm. A label says nothing where most symbols were
		 * stripped. */
		if (!name || !name[0] || name[0] == '$' || (!symbol.st_size && dynamic))
			continue;
		symbols_add_one(symbols,
			&(struct symbol){
				.value = symbol.st_value,
				.size = symbol.st_size < UINT32_MAX ? (uint32_t)symbol.st_size : UINT32_MAX,
				.rank = rank(name, GELF_ST_BIND(symbol.st_info)),
				.label = !symbol.st_size,
				.name = name,
			});
	}
}

bool symbols_add(struct symbols *symbols, const struct image *image, uint32_t kind)
{
	Elf_Scn *section = NULL;
	GElf_Shdr header;
	bool found = false;

	while (image->elf && (section = elf_nextscn(image->elf, section))) {
		if (!gelf_getshdr(section, &header) || header.sh_type != kind)
			continue;
		add_table(symbols, image, section, &header);
		found = true;
	}
	return found;
}

static int compare(const void *left, const void *right)
{
	const struct symbol *a = left, *b = right;

	if (a->value != b->value)
		return a->value < b->value ? -1 : 1;
	if (a->label != b->label)
		return a->label ? -1 : 1; /* the search walks backwards: the better one comes last */
	if (a->rank != b->rank)
		return a->rank < b->rank ? 1 : -1;
	size_t left_length = strlen(a->name), right_length = strlen(b->name);
	if (left_length != right_length)
		return left_length < right_length ? 1 : -1;
	return strcmp(b->name, a->name);
}

void symbols_sort(struct symbols *symbols)
{
	if (symbols->count)
		qsort(symbols->list, symbols->count, sizeof(*symbols->list), compare);
}

const struct symbol *symbols_find(const struct symbols *symbols, uint64_t vaddr)
{
	size_t low = 0, high = symbols->count;
	const struct symbol *label = NULL;

	while (low < high) {
		size_t middle = (low + high) / 2;
		if (symbols->list[middle].value <= vaddr)
			low = middle + 1;
		else
			high = middle;
	}
	for (size_t i = low; i > 0 && low - i < WALK; i--) {
		const struct symbol *symbol = &symbols->list[i - 1];
		if (vaddr - symbol->value < symbol->size)
			return symbol;
		if (symbol->label && !label && i == low)
			label = symbol;
	}
	return label;
}

void symbols_free(struct symbols *symbols)
{
	free(symbols->list);
	*symbols = (struct symbols){.list = NULL};
}

/* SPDX-License-Identifier: Apache-2.0 */
/* The layout is that of Go's src/debug/gosym/pclntab.go and src/runtime/symtab.go. All offsets come from the
 * file. */
#include "symbolize/gotable.h"

#include <errno.h>
#include <gelf.h>
#include <string.h>

#include "base/text.h"

#define MAGIC_118 0xfffffff0u
#define MAGIC_120 0xfffffff1u

/* The description of a function: numbers of 32 bits. */
enum { ENTRY, NAME, ARGS, DEFERRETURN, PCSP, PCFILE, PCLN, NPCDATA, UNIT, START_LINE };

#define FLAG_TOP       1 /* the outermost of its stack */
#define FLAG_WRITES_SP 2

#define STEPS    65536u /* of one table of values */
#define FUNCTION 44u    /* bytes of a description, the variable part left out */

static uint32_t word(const struct gotable *table, uint64_t at)
{
	uint32_t value = 0;

	if (at <= table->size && table->size - at >= sizeof(value))
		memcpy(&value, table->bytes + at, sizeof(value));
	return value;
}

static uint64_t pointer(const struct gotable *table, unsigned index)
{
	uint64_t at = 8 + 8ull * index;

	return word(table, at) | (uint64_t)word(table, at + 4) << 32;
}

static const char *string(const struct gotable *table, uint64_t at)
{
	return at < table->size && memchr(table->bytes + at, '\0', table->size - at)
		       ? (const char *)table->bytes + at
		       : NULL;
}

static uint64_t text_address(const struct image *image)
{
	Elf_Scn *section = image_section(image, ".text");
	GElf_Shdr header;

	return section && gelf_getshdr(section, &header) ? header.sh_addr : 0;
}

void gotable_open(struct gotable *table, const struct image *image)
{
	static const char *const sections[] = {".gopclntab", ".data.rel.ro.gopclntab"};
	Elf_Data *data = NULL;
	uint64_t count;
	uint32_t magic;

	*table = (struct gotable){.bytes = NULL};
	for (size_t i = 0; i < sizeof(sections) / sizeof(sections[0]) && !data; i++)
		data = image_section_data(image, sections[i]);
	if (!data || data->d_size < 8 + 8 * 8)
		return;
	table->bytes = data->d_buf;
	table->size = data->d_size;
	magic = word(table, 0);
	count = pointer(table, 0);
	table->quantum = table->bytes[6];
	table->has_start_line = magic == MAGIC_120;
	/* Where the loader fills it in, it is not in the file. */
	table->text = pointer(table, 2) ? pointer(table, 2) : text_address(image);
	table->names = pointer(table, 3);
	table->units = pointer(table, 4);
	table->files = pointer(table, 5);
	table->values = pointer(table, 6);
	table->functions = pointer(table, 7);
	if ((magic != MAGIC_118 && magic != MAGIC_120) || table->bytes[7] != 8 || !table->quantum ||
		table->functions > table->size || count > (table->size - table->functions) / 8 ||
		table->names > table->size || table->units > table->size || table->files > table->size ||
		table->values > table->size)
		table->bytes = NULL;
	table->count = (uint32_t)count;
}

int gotable_find(const struct gotable *table, uint64_t vaddr, struct gofunction *ret)
{
	uint32_t low = 0, high = table->count;
	uint64_t offset = vaddr - table->text, at;

	if (!table->bytes || vaddr < table->text)
		return -ENOENT;
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		if (word(table, table->functions + 8ull * middle) <= offset)
			low = middle + 1;
		else
			high = middle;
	}
	/* Behind the last one stands the end of all. */
	if (!low || offset >= word(table, table->functions + 8ull * low))
		return -ENOENT;
	at = table->functions + word(table, table->functions + 8ull * (low - 1) + 4);
	if (at > table->size || table->size - at < FUNCTION)
		return -ENOENT;
	*ret = (struct gofunction){at, table->text + word(table, table->functions + 8ull * (low - 1))};
	return 0;
}

static uint32_t field(const struct gotable *table, const struct gofunction *function, unsigned index)
{
	return word(table, function->at + 4ull * index);
}

static bool varint(const struct gotable *table, uint64_t *at, uint32_t *ret)
{
	*ret = 0;
	for (unsigned shift = 0; shift < 32 && *at < table->size; shift += 7) {
		uint8_t byte = table->bytes[(*at)++];
		*ret |= (uint32_t)(byte & 0x7f) << shift;
		if (!(byte & 0x80))
			return true;
	}
	return false;
}

/* The value that a function's table has at vaddr: pairs of differences, of the value and of the address. */
static int value_at(const struct gotable *table, const struct gofunction *function, unsigned index,
	uint64_t vaddr, int32_t *ret)
{
	uint64_t at = table->values + field(table, function, index), pc = function->start;
	uint32_t value = UINT32_MAX, step, forward;

	if (!field(table, function, index))
		return -ENOENT;
	for (unsigned i = 0; i < STEPS; i++) {
		if (!varint(table, &at, &step) || (!step && i) || !varint(table, &at, &forward))
			return -ENOENT;
		value += step & 1 ? ~(step >> 1) : step >> 1;
		pc += (uint64_t)forward * table->quantum;
		if (vaddr < pc) {
			*ret = (int32_t)value;
			return 0;
		}
	}
	return -ENOENT;
}

static const char *file_at(const struct gotable *table, const struct gofunction *function, uint64_t vaddr)
{
	uint32_t name;
	int32_t file;

	if (value_at(table, function, PCFILE, vaddr, &file) < 0 || file < 0)
		return NULL;
	name = word(table, table->units + 4ull * ((uint64_t)field(table, function, UNIT) + (uint32_t)file));
	return name == UINT32_MAX ? NULL : string(table, table->files + name);
}

void gotable_name(const struct gotable *table, uint64_t vaddr, struct frame *frame)
{
	struct gofunction function;
	const char *name, *file;
	int32_t line;

	if (gotable_find(table, vaddr, &function) < 0)
		return;
	name = string(table, table->names + field(table, &function, NAME));
	if (name && !frame->function[0]) {
		text_copy(frame->function, sizeof(frame->function), name);
		frame->symbol_offset = vaddr - function.start;
	}
	file = frame->line ? NULL : file_at(table, &function, vaddr);
	if (file && value_at(table, &function, PCLN, vaddr, &line) == 0 && line > 0) {
		size_t length = strlen(file);

		text_copy(frame->file, sizeof(frame->file),
			length < sizeof(frame->file) ? file : file + length - (sizeof(frame->file) - 1));
		frame->line = (uint32_t)line;
	}
}

int gotable_frame(const struct gotable *table, uint64_t vaddr, uint64_t *ret_size, bool *ret_top)
{
	struct gofunction function;
	int32_t size;
	uint8_t flags;

	if (gotable_find(table, vaddr, &function) < 0)
		return -ENOENT;
	flags = table->bytes[function.at + 4 * START_LINE + (table->has_start_line ? 4 : 0) + 1];
	*ret_top = flags & FLAG_TOP;
	if (flags & FLAG_WRITES_SP || value_at(table, &function, PCSP, vaddr, &size) < 0 || size < 0)
		return *ret_top ? 0 : -ENOENT;
	*ret_size = (uint64_t)size;
	return 0;
}

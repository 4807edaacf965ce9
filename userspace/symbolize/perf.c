/* SPDX-License-Identifier: Apache-2.0 */
/* One pass over the file, whatever its size: lines "START SIZE NAME", both hexadecimal. Code moves and places
 * are used anew: the last line that covers an address holds. */
#include "symbolize/perf.h"

#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "symbolize/symbolize.h"

#define BLOCK 65536

struct wanted {
	struct frame *frame;
	uint64_t lookup;
};

struct search {
	struct wanted wanted[FRAMES_MAX];
	unsigned count;
	uint64_t low, high;
	char block[BLOCK];
};

static void collect(const struct space *space, struct frames *frames, struct search *search)
{
	search->low = UINT64_MAX;
	search->high = search->count = 0;
	for (unsigned i = 0; i < frames->count; i++) {
		struct frame *frame = &frames->frame[i];
		bool exact = i == 0 || frames->frame[i - 1].signal;
		uint64_t lookup = frame->address - !exact;

		if (frame->map < 0 || frame->function[0] ||
			space->module(space->context, (unsigned)frame->map))
			continue;
		search->wanted[search->count++] = (struct wanted){frame, lookup};
		search->low = lookup < search->low ? lookup : search->low;
		search->high = lookup > search->high ? lookup : search->high;
	}
}

/* Hexadecimal digits up to a space. Returns what follows, or NULL. */
static const char *number(const char *at, const char *end, uint64_t *ret)
{
	const char *begin;

	if (end - at > 2 && at[0] == '0' && at[1] == 'x')
		at += 2;
	*ret = 0;
	for (begin = at; at < end && at - begin <= 16 && *at != ' '; at++) {
		unsigned digit = (unsigned)(*at - '0'), letter = (unsigned)((*at | 0x20) - 'a');

		if (digit > 9 && letter > 5)
			return NULL;
		*ret = *ret << 4 | (digit <= 9 ? digit : letter + 10);
	}
	return at < end && at > begin && *at == ' ' ? at + 1 : NULL;
}

static void use_line(struct search *search, const char *line, const char *end)
{
	uint64_t start, size;
	const char *name = number(line, end, &start);

	if (!name || start > search->high)
		return;
	name = number(name, end, &size);
	if (!name || name == end || size > UINT64_MAX - start || start + size <= search->low)
		return;
	for (unsigned i = 0; i < search->count; i++) {
		struct frame *frame = search->wanted[i].frame;
		size_t length = (size_t)(end - name);

		if (search->wanted[i].lookup - start >= size)
			continue;
		if (length >= sizeof(frame->function))
			length = sizeof(frame->function) - 1;
		memset(frame->function, 0, sizeof(frame->function));
		memcpy(frame->function, name, length);
		frame->symbol_offset = frame->address - start;
	}
}

/* Lines that are longer than a block are left out in pieces that make no sense. */
static void scan(int fd, struct search *search)
{
	size_t used = 0;
	ssize_t n;

	for (off_t at = 0; at < (off_t)PERF_MAP_MAX; at += n) {
		n = pread(fd, search->block + used, sizeof(search->block) - used, at);
		if (n <= 0)
			return;
		const char *line = search->block, *end = search->block + used + n, *next;
		while ((next = memchr(line, '\n', (size_t)(end - line)))) {
			use_line(search, line, next);
			line = next + 1;
		}
		used = (size_t)(end - line);
		if (used == sizeof(search->block))
			used = 0;
		memmove(search->block, line, used);
	}
}

void perf_name_from(int fd, const struct space *space, struct frames *frames)
{
	struct search search;

	collect(space, frames, &search);
	if (search.count)
		scan(fd, &search);
}

void perf_name(const struct space *space, struct frames *frames)
{
	for (unsigned i = 0; i < frames->count; i++) {
		const struct frame *frame = &frames->frame[i];

		if (frame->map < 0 || frame->function[0] ||
			space->module(space->context, (unsigned)frame->map))
			continue;
		bool lent; /* it is read at once */
		_cleanup_close_ int fd =
			space->debug(space->context, (unsigned)frame->map, SYMBOLIZER_PERF_MAP, &lent);
		if (fd >= 0)
			perf_name_from(fd, space, frames);
		return;
	}
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Building an exception in bounded memory. */
#include "traceback/internal.h"

#include <string.h>

#define FRAMES_HALF (EXCEPTION_FRAMES / 2)

/* Cuts at a whole UTF-8 sequence. A NUL would end the text early. */
static void copy(char *dst, size_t size, struct span src)
{
	size_t len = src.len < size ? src.len : size - 1;

	while (len && len < src.len && ((unsigned char)src.s[len] & 0xC0) == 0x80)
		len--;
	for (size_t i = 0; i < len; i++)
		dst[i] = src.s[i] ? src.s[i] : '?';
	dst[len] = '\0';
}

static struct span of(const char *text)
{
	return (struct span){text, strlen(text)};
}

void set_type(struct reader *r, struct span type)
{
	copy(r->e.type, sizeof(r->e.type), type);
}

void set_message(struct reader *r, struct span message)
{
	copy(r->e.message, sizeof(r->e.message), message);
}

void add_message_line(struct reader *r, struct span line)
{
	size_t len = strlen(r->e.message);

	if (len + 1 >= sizeof(r->e.message))
		return;
	if (len)
		r->e.message[len++] = '\n';
	copy(r->e.message + len, sizeof(r->e.message) - len, line);
}

void add_message_past(struct reader *r, unsigned count)
{
	struct span line;

	for (; count; count--)
		if (past_line(r, count, &line))
			add_message_line(r, line);
	for (size_t len = strlen(r->e.message); len && r->e.message[len - 1] == '\n'; len--)
		r->e.message[len - 1] = '\0';
}

bool past_line(const struct reader *r, unsigned back, struct span *ret)
{
	if (!back || back > r->past_count)
		return false;
	unsigned at = (r->past_first + r->past_count - back) % PAST_LINES;
	*ret = (struct span){r->past[at].text, r->past[at].len};
	return true;
}

unsigned past_count(const struct reader *r)
{
	return r->past_count;
}

/* The first half stays, the second half is a ring of the newest; reader_end puts it in order. */
static struct exception_frame *frame_at(struct reader *r, unsigned at)
{
	if (at >= EXCEPTION_FRAMES)
		at = FRAMES_HALF + (at - FRAMES_HALF) % FRAMES_HALF;
	return r->e.frames + at;
}

bool add_frame(struct reader *r, struct span function, struct span file, uint32_t line)
{
	if (!r->whole)
		return false;
	r->frames++;
	return name_frame(r, function) && place_frame(r, file, line);
}

bool name_frame(struct reader *r, struct span function)
{
	if (!r->whole || !r->frames)
		return false;
	struct exception_frame *frame = frame_at(r, r->frames - 1);
	copy(frame->function, sizeof(frame->function), function);
	return true;
}

bool place_frame(struct reader *r, struct span file, uint32_t line)
{
	if (!r->whole || !r->frames)
		return false;
	struct exception_frame *frame = frame_at(r, r->frames - 1);
	copy(frame->file, sizeof(frame->file), file);
	frame->line = line;
	return true;
}

void drop_frames(struct reader *r)
{
	r->frames = 0;
	r->e.frames_cut = false;
}

void hold_function(struct reader *r, struct span function)
{
	copy(r->held, sizeof(r->held), function);
}

struct span held_function(const struct reader *r)
{
	return of(r->held);
}

void add_link(struct reader *r, const char *relation, struct span type, struct span message)
{
	struct exception_link *link = r->e.chained + r->e.chained_count;

	if (r->e.chained_count == EXCEPTION_CHAINED)
		return;
	link->relation = relation;
	copy(link->type, sizeof(link->type), type);
	copy(link->message, sizeof(link->message), message);
	r->e.chained_count++;
}

void chain_on(struct reader *r, const char *relation)
{
	if (r->e.chained_count == EXCEPTION_CHAINED)
		r->e.chained_count--;
	memmove(r->e.chained + 1, r->e.chained, r->e.chained_count * sizeof(r->e.chained[0]));
	r->e.chained_count++;
	r->e.chained[0].relation = relation;
	copy(r->e.chained[0].type, sizeof(r->e.chained[0].type), of(r->e.type));
	copy(r->e.chained[0].message, sizeof(r->e.chained[0].message), of(r->e.message));
	r->e.type[0] = r->e.message[0] = '\0';
	drop_frames(r);
}

static void swap(struct exception_frame *a, struct exception_frame *b)
{
	struct exception_frame kept = *a;

	*a = *b;
	*b = kept;
}

static void reverse(struct exception_frame *frames, unsigned count)
{
	for (unsigned i = 0; i < count / 2; i++)
		swap(frames + i, frames + count - 1 - i);
}

static void order_frames(struct reader *r)
{
	struct exception_frame *ring = r->e.frames + FRAMES_HALF;

	r->e.frame_count = r->frames < EXCEPTION_FRAMES ? r->frames : EXCEPTION_FRAMES;
	if (r->frames > EXCEPTION_FRAMES) {
		unsigned oldest = (r->frames - FRAMES_HALF) % FRAMES_HALF;

		r->e.frames_cut = true;
		reverse(ring, oldest);
		reverse(ring + oldest, FRAMES_HALF - oldest);
		reverse(ring, FRAMES_HALF);
	}
	if (r->outermost_first)
		reverse(r->e.frames, r->e.frame_count);
}

/* A trace that broke off after "another exception occurred": the one before is told. */
static void take_back(struct exception *e)
{
	copy(e->type, sizeof(e->type), of(e->chained[0].type));
	copy(e->message, sizeof(e->message), of(e->chained[0].message));
	e->chained_count--;
	memmove(e->chained, e->chained + 1, e->chained_count * sizeof(e->chained[0]));
}

void reader_end(struct reader *r)
{
	if (r->language && r->sure) {
		if (!r->e.type[0] && r->e.chained_count) {
			take_back(&r->e);
			drop_frames(r);
		}
		order_frames(r);
		r->e.language = r->language->name;
		if (r->e.type[0])
			r->fn(r->context, &r->e);
	}
	r->language = NULL;
}

unsigned header_before(const struct reader *r, parse_frame_fn parse_frame, parse_header_fn parse_header,
	struct span *ret_type, struct span *ret_message)
{
	struct span line, function, file;
	uint32_t number;

	for (unsigned back = 1; past_line(r, back, &line); back++) {
		if (parse_frame(line, &function, &file, &number))
			break;
		if (parse_header(line, ret_type, ret_message))
			return back;
	}
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Any text as one piece and as a stream in lumps: what is told is bounded, ended and the same. */
#include "fuzz.h"

#include "traceback/traceback.h"

struct told {
	unsigned count;
	struct exception last;
};

#define ENDED(text) HOLDS(memchr(text, '\0', sizeof(text)))

static void check(const struct exception *e)
{
	HOLDS(e->language && e->language[0]);
	ENDED(e->type);
	ENDED(e->message);
	HOLDS(e->type[0]);
	HOLDS(e->frame_count <= EXCEPTION_FRAMES);
	HOLDS(e->chained_count <= EXCEPTION_CHAINED);
	for (unsigned i = 0; i < e->frame_count; i++) {
		ENDED(e->frames[i].function);
		ENDED(e->frames[i].file);
	}
	for (unsigned i = 0; i < e->chained_count; i++) {
		HOLDS(e->chained[i].relation);
		ENDED(e->chained[i].type);
		ENDED(e->chained[i].message);
	}
}

static void tell(void *context, const struct exception *e)
{
	struct told *told = context;

	check(e);
	told->count++;
	told->last = *e;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct told told;
	static struct exception e;
	struct traceback_stream *stream;
	size_t lump = size ? data[0] % 64 + 1 : 1;
	_cleanup_free_ char *text = fuzz_text(data, size);

	told.count = 0;
	bool found = traceback_find(text, size, &e);
	if (found)
		check(&e);
	HOLDS(traceback_stream_new(&stream) == 0);
	for (size_t at = 0; at < size; at += lump)
		traceback_stream_feed(stream, text + at, size - at < lump ? size - at : lump, tell, &told);
	traceback_stream_idle(stream, tell, &told);
	traceback_stream_free(stream);
	HOLDS(found == (told.count > 0));
	if (found) {
		HOLDS(strcmp(e.type, told.last.type) == 0 && strcmp(e.message, told.last.message) == 0);
		HOLDS(e.frame_count == told.last.frame_count && e.chained_count == told.last.chained_count);
	}
	return 0;
}

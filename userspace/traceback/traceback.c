/* SPDX-License-Identifier: Apache-2.0 */
/* The table of languages, which line goes to which of them, and the last exception of a text. */
#include "traceback/traceback.h"

#include <string.h>

#include "traceback/internal.h"

#define TEXT_MAX    (1u << 16) /* of a longer text, the end */
#define START_LEAST 8          /* no exception begins with a shorter line */

/* One row a language; the first that knows a line gets it. */
#define LANGUAGES(ROW)                                                                                       \
	ROW(python)                                                                                          \
	ROW(ruby)                                                                                            \
	ROW(java)                                                                                            \
	ROW(node)                                                                                            \
	ROW(dotnet)                                                                                          \
	ROW(go)                                                                                              \
	ROW(rust_log)                                                                                        \
	ROW(go_log)                                                                                          \
	ROW(rust)                                                                                            \
	ROW(php)                                                                                             \
	ROW(php_log)                                                                                         \
	ROW(sanitizer)                                                                                       \
	ROW(glibc)                                                                                           \
	ROW(cpp)                                                                                             \
	ROW(perl)

#define DECLARE(name) extern const struct language traceback_##name;
#define ENTRY(name)   &traceback_##name,

LANGUAGES(DECLARE)

static const struct language *const languages[] = {LANGUAGES(ENTRY)};

/* Those of them whose entries may be whole JSON objects. */
static const struct language *const of_objects[] = {
	&traceback_rust_log, &traceback_go_log, &traceback_php_log, NULL};

static const struct language *start_of(const struct reader *r, struct span line)
{
	if (line.len < START_LEAST)
		return NULL;
	for (size_t i = 0; i < sizeof(languages) / sizeof(languages[0]); i++)
		if (languages[i]->starts(r, line))
			return languages[i];
	return NULL;
}

static void begin(struct reader *r, const struct language *language)
{
	reader_end(r);
	r->language = language;
	r->e.type[0] = r->e.message[0] = '\0';
	r->e.chained_count = 0;
	drop_frames(r);
	r->sure = r->outermost_first = false;
	r->state = r->depth = 0;
	r->held[0] = '\0';
}

static void remember(struct reader *r, struct span line)
{
	unsigned at = (r->past_first + r->past_count) % PAST_LINES;

	if (r->past_count == PAST_LINES)
		r->past_first = (r->past_first + 1) % PAST_LINES;
	else
		r->past_count++;
	r->past[at].len = line.len < PAST_SIZE ? line.len : PAST_SIZE;
	memcpy(r->past[at].text, line.s, r->past[at].len);
}

static void take(struct reader *r, enum taken taken)
{
	r->past_count = r->foreign = 0;
	if (taken == LINE_LAST)
		reader_end(r);
}

void reader_line(struct reader *r, struct span line, bool whole)
{
	enum taken taken = LINE_REFUSED;

	r->whole = whole;
	if (r->language)
		taken = r->language->next(r, line);
	if (taken == LINE_REFUSED) {
		const struct language *language = start_of(r, line);
		if (language) {
			begin(r, language);
			taken = language->next(r, line);
		}
	}
	if (taken == LINE_REFUSED) {
		remember(r, line);
		if (r->language && ++r->foreign > r->language->patience)
			reader_end(r);
		return;
	}
	take(r, taken);
}

void reader_object(struct reader *r, struct span object, bool whole)
{
	const struct language *const *language = of_objects;

	while (*language && !(*language)->starts(r, object))
		language++;
	if (!*language)
		return;
	r->whole = whole;
	begin(r, *language);
	take(r, (*language)->next(r, object));
}

/* Of arrays what is used. */
static void keep_last(void *context, const struct exception *e)
{
	struct exception *last = context;

	last->language = e->language;
	memcpy(last->type, e->type, sizeof(e->type));
	memcpy(last->message, e->message, sizeof(e->message));
	last->frame_count = e->frame_count;
	last->frames_cut = e->frames_cut;
	last->chained_count = e->chained_count;
	memcpy(last->frames, e->frames, e->frame_count * sizeof(e->frames[0]));
	memcpy(last->chained, e->chained, e->chained_count * sizeof(e->chained[0]));
}

bool traceback_find(const char *text, size_t len, struct exception *ret)
{
	struct exception last = {0};
	struct reader r = {.fn = keep_last, .context = &last};

	if (len > TEXT_MAX) {
		text += len - TEXT_MAX;
		len = TEXT_MAX;
	}
	lines_read(&r, text, len, false);
	reader_end(&r);
	if (!last.language)
		return false;
	*ret = last;
	return true;
}

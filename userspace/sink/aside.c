/* SPDX-License-Identifier: Apache-2.0 */
/* What will never be taken: it is told once the cursor is behind it for good: a batch that is tried again is
 * read again, and with it what is set aside. */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "sink/internal.h"
#include "sink/secrets.h"

static bool is_before(const struct sink_cursor *at, const struct sink_cursor *cursor)
{
	return at->event <= cursor->event && at->finding <= cursor->finding;
}

static void tell(struct sink *sink, const char *id, const char *reason, unsigned count)
{
	const struct sink_listener *listener = sink->all->listener;
	char text[SINK_REASON];

	sink->progress.refused += count;
	text_copy(text, sizeof(text), reason ? reason : "it was refused");
	secrets_hide(sink->options, text);
	if (listener)
		listener->refused(listener->context, sink->options->name, id, text);
}

static bool make_room(struct sink *sink)
{
	unsigned room = sink->aside_room ? 2 * sink->aside_room : 8;
	struct aside *more;

	if (sink->aside_count < sink->aside_room)
		return true;
	more = reallocarray(sink->asides, room, sizeof(*more));
	if (!more)
		return false;
	sink->asides = more;
	sink->aside_room = room;
	return true;
}

void aside_add(
	struct sink *sink, const struct sink_cursor *at, const char *id, const char *reason, unsigned count)
{
	struct aside *aside;

	if (!make_room(sink)) {
		tell(sink, id, reason, count);
		return;
	}
	aside = &sink->asides[sink->aside_count++];
	*aside = (struct aside){.at = *at, .reason = reason ? strdup(reason) : NULL, .count = count};
	text_copy(aside->id, sizeof(aside->id), id);
}

void aside_forget(struct sink *sink)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < sink->aside_count; i++) {
		if (is_before(&sink->asides[i].at, &sink->sent))
			sink->asides[kept++] = sink->asides[i];
		else
			free(sink->asides[i].reason);
	}
	sink->aside_count = kept;
}

void aside_tell(struct sink *sink)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < sink->aside_count; i++) {
		struct aside *aside = &sink->asides[i];

		if (!is_before(&aside->at, &sink->confirmed)) {
			sink->asides[kept++] = *aside;
			continue;
		}
		tell(sink, aside->id, aside->reason, aside->count);
		free(aside->reason);
	}
	sink->aside_count = kept;
}

void aside_free(struct sink *sink)
{
	for (unsigned i = 0; i < sink->aside_count; i++)
		free(sink->asides[i].reason);
	free(sink->asides);
}

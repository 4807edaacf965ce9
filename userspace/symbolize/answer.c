/* SPDX-License-Identifier: Apache-2.0 */
/* Checks of a helper's messages. */
#include "symbolize/answer.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "symbolize/space.h"
#include "symbolize/why.h"

static bool is_text(const char *text, size_t size)
{
	return memchr(text, '\0', size);
}

static bool read_frame(const struct message_frame *in, unsigned map_count, struct frame *out)
{
	if (in->map < -1 || in->map >= (int)map_count || in->trust > TRUST_SCAN || in->inlined > 1 ||
		in->signal > 1 || !is_text(in->function, sizeof(in->function)) ||
		!is_text(in->file, sizeof(in->file)))
		return false;
	*out = (struct frame){
		.address = in->address,
		.map = in->map,
		.offset = in->offset,
		.symbol_offset = in->symbol_offset,
		.trust = (enum frame_trust)in->trust,
		.inlined = in->inlined,
		.signal = in->signal,
		.line = in->line,
	};
	memcpy(out->function, in->function, sizeof(out->function));
	memcpy(out->file, in->file, sizeof(out->file));
	return true;
}

static bool read_build_id(struct answer *answer, const struct message_build_id *in, unsigned map_count)
{
	if (in->map >= map_count || in->size > SNAPSHOT_BUILD_ID)
		return false;
	for (unsigned i = 0; i < in->size; i++)
		snprintf(&answer->build_ids[in->map][2 * i], 3, "%02x", in->bytes[i]);
	return true;
}

static void begin(struct answer *answer)
{
	memset(answer->build_ids, 0, sizeof(answer->build_ids));
	answer->frames.count = 0;
	answer->symbolized = (struct symbolized){.frames = &answer->frames,
		.build_ids = (const char(*)[2 * SNAPSHOT_BUILD_ID + 1]) answer->build_ids};
}

int answer_read(struct answer *answer, const void *bytes, size_t length, uint32_t id, unsigned map_count)
{
	const struct message_result *head = bytes;

	if (length < sizeof(*head) || head->type != MESSAGE_RESULT || head->id != id ||
		head->count > FRAMES_MAX || head->build_id_count > map_count || head->truncated > 1 ||
		head->behind > 1 || head->why >= WHY_COUNT || head->missing >= WHY_COUNT)
		return -EBADMSG;
	const struct message_frame *frames = (const struct message_frame *)(head + 1);
	const struct message_build_id *ids = (const struct message_build_id *)(frames + head->count);
	if (length != sizeof(*head) + head->count * sizeof(*frames) + head->build_id_count * sizeof(*ids))
		return -EBADMSG;

	begin(answer);
	for (uint32_t i = 0; i < head->count; i++)
		if (!read_frame(&frames[i], map_count, &answer->frames.frame[i]))
			return -EBADMSG;
	for (uint32_t i = 0; i < head->build_id_count; i++)
		if (!read_build_id(answer, &ids[i], map_count))
			return -EBADMSG;
	answer->frames.count = head->count;
	answer->frames.truncated = head->truncated;
	answer->frames.why = why_text(head->why);
	answer->behind = head->behind;
	answer->symbolized.missing = why_text(head->missing);
	return 0;
}

void answer_raw(struct answer *answer, const struct snapshot *snapshot, unsigned why)
{
	const struct space space = {.snapshot = snapshot};

	begin(answer);
	answer->frames.count = 1;
	answer->frames.truncated = true;
	answer->frames.why = why_text(why);
	answer->frames.frame[0] =
		(struct frame){.address = snapshot->pc, .map = space_map(&space, snapshot->pc)};
	answer->symbolized.missing = why_text(why);
}

int symbolizer_debug_path(const char *mapped, const char *debug, char *ret, size_t size)
{
	bool link = strncmp(debug, DEBUG_LINK, strlen(DEBUG_LINK)) == 0, below = debug[0] == '/' && !link;
	const char *slash = mapped && mapped[0] == '/' ? strrchr(mapped, '/') : NULL;
	int length;

	if (!below && !slash)
		return -ENOENT;
	length = snprintf(ret, size, "%s%.*s%s", debug[0] == '/' ? SYMBOLIZER_DEBUG : "",
		below ? 0 : (int)(slash + 1 - mapped), below ? "" : mapped,
		link ? debug + strlen(DEBUG_LINK) : debug);
	return length < (int)size ? 0 : -ENOENT;
}

bool answer_path_is_good(const char path[ASK_PATH])
{
	static const struct {
		const char *name;
		bool flat;
	} folders[] = {{"/.build-id/", false}, {"/.dwz/", false}, {DEBUG_LINK, true}, {".debug/", true}};
	static const char allowed[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._+~:@-/";
	size_t below = 0;
	bool flat = true;

	if (!is_text(path, ASK_PATH) || path[strspn(path, allowed)] || strstr(path, ".."))
		return false;
	if (strcmp(path, SYMBOLIZER_PERF_MAP) == 0)
		return true;
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
		if (strncmp(path, folders[i].name, strlen(folders[i].name)) == 0) {
			below = strlen(folders[i].name);
			flat = folders[i].flat;
		}
	return path[below] && path[below] != '.' && !(flat && strchr(path + below, '/'));
}

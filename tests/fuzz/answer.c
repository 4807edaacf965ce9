/* SPDX-License-Identifier: Apache-2.0 */
/* What a helper in foreign hands may send: a result is refused, or all of it is within bounds. */
#include "fuzz.h"

#include "symbolize/answer.h"

#define MAPS 3

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct answer answer;
	struct message_result *message = malloc(size + sizeof(*message));
	char path[ASK_PATH] = "";

	HOLDS(message);
	memcpy(message, data, size);
	if (size >= sizeof(*message)) {
		message->type = MESSAGE_RESULT;
		message->id = 7;
	}
	memcpy(path, data, size < sizeof(path) ? size : sizeof(path));
	if (answer_path_is_good(path))
		HOLDS(memchr(path, '\0', sizeof(path)) && !strstr(path, ".."));
	if (answer_read(&answer, message, size, 7, MAPS) == 0) {
		HOLDS(answer.frames.count <= FRAMES_MAX);
		for (unsigned i = 0; i < answer.frames.count; i++) {
			const struct frame *f = &answer.frames.frame[i];
			HOLDS(f->map >= -1 && f->map < MAPS && f->trust <= TRUST_SCAN);
			HOLDS(memchr(f->function, '\0', sizeof(f->function)) &&
				memchr(f->file, '\0', sizeof(f->file)));
		}
		for (unsigned i = 0; i < MAPS; i++)
			HOLDS(memchr(answer.build_ids[i], '\0', sizeof(answer.build_ids[i])));
	}
	free(message);
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* What services ran and containers were made of, as bytes that outlive the daemon. */
#include <errno.h>
#include <string.h>

#include "marker/infer_internal.h"

/* What precedes the entries. Another version's are not read. */
struct saved {
	uint32_t ran_size, made_size;
	uint32_t ran_count, made_count;
};

void infer_save(const struct infer *infer, struct buf *out)
{
	struct saved saved = {.ran_size = sizeof(struct ran), .made_size = sizeof(struct made)};

	for (unsigned n = 0; n < INFER_SERVICES; n++)
		saved.ran_count += infer->ran[n].key != 0;
	for (unsigned n = 0; n < INFER_CONTAINERS; n++)
		saved.made_count += infer->made[n].key != 0;
	buf_append(out, &saved, sizeof(saved));
	for (unsigned n = 0; n < INFER_SERVICES; n++)
		if (infer->ran[n].key)
			buf_append(out, &infer->ran[n], sizeof(infer->ran[n]));
	for (unsigned n = 0; n < INFER_CONTAINERS; n++)
		if (infer->made[n].key)
			buf_append(out, &infer->made[n], sizeof(infer->made[n]));
}

int infer_load(struct infer *infer, const void *bytes, size_t size)
{
	const char *at = bytes;
	struct saved saved;

	if (size < sizeof(saved))
		return -EINVAL;
	memcpy(&saved, at, sizeof(saved));
	at += sizeof(saved);
	if (saved.ran_size != sizeof(struct ran) || saved.made_size != sizeof(struct made) ||
		saved.ran_count > INFER_SERVICES || saved.made_count > INFER_CONTAINERS ||
		size != sizeof(saved) + saved.ran_count * sizeof(struct ran) +
				saved.made_count * sizeof(struct made))
		return -EINVAL;
	memcpy(infer->ran, at, saved.ran_count * sizeof(struct ran));
	memcpy(infer->made, at + saved.ran_count * sizeof(struct ran),
		saved.made_count * sizeof(struct made));
	for (unsigned n = 0; n < saved.ran_count; n++) {
		infer->ran[n].service[sizeof(infer->ran[n].service) - 1] = '\0';
		infer->ran[n].release[sizeof(infer->ran[n].release) - 1] = '\0';
		infer->ran[n].loaded = true;
		infer->ran[n].seen = false;
	}
	for (unsigned n = 0; n < saved.made_count; n++) {
		infer->made[n].image[sizeof(infer->made[n].image) - 1] = '\0';
		infer->made[n].loaded = true;
	}
	return 0;
}

bool infer_is_changed(struct infer *infer)
{
	bool changed = infer->changed;

	infer->changed = false;
	return changed;
}

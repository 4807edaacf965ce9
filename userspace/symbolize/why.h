/* SPDX-License-Identifier: Apache-2.0 */
/* Why a list of frames ends early, and why names or frames are missing: constants that travel between
 * processes by number. */
#ifndef LW_SYMBOLIZE_WHY_H
#define LW_SYMBOLIZE_WHY_H

enum why {
	WHY_NOTHING,
	/* Of the end of the frames. */
	WHY_SNAPSHOT_END,
	WHY_NO_CODE,
	WHY_NO_RULES,
	WHY_BAD_RULES,
	WHY_NO_GROWTH,
	WHY_TOO_DEEP,
	/* Of what is missing. */
	WHY_NO_FILE,
	WHY_BAD_FILE,
	WHY_LATER,
	WHY_FETCHING,
	WHY_NO_DEBUG,
	WHY_BUSY,
	WHY_DEADLINE,
	WHY_DIED,
	WHY_NOT_STARTED,
	WHY_STOPPED,
	WHY_NO_MEMORY,
	WHY_COUNT,
};

/* The sentence, a constant; NULL for WHY_NOTHING and for what is no enum why. */
const char *why_text(unsigned why);
/* The number of a sentence that why_text gave. */
enum why why_of(const char *text);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* An exception as a program's runtime told it: plain data, all text bounded and hostile. */
#ifndef LW_MODEL_EXCEPTION_H
#define LW_MODEL_EXCEPTION_H

#include <stdbool.h>
#include <stdint.h>

#define EXCEPTION_TYPE     128
#define EXCEPTION_MESSAGE  512
#define EXCEPTION_FUNCTION 128
#define EXCEPTION_FILE     256
#define EXCEPTION_FRAMES   48
#define EXCEPTION_CHAINED  6

struct exception_frame {
	char function[EXCEPTION_FUNCTION]; /* empty: not told */
	char file[EXCEPTION_FILE];
	uint32_t line; /* 0: not told */
};

/* Another exception in the chain: the cause, or one that was being handled. Its frames are left out. */
struct exception_link {
	const char *relation; /* a constant: cause, context, suppressed, group */
	char type[EXCEPTION_TYPE];
	char message[EXCEPTION_MESSAGE];
};

struct exception {
	const char *language; /* a constant: python, ruby, … */
	char type[EXCEPTION_TYPE];
	char message[EXCEPTION_MESSAGE];
	struct exception_frame
		frames[EXCEPTION_FRAMES]; /* innermost first; the middle of a longer trace is left out */
	unsigned frame_count;
	bool frames_cut;
	struct exception_link chained[EXCEPTION_CHAINED];
	unsigned chained_count;
};

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* Stacks that are nearly the same: of one defect in two builds, when a compiler left out a frame (a call in
 * tail position, an inlined function) or the namespace of a name. */
#ifndef LW_CORRELATE_NEAR_H
#define LW_CORRELATE_NEAR_H

#include <stdbool.h>
#include <stdint.h>

#define NEAR_FRAMES 8

/* Hashes of the innermost frames that are somebody's own code; of recursion one round. */
struct near {
	uint32_t kind;    /* what ended it: the exception's type, or an abort or a fault; 0: not known */
	uint32_t message; /* what it said of its end, without ids; 0: nothing */
	uint32_t program; /* its name; 0: not known */
	uint32_t called;  /* the function of the C library or runtime that the innermost of them called; 0:
			     none */
	uint32_t full[NEAR_FRAMES];
	uint32_t last[NEAR_FRAMES]; /* of the part of the name behind its namespaces; the same: it has none */
	uint8_t count;
	uint8_t files;      /* of how many the source is known; 0: nothing tells what was inlined into them */
	bool own : 1;       /* a frame of somebody's own was there, with a name or not */
	bool vague : 1;     /* the innermost has no source, which others have: code that was merged */
	uint8_t circle : 3; /* the innermost so many went round, and are kept once; 0: none did */
	uint8_t entries;    /* a bit for each frame that most stacks have: main, a dispatch loop */
};

/* A frame of a native stack, outwards from the innermost; what is not known is empty. Returns whether it is
 * kept. */
bool near_add(struct near *near, const char *module, const char *function, const char *file);

/* Whether all inlined frames are known, as far as can be told. */
bool near_whole(const struct near *near);

/* Whether they end in one function and do not say different things, the frames of the shorter one are in the
 * longer one in that order, and make up at least NEAR_LEAST of it. What both have in common with every stack
 * does not count. */
#define NEAR_LEAST 0.6
bool near_same(const struct near *a, const struct near *b);

/* Whether one of them lacks what inlining, merging or stripping took, and the rest agrees: all of its frames
 * are in the other one in that order, and both said the same or end in one function, or the innermost is not
 * certain. It may be so of several defects: who asks joins them only when it is so of one. */
bool near_maybe(const struct near *a, const struct near *b);

#endif

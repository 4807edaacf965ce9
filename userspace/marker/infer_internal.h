/* SPDX-License-Identifier: Apache-2.0 */
/* Shared by the detectors. */
#ifndef LW_MARKER_INFER_INTERNAL_H
#define LW_MARKER_INFER_INTERNAL_H

#include "base/clock.h"
#include "marker/infer.h"

enum detector {
	DETECT_BINARY,
	DETECT_RELEASE,
	DETECT_RESTART,
	DETECT_MIGRATION,
	DETECT_PACKAGE,
	DETECT_IMAGE,
	DETECT_LIMIT,
	DETECT_CONFIG,
	DETECT_UNIT,
	DETECT_CERTIFICATE,
	DETECT_TUNING,
	DETECT_NETWORK,
	DETECT_REBOOT,
	DETECT_KERNEL,
	DETECT_CLOCK,
	DETECTORS
};

/* What a service ran last. */
struct ran {
	uint64_t key; /* of service and program; 0: unused */
	uint64_t used;
	uint64_t inode;
	uint64_t mtime;
	uint64_t content; /* see infer_start; 0: not known */
	uint64_t home; /* hash of the folder that it was installed in, see infer_home; 0: none of its own */
	char service[128];
	char release[64]; /* the part of the path that names it */
	bool loaded;      /* what a daemon before this one knew, and nobody has held anything against yet */
	bool seen;        /* to run, by this one */
};

/* What a container was made of last. */
struct made {
	uint64_t key; /* of its name; 0: unused */
	uint64_t used;
	uint64_t digest;
	char image[256];
	bool loaded; /* as above */
};

/* Who reads a file. */
struct read {
	uint64_t path; /* hash; 0: unused */
	char service[128];
};

struct told {
	uint64_t key;
	uint64_t time;
};

#define TOLD 256

#define INFER_CONTAINERS 128

struct infer {
	infer_fn fn;
	void *context;
	bool off[DETECTORS];
	struct ran ran[INFER_SERVICES];
	struct made made[INFER_CONTAINERS];
	struct told told[TOLD]; /* what was told lately is not told again */
	unsigned next_told;
	struct read reads[INFER_FILES];
	unsigned next_read;
	bool changed; /* something that is to be saved */
};

/* When something was started; of what ran already a clock says that to a tick, and from when it was forked.
 */
#define NEARLY (1 * NS_PER_SEC)

/* Whether that was told within so many ns; if not, it is from now on. */
bool infer_told_lately(struct infer *infer, uint64_t key, uint64_t time, uint64_t once_in);

/* The same of what a detector found of a service. */
bool infer_told_of(struct infer *infer, enum detector detector, const char *service, const void *what,
	size_t size, uint64_t time, uint64_t once_in);

/* Whether it was, which it is not by asking. */
bool infer_is_told(struct infer *infer, enum detector detector, const char *service, const void *what,
	size_t size, uint64_t time, uint64_t once_in);

/* Hands out a marker, unless its detector is off or told the same of that service within so many ns. */
__attribute__((format(printf, 7, 8))) void infer_tell(struct infer *infer, enum detector detector,
	const char *kind, const char *service, uint64_t time, uint64_t once_in, const char *format, ...);

/* The same, each time, with the command that takes it back (infer_undo.h). */
__attribute__((format(printf, 7, 8))) void infer_tell_undo(struct infer *infer, enum detector detector,
	const char *kind, const char *service, const char *undo, uint64_t time, const char *format, ...);

/* The same of a change to a version, within AT_ONCE; before: from that one, empty or the same: not known. */
__attribute__((format(printf, 9, 10))) void infer_tell_version(struct infer *infer, enum detector detector,
	const char *kind, const char *service, const char *version, const char *before, const char *undo,
	uint64_t time, const char *format, ...);

#define AT_ONCE  (10 * NS_PER_SEC) /* one change makes several traces */
#define A_MINUTE (60 * NS_PER_SEC)

/* The hash of what infer_home says. 0: it is the system's. */
uint64_t infer_home_key(const struct infer_start *start);

/* infer_command.c: a tool that changes something, known by its arguments. */
void infer_command(struct infer *infer, const struct infer_start *start);

#endif

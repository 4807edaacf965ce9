/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the sink file share: the file itself, which may be on a file system that does not answer.
 */
#ifndef LW_SINK_FILE_H
#define LW_SINK_FILE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"

enum fsync_policy { FSYNC_NO, FSYNC_BATCH, FSYNC_SECOND };

struct file_out {
	char *sink, *path; /* its own: a thread that does not come back outlives the options */
	enum fsync_policy fsync;
	mode_t mode;
	int fd; /* -1: not open */
	dev_t device;
	ino_t inode;
	uint64_t synced; /* ns of clock_boottime */
	bool dirty;      /* an fsync is to come a second after the last */
};

/* Appends a batch; opens the file before, at first and when it was moved away. Returns 0 or -errno. */
int file_out_write(struct file_out *file, const struct buf *body);
/* What is still to come to the disk. The batch has been delivered for long: a failure is told by log_error.
 */
void file_out_sync(struct file_out *file);
void file_out_close(struct file_out *file);
/* For people; a constant, or as strerror. */
const char *file_out_reason(int error);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* A capture file: the probes' messages as they came, to be read back later and elsewhere.
 *
 *   "LWCAPTUR" | u32 format version | u32 CRC-32 of these twelve bytes
 *   frame: u32 size | u32 CRC-32 of the size and the payload | payload     (one message each)
 *   end:   u32 0    | u32 CRC-32 | u64 number of frames | u64 total of their payload bytes
 *
 * All in the byte order of the machine that wrote it (the version is how a reader notices). The end is part
 * of the file, so that a cut at any byte is seen, and a changed byte fails a checksum. */
#ifndef LW_PROBE_CAPTURE_H
#define LW_PROBE_CAPTURE_H

#include <stdint.h>

#include "base/buf.h"
#include "probe/probe.h"

struct capture;

/* Creates path anew as "PATH.part"; it takes its name when it is complete. Refuses an existing file: -EEXIST;
 * and one that another recording is writing: -EBUSY. */
int capture_create(struct capture **ret, const char *path, struct buf *error);
/* Adds one message. Buffered; the first write error is kept and returned by all later calls. */
int capture_add(struct capture *capture, const void *message, size_t size);
/* Writes the end, syncs and renames. The capture is freed in any case. */
int capture_finish(struct capture *capture, struct buf *error);
/* Gives up: removes the partial file. Takes NULL. */
void capture_abandon(struct capture *capture);

/* Checks the whole file first and hands over nothing unless all of it is sound; then calls fn for each
 * message. Returns 0, -EBADMSG with the byte offset of the first damage in error, or -errno. */
int capture_read(const char *path, probe_message_fn fn, void *context, struct buf *error);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* A capture file: refused with one line that names it and without a message, or read in full. */
#include "fuzz.h"

#include <errno.h>

#include "probe/capture.h"
#include "probe/decode.h"

static void on_message(void *context, const void *message, size_t size)
{
	struct record record;

	++*(unsigned *)context;
	decode(message, size, &record);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_buf_ struct buf error = {0};
	unsigned messages = 0;
	char path[32];
	int fd = fuzz_file(data, size, path), r;

	r = capture_read(path, on_message, &messages, &error);
	HOLDS(r == 0 || (r == -EBADMSG && messages == 0));
	HOLDS((r == 0) == (error.len == 0));
	HOLDS(r == 0 || (strstr(buf_text(&error), path) && !strchr(buf_text(&error), '\n')));
	close(fd);
	return 0;
}

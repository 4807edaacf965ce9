/* SPDX-License-Identifier: Apache-2.0 */
/* The sentences. */
#include "symbolize/why.h"

#include <stddef.h>

static const char *const texts[WHY_COUNT] = {
	[WHY_SNAPSHOT_END] = "the captured part of the stack ends here",
	[WHY_NO_CODE] = "the address is not in any code: a wild jump, or the stack is overwritten",
	[WHY_NO_RULES] = "this code has neither unwind information nor a frame pointer",
	[WHY_BAD_RULES] = "the unwind information asks for what was not captured",
	[WHY_NO_GROWTH] = "the next frame is not further up the stack",
	[WHY_TOO_DEEP] = "there are more frames than are kept",
	[WHY_NO_FILE] = "the file of a mapping cannot be opened",
	[WHY_BAD_FILE] = "the file of a mapping is not an ELF file that can be read",
	[WHY_LATER] = "lines and inlined functions of big files are known from the next death on",
	[WHY_FETCHING] =
		"debug information is being fetched: its names and lines are known from a later death on",
	[WHY_NO_DEBUG] = "a frame has no name: no debug information of its module is at hand",
	[WHY_BUSY] = "too many stacks are waiting for their names",
	[WHY_DEADLINE] = "finding the names took too long",
	[WHY_DIED] = "the process that finds the names died of this stack",
	[WHY_NOT_STARTED] = "the process that finds the names cannot be started",
	[WHY_STOPPED] = "the daemon was stopping",
	[WHY_NO_MEMORY] = "out of memory",
};

const char *why_text(unsigned why)
{
	return why < WHY_COUNT ? texts[why] : NULL;
}

enum why why_of(const char *text)
{
	unsigned why = WHY_COUNT - 1;

	while (why && texts[why] != text)
		why--;
	return (enum why)why;
}

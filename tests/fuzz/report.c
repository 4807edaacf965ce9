/* SPDX-License-Identifier: Apache-2.0 */
/* A stored body as text for a terminal: nothing in it acts on the terminal, and a line is one line. */
#include "fuzz.h"

#include "base/text.h"
#include "report/report.h"

static void check_printable(const struct buf *out)
{
	uint32_t code;

	HOLDS(!out->failed);
	for (size_t at = 0; at < out->len; at += text_utf8_next(out->data + at, out->len - at, &code)) {
		text_utf8_next(out->data + at, out->len - at, &code);
		HOLDS(out->data[at] == '\n' || !text_is_control(code));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_buf_ struct buf line = {0}, page = {0};
	char *body = fuzz_text(data, size);

	report_event_line(body, false, &line);
	check_printable(&line);
	HOLDS(line.len > 0 && strchr(line.data, '\n') == line.data + line.len - 1);
	report_event_page(body, false, &page);
	check_printable(&page);
	free(body);
	return 0;
}

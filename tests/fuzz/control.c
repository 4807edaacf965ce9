/* SPDX-License-Identifier: Apache-2.0 */
/* A request to the control socket: always answered by one line of JSON; a marker that is taken makes a sound
 * event. */
#include "fuzz.h"

#include <jansson.h>

#include "marker/control_request.h"
#include "marker/marker.h"

static void check_json(const char *text, size_t len)
{
	json_t *root = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);

	HOLDS(root);
	json_decref(root);
}

static int on_mark(void *context, const struct event_marker *marker, uint64_t time_ns, uid_t uid, pid_t pid,
	char id[ID_SIZE])
{
	_cleanup_buf_ struct buf body = {0};
	struct event_host host = {.name = "web-1"};
	struct event event;

	(void)context;
	(void)uid;
	(void)pid;
	HOLDS(!marker_check(marker));
	marker_event(marker, time_ns, 1, &host, &event);
	event_json(&event, &body);
	check_json(buf_text(&body), body.len);
	memcpy(id, event.id, ID_SIZE);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct control_caller caller = {.mark = on_mark, .uid = 1000, .pid = 42};
	_cleanup_buf_ struct buf out = {0};
	char *line = malloc(size ? size : 1);

	HOLDS(line);
	memcpy(line, data, size);
	control_request(&caller, line, size, &out);
	HOLDS(out.len > 1 && strchr(out.data, '\n') == out.data + out.len - 1);
	check_json(out.data, out.len);
	free(line);
	return 0;
}

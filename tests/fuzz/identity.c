/* SPDX-License-Identifier: Apache-2.0 */
/* Control-group paths of any form, executable and name to a service: all text is bounded and ended. */
#include "fuzz.h"

#include "base/text.h"
#include "enrich/identity.h"

/* The text up to the next NUL, cut to fit. */
static void take(char *dst, size_t room, const char **at, const char *end)
{
	size_t len = strnlen(*at, (size_t)(end - *at));

	text_copy(dst, room, *at);
	*at += *at + len < end ? len + 1 : len;
}

#define ENDED(text) (memchr(text, '\0', sizeof(text)) != NULL)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char exe[RECORD_PATH], comm[RECORD_COMM], *text = fuzz_text(data, size);
	const char *at = text, *end = text + size;
	struct record_cgroup cgroup;
	struct event_service s;

	take(cgroup.v2, sizeof(cgroup.v2), &at, end);
	take(cgroup.v1, sizeof(cgroup.v1), &at, end);
	take(exe, sizeof(exe), &at, end);
	take(comm, sizeof(comm), &at, end);
	memset(&s, 'x', sizeof(s));
	identity_from_cgroup(&cgroup, exe, comm, &s);
	HOLDS(ENDED(s.name) && ENDED(s.unit) && ENDED(s.slice) && ENDED(s.container_id) &&
		ENDED(s.container_runtime));
	HOLDS(ENDED(s.pod_uid) && ENDED(s.pod_qos) && ENDED(s.user) && ENDED(s.cgroup));
	HOLDS(!strchr(s.name, '/') || strchr(exe, '/') || strchr(comm, '/') || s.unit[0]);
	free(text);
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* The connections that live: all are looked at when the probes begin, since nothing told of those that were
 * made before, and from then on so often that enrich does not forget one. */
#include "probe/internal.h"

#include <errno.h>
#include <unistd.h>

#include "base/clock.h"

#define PERIOD (1800 * NS_PER_SEC) /* from begin to begin; half of what enrich keeps a call for */

void established_close(struct probe *probe)
{
	if (probe->established.look)
		close(probe->established.look);
	probe->established.look = 0;
}

static int begin(struct established *e, uint64_t now)
{
	int fd = bpf_iter_create(e->link);

	if (fd < 0)
		return -errno;
	e->look = fd;
	e->next = now + PERIOD;
	*e->since = clock_boottime();
	return 0;
}

int established_read(struct probe *probe, uint64_t now, probe_message_fn fn, void *context)
{
	struct lw_unix room[LW_ESTABLISHED_PIECE / LW_ESTABLISHED_TOLD]; /* the largest message */
	const char *told = (const char *)room;
	const struct lw_head *head;
	struct established *e = &probe->established;
	ssize_t n;
	int r;

	if (!e->link || (!e->look && now < e->next))
		return 0;
	r = e->look ? 0 : begin(e, now);
	if (r < 0)
		return r;
	*e->left = LW_ESTABLISHED_PIECE;
	n = read(e->look, room, sizeof(room));
	if (n < 0 && errno == EAGAIN) /* this piece had none */
		return 0;
	r = n < 0 ? -errno : 0;
	for (ssize_t at = 0; at + (ssize_t)sizeof(*head) <= n; at += head->size) {
		head = (const void *)(told + at);
		if (head->size < sizeof(*head) || head->size > n - at)
			break;
		fn(context, head, head->size);
	}
	if (n <= 0)
		established_close(probe);
	return r;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Scenes of OOM kills, kept until the death of the victim that they belong to. */
#include "enrich/internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

#define SCENES 16

struct scenes {
	struct record_oom_scene scene[SCENES];
	unsigned next;
};

int scenes_new(struct scenes **ret)
{
	*ret = calloc(1, sizeof(**ret));
	return *ret ? 0 : -ENOMEM;
}

void scenes_free(struct scenes *scenes)
{
	free(scenes);
}

void scenes_record(struct scenes *scenes, const struct record_oom_scene *scene)
{
	scenes->scene[scenes->next] = *scene;
	scenes->next = (scenes->next + 1) % SCENES;
}

/* The victim may have been gone when the scene was read; the kernel knew its size before. */
static void put_victim(struct record_oom_scene *s, const struct record_death *d)
{
	struct record_oom_process victim = {
		.rss = d->limits.rss, .pid = d->task.key.pid, .score_adj = d->oom.score_adj};
	unsigned at = 0;

	if (!d->limits.has_memory)
		return;
	text_copy(victim.comm, sizeof(victim.comm), d->task.comm);
	while (at < s->process_count && s->largest[at].pid != victim.pid)
		at++;
	if (at == RECORD_OOM_LARGEST)
		at--;
	else if (at == s->process_count)
		s->process_count++;
	while (at > 0 && s->largest[at - 1].rss < victim.rss) {
		s->largest[at] = s->largest[at - 1];
		at--;
	}
	while (at + 1 < s->process_count && s->largest[at + 1].rss > victim.rss) {
		s->largest[at] = s->largest[at + 1];
		at++;
	}
	s->largest[at] = victim;
}

void scenes_take(struct scenes *scenes, const struct record_death *d, struct event *event)
{
	struct record_oom_scene *out = &event->death.scene;

	for (unsigned i = 0; i < SCENES; i++) {
		if (scenes->scene[i].victim.pid && process_key_equal(scenes->scene[i].victim, d->task.key)) {
			*out = scenes->scene[i];
			scenes->scene[i].victim.pid = 0;
		}
	}
	if (!out->victim.pid)
		event_missing_add(event, "oom.largest", "the group was not looked at in time");
	put_victim(out, d);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Places of death: program, signal, module, the address within its page, who called, and what was said. */
#include "command/sites.h"

#include <string.h>

#include "base/text.h"
#include "correlate/fingerprint.h"

#define PAGE_BITS 0xfffu /* of the smallest pages: all that does not change with each run */

/* 0: the event has no place. */
static uint64_t site_key(const struct event *event)
{
	const struct evidence *e = &event->death.evidence;
	const struct frame *f = e->frames && e->frames->count ? &e->frames->frame[0] : NULL;
	const char *path =
		f && f->map >= 0 && (unsigned)f->map < e->module_count ? e->modules[f->map].path : NULL;
	uint64_t facts[] = {event->death.signal, f ? f->address & PAGE_BITS : 0, e->callers};
	uint64_t hash;

	if (!f || !event->death.signal)
		return 0;
	hash = id_hash(1, facts, sizeof(facts));
	hash = id_hash(hash, event->process.exe, strlen(event->process.exe));
	hash = id_hash(hash, event->message_fingerprint, strlen(event->message_fingerprint));
	return id_hash(hash, path ? path : "", path ? strlen(path) : 0);
}

/* Whether it came with its place, and without the stack. */
static bool is_bare(const struct event *event, enum fingerprint_step step)
{
	const struct frames *frames = event->death.evidence.frames;

	return step == FINGERPRINT_PLACE ||
	       (frames && frames->count == 1 && frames->truncated && !frames->frame[0].function[0]);
}

void sites_fingerprint(struct sites *sites, struct event *event)
{
	enum fingerprint_step step = fingerprint_of(event, event->fingerprint);
	struct site *site;
	uint64_t key;

	event->fingerprint_step = fingerprint_step_name(step);
	fingerprint_message(event, event->message_fingerprint);
	key = !event_is_death(event->kind) || step == FINGERPRINT_SENDER ? 0 : site_key(event);
	if (!key)
		return;
	site = &sites->site[key % SITES];
	if (is_bare(event, step)) {
		if (site->key == key && !site->mixed) {
			text_copy(event->fingerprint, sizeof(event->fingerprint), site->fingerprint);
			event->fingerprint_step = site->step;
		}
	} else if (site->key != key) {
		*site = (struct site){.key = key, .step = event->fingerprint_step};
		text_copy(site->fingerprint, sizeof(site->fingerprint), event->fingerprint);
	} else if (strcmp(site->fingerprint, event->fingerprint) != 0) {
		site->mixed = true;
	}
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Places of death: program, signal, module, and the address within its page. */
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
	uint64_t facts[] = {event->death.signal, f ? f->address & PAGE_BITS : 0};
	uint64_t hash;

	if (!f || !event->death.signal)
		return 0;
	hash = id_hash(1, facts, sizeof(facts));
	hash = id_hash(hash, event->process.exe, strlen(event->process.exe));
	return id_hash(hash, path ? path : "", path ? strlen(path) : 0);
}

void sites_fingerprint(struct sites *sites, struct event *event)
{
	enum fingerprint_step step = fingerprint_of(event, event->fingerprint);
	uint64_t key = !event_is_death(event->kind) || step == FINGERPRINT_SENDER ? 0 : site_key(event);
	struct site *site = &sites->site[key % SITES];

	event->fingerprint_step = fingerprint_step_name(step);
	fingerprint_message(event, event->message_fingerprint);
	if (!key)
		return;
	if (step == FINGERPRINT_PLACE) {
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

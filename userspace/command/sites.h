/* SPDX-License-Identifier: Apache-2.0 */
/* Fingerprints of the places where programs die. A death that came without stack, since it comes over and
 * over, gets the fingerprint that the captured ones of its place had. */
#ifndef LW_COMMAND_SITES_H
#define LW_COMMAND_SITES_H

#include "model/event.h"

#define SITES 1024 /* places that are remembered; a newer one may push out an older one */

struct site {
	uint64_t key; /* 0: none */
	bool mixed;   /* deaths of this place had several fingerprints: it tells none */
	char fingerprint[EVENT_FINGERPRINT];
	const char *step;
};

struct sites {
	struct site site[SITES];
};

/* Sets event->fingerprint and its step. sites begins as zeros. */
void sites_fingerprint(struct sites *sites, struct event *event);

#endif

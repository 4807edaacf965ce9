/* SPDX-License-Identifier: Apache-2.0 */
/* From control-group paths to the service that people know: systemd unit, container, Kubernetes pod. Pure
 * text. */
#ifndef LW_ENRICH_IDENTITY_H
#define LW_ENRICH_IDENTITY_H

#include "model/event.h"

/* Fills unit, slice, container, pod, user and cgroup of ret from the paths, of which v2 wins when it says
 * more than
 * "/"; name is the unit without its suffix (a template keeps its instance: "getty@tty1"), or for a container
 * its short id until something better is known, else the base name of exe, else comm. Never fails: what is
 * not recognised stays empty. */
void identity_from_cgroup(
	const struct record_cgroup *cgroup, const char *exe, const char *comm, struct event_service *ret);

#endif

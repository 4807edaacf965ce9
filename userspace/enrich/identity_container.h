/* SPDX-License-Identifier: Apache-2.0 */
/* What one part of a control-group path says about containers and pods; private to identity.c. */
#ifndef LW_ENRICH_IDENTITY_CONTAINER_H
#define LW_ENRICH_IDENTITY_CONTAINER_H

#include <stdbool.h>
#include <stddef.h>

#include "model/event.h"

#define CGROUP_PART_MAX 256 /* bytes of one part of a path with its NUL: NAME_MAX */

struct container_family;

/* What the parts nearer to the root said. Starts zeroed. */
struct container_walk {
	const struct container_family *family; /* the engine's folder that was passed last */
	bool below_family;                     /* it is the part right above */
	const char *qos;                       /* the folder of a QoS class that was passed last */
};

/* Takes the next part of the path, from the root on: sets container, pod, unit and name of service where it
 * is a container or a pod, so that the innermost one wins. Returns whether the part is explained and cannot
 * be a plain unit. */
bool container_part(struct container_walk *walk, const char *part, struct event_service *service);

/* Copies len bytes of name, cut to fit, with systemd's \xNN decoded where it stands for printable ASCII. */
void unit_unescape(char *dst, size_t size, const char *name, size_t len);

/* Whether it is 32 hexadecimal digits with four dashes between. */
bool is_uuid(const char *text, size_t len);

#endif

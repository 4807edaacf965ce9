/* SPDX-License-Identifier: Apache-2.0 */
/* Files of configuration that services are started with, wherever they lie: those that their arguments name,
 * and those with names that frameworks look for in the folder that they work in. */
#ifndef LW_COMMAND_READS_H
#define LW_COMMAND_READS_H

#include "enrich/enrich.h"
#include "host/configs.h"
#include "marker/infer.h"

/* Looks at the arguments and the folder of a service that was started, and has what there is watched. Those
 * of containers are paths of their own, and those below /etc are watched anyway. */
void reads_started(struct configs *configs, struct infer *infer, const struct enrich_start *start);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* From a snapshot to frames with names. */
#ifndef LW_SYMBOLIZE_FRAMES_H
#define LW_SYMBOLIZE_FRAMES_H

#include "symbolize/space.h"

/* Unwinds, and names what it found. work is overwritten. */
void frames_make(const struct space *space, struct frames *work, struct frames *ret);

#endif

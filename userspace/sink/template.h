/* SPDX-License-Identifier: Apache-2.0 */
/* Templates of webhooks: JSON with {{path.to.field}} in it. There is no logic: each place becomes the field's
 * value, and what comes out is JSON whatever the event holds. */
#ifndef LW_SINK_TEMPLATE_H
#define LW_SINK_TEMPLATE_H

#include "sink/kind.h"

struct pattern;

/* text is JSON once each {{…}} in it is taken for a value, or, within a string, for a part of it. Returns 0,
 * -ENOMEM, or -EINVAL with what is wrong in error, for people. */
int template_new(struct pattern **ret, const char *text, struct buf *error);
/* Takes NULL. */
void template_free(struct pattern *pattern);

/* Appends the item in the form of the template, on one line. */
void template_fill(
	const struct pattern *pattern, const struct sink_item *item, const char *host, struct buf *out);

#endif

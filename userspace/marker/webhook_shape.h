/* SPDX-License-Identifier: Apache-2.0 */
/* What CI systems send: a shape tells where it keeps what a marker has. */
#ifndef LW_MARKER_WEBHOOK_SHAPE_H
#define LW_MARKER_WEBHOOK_SHAPE_H

#include <jansson.h>

#define SHAPE_PATHS    3
#define SHAPE_STATUSES 5

/* A value at a path of keys and indexes with dots between. */
struct condition {
	const char *path;
	const char *value; /* NULL: any object */
};

struct shape {
	const char *name;
	struct condition is[2]; /* what tells it from others */
	/* Of paths the first that is there counts. A shape without a service tells of no change. */
	const char *service[SHAPE_PATHS];
	const char *version[SHAPE_PATHS];
	const char *note[SHAPE_PATHS];
	const char *link[SHAPE_PATHS];
	const char *at[SHAPE_PATHS];
	const char *status;                   /* NULL: each one tells of a change */
	const char *statuses[SHAPE_STATUSES]; /* those that tell of a change that took place, or began to */
	const char *sort;                     /* what it is that changed, see shape_kind */
	const char *before;                   /* what the service's name stands behind; NULL: nothing */
};

/* The shape of a body; NULL: it is none of these. */
const struct shape *shape_of(const json_t *body);
/* The text at a path of the body, which it lives as long as; NULL: there is none. */
const char *shape_text(const json_t *body, const char *path);
/* The first of the paths that holds a text; NULL. */
const char *shape_first(const json_t *body, const char *const paths[SHAPE_PATHS]);
/* The kind of marker that a body of this shape tells of, a constant. */
const char *shape_kind(const json_t *body, const struct shape *shape);

#endif

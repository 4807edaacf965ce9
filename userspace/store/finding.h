/* SPDX-License-Identifier: Apache-2.0 */
/* What was concluded from the events, kept beside them: issues and incidents as rows that change, and bytes
 * under a name. The store knows a finding only as kind, state, service and a line of JSON, in which it looks
 * for services. */
#ifndef LW_STORE_FINDING_H
#define LW_STORE_FINDING_H

#include "store/store.h"

struct store_finding {
	const char *id;
	const char *kind; /* "issue", "incident"; "refused": an event that a receiver will not have */
	const char *state;
	const char *service;
	uint64_t time; /* of its last change, ns since the epoch */
	const char *body;
	uint64_t seq; /* of its last change, in the order of changes; given by store_findings_after alone */
};

/* Adds it, or puts it in the place of the one with its id. Begins or joins the open transaction. Returns 0 or
 * -errno. */
int store_finding_set(struct store *store, const struct store_finding *finding);

struct store_finding_filter {
	const char *kind;
	const char *state;   /* NULL: any */
	const char *service; /* one of those in "services" of the body; NULL: any */
	uint64_t since;      /* ns; 0: no bound */
	uint64_t until;      /* ns; the first instant that is not meant; 0: no bound */
	uint64_t limit;      /* 0: none */
};

/* Returns 0 to go on, anything else to stop with that result. The finding lives until it returns. */
typedef int (*store_finding_fn)(void *context, const struct store_finding *finding);

/* Newest first. */
int store_findings(
	struct store *store, const struct store_finding_filter *filter, store_finding_fn fn, void *context);
/* Issues and incidents that changed after the change of number seq, in the order of their last changes; limit
 * 0: all. */
int store_findings_after(
	struct store *store, uint64_t seq, uint64_t limit, store_finding_fn fn, void *context);
/* The number of the last change; 0: none yet. */
int store_last_finding(struct store *store, uint64_t *ret_seq);
/* One by its id, or by a unique prefix of at least 6 characters. Returns 0, -ENOENT, -ENOTUNIQ, or what fn
 * returned. */
int store_finding_get(struct store *store, const char *id, store_finding_fn fn, void *context);

/* Failures with that fingerprint, which is not the issue's own, are part of it, as of time (ns since the
 * epoch). Begins or joins the open transaction. Returns 0 or -errno. */
int store_alias_set(struct store *store, const char *fingerprint, const char *issue, uint64_t time);
/* All fingerprints of an issue: its own, its aliases, and those of issues that were merged into it. The id
 * may be cut to 6 characters or more. Returns 0, -ENOENT, also when it is no issue's, -ENOTUNIQ or another
 * -errno.
 */
int store_fingerprints(struct store *store, const char *issue, struct store_fingerprints *ret);

/* Keeps bytes under a name; begins or joins the open transaction. */
int store_blob_set(struct store *store, const char *name, const void *bytes, size_t size);
typedef int (*store_blob_fn)(void *context, const void *bytes, size_t size);
/* Returns -ENOENT when there are none, or what fn returned. */
int store_blob_get(struct store *store, const char *name, store_blob_fn fn, void *context);

#endif

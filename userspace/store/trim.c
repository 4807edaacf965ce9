/* SPDX-License-Identifier: Apache-2.0 */
/* Retention: the oldest events go, the file shrinks, and the write-ahead log is cut; a bounded piece of work
 * at a time. */
#include <errno.h>

#include "store/internal.h"

#define REMOVE_MAX    2000   /* events a call, beside as many as came since the last one */
#define VACUUM_MAX    "1000" /* pages a call */
#define FINDING_SHARE 8      /* the part of the bound that issues may take, and another that incidents may */
#define FORGET_MAX    100    /* findings at a time */
#define FORGET_TIMES  40     /* a call */
#define FORGET_BYTES  16384  /* hardly one has more: so no more go than must */
#define WAL_SHARE                                                                                            \
	(8ull << 20) /* bytes of the bound that are left to the write-ahead log; an eighth of a small bound  \
		      */

struct sizes {
	uint64_t page_size;
	uint64_t pages;
	uint64_t free;
};

static int read_sizes(struct store *store, struct sizes *ret)
{
	int r = store_number(store, "PRAGMA page_size", &ret->page_size);

	if (r == 0)
		r = store_number(store, "PRAGMA page_count", &ret->pages);
	if (r == 0)
		r = store_number(store, "PRAGMA freelist_count", &ret->free);
	return r;
}

void store_watch_removal(struct store *store, uint64_t after_seq, store_row_fn fn, void *context)
{
	store->watch = fn;
	store->watch_after = after_seq;
	store->watch_context = context;
}

/* The statement for the oldest, bound. */
static sqlite3_stmt *of_oldest(struct store *store, enum statement which, uint64_t before, uint64_t limit)
{
	sqlite3_stmt *statement = store_statement(store, which);

	sqlite3_bind_int64(statement, 1, (sqlite3_int64)(before < INT64_MAX ? before : INT64_MAX));
	sqlite3_bind_int64(statement, 2, (sqlite3_int64)limit);
	return statement;
}

static int tell_oldest(struct store *store, uint64_t before, uint64_t limit)
{
	sqlite3_stmt *statement = of_oldest(store, STATEMENT_REMOVED, before, limit);
	uint64_t after = store->watch_after;
	int r = 0, rc = SQLITE_DONE;

	sqlite3_bind_int64(statement, 3, (sqlite3_int64)(after < INT64_MAX ? after : INT64_MAX));
	while (r >= 0 && (rc = sqlite3_step(statement)) == SQLITE_ROW)
		r = store_give_row(statement, store->watch, store->watch_context);
	if (r >= 0 && rc != SQLITE_DONE)
		r = store_errno(store, rc);
	sqlite3_reset(statement);
	return r < 0 ? r : store->watch(store->watch_context, NULL);
}

static int remove_oldest(struct store *store, uint64_t before, uint64_t limit, uint64_t *removed)
{
	int r = store->watch ? tell_oldest(store, before, limit) : 0;

	if (r < 0)
		return r;
	r = store_finish(store, of_oldest(store, STATEMENT_REMOVE, before, limit));
	if (r == 0)
		*removed += (uint64_t)sqlite3_changes(store->db);
	return r;
}

/* How many events make up the excess. The span of the sequence numbers stands for the number of events:
 * counting reads the whole table. */
static int remove_excess(struct store *store, uint64_t max, uint64_t limit, uint64_t *removed)
{
	struct sizes sizes;
	uint64_t span, used, count;
	int r = read_sizes(store, &sizes);

	if (r < 0)
		return r;
	used = (sizes.pages - sizes.free) * sizes.page_size;
	if (used <= max)
		return 0;
	r = store_number(store,
		"SELECT coalesce((SELECT max(seq) FROM event) - (SELECT min(seq) FROM event) + 1, 0)", &span);
	if (r < 0)
		return r;
	count = (uint64_t)((double)span * (double)(used - max) / (double)used) + 1;
	if (count > limit - *removed)
		count = limit - *removed;
	return remove_oldest(store, INT64_MAX, count, removed);
}

static int forget_findings(struct store *store, uint64_t before)
{
	sqlite3_stmt *statement = store_statement(store, STATEMENT_FORGET);
	int r;

	sqlite3_bind_int64(statement, 1, (sqlite3_int64)before);
	r = store_finish(store, statement);
	if (r < 0)
		return r;
	statement = store_statement(store, STATEMENT_FORGET_ALIAS);
	sqlite3_bind_int64(statement, 1, (sqlite3_int64)before);
	return store_finish(store, statement);
}

static int forget_refused(struct store *store)
{
	sqlite3_stmt *statement = store_statement(store, STATEMENT_FORGET_REFUSED);

	sqlite3_bind_int64(statement, 1, STORE_REFUSED_MAX);
	return store_finish(store, statement);
}

/* A program that fails in ever new ways makes an issue of each: they are bounded by themselves, so that they
 * do not take the events' room. Those that were seen longest ago go. What there is still too much then is
 * added to *left: it is not for events to make room for it. */
static int forget_excess(struct store *store, const char *kind, uint64_t max, uint64_t *left)
{
	uint64_t forgotten = 0, bytes = 0, count;
	sqlite3_stmt *statement;
	int r;

	for (unsigned i = 0; i < FORGET_TIMES; i++) {
		r = store_number_of(store, STATEMENT_FINDING_BYTES, kind, &bytes);
		if (r < 0 || bytes <= max)
			break;
		count = (bytes - max) / FORGET_BYTES + 1;
		statement = store_statement(store, STATEMENT_FORGET_OLDEST);
		sqlite3_bind_text(statement, 1, kind, -1, SQLITE_STATIC);
		sqlite3_bind_int64(statement, 2, (sqlite3_int64)(count < FORGET_MAX ? count : FORGET_MAX));
		r = store_finish(store, statement);
		if (r < 0)
			break;
		forgotten += (uint64_t)sqlite3_changes(store->db);
	}
	if (bytes > max)
		*left += bytes - max;
	if (r < 0 || !forgotten)
		return r;
	statement = store_statement(store, STATEMENT_COUNT_FORGOTTEN);
	sqlite3_bind_int64(statement, 1, (sqlite3_int64)forgotten);
	return store_finish(store, statement);
}

/* Free pages are used again, so a few may stay: else the same pages would be cut off and added over and over.
 */
static int give_back(struct store *store, uint64_t max)
{
	struct sizes sizes;
	int r = read_sizes(store, &sizes);

	if (r < 0 || (sizes.pages * sizes.page_size <= max && sizes.free <= sizes.pages / 8))
		return r;
	return store_exec(store, "PRAGMA incremental_vacuum(" VACUUM_MAX ")");
}

/* Moves the log into the database, whose file only then gets shorter. Does not wait for readers that still
 * use the log: they are gone at a later call. */
static void cut_wal(struct store *store)
{
	sqlite3_busy_timeout(store->db, 0);
	sqlite3_wal_checkpoint_v2(store->db, "main", SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
	sqlite3_busy_timeout(store->db, STORE_BUSY_TIMEOUT);
}

int store_trim(struct store *store, const struct store_retention *bounds, uint64_t now, uint64_t *ret_removed)
{
	uint64_t bound = bounds->max_size ? bounds->max_size : UINT64_MAX;
	uint64_t share = bound / 8 < WAL_SHARE ? bound / 8 : WAL_SHARE;
	uint64_t max = bound - share; /* of the database itself */
	/* Also when it is called seldom, or much comes, the store does not grow. */
	uint64_t limit = REMOVE_MAX + store->added;
	uint64_t removed = 0, left = 0;
	int r = store_commit(store, NULL);

	if (r == 0)
		r = store_begin(store);
	if (r < 0)
		return r;
	if (bounds->max_age && now > bounds->max_age)
		r = remove_oldest(store, now - bounds->max_age, limit, &removed);
	if (r == 0 && bounds->max_age && now > bounds->max_age)
		r = forget_findings(store, now - bounds->max_age);
	if (r == 0)
		r = forget_refused(store);
	if (r == 0)
		r = forget_excess(store, "issue", bound / FINDING_SHARE, &left);
	if (r == 0)
		r = forget_excess(store, "incident", bound / FINDING_SHARE, &left);
	if (r == 0 && removed < limit)
		r = remove_excess(store, max + left, limit, &removed);
	if (r == 0)
		r = give_back(store, max);
	r = store_end(store, r);
	if (r < 0)
		return r;
	store->added = 0;
	if (store_wal_size(store) > share || store_disk_size(store) > bound)
		cut_wal(store);
	*ret_removed = removed;
	return 0;
}

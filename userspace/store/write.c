/* SPDX-License-Identifier: Apache-2.0 */
/* Writing: events and counters in one transaction, its losses counted. */
#include <errno.h>
#include <string.h>

#include "store/internal.h"

static int run(struct store *store, enum statement which)
{
	return store_finish(store, store_statement(store, which));
}

static bool in_transaction(const struct store *store)
{
	return !sqlite3_get_autocommit(store->db);
}

/* SQLite rolls back by itself on some failures, also of a SELECT: notes what went with it. The numbers that
 * were given out may be in some reader's cursor and are not given out again. */
static bool note_lost(struct store *store)
{
	if (in_transaction(store) || !store->pending)
		return false;
	store->lost += store->pending;
	store->pending = 0;
	store->burnt = store->top_seq;
	return true;
}

static void report_lost(struct store *store, uint64_t *ret_lost)
{
	note_lost(store);
	if (!ret_lost)
		return;
	*ret_lost = store->lost;
	store->lost = 0;
}

int store_begin(struct store *store)
{
	sqlite3_stmt *statement;
	int r;

	note_lost(store);
	if (in_transaction(store))
		return 0;
	r = run(store, STATEMENT_BEGIN);
	if (r < 0 || !store->burnt)
		return r;
	statement = store_statement(store, STATEMENT_SKIP_SEQ);
	sqlite3_bind_int64(statement, 1, (sqlite3_int64)store->burnt);
	r = store_finish(store, statement);
	return r < 0 ? store_end(store, r) : 0;
}

int store_end(struct store *store, int r)
{
	if (!in_transaction(store))
		return r;
	if (r == 0)
		r = run(store, STATEMENT_COMMIT);
	if (r == 0) {
		store->pending = 0;
		store->burnt = 0;
	} else if (in_transaction(store)) {
		run(store, STATEMENT_ROLLBACK);
	}
	note_lost(store);
	return r;
}

/* What cannot be kept beside its event is left out: the event says enough without it. */
static void add_remains(struct store *store, const struct store_event *event)
{
	sqlite3_stmt *statement = store_statement(store, STATEMENT_EVIDENCE);

	sqlite3_bind_int64(statement, 1, (sqlite3_int64)store->top_seq);
	sqlite3_bind_blob64(statement, 2, event->remains, event->remains_size, SQLITE_STATIC);
	store_finish(store, statement);
}

/* So that it is found by its fingerprint. */
static void add_failure(struct store *store, const struct store_event *event)
{
	sqlite3_stmt *statement;

	if (!strstr(event->body, "\"fingerprint\":"))
		return;
	statement = store_statement(store, STATEMENT_FAILURE);
	sqlite3_bind_int64(statement, 1, (sqlite3_int64)store->top_seq);
	sqlite3_bind_int64(statement, 2, (sqlite3_int64)event->time);
	sqlite3_bind_text(statement, 3, event->kind, -1, SQLITE_STATIC);
	sqlite3_bind_text(statement, 4, event->body, -1, SQLITE_STATIC);
	store_finish(store, statement);
}

static int add(struct store *store, const struct store_event *event)
{
	sqlite3_stmt *statement;
	int r;

	if (!event->id || !event->kind || !event->body || event->time >= INT64_MAX)
		return -EINVAL;
	r = store_begin(store);
	if (r < 0)
		return r;
	statement = store_statement(store, STATEMENT_ADD);
	sqlite3_bind_text(statement, 1, event->id, -1, SQLITE_STATIC);
	sqlite3_bind_int64(statement, 2, (sqlite3_int64)event->time);
	sqlite3_bind_text(statement, 3, event->kind, -1, SQLITE_STATIC);
	sqlite3_bind_text(statement, 4, event->service, -1, SQLITE_STATIC);
	sqlite3_bind_text(statement, 5, event->body, -1, SQLITE_STATIC);
	r = store_finish(store, statement);
	if (r < 0)
		return r;
	if (sqlite3_changes(store->db) == 0)
		return 1;
	store->pending++;
	store->added++;
	store->top_seq = (uint64_t)sqlite3_last_insert_rowid(store->db);
	if (event->remains)
		add_remains(store, event);
	add_failure(store, event);
	return 0;
}

int store_add(struct store *store, const struct store_event *event, uint64_t *ret_lost)
{
	int r = add(store, event);

	report_lost(store, ret_lost);
	return r;
}

int store_commit(struct store *store, uint64_t *ret_lost)
{
	int r = note_lost(store) ? -EIO : store_end(store, 0);

	report_lost(store, ret_lost);
	return r;
}

int store_counter_set(struct store *store, const char *name, uint64_t value)
{
	sqlite3_stmt *statement;
	int r = store_begin(store);

	if (r < 0)
		return r;
	statement = store_statement(store, STATEMENT_COUNTER);
	sqlite3_bind_text(statement, 1, name, -1, SQLITE_STATIC);
	sqlite3_bind_int64(statement, 2, (sqlite3_int64)value);
	return store_finish(store, statement);
}

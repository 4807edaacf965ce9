/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of store/ share. Nothing outside store/ and its tests includes this. */
#ifndef LW_STORE_INTERNAL_H
#define LW_STORE_INTERNAL_H

#include <sqlite3.h>

#include "base/cleanup.h"
#include "store/store.h"

#define STORE_DB_NAME        "lastwords.db"
#define STORE_APPLICATION_ID 0x4c574f52 /* "LWOR" */
#define STORE_KINDS_MAX      16
/* The kinds that do not come in bulk; the same text in the index and in the queries that follow it. */
#define STORE_BULK                                                                                           \
	{                                                                                                    \
		"syscall_errors", "tcp_reset", "connect_failure"                                             \
	}
#define STORE_RARE "kind NOT IN ('syscall_errors', 'tcp_reset', 'connect_failure')"
/* The kinds that have a fingerprint, and where it is. */
#define STORE_FAILURE     "kind IN ('crash', 'oom_kill', 'kill', 'exit_failure', 'exception')"
#define STORE_FINGERPRINT "json_extract(body, '$.fingerprint')"
#define STORE_ALIAS_OLD   "3600000000000" /* ns that the time of an alias may be behind */
#define STORE_REFUSED_MAX 1000            /* findings of that kind: a receiver may refuse without end */
/* Bytes that a finding takes with its indexes, at most: what is longer goes in pages of its own. */
#define STORE_FINDING_COST(body)                                                                             \
	"(length(CAST(" body " AS BLOB)) + 300 +"                                                            \
	" CASE WHEN length(CAST(" body " AS BLOB)) > 800 THEN 4096 ELSE 0 END)"
#define STORE_BUSY_TIMEOUT 2000 /* ms */

/* Statements that are prepared once and kept. */
enum statement {
	STATEMENT_BEGIN,
	STATEMENT_COMMIT,
	STATEMENT_ROLLBACK,
	STATEMENT_ADD,
	STATEMENT_EVIDENCE,
	STATEMENT_FAILURE,
	STATEMENT_COUNTER,
	STATEMENT_SKIP_SEQ,
	STATEMENT_REMOVED,
	STATEMENT_REMOVE,
	STATEMENT_FINDING_SEQ,
	STATEMENT_FINDING,
	STATEMENT_BLOB,
	STATEMENT_FORGET,
	STATEMENT_FORGET_REFUSED,
	STATEMENT_ALIAS,
	STATEMENT_FORGET_ALIAS,
	STATEMENT_FINDING_BYTES,
	STATEMENT_FORGET_OLDEST,
	STATEMENT_COUNT_FORGOTTEN,
	STATEMENTS
};

struct store {
	sqlite3 *db;
	char *path;     /* of the database; NULL in memory */
	char *wal_path; /* NULL in memory */
	char *journal_path;
	int lock_fd;          /* -1: none */
	uint64_t pending;     /* events of the open transaction */
	uint64_t lost;        /* events gone with a transaction and not reported yet */
	uint64_t top_seq;     /* the last sequence number given out by this connection */
	uint64_t added;       /* events since the last store_trim */
	uint64_t burnt;       /* numbers up to here were given out and rolled back; 0: none */
	uint64_t watch_after; /* store_watch_removal */
	store_row_fn watch;
	void *watch_context;
	sqlite3_stmt *statements[STATEMENTS];
};

/* Turns a failure of SQLite into -errno; to be called before the connection is used again. */
int store_errno(const struct store *store, int rc);

/* The statement ready for binding; the store owns it. NULL on failure, which binding ignores and store_finish
 * reports. */
sqlite3_stmt *store_statement(struct store *store, enum statement which);
/* Steps a statement that gives no rows, and makes it ready for the next time. Returns 0 or -errno. */
int store_finish(struct store *store, sqlite3_stmt *statement);

/* Steps a statement to the row whose id, in column, is id or alone begins with it: ?1 and ?2 bound the ids,
 * and the last column counts them, up to 2. Returns 0, -ENOENT, -ENOTUNIQ, or another -errno. */
int store_step_id(struct store *store, sqlite3_stmt *statement, const char *id, int column);

/* Calls fn for the row that the statement stands at, with the columns of struct store_row in their order.
 * Returns what fn returned, or -EBADMSG. */
int store_give_row(sqlite3_stmt *statement, store_row_fn fn, void *context);

/* Runs SQL without results. Returns 0 or -errno. */
int store_exec(struct store *store, const char *sql);
/* The first column of the first row; -ENOENT when there is no row. */
int store_number(struct store *store, const char *sql, uint64_t *ret);

/* The same of a kept statement, with a text as ?1. */
int store_number_of(struct store *store, enum statement which, const char *text, uint64_t *ret);

/* Begins a transaction unless one is open. Returns 0 or -errno. */
int store_begin(struct store *store);
/* Ends the transaction: commits when r is 0, else, or when that fails, rolls back. Returns r or why the
 * commit failed. */
int store_end(struct store *store, int r);

/* Bytes of the write-ahead log, and of the rollback journal that there is while WAL is not switched on yet; 0
 * when there is none. */
uint64_t store_wal_size(const struct store *store);
uint64_t store_journal_size(const struct store *store);

/* Creates or migrates the tables and switches to WAL; a no-op on a current database. -EPROTO: newer schema.
 */
int store_schema_update(struct store *store);
/* Looks at the header of a file of size bytes before SQLite does, so that nothing foreign is touched. Returns
 * 0, or -EBADMSG, -EPROTO, -EIO with a message in error. */
int store_schema_check_file(const struct store *store, uint64_t size, struct buf *error);

/* Appends the SELECT of a filter, parameters as in query.c. Returns 0, -E2BIG or -ENOMEM. */
int store_query_sql(const struct store_filter *filter, struct buf *sql);

static inline void cleanup_statement(sqlite3_stmt **statement)
{
	sqlite3_finalize(*statement);
}

#define _cleanup_statement_ _cleanup_(cleanup_statement)

#endif

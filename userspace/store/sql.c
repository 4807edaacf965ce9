/* SPDX-License-Identifier: Apache-2.0 */
/* The statements that are kept, and the failures of SQLite as errno. */
#include <errno.h>
#include <string.h>

#include "store/internal.h"

#define PREFIX_MIN 6

static const struct {
	int rc;
	int error;
} errors[] = {
	{SQLITE_FULL, ENOSPC},
	{SQLITE_BUSY, EBUSY},
	{SQLITE_LOCKED, EBUSY},
	{SQLITE_NOMEM, ENOMEM},
	{SQLITE_READONLY, EROFS},
	{SQLITE_PERM, EACCES},
	{SQLITE_AUTH, EACCES},
	{SQLITE_CANTOPEN, EACCES},
	{SQLITE_CORRUPT, EBADMSG},
	{SQLITE_NOTADB, EBADMSG},
	{SQLITE_SCHEMA, EBADMSG},
	{SQLITE_ERROR, EBADMSG},
	{SQLITE_TOOBIG, E2BIG},
	{SQLITE_CONSTRAINT, EINVAL},
};

int store_errno(const struct store *store, int rc)
{
	int system = 0;

	rc &= 0xff;
	if (rc == SQLITE_IOERR || rc == SQLITE_CANTOPEN)
		system = sqlite3_system_errno(store->db);
	if (system == EDQUOT)
		system = ENOSPC;
	if (rc == SQLITE_CANTOPEN && system)
		return -system;
	if (rc == SQLITE_IOERR && system == ENOSPC)
		return -ENOSPC;
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
		if (errors[i].rc == rc)
			return -errors[i].error;
	return -EIO;
}

int store_exec(struct store *store, const char *sql)
{
	int rc = sqlite3_exec(store->db, sql, NULL, NULL, NULL);

	return rc == SQLITE_OK ? 0 : store_errno(store, rc);
}

int store_number(struct store *store, const char *sql, uint64_t *ret)
{
	_cleanup_statement_ sqlite3_stmt *statement = NULL;
	int rc = sqlite3_prepare_v2(store->db, sql, -1, &statement, NULL);

	if (rc == SQLITE_OK)
		rc = sqlite3_step(statement);
	if (rc == SQLITE_DONE)
		return -ENOENT;
	if (rc != SQLITE_ROW)
		return store_errno(store, rc);
	*ret = (uint64_t)sqlite3_column_int64(statement, 0);
	return 0;
}

int store_number_of(struct store *store, enum statement which, const char *text, uint64_t *ret)
{
	sqlite3_stmt *statement = store_statement(store, which);
	int r = 0, rc;

	sqlite3_bind_text(statement, 1, text, -1, SQLITE_STATIC);
	rc = statement ? sqlite3_step(statement) : sqlite3_errcode(store->db);
	if (rc == SQLITE_ROW)
		*ret = (uint64_t)sqlite3_column_int64(statement, 0);
	else
		r = rc == SQLITE_DONE ? -ENOENT : store_errno(store, rc);
	sqlite3_reset(statement);
	return r;
}

#define OLDEST "SELECT seq FROM event INDEXED BY event_time WHERE time < ?1 ORDER BY time, seq LIMIT ?2"

static const char *const statements[] = {
	/* IMMEDIATE: when another process writes, the wait is here, where nothing can be lost. */
	[STATEMENT_BEGIN] = "BEGIN IMMEDIATE",
	[STATEMENT_COMMIT] = "COMMIT",
	[STATEMENT_ROLLBACK] = "ROLLBACK",
	[STATEMENT_ADD] = "INSERT INTO event(id, time, kind, service, body) VALUES(?1, ?2, ?3, ?4, ?5)"
			  " ON CONFLICT(id) DO NOTHING",
	[STATEMENT_EVIDENCE] = "INSERT INTO evidence(seq, remains) VALUES(?1, ?2)",
	[STATEMENT_FAILURE] = "INSERT INTO failure(seq, fingerprint, time) SELECT ?1, fingerprint, ?2 FROM"
			      " (SELECT ?3 AS kind, " STORE_FINGERPRINT " AS fingerprint FROM"
			      " (SELECT ?4 AS body)) WHERE " STORE_FAILURE " AND fingerprint IS NOT NULL",
	[STATEMENT_COUNTER] = "INSERT INTO counter(name, value) VALUES(?1, ?2)"
			      " ON CONFLICT(name) DO UPDATE SET value = excluded.value",
	[STATEMENT_SKIP_SEQ] = "UPDATE sqlite_sequence SET seq = max(seq, ?1) WHERE name = 'event'",
	[STATEMENT_REMOVED] = "SELECT seq, id, time, kind, service, body FROM event WHERE seq IN (" OLDEST
			      ") AND seq > ?3 ORDER BY seq",
	[STATEMENT_REMOVE] = "DELETE FROM event WHERE seq IN (" OLDEST ")",
	[STATEMENT_FINDING_SEQ] = "UPDATE sqlite_sequence SET seq = seq + 1 WHERE name = 'finding'",
	/* One that says nothing new keeps its number. */
	[STATEMENT_FINDING] =
		"INSERT INTO finding(id, kind, state, service, time, body, seq)"
		" VALUES(?1, ?2, ?3, ?4, ?5, ?6, (SELECT seq FROM sqlite_sequence WHERE name = 'finding'))"
		" ON CONFLICT(id) DO UPDATE SET state = excluded.state, service = excluded.service,"
		" time = excluded.time, body = excluded.body, seq = excluded.seq"
		" WHERE body <> excluded.body OR state <> excluded.state",
	[STATEMENT_BLOB] = "INSERT INTO blob(name, value) VALUES(?1, ?2)"
			   " ON CONFLICT(name) DO UPDATE SET value = excluded.value",
	/* With the kinds, which are all that there are, it is a look at the index and not through it. */
	[STATEMENT_FORGET] =
		"DELETE FROM finding WHERE kind IN ('issue', 'incident', 'refused') AND time < ?1",
	/* A write only once an hour: what is seen now is not about to be forgotten. */
	[STATEMENT_ALIAS] =
		"INSERT INTO alias(fingerprint, issue, time) VALUES(?1, ?2, ?3) ON CONFLICT(fingerprint) DO"
		" UPDATE SET issue = ?2, time = ?3 WHERE issue <> ?2 OR time < ?3 - " STORE_ALIAS_OLD,
	[STATEMENT_FORGET_ALIAS] = "DELETE FROM alias WHERE time < ?1 - " STORE_ALIAS_OLD,
	[STATEMENT_FORGET_REFUSED] =
		"DELETE FROM finding WHERE kind = 'refused' AND time <= (SELECT time FROM finding"
		" WHERE kind = 'refused' ORDER BY time DESC LIMIT 1 OFFSET ?1)",
	[STATEMENT_FINDING_BYTES] = "SELECT bytes FROM finding_size WHERE kind = ?1",
	[STATEMENT_FORGET_OLDEST] = "DELETE FROM finding WHERE id IN (SELECT id FROM finding"
				    " INDEXED BY finding_time WHERE kind = ?1 ORDER BY time, id LIMIT ?2)",
	[STATEMENT_COUNT_FORGOTTEN] = "INSERT INTO counter(name, value) VALUES('findings.removed', ?1)"
				      " ON CONFLICT(name) DO UPDATE SET value = value + excluded.value",
};

sqlite3_stmt *store_statement(struct store *store, enum statement which)
{
	if (!store->statements[which])
		sqlite3_prepare_v3(store->db, statements[which], -1, SQLITE_PREPARE_PERSISTENT,
			&store->statements[which], NULL);
	return store->statements[which];
}

int store_finish(struct store *store, sqlite3_stmt *statement)
{
	int rc = statement ? sqlite3_step(statement) : sqlite3_errcode(store->db);
	int r = rc == SQLITE_DONE ? 0 : store_errno(store, rc);

	if (statement) {
		sqlite3_reset(statement);
		sqlite3_clear_bindings(statement);
	}
	return r;
}

int store_step_id(struct store *store, sqlite3_stmt *statement, const char *id, int column)
{
	_cleanup_buf_ struct buf end = {0};
	const char *found;
	int rc;

	/* 0xff is above every byte of UTF-8. */
	buf_printf(&end, "%s\xff", id);
	if (end.failed)
		return -ENOMEM;
	sqlite3_bind_text(statement, 1, id, -1, SQLITE_TRANSIENT);
	sqlite3_bind_text(statement, 2, buf_text(&end), -1, SQLITE_TRANSIENT);
	rc = sqlite3_step(statement);
	if (rc != SQLITE_ROW)
		return rc == SQLITE_DONE ? -ENOENT : store_errno(store, rc);
	found = (const char *)sqlite3_column_text(statement, column);
	if (found && strcmp(found, id) == 0)
		return 0;
	if (strlen(id) < PREFIX_MIN)
		return -ENOENT;
	return sqlite3_column_int(statement, sqlite3_column_count(statement) - 1) > 1 ? -ENOTUNIQ : 0;
}

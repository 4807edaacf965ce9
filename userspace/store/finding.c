/* SPDX-License-Identifier: Apache-2.0 */
/* Issues, incidents and named bytes. */
#include "store/finding.h"

#include <errno.h>
#include <string.h>

#include "base/json.h"
#include "store/internal.h"

/* The column has the first of them: an issue lists their names, an incident objects with a name. Few bodies
 * have the name, which is quicker to see than what it is there. */
#define HAS_SERVICE                                                                                          \
	"(instr(body, ?7) > 0 AND EXISTS (SELECT 1 FROM json_each(body, '$.services') AS one WHERE ?5 ="     \
	" CASE one.type WHEN 'object' THEN json_extract(one.value, '$.name') ELSE one.value END))"

#define COLUMNS "id, kind, state, service, time, body"

int store_finding_set(struct store *store, const struct store_finding *finding)
{
	sqlite3_stmt *statement;
	int r = finding->time < INT64_MAX ? store_begin(store) : -EINVAL;

	if (r == 0)
		r = store_finish(store, store_statement(store, STATEMENT_FINDING_SEQ));
	if (r < 0)
		return r;
	statement = store_statement(store, STATEMENT_FINDING);
	sqlite3_bind_text(statement, 1, finding->id, -1, SQLITE_STATIC);
	sqlite3_bind_text(statement, 2, finding->kind, -1, SQLITE_STATIC);
	sqlite3_bind_text(statement, 3, finding->state, -1, SQLITE_STATIC);
	sqlite3_bind_text(statement, 4, finding->service, -1, SQLITE_STATIC);
	sqlite3_bind_int64(statement, 5, (sqlite3_int64)finding->time);
	sqlite3_bind_text(statement, 6, finding->body, -1, SQLITE_STATIC);
	return store_finish(store, statement);
}

static const char *text(sqlite3_stmt *statement, int column)
{
	return (const char *)sqlite3_column_text(statement, column);
}

static int give(sqlite3_stmt *statement, bool with_seq, store_finding_fn fn, void *context)
{
	struct store_finding finding = {
		.id = text(statement, 0),
		.kind = text(statement, 1),
		.state = text(statement, 2),
		.service = text(statement, 3),
		.time = (uint64_t)sqlite3_column_int64(statement, 4),
		.body = text(statement, 5),
		.seq = with_seq ? (uint64_t)sqlite3_column_int64(statement, 6) : 0,
	};

	if (!finding.id || !finding.kind || !finding.state || !finding.service || !finding.body)
		return -EBADMSG;
	return fn(context, &finding);
}

static int give_all(
	struct store *store, sqlite3_stmt *statement, bool with_seq, store_finding_fn fn, void *context)
{
	int rc;

	while ((rc = sqlite3_step(statement)) == SQLITE_ROW) {
		int r = give(statement, with_seq, fn, context);

		if (r != 0)
			return r;
	}
	return rc == SQLITE_DONE ? 0 : store_errno(store, rc);
}

static sqlite3_int64 bound(uint64_t value, sqlite3_int64 none)
{
	return !value ? none : value < INT64_MAX ? (sqlite3_int64)value : INT64_MAX;
}

/* As it stands in a body. */
static void quote(const char *name, struct buf *out)
{
	struct json json;

	json_begin(&json, out);
	json_str(&json, NULL, name);
}

int store_findings(
	struct store *store, const struct store_finding_filter *filter, store_finding_fn fn, void *context)
{
	_cleanup_statement_ sqlite3_stmt *statement = NULL;
	_cleanup_buf_ struct buf quoted = {0};
	int rc = sqlite3_prepare_v2(store->db,
		"SELECT " COLUMNS " FROM finding WHERE kind = ?1 AND time >= ?2 AND time < ?3"
		" AND (?4 IS NULL OR state = ?4) AND (?5 IS NULL OR service = ?5 OR " HAS_SERVICE ")"
		" ORDER BY time DESC, id DESC LIMIT ?6",
		-1, &statement, NULL);

	if (rc == SQLITE_ERROR) /* written by a version that had none */
		return 0;
	if (rc != SQLITE_OK)
		return store_errno(store, rc);
	sqlite3_bind_text(statement, 1, filter->kind, -1, SQLITE_STATIC);
	sqlite3_bind_int64(statement, 2, bound(filter->since, 0));
	sqlite3_bind_int64(statement, 3, bound(filter->until, INT64_MAX));
	sqlite3_bind_text(statement, 4, filter->state, -1, SQLITE_STATIC);
	sqlite3_bind_text(statement, 5, filter->service, -1, SQLITE_STATIC);
	sqlite3_bind_int64(statement, 6, bound(filter->limit, -1));
	if (filter->service)
		quote(filter->service, &quoted);
	if (quoted.failed)
		return -ENOMEM;
	sqlite3_bind_text(statement, 7, buf_text(&quoted), -1, SQLITE_STATIC);
	return give_all(store, statement, false, fn, context);
}

int store_findings_after(
	struct store *store, uint64_t seq, uint64_t limit, store_finding_fn fn, void *context)
{
	_cleanup_statement_ sqlite3_stmt *statement = NULL;
	int rc = sqlite3_prepare_v2(store->db,
		"SELECT " COLUMNS ", seq FROM finding INDEXED BY finding_seq"
		" WHERE seq > ?1 AND kind IN ('issue', 'incident') ORDER BY seq LIMIT ?2",
		-1, &statement, NULL);

	if (rc != SQLITE_OK)
		return store_errno(store, rc);
	sqlite3_bind_int64(statement, 1, bound(seq, 0));
	sqlite3_bind_int64(statement, 2, bound(limit, -1));
	return give_all(store, statement, true, fn, context);
}

int store_last_finding(struct store *store, uint64_t *ret_seq)
{
	return store_number(store, "SELECT seq FROM sqlite_sequence WHERE name = 'finding'", ret_seq);
}

int store_finding_get(struct store *store, const char *id, store_finding_fn fn, void *context)
{
	_cleanup_statement_ sqlite3_stmt *statement = NULL;
	int rc;

	rc = sqlite3_prepare_v2(store->db,
		"SELECT " COLUMNS
		", (SELECT count(*) FROM (SELECT 1 FROM finding WHERE id >= ?1 AND id < ?2 LIMIT 2))"
		" FROM finding WHERE id >= ?1 AND id < ?2 ORDER BY id LIMIT 1",
		-1, &statement, NULL);
	if (rc == SQLITE_ERROR)
		return -ENOENT;
	if (rc != SQLITE_OK)
		return store_errno(store, rc);
	rc = store_step_id(store, statement, id, 0);
	return rc < 0 ? rc : give(statement, false, fn, context);
}

int store_blob_set(struct store *store, const char *name, const void *bytes, size_t size)
{
	sqlite3_stmt *statement;
	int r = store_begin(store);

	if (r < 0)
		return r;
	statement = store_statement(store, STATEMENT_BLOB);
	sqlite3_bind_text(statement, 1, name, -1, SQLITE_STATIC);
	sqlite3_bind_blob64(statement, 2, bytes, size, SQLITE_STATIC);
	return store_finish(store, statement);
}

int store_blob_get(struct store *store, const char *name, store_blob_fn fn, void *context)
{
	_cleanup_statement_ sqlite3_stmt *statement = NULL;
	int rc =
		sqlite3_prepare_v2(store->db, "SELECT value FROM blob WHERE name = ?1", -1, &statement, NULL);

	if (rc != SQLITE_OK)
		return store_errno(store, rc);
	sqlite3_bind_text(statement, 1, name, -1, SQLITE_STATIC);
	rc = sqlite3_step(statement);
	if (rc != SQLITE_ROW)
		return rc == SQLITE_DONE ? -ENOENT : store_errno(store, rc);
	return fn(context, sqlite3_column_blob(statement, 0), (size_t)sqlite3_column_bytes(statement, 0));
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Reading: each list comes in its order out of an index, so a limit makes it short whatever the table's size.
 */
#include <errno.h>
#include <string.h>

#include "store/internal.h"

/* Parameters of the SELECT. */
enum { SINCE = 1, UNTIL, AFTER, SERVICE, WITH, LIMIT, KIND, FINGERPRINT = KIND + STORE_KINDS_MAX };

static bool is_repeated(const struct store_filter *filter, unsigned kind)
{
	for (unsigned i = 0; i < kind; i++)
		if (strcmp(filter->kinds[i], filter->kinds[kind]) == 0)
			return true;
	return false;
}

/* Whether an index of its own holds the kinds that are asked for. */
static bool are_rare(const struct store_filter *filter)
{
	static const char *const bulk[] = STORE_BULK;

	for (unsigned i = 0; i < filter->kind_count; i++)
		for (size_t n = 0; n < sizeof(bulk) / sizeof(*bulk); n++)
			if (strcmp(filter->kinds[i], bulk[n]) == 0)
				return false;
	return filter->kind_count > 0;
}

static void put_rest(const struct store_filter *filter, struct buf *sql)
{
	if (filter->service)
		buf_printf(sql, " AND service = ?%d", SERVICE);
	if (filter->with)
		buf_printf(sql, " AND instr(body, ?%d) > 0", WITH);
}

static void select_from(const struct store_filter *filter, const char *index, struct buf *sql)
{
	buf_printf(sql,
		"SELECT seq, id, time, kind, service, body FROM event %s WHERE time >= ?%d AND time < ?%d "
		"AND seq > ?%d",
		index, SINCE, UNTIL, AFTER);
	put_rest(filter, sql);
}

static void put_kinds(const struct store_filter *filter, struct buf *sql)
{
	for (unsigned i = 0; i < filter->kind_count; i++)
		buf_printf(sql, "%s?%u", i ? ", " : " AND +kind IN (", KIND + i);
	buf_str(sql, filter->kind_count ? ")" : "");
}

/* One SELECT that follows one index, which holds the kind as well where there is one. */
static void select_kinds(const struct store_filter *filter, const char *index, struct buf *sql)
{
	select_from(filter, index, sql);
	put_kinds(filter, sql);
	for (unsigned i = 0; filter->of && i < filter->of->count; i++)
		buf_printf(sql, "%s?%u", i ? ", " : " AND " STORE_FAILURE " AND " STORE_FINGERPRINT " IN (",
			FINGERPRINT + i);
	buf_str(sql, filter->of ? ")" : "");
}

/* One SELECT a fingerprint, merged as those of kinds. */
static void merge_fingerprints(const struct store_filter *filter, struct buf *sql)
{
	for (unsigned i = 0; i < filter->of->count; i++) {
		buf_printf(sql,
			"%sSELECT failure.seq AS seq, id, failure.time AS time, kind, service, body FROM "
			"failure"
			" INDEXED BY failure_fingerprint CROSS JOIN event ON event.seq = failure.seq"
			" WHERE fingerprint = ?%u AND failure.time >= ?%d AND failure.time < ?%d"
			" AND failure.seq > ?%d",
			i ? " UNION ALL " : "", FINGERPRINT + i, SINCE, UNTIL, AFTER);
		put_rest(filter, sql);
		put_kinds(filter, sql);
	}
}

/* One SELECT a kind: SQLite merges them as they come, where it would sort all the rows of "kind IN (…)". */
static void merge_kinds(
	const struct store_filter *filter, const char *index, const char *condition, struct buf *sql)
{
	for (unsigned i = 0; i < filter->kind_count; i++) {
		if (is_repeated(filter, i))
			continue;
		buf_str(sql, i ? " UNION ALL " : "");
		select_from(filter, index, sql);
		buf_printf(sql, " AND kind = ?%u%s", KIND + i, condition);
	}
}

/* indexed: as this version has it. */
static int query_sql(const struct store_filter *filter, bool indexed, struct buf *sql)
{
	bool by_seq = filter->by_seq || (filter->after_seq && !filter->newest_first);
	const char *direction = filter->newest_first ? "DESC" : "ASC";

	if (filter->kind_count > STORE_KINDS_MAX)
		return -E2BIG;
	if (by_seq)
		select_kinds(filter, "NOT INDEXED", sql);
	else if (filter->of && indexed)
		merge_fingerprints(filter, sql);
	else if (filter->of)
		select_kinds(filter, "INDEXED BY event_time", sql);
	else if (filter->service && indexed && are_rare(filter))
		merge_kinds(filter, "INDEXED BY event_rare", " AND " STORE_RARE, sql);
	else if (filter->service)
		select_kinds(filter, "INDEXED BY event_service", sql);
	else if (filter->kind_count)
		merge_kinds(filter, "INDEXED BY event_kind", "", sql);
	else
		select_from(filter, "INDEXED BY event_time", sql);
	if (by_seq)
		buf_printf(sql, " ORDER BY seq %s LIMIT ?%d", direction, LIMIT);
	else
		buf_printf(sql, " ORDER BY time %s, seq %s LIMIT ?%d", direction, direction, LIMIT);
	return sql->failed ? -ENOMEM : 0;
}

int store_query_sql(const struct store_filter *filter, struct buf *sql)
{
	return query_sql(filter, true, sql);
}

static sqlite3_int64 clamp(uint64_t value)
{
	return value < INT64_MAX ? (sqlite3_int64)value : INT64_MAX;
}

static void bind(sqlite3_stmt *statement, const struct store_filter *filter)
{
	sqlite3_bind_int64(statement, SINCE, clamp(filter->since));
	sqlite3_bind_int64(statement, UNTIL, clamp(filter->until ? filter->until : UINT64_MAX));
	sqlite3_bind_int64(statement, AFTER, clamp(filter->after_seq));
	sqlite3_bind_int64(statement, LIMIT, filter->limit ? clamp(filter->limit) : -1);
	/* Those that this SELECT does not have are refused, which does no harm. */
	sqlite3_bind_text(statement, SERVICE, filter->service, -1, SQLITE_STATIC);
	sqlite3_bind_text(statement, WITH, filter->with, -1, SQLITE_STATIC);
	for (unsigned i = 0; i < filter->kind_count; i++)
		sqlite3_bind_text(statement, (int)(KIND + i), filter->kinds[i], -1, SQLITE_STATIC);
	for (unsigned i = 0; filter->of && i < filter->of->count; i++)
		sqlite3_bind_text(statement, (int)(FINGERPRINT + i), filter->of->text[i], -1, SQLITE_STATIC);
}

static const char *text(sqlite3_stmt *statement, int column)
{
	return (const char *)sqlite3_column_text(statement, column);
}

int store_give_row(sqlite3_stmt *statement, store_row_fn fn, void *context)
{
	struct store_row row = {
		.seq = (uint64_t)sqlite3_column_int64(statement, 0),
		.id = text(statement, 1),
		.time = (uint64_t)sqlite3_column_int64(statement, 2),
		.kind = text(statement, 3),
		.service = text(statement, 4),
		.body = text(statement, 5),
	};

	/* Of a damaged page; or out of memory. */
	if (!row.id || !row.kind || !row.body)
		return -EBADMSG;
	return fn(context, &row);
}

int store_query(struct store *store, const struct store_filter *filter, store_row_fn fn, void *context)
{
	_cleanup_statement_ sqlite3_stmt *statement = NULL;
	_cleanup_buf_ struct buf sql = {0};
	int r = query_sql(filter, true, &sql);
	int rc;

	if (r < 0 || (filter->of && !filter->of->count))
		return r;
	rc = sqlite3_prepare_v2(store->db, buf_text(&sql), -1, &statement, NULL);
	if (rc == SQLITE_ERROR) { /* a database of before, which only its daemon changes */
		buf_reset(&sql);
		query_sql(filter, false, &sql);
		rc = sqlite3_prepare_v2(store->db, buf_text(&sql), -1, &statement, NULL);
	}
	if (rc != SQLITE_OK)
		return store_errno(store, rc);
	bind(statement, filter);
	while ((rc = sqlite3_step(statement)) == SQLITE_ROW) {
		r = store_give_row(statement, fn, context);
		if (r != 0)
			return r;
	}
	return rc == SQLITE_DONE ? 0 : store_errno(store, rc);
}

int store_get(struct store *store, const char *id, store_row_fn fn, void *context)
{
	_cleanup_statement_ sqlite3_stmt *statement = NULL;
	int rc;

	rc = sqlite3_prepare_v2(store->db,
		"SELECT seq, id, time, kind, service, body,"
		" (SELECT count(*) FROM (SELECT 1 FROM event WHERE id >= ?1 AND id < ?2 LIMIT 2))"
		" FROM event WHERE id >= ?1 AND id < ?2 ORDER BY id LIMIT 1",
		-1, &statement, NULL);
	if (rc != SQLITE_OK)
		return store_errno(store, rc);
	rc = store_step_id(store, statement, id, 1);
	return rc < 0 ? rc : store_give_row(statement, fn, context);
}

struct remains_query {
	struct store *store;
	store_remains_fn fn;
	void *context;
};

static int give_remains(void *context, const struct store_row *row)
{
	_cleanup_statement_ sqlite3_stmt *statement = NULL;
	const struct remains_query *query = context;
	int rc = sqlite3_prepare_v2(
		query->store->db, "SELECT remains FROM evidence WHERE seq = ?1", -1, &statement, NULL);

	if (rc == SQLITE_ERROR)
		return -ENODATA; /* a database of before, which only its daemon changes */
	if (rc != SQLITE_OK)
		return store_errno(query->store, rc);
	sqlite3_bind_int64(statement, 1, (sqlite3_int64)row->seq);
	rc = sqlite3_step(statement);
	if (rc != SQLITE_ROW)
		return rc == SQLITE_DONE ? -ENODATA : store_errno(query->store, rc);
	return query->fn(query->context, sqlite3_column_blob(statement, 0),
		(size_t)sqlite3_column_bytes(statement, 0));
}

int store_remains(struct store *store, const char *id, store_remains_fn fn, void *context)
{
	struct remains_query query = {store, fn, context};

	return store_get(store, id, give_remains, &query);
}

int store_last_seq(struct store *store, uint64_t *ret_seq)
{
	return store_number(store, "SELECT seq FROM sqlite_sequence WHERE name = 'event'", ret_seq);
}

int store_counters(struct store *store, store_counter_fn fn, void *context)
{
	_cleanup_statement_ sqlite3_stmt *statement = NULL;
	int rc = sqlite3_prepare_v2(
		store->db, "SELECT name, value FROM counter ORDER BY name", -1, &statement, NULL);
	int r;

	if (rc != SQLITE_OK)
		return store_errno(store, rc);
	while ((rc = sqlite3_step(statement)) == SQLITE_ROW) {
		if (!text(statement, 0))
			return -EBADMSG;
		r = fn(context, text(statement, 0), (uint64_t)sqlite3_column_int64(statement, 1));
		if (r != 0)
			return r;
	}
	return rc == SQLITE_DONE ? 0 : store_errno(store, rc);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Which failures are an issue's, by their fingerprints. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/id.h"
#include "base/text.h"
#include "store/finding.h"
#include "store/internal.h"

int store_alias_set(struct store *store, const char *fingerprint, const char *issue, uint64_t time)
{
	int r = time < INT64_MAX ? store_begin(store) : -EINVAL;
	sqlite3_stmt *statement;

	if (r < 0)
		return r;
	statement = store_statement(store, STATEMENT_ALIAS);
	sqlite3_bind_text(statement, 1, fingerprint, -1, SQLITE_STATIC);
	sqlite3_bind_text(statement, 2, issue, -1, SQLITE_STATIC);
	sqlite3_bind_int64(statement, 3, (sqlite3_int64)time);
	return store_finish(store, statement);
}

static int take(struct store *store, const char *sql, const char *issue, struct store_fingerprints *ret)
{
	_cleanup_statement_ sqlite3_stmt *statement = NULL;
	int rc = sqlite3_prepare_v2(store->db, sql, -1, &statement, NULL);

	if (rc == SQLITE_ERROR) /* there is no such table */
		return -ENOTSUP;
	if (rc != SQLITE_OK)
		return store_errno(store, rc);
	sqlite3_bind_text(statement, 1, issue, -1, SQLITE_STATIC);
	while (ret->count < STORE_FINGERPRINTS && (rc = sqlite3_step(statement)) == SQLITE_ROW) {
		const char *text = (const char *)sqlite3_column_text(statement, 0);

		if (text)
			text_copy(ret->text[ret->count++], sizeof(ret->text[0]), text);
	}
	return rc == SQLITE_DONE || rc == SQLITE_ROW ? 0 : store_errno(store, rc);
}

static int take_id(void *context, const struct store_finding *finding)
{
	if (strcmp(finding->kind, "issue") != 0)
		return -ENOENT;
	text_copy(context, ID_SIZE, finding->id);
	return 0;
}

/* Of the issue and all that was merged into it, one after the other; its own comes first, then the last seen.
 */
static const char all[] =
	"WITH RECURSIVE part(id) AS (SELECT ?1 UNION SELECT finding.id FROM part CROSS JOIN finding"
	" INDEXED BY finding_merged ON state = 'merged' AND json_extract(body, '$.merged_into') = part.id),"
	" one(text, time) AS (SELECT " STORE_FINGERPRINT ", iif(id = ?1, 9e18, time) FROM part"
	" CROSS JOIN finding USING(id) UNION ALL SELECT fingerprint, time FROM part CROSS JOIN alias"
	" INDEXED BY alias_issue ON issue = part.id)"
	" SELECT text FROM one WHERE text IS NOT NULL GROUP BY text ORDER BY max(time) DESC";

/* A database of before, which only its daemon changes. */
static const char own[] = "SELECT " STORE_FINGERPRINT " FROM finding WHERE id = ?1";

int store_fingerprints(struct store *store, const char *issue, struct store_fingerprints *ret)
{
	char id[ID_SIZE];
	int r = store_finding_get(store, issue, take_id, id);

	ret->count = 0;
	if (r == 0)
		r = take(store, all, id, ret);
	return r == -ENOTSUP ? take(store, own, id, ret) : r;
}

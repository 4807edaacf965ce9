/* SPDX-License-Identifier: Apache-2.0 */
/* The tables, their versions (PRAGMA user_version), and how a database of ours is told from other files. */
#include <errno.h>
#include <string.h>

#include "store/internal.h"

#define COST_OF_ALL "coalesce(sum(" STORE_FINDING_COST("body") "), 0)"
#define COST_OF_NEW STORE_FINDING_COST("new.body")
#define COST_OF_OLD STORE_FINDING_COST("old.body")

/* Entry n brings version n to n + 1. AUTOINCREMENT: readers keep cursors, so a number is never given out
 * twice, even when the newest row was removed. Each list of query.c has the index that gives its order.
 * Another one of all kinds on (service, kind, time) would make adding two to three times slower: a
 * transaction would dirty a page for each pair of service and kind. */
static const char *const migrations[] = {
	"CREATE TABLE event(seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL, time INTEGER NOT NULL,"
	" kind TEXT NOT NULL, service TEXT, body TEXT NOT NULL);"
	"CREATE UNIQUE INDEX event_id ON event(id);"
	"CREATE INDEX event_time ON event(time);"
	"CREATE INDEX event_kind ON event(kind, time);"
	"CREATE INDEX event_service ON event(service, time, kind);"
	"CREATE TABLE counter(name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;"
	"INSERT INTO sqlite_sequence(name, seq) VALUES('event', 0);",
	/* The trigger keeps the two together, whoever removes an event. */
	"CREATE TABLE evidence(seq INTEGER PRIMARY KEY, remains BLOB NOT NULL);"
	"CREATE TRIGGER event_gone AFTER DELETE ON event BEGIN"
	" DELETE FROM evidence WHERE seq = old.seq; END;",
	"CREATE TABLE finding(id TEXT PRIMARY KEY, kind TEXT NOT NULL, state TEXT NOT NULL,"
	" service TEXT NOT NULL, time INTEGER NOT NULL, body TEXT NOT NULL) WITHOUT ROWID;"
	"CREATE INDEX finding_time ON finding(kind, time);"
	"CREATE TABLE blob(name TEXT PRIMARY KEY, value BLOB NOT NULL);",
	/* Without those that come in bulk: a busy service may never have crashed. */
	"CREATE INDEX event_rare ON event(service, kind, time) WHERE " STORE_RARE ";",
	/* Findings change in their place: the number tells readers with a cursor which did. */
	"ALTER TABLE finding ADD COLUMN seq INTEGER NOT NULL DEFAULT 0;"
	"CREATE INDEX finding_seq ON finding(seq);"
	"INSERT INTO sqlite_sequence(name, seq) VALUES('finding', 0);",
	/* One issue has several fingerprints: its own, and those of stacks that are nearly the same. A table
	 * of its own: a column would mean to write all events anew. */
	"CREATE TABLE failure(seq INTEGER PRIMARY KEY, fingerprint TEXT NOT NULL, time INTEGER NOT NULL);"
	"INSERT INTO failure SELECT seq, " STORE_FINGERPRINT " AS f, time FROM event WHERE " STORE_FAILURE
	" AND f IS NOT NULL;"
	"CREATE INDEX failure_fingerprint ON failure(fingerprint, time);"
	"CREATE TABLE alias(fingerprint TEXT PRIMARY KEY, issue TEXT NOT NULL, time INTEGER NOT NULL)"
	" WITHOUT ROWID;"
	"CREATE INDEX alias_issue ON alias(issue, time);"
	/* Without an event it finds nothing; there are no more of them than events. */
	"CREATE TRIGGER failure_gone AFTER DELETE ON event BEGIN"
	" DELETE FROM alias WHERE fingerprint = (SELECT fingerprint FROM failure WHERE seq = old.seq)"
	" AND NOT EXISTS (SELECT 1 FROM failure WHERE failure.fingerprint = alias.fingerprint AND seq <> "
	"old.seq);"
	" DELETE FROM failure WHERE seq = old.seq; END;"
	"CREATE INDEX finding_merged ON finding(id) WHERE state = 'merged';",
	/* Adding up all of them each second would read them all. */
	"CREATE TABLE finding_size(kind TEXT PRIMARY KEY, bytes INTEGER NOT NULL) WITHOUT ROWID;"
	"INSERT INTO finding_size SELECT column1, (SELECT " COST_OF_ALL " FROM finding WHERE kind = column1)"
	" FROM (VALUES('issue'), ('incident'));"
	"CREATE TRIGGER finding_new AFTER INSERT ON finding BEGIN"
	" UPDATE finding_size SET bytes = bytes + " COST_OF_NEW " WHERE kind = new.kind; END;"
	"CREATE TRIGGER finding_changed AFTER UPDATE OF body ON finding BEGIN"
	" UPDATE finding_size SET bytes = bytes + " COST_OF_NEW " - " COST_OF_OLD
	" WHERE kind = new.kind; END;"
	"CREATE TRIGGER finding_gone AFTER DELETE ON finding BEGIN"
	" UPDATE finding_size SET bytes = bytes - " COST_OF_OLD " WHERE kind = old.kind; END;",
	/* Those that go by age are looked for each second. */
	"CREATE INDEX alias_time ON alias(time);",
};

#define SCHEMA (sizeof(migrations) / sizeof(migrations[0]))

static int migrate(struct store *store, uint64_t version)
{
	char sql[128];
	int r;

	for (; version < SCHEMA; version++) {
		r = store_exec(store, migrations[version]);
		if (r < 0)
			return r;
	}
	snprintf(sql, sizeof(sql), "PRAGMA application_id = %d; PRAGMA user_version = %zu",
		STORE_APPLICATION_ID, SCHEMA);
	return store_exec(store, sql);
}

int store_schema_update(struct store *store)
{
	uint64_t version;
	int r = store_number(store, "PRAGMA user_version", &version);

	if (r < 0)
		return r;
	if (version > SCHEMA)
		return -EPROTO;
	if (version < SCHEMA) {
		/* One transaction, before WAL is switched on: so the file never exists without our
		 * application id. Not IMMEDIATE: that would make the first page, after which auto_vacuum
		 * cannot change. */
		r = store_exec(store, "BEGIN; PRAGMA auto_vacuum = INCREMENTAL");
		if (r == 0)
			r = migrate(store, version);
		if (r == 0)
			r = store_exec(store, "COMMIT");
		if (r < 0)
			return r;
	}
	return store_exec(store, "PRAGMA journal_mode = WAL");
}

static uint32_t be32(const unsigned char *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* https://www.sqlite.org/fileformat.html, 1.3 The Database Header */
static int check_header(
	const struct store *store, const unsigned char *header, uint64_t size, struct buf *error)
{
	uint64_t page = (uint64_t)header[16] << 8 | header[17];
	uint64_t pages = be32(header + 28);
	bool missing;

	if (size < 512 || memcmp(header, "SQLite format 3", 16) != 0) {
		buf_printf(error,
			"%s is not a database of lastwords; it was left as it is: move it away, or use "
			"another --state",
			store->path);
		return -EBADMSG;
	}
	if (be32(header + 68) != STORE_APPLICATION_ID) {
		buf_printf(error,
			"%s is a database of another program; it was left as it is: move it away, or use "
			"another --state",
			store->path);
		return -EBADMSG;
	}
	if (be32(header + 60) > SCHEMA) {
		buf_printf(error,
			"%s was written by a newer lastwords (schema %u, this one knows %zu): use that "
			"version",
			store->path, be32(header + 60), SCHEMA);
		return -EPROTO;
	}
	if (page == 1)
		page = 65536;
	/* After a crash pages may be missing at the end, but then the write-ahead log holds them, or the
	 * journal of the creation undoes it. */
	missing = pages * page > size + store_wal_size(store) && store_journal_size(store) == 0;
	if (page < 512 || (page & (page - 1)) || pages == 0 || missing) {
		buf_printf(error,
			"%s is damaged (cut short); it was left as it is: move it away to start a new one",
			store->path);
		return -EBADMSG;
	}
	return 0;
}

/* Reads through SQLite's own descriptor: closing another one would drop this process's locks on the file
 * (fcntl(2)). */
int store_schema_check_file(const struct store *store, uint64_t size, struct buf *error)
{
	unsigned char header[100] = {0};
	sqlite3_file *file;
	int rc = sqlite3_file_control(store->db, "main", SQLITE_FCNTL_FILE_POINTER, &file);

	if (rc == SQLITE_OK)
		rc = file->pMethods->xRead(file, header, sizeof(header), 0);
	if (rc != SQLITE_OK && rc != SQLITE_IOERR_SHORT_READ) {
		buf_printf(error, "cannot read %s: %s", store->path, sqlite3_errstr(rc));
		return -EIO;
	}
	return check_header(store, header, size, error);
}

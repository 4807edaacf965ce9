/* SPDX-License-Identifier: Apache-2.0 */
/* Opening and closing the store: the directory, the lock, the connection. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "store/internal.h"

#define QUICK_CHECK_MAX (32u << 20) /* bytes: a bigger database would hold up the start of the daemon */

static uint64_t file_size(const char *path)
{
	struct stat st;

	return path && stat(path, &st) == 0 ? (uint64_t)st.st_size : 0;
}

uint64_t store_wal_size(const struct store *store)
{
	return file_size(store->wal_path);
}

uint64_t store_journal_size(const struct store *store)
{
	return file_size(store->journal_path);
}

uint64_t store_disk_size(const struct store *store)
{
	return file_size(store->path) + file_size(store->wal_path);
}

/* One line with what to do; returns r. */
static int say(struct buf *error, int r, const char *what, const char *path)
{
	const char *advice = "see --state";

	if (r == -EACCES || r == -EPERM || r == -EROFS)
		advice = "run as root, or give --state a directory that you may use";
	else if (r == -ENOTDIR || r == -ENAMETOOLONG || r == -ELOOP)
		advice = "give --state a directory";
	else if (r == -ENOSPC)
		advice = "free some space there";
	else if (r == -EBUSY)
		advice = "another program holds it locked, try again";
	buf_printf(error, "cannot %s %s: %s; %s", what, path, strerror(-r), advice);
	return r;
}

static int say_damaged(struct buf *error, const char *path)
{
	buf_printf(error,
		"%s is damaged; it was left as it is: move it away to start a new one, or rescue it with "
		"sqlite3's .recover",
		path);
	return -EBADMSG;
}

/* NULL: out of memory. */
static char *concat(const char *a, const char *b)
{
	char *path;

	return asprintf(&path, "%s%s", a, b) < 0 ? NULL : path;
}

static int make_dir(const char *dir, struct buf *error)
{
	_cleanup_free_ char *path = strdup(dir);

	if (!path)
		return say(error, -ENOMEM, "make", dir);
	for (size_t len = strlen(path); len > 1 && path[len - 1] == '/';)
		path[--len] = '\0';
	for (char *p = path, *slash; *p && (slash = strchr(p + 1, '/')); p = slash) {
		*slash = '\0';
		mkdir(path, 0755); /* the last mkdir tells what went wrong */
		*slash = '/';
	}
	if (mkdir(path, 0700) < 0 && errno != EEXIST)
		return say(error, -errno, "make", dir);
	return 0;
}

/* The kernel drops the lock when the daemon dies in whatever way; the pid is only for the message. */
static int take_lock(struct store *store, const char *dir, struct buf *error)
{
	_cleanup_free_ char *path = concat(dir, "/lock");
	char pid[16] = "";

	if (!path)
		return say(error, -ENOMEM, "lock", dir);
	store->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0640);
	if (store->lock_fd < 0)
		return say(error, -errno, "open", path);
	if (flock(store->lock_fd, LOCK_EX | LOCK_NB) < 0) {
		if (errno != EWOULDBLOCK)
			return say(error, -errno, "lock", path);
		if (pread(store->lock_fd, pid, sizeof(pid) - 1, 0) < 0)
			pid[0] = '\0';
		pid[strspn(pid, "0123456789")] = '\0';
		buf_printf(error,
			"another lastwords (pid %s) already runs with %s: stop it, or give this one its own "
			"--state",
			pid[0] ? pid : "unknown", dir);
		return -EBUSY;
	}
	/* On a full disk the lock holds all the same. */
	if (ftruncate(store->lock_fd, 0) == 0)
		dprintf(store->lock_fd, "%d\n", (int)getpid());
	return 0;
}

/* Makes an empty file for SQLite to fill, closed to others whatever the umask and the directory. */
static int make_file(const char *path, struct buf *error)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0640);

	if (fd < 0)
		return errno == EEXIST ? 0 : say(error, -errno, "make", path);
	close(fd);
	return 0;
}

static int check_type(const char *dir, const char *path, uint64_t *ret_size, struct buf *error)
{
	struct stat st;

	if (lstat(path, &st) < 0) {
		if (errno != ENOENT)
			return say(error, -errno, "open", path);
		buf_printf(error,
			"nothing is recorded in %s: start the daemon with 'lastwords run', or give its "
			"--state",
			dir);
		return -ENOENT;
	}
	if (!S_ISREG(st.st_mode)) {
		buf_printf(error,
			"%s is no regular file; it was left as it is: move it away, or use another --state",
			path);
		return -EBADMSG;
	}
	*ret_size = (uint64_t)st.st_size;
	return 0;
}

/* A reader that may not create the files beside a WAL database can only read one that nobody is writing. */
static bool must_be_immutable(const struct store *store, const char *dir)
{
	return access(dir, W_OK) < 0 && access(store->wal_path, F_OK) < 0 && errno == ENOENT;
}

static int connect_file(struct store *store, const char *dir, enum store_mode mode, struct buf *error)
{
	int flags = SQLITE_OPEN_NOMUTEX | (mode == STORE_READ ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE);
	_cleanup_buf_ struct buf uri = {0};
	const char *name = store->path;
	int rc;

	if (mode == STORE_READ && must_be_immutable(store, dir)) {
		buf_str(&uri, name[0] == '/' ? "file://" : "file:");
		for (const char *p = name; *p; p++)
			buf_printf(&uri, strchr("%?#", *p) ? "%%%02x" : "%c", (unsigned char)*p);
		buf_str(&uri, "?immutable=1");
		name = buf_text(&uri);
		flags |= SQLITE_OPEN_URI;
	}
	rc = sqlite3_open_v2(name, &store->db, flags, NULL);
	if (rc != SQLITE_OK)
		return say(error, store->db ? store_errno(store, rc) : -ENOMEM, "open", store->path);
	/* SQLite opens a file that it may not write read-only, without a word. */
	if (mode != STORE_READ && sqlite3_db_readonly(store->db, "main"))
		return say(error, -EACCES, "write", store->path);
	return 0;
}

/* Settings of the connection, none of which writes. FAST: Debian's SQLite overwrites what is deleted, at a
 * cost. */
static int set_up(struct store *store)
{
	sqlite3_busy_timeout(store->db, STORE_BUSY_TIMEOUT);
	sqlite3_limit(store->db, SQLITE_LIMIT_LENGTH, BUF_MAX + 65536);
	sqlite3_db_config(store->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	return store_exec(store,
		"PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON; PRAGMA cache_size = -2000;"
		"PRAGMA synchronous = NORMAL; PRAGMA secure_delete = FAST; PRAGMA temp_store = MEMORY;"
		"PRAGMA journal_size_limit = 8388608");
}

/* A damaged page that this does not see gives -EBADMSG when it is met. */
static int quick_check(struct store *store)
{
	_cleanup_statement_ sqlite3_stmt *statement = NULL;
	uint64_t size;
	int r = store_number(
		store, "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size", &size);

	if (r < 0 || size > QUICK_CHECK_MAX)
		return r;
	if (sqlite3_prepare_v2(store->db, "PRAGMA quick_check(1)", -1, &statement, NULL) != SQLITE_OK ||
		sqlite3_step(statement) != SQLITE_ROW)
		return -EBADMSG;
	return strcmp((const char *)sqlite3_column_text(statement, 0), "ok") == 0 ? 0 : -EBADMSG;
}

static int ready(struct store *store, enum store_mode mode, bool empty)
{
	int r = set_up(store);

	if (r == 0 && mode != STORE_READ && !empty)
		r = quick_check(store);
	if (r == 0 && mode != STORE_READ)
		r = store_schema_update(store);
	/* Fails when the tables are not as they should be. */
	if (r == 0 && !store_statement(store, STATEMENT_ADD))
		r = store_errno(store, sqlite3_errcode(store->db));
	return r;
}

static int open_file(struct store *store, const char *dir, enum store_mode mode, struct buf *error)
{
	uint64_t size = 0;
	int r = check_type(dir, store->path, &size, error);

	if (r < 0)
		return r;
	if (size == 0 && mode == STORE_READ) {
		buf_printf(
			error, "nothing is recorded in %s yet: start the daemon with 'lastwords run'", dir);
		return -ENOENT;
	}
	r = connect_file(store, dir, mode, error);
	if (r == 0 && size > 0)
		r = store_schema_check_file(store, size, error);
	if (r < 0)
		return r;
	r = ready(store, mode, size == 0);
	if (r == -EBADMSG)
		return say_damaged(error, store->path);
	return r < 0 ? say(error, r, "open", store->path) : 0;
}

static int open_dir(struct store *store, const char *dir, enum store_mode mode, struct buf *error)
{
	_cleanup_close_ int fd = -1;
	int r;

	store->path = concat(dir, "/" STORE_DB_NAME);
	store->wal_path = concat(dir, "/" STORE_DB_NAME "-wal");
	store->journal_path = concat(dir, "/" STORE_DB_NAME "-journal");
	if (!store->path || !store->wal_path || !store->journal_path)
		return say(error, -ENOMEM, "open", dir);
	if (mode == STORE_READ)
		return open_file(store, dir, mode, error);

	r = make_dir(dir, error);
	if (r == 0 && mode == STORE_OWN)
		r = take_lock(store, dir, error);
	if (r < 0)
		return r;
	/* One at a time: two that create the same database would meet as SQLITE_BUSY in the switch to WAL. */
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || flock(fd, LOCK_EX) < 0)
		return say(error, -errno, "open", dir);
	r = make_file(store->path, error);
	return r < 0 ? r : open_file(store, dir, mode, error);
}

static int open_memory(struct store *store, struct buf *error)
{
	int r = sqlite3_open_v2(":memory:", &store->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);

	r = r == SQLITE_OK ? ready(store, STORE_MEMORY, true) : -ENOMEM;
	return r < 0 ? say(error, r, "open", "a store in memory") : 0;
}

int store_open(struct store **ret, const char *dir, enum store_mode mode, struct buf *error)
{
	struct store *store = calloc(1, sizeof(*store));
	int r;

	if (!store)
		return say(error, -ENOMEM, "open", dir);
	store->lock_fd = -1;
	r = mode == STORE_MEMORY ? open_memory(store, error) : open_dir(store, dir, mode, error);
	if (r < 0) {
		/* What could not be opened is not written either. */
		if (store->db && store_wal_size(store) > 0)
			sqlite3_db_config(store->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
		store_close(store);
		return r;
	}
	*ret = store;
	return 0;
}

void store_close(struct store *store)
{
	if (!store)
		return;
	for (int i = 0; i < STATEMENTS; i++)
		sqlite3_finalize(store->statements[i]);
	sqlite3_close(store->db);
	if (store->lock_fd >= 0)
		close(store->lock_fd);
	free(store->path);
	free(store->wal_path);
	free(store->journal_path);
	free(store);
}

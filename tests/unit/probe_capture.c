/* SPDX-License-Identifier: Apache-2.0 */
/* Capture files: what was written is read; a file with any byte missing or changed is refused whole. */
#include <signal.h>
#include <sys/resource.h>

#include "unit/store_test.h"
#include "probe/capture.h"
#undef T0
#include "unit/messages.h"

#define MESSAGES 3

struct seen {
	unsigned count;
	size_t sizes[MESSAGES];
	uint64_t last;
};

static void on_message(void *context, const void *message, size_t size)
{
	struct seen *seen = context;

	assert_true(seen->count < MESSAGES);
	assert_int_equal((uintptr_t)message % 8, 0);
	memcpy(&seen->last, message, sizeof(seen->last));
	seen->sizes[seen->count++] = size;
}

static void write_capture(const char *path)
{
	_cleanup_buf_ struct buf error = {0};
	struct capture *capture;
	struct message m;

	assert_int_equal(capture_create(&capture, path, &error), 0);
	make_tick(&m);
	assert_int_equal(capture_add(capture, &m, m.head.size), 0);
	make_exec(&m);
	m.head.size -= 3; /* not a multiple of eight */
	assert_int_equal(capture_add(capture, &m, m.head.size), 0);
	make_exit(&m);
	assert_int_equal(capture_add(capture, &m, m.head.size), 0);
	assert_int_equal(capture_finish(capture, &error), 0);
	assert_int_equal(error.len, 0);
}

static bool exists(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0;
}

static void refused(const char *path, int expected, const char *word)
{
	_cleanup_buf_ struct buf error = {0};
	struct seen seen = {0};

	assert_int_equal(capture_read(path, on_message, &seen, &error), expected);
	assert_int_equal(seen.count, 0);
	if (!strstr(buf_text(&error), path) || !strstr(buf_text(&error), word) ||
		strchr(buf_text(&error), '\n'))
		fail_msg("'%s' lacks the file or '%s'", buf_text(&error), word);
}

static void round_trip(void **state)
{
	char path[128], part[128];
	_cleanup_buf_ struct buf error = {0};
	struct seen seen = {0};
	struct stat st;
	struct message m;

	path_of(path, sizeof(path), *state, "a.cap");
	path_of(part, sizeof(part), *state, "a.cap.part");
	write_capture(path);
	assert_false(exists(part));
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(capture_read(path, on_message, &seen, &error), 0);
	assert_int_equal(seen.count, MESSAGES);
	make_exit(&m);
	assert_int_equal(seen.last, m.words[0]);
	assert_int_equal(seen.sizes[2], sizeof(struct lw_exit));
	assert_int_equal(seen.sizes[1] % 8 == 0, false);
}

static void no_messages(void **state)
{
	char path[128];
	_cleanup_buf_ struct buf error = {0};
	struct capture *capture;
	struct seen seen = {0};

	path_of(path, sizeof(path), *state, "a.cap");
	assert_int_equal(capture_create(&capture, path, &error), 0);
	assert_int_equal(capture_finish(capture, &error), 0);
	assert_int_equal(capture_read(path, on_message, &seen, &error), 0);
	assert_int_equal(seen.count, 0);
}

static void cut_at_each_byte(void **state)
{
	char path[128], cut[128];
	size_t size;
	char *bytes;

	path_of(path, sizeof(path), *state, "a.cap");
	path_of(cut, sizeof(cut), *state, "cut.cap");
	write_capture(path);
	bytes = read_whole(path, &size);
	for (size_t at = 0; at < size; at++) {
		write_whole(cut, bytes, at);
		refused(cut, -EBADMSG, "byte");
	}
	bytes[size] = '\0'; /* read_whole has room for it */
	write_whole(cut, bytes, size + 1);
	refused(cut, -EBADMSG, "byte");
	free(bytes);
}

static void bit_flipped_in_each_byte(void **state)
{
	char path[128], bad[128];
	size_t size;
	char *bytes;

	path_of(path, sizeof(path), *state, "a.cap");
	path_of(bad, sizeof(bad), *state, "bad.cap");
	write_capture(path);
	bytes = read_whole(path, &size);
	for (size_t at = 0; at < size; at++) {
		for (int bit = 0; bit < 8; bit++) {
			bytes[at] = (char)(bytes[at] ^ (1 << bit));
			write_whole(bad, bytes, size);
			refused(bad, -EBADMSG, at < 8 ? "not a capture" : "byte");
			bytes[at] = (char)(bytes[at] ^ (1 << bit));
		}
	}
	free(bytes);
}

static void no_captures(void **state)
{
	char path[128];

	path_of(path, sizeof(path), *state, "x");
	refused(path, -ENOENT, "cannot read");
	write_whole(path, "", 0);
	refused(path, -EBADMSG, "not a capture");
	write_whole(path, "SQLite format 3\0 and more of it", 32);
	refused(path, -EBADMSG, "not a capture");
	refused(*state, -EINVAL, "not a regular file");
	path_of(path, sizeof(path), *state, "fifo");
	assert_int_equal(mkfifo(path, 0600), 0);
	refused(path, -EINVAL, "not a regular file"); /* and does not wait for a writer */
	refused("/dev/zero", -EINVAL, "not a regular file");
}

/* Two recordings to one path: the second is refused, and the first is whole. */
static void part_in_use(void **state)
{
	char path[128];
	_cleanup_buf_ struct buf error = {0};
	struct capture *first = NULL, *second = NULL;
	struct seen seen = {0};
	struct message m;

	path_of(path, sizeof(path), *state, "a.cap");
	assert_int_equal(capture_create(&first, path, &error), 0);
	make_tick(&m);
	assert_int_equal(capture_add(first, &m, m.head.size), 0);
	assert_int_equal(capture_create(&second, path, &error), -EBUSY);
	assert_null(second);
	assert_non_null(strstr(buf_text(&error), "another recording"));
	assert_int_equal(capture_finish(first, &error), 0);
	assert_int_equal(capture_read(path, on_message, &seen, &error), 0);
	assert_int_equal(seen.count, 1);
}

static void existing_target(void **state)
{
	char path[128], part[128];
	_cleanup_buf_ struct buf error = {0};
	struct capture *capture = NULL;
	char *bytes;
	size_t size;

	path_of(path, sizeof(path), *state, "a.cap");
	path_of(part, sizeof(part), *state, "a.cap.part");
	write_whole(path, "mine", 4);
	assert_int_equal(capture_create(&capture, path, &error), -EEXIST);
	assert_null(capture);
	assert_non_null(strstr(buf_text(&error), path));
	bytes = read_whole(path, &size);
	assert_true(size == 4 && memcmp(bytes, "mine", 4) == 0 && !exists(part));
	free(bytes);
	unlink(path);
	assert_int_equal(symlink("elsewhere", part), 0);
	buf_reset(&error);
	assert_int_equal(capture_create(&capture, path, &error), -ELOOP);
	path_of(path, sizeof(path), *state, "missing/a.cap");
	buf_reset(&error);
	assert_int_equal(capture_create(&capture, path, &error), -ENOENT);
	assert_non_null(strstr(buf_text(&error), path));
}

static void given_up(void **state)
{
	char path[128], part[128];
	_cleanup_buf_ struct buf error = {0};
	struct capture *capture;

	path_of(path, sizeof(path), *state, "a.cap");
	path_of(part, sizeof(part), *state, "a.cap.part");
	assert_int_equal(capture_create(&capture, path, &error), 0);
	assert_true(exists(part));
	capture_abandon(capture);
	assert_false(exists(part) || exists(path));
	capture_abandon(NULL);
}

/* As a full disk does: the file may grow no further. */
static void no_room(void **state)
{
	struct rlimit old, low;
	char path[128], part[128];
	_cleanup_buf_ struct buf error = {0};
	struct capture *capture;
	struct message m;
	int r = 0;

	path_of(path, sizeof(path), *state, "a.cap");
	path_of(part, sizeof(part), *state, "a.cap.part");
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	low = (struct rlimit){.rlim_cur = 10000, .rlim_max = old.rlim_max};
	assert_int_equal(capture_create(&capture, path, &error), 0);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &low), 0);
	make_death(&m);
	for (int i = 0; i < 100; i++)
		r = capture_add(capture, &m, m.head.size);
	assert_int_equal(r, -EFBIG);
	assert_int_equal(capture_finish(capture, &error), -EFBIG);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	assert_non_null(strstr(buf_text(&error), part));
	assert_false(exists(part) || exists(path));
}

#define CAPTURE_TEST(f) cmocka_unit_test_setup_teardown(f, dir_make, dir_remove)

int main(void)
{
	static const struct CMUnitTest tests[] = {CAPTURE_TEST(round_trip), CAPTURE_TEST(no_messages),
		CAPTURE_TEST(cut_at_each_byte), CAPTURE_TEST(bit_flipped_in_each_byte),
		CAPTURE_TEST(no_captures), CAPTURE_TEST(existing_target), CAPTURE_TEST(part_in_use),
		CAPTURE_TEST(given_up), CAPTURE_TEST(no_room)};

	return cmocka_run_group_tests_name("probe_capture", tests, NULL, NULL);
}

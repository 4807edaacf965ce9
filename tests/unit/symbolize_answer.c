/* SPDX-License-Identifier: Apache-2.0 */
/* What a helper in the wrong hands may send, and the daemon must not believe. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "symbolize/answer.h"
#include "symbolize/why.h"

#define ID   7
#define MAPS 3

struct packet {
	struct message_result head;
	struct message_frame frames[2];
	struct message_build_id ids[1];
};

static const struct packet good = {
	.head = {.type = MESSAGE_RESULT,
		.id = ID,
		.count = 2,
		.build_id_count = 1,
		.why = WHY_NO_CODE,
		.truncated = 1},
	.frames = {{.address = 0x1000, .map = 2, .function = "main", .file = "a.c", .line = 3},
		{.address = 0x2000, .map = -1, .trust = TRUST_SCAN, .signal = 1}},
	.ids = {{.map = 2, .size = 4, .bytes = {0xde, 0xad, 0xbe, 0xef}}},
};

#define GOOD_SIZE (offsetof(struct packet, ids) + sizeof(good.ids))

static int read_packet(const struct packet *packet, size_t length)
{
	struct answer *answer = calloc(1, sizeof(*answer));
	int r = answer_read(answer, packet, length, ID, MAPS);

	free(answer);
	return r;
}

static void a_good_one_is_read(void **state)
{
	struct answer *answer = calloc(1, sizeof(*answer));

	(void)state;
	assert_int_equal(answer_read(answer, &good, GOOD_SIZE, ID, MAPS), 0);
	assert_int_equal(answer->frames.count, 2);
	assert_true(answer->frames.truncated);
	assert_string_equal(answer->frames.frame[0].function, "main");
	assert_int_equal(answer->frames.frame[1].trust, TRUST_SCAN);
	assert_true(answer->frames.frame[1].signal);
	assert_string_equal(answer->symbolized.build_ids[2], "deadbeef");
	assert_string_equal(answer->symbolized.build_ids[0], "");
	assert_ptr_equal(answer->frames.why, why_text(WHY_NO_CODE));
	assert_null(answer->symbolized.missing);
	free(answer);
}

static void bad_ones_are_not(void **state)
{
	struct packet p;

	(void)state;
	for (size_t length = 0; length < GOOD_SIZE; length++)
		assert_int_equal(read_packet(&good, length), -EBADMSG);
#define BAD(field, value)                                                                                    \
	p = good;                                                                                            \
	p.field = value;                                                                                     \
	assert_int_equal(read_packet(&p, GOOD_SIZE), -EBADMSG)
	BAD(head.type, MESSAGE_ASK);
	BAD(head.id, ID + 1);
	BAD(head.count, FRAMES_MAX + 1);
	BAD(head.count, UINT32_MAX);
	BAD(head.count, 1);
	BAD(head.build_id_count, MAPS + 1);
	BAD(head.build_id_count, UINT32_MAX);
	BAD(head.why, WHY_COUNT);
	BAD(head.missing, UINT32_MAX);
	BAD(head.truncated, 2);
	BAD(frames[0].map, MAPS);
	BAD(frames[0].map, -2);
	BAD(frames[1].trust, TRUST_SCAN + 1);
	BAD(frames[1].inlined, 2);
	BAD(frames[1].signal, 255);
	BAD(ids[0].map, MAPS);
	BAD(ids[0].size, SNAPSHOT_BUILD_ID + 1);
#undef BAD
	p = good;
	memset(p.frames[0].function, 'x', sizeof(p.frames[0].function));
	assert_int_equal(read_packet(&p, GOOD_SIZE), -EBADMSG);
	p = good;
	memset(p.frames[1].file, 'x', sizeof(p.frames[1].file));
	assert_int_equal(read_packet(&p, GOOD_SIZE), -EBADMSG);
}

static void paths_stay_below_the_debug_folders(void **state)
{
	static const char *const fine[] = {"/.build-id/ab/cdef0123.debug",
		"/.dwz/x86_64-linux-gnu/bash.debug", "bash.debug", ".debug/bash.debug", "/.link/bash.debug"};
	static const char *const wrong[] = {"", "/", "/etc/shadow", "../shadow", "a/b",
		"/.build-id/../../etc/shadow", ".hidden", "..", "/.build-id/", "/.build-id/a b",
		"/.build-id/\x1b[", "/.dwz/..", "/.dwz/.x", "/.link/a/b", ".debug/a/b", ".debug/..",
		"/.link/"};
	char path[ASK_PATH];

	(void)state;
	for (size_t i = 0; i < sizeof(fine) / sizeof(fine[0]); i++) {
		memset(path, 0, sizeof(path));
		strcpy(path, fine[i]);
		assert_true(answer_path_is_good(path));
	}
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		memset(path, 0, sizeof(path));
		strcpy(path, wrong[i]);
		assert_false(answer_path_is_good(path));
	}
	memset(path, 'a', sizeof(path));
	assert_false(answer_path_is_good(path));
}

static void debug_files_have_their_places(void **state)
{
	static const struct {
		const char *mapped, *debug, *path;
	} places[] = {
		{"/bin/sh", "/.build-id/ab/cd.debug", "/usr/lib/debug/.build-id/ab/cd.debug"},
		{NULL, "/.dwz/x", "/usr/lib/debug/.dwz/x"},
		{"/opt/a/prog", "prog.debug", "/opt/a/prog.debug"},
		{"/opt/a/prog", ".debug/prog.debug", "/opt/a/.debug/prog.debug"},
		{"/opt/a/prog", "/.link/prog.debug", "/usr/lib/debug/opt/a/prog.debug"},
		{"/prog", "/.link/prog.debug", "/usr/lib/debug/prog.debug"},
		{NULL, "prog.debug", NULL},
		{"prog", "prog.debug", NULL},
		{"/a/very/long/folder/that/has/no/room", "prog.debug", NULL},
	};
	char path[40];

	(void)state;
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		int r = symbolizer_debug_path(places[i].mapped, places[i].debug, path, sizeof(path));
		assert_int_equal(r, places[i].path ? 0 : -ENOENT);
		if (places[i].path)
			assert_string_equal(path, places[i].path);
	}
}

static void the_raw_answer_is_the_pc(void **state)
{
	struct answer *answer = calloc(1, sizeof(*answer));
	const struct snapshot_map map = {.start = 0x1000, .end = 0x2000};
	const struct snapshot snapshot = {.pc = 0x1234, .map_count = 1, .maps = &map};

	(void)state;
	answer_raw(answer, &snapshot, WHY_DEADLINE);
	assert_int_equal(answer->symbolized.frames->count, 1);
	assert_int_equal(answer->symbolized.frames->frame[0].address, 0x1234);
	assert_int_equal(answer->symbolized.frames->frame[0].map, 0);
	assert_ptr_equal(answer->symbolized.missing, why_text(WHY_DEADLINE));
	free(answer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_good_one_is_read),
		cmocka_unit_test(bad_ones_are_not),
		cmocka_unit_test(paths_stay_below_the_debug_folders),
		cmocka_unit_test(debug_files_have_their_places),
		cmocka_unit_test(the_raw_answer_is_the_pc),
	};

	return cmocka_run_group_tests_name("symbolize/answer", tests, NULL, NULL);
}

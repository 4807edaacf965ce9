/* SPDX-License-Identifier: Apache-2.0 */
/* Stacks that may be of one defect: what inlining and stripping take, and what may not differ. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "correlate/near.h"

/* Of function names separated by blanks, innermost first; "libc:NAME" is of the C library, "?" has no name.
 * whole: with source files, as debug information tells them. */
static struct near stack(const char *frames, bool whole, uint32_t message)
{
	struct near near = {.kind = 1, .program = 1, .message = message};
	char text[256], *save = NULL;

	assert_true(strlen(frames) < sizeof(text));
	strcpy(text, frames);
	for (char *f = strtok_r(text, " ", &save); f; f = strtok_r(NULL, " ", &save)) {
		bool libc = strncmp(f, "libc:", 5) == 0;

		near_add(&near, libc ? "/lib/libc.so.6" : "/srv/shop",
			libc        ? f + 5
			: *f == '?' ? ""
				    : f,
			whole && !libc ? "/src/shop.c" : "");
	}
	return near;
}

static const struct {
	const char *bare, *whole;
	uint32_t bare_says, whole_says;
	bool same;
} cases[] = {
	/* What was inlined is missing, the innermost function is there. */
	{"price main", "price tax total handle main", 0, 0, true},
	{"price handle main", "price tax total handle main", 0, 0, true},
	{"price other main", "price tax total handle main", 0, 0, false},
	{"handle main", "price tax total handle main", 0, 0, false},
	/* No names: by what was said, and not when there was nothing. */
	{"libc:abort ? ? main", "libc:abort reserve stock main", 7, 7, true},
	{"libc:abort ? ?", "libc:abort reserve stock main", 7, 7, true},
	{"libc:abort ? ?", "libc:abort reserve stock main", 7, 8, false},
	{"libc:abort ? ?", "libc:abort reserve stock main", 0, 7, false},
	{"libc:abort ? ?", "libc:abort reserve stock main", 0, 0, false},
	{"libc:strlen ? main", "libc:strlen label main", 0, 0, false},
	/* Said the same, but called another function, or was somewhere else. */
	{"libc:strlen ? main", "libc:memcpy label main", 7, 7, false},
	{"libc:abort cancel main", "libc:abort reserve stock main", 7, 7, false},
	/* What most stacks have in common tells nothing. */
	{"main", "price main", 0, 0, false},
	{"g_main_loop_run main", "g_main_loop_run main", 0, 0, false},
	{"uv_run main", "uv_run start main", 0, 0, false},
};

static void bare_and_whole(void **state)
{
	(void)state;
	for (size_t n = 0; n < sizeof(cases) / sizeof(*cases); n++) {
		struct near bare = stack(cases[n].bare, false, cases[n].bare_says),
			    whole = stack(cases[n].whole, true, cases[n].whole_says);

		if (near_maybe(&bare, &whole) != cases[n].same || near_maybe(&whole, &bare) != cases[n].same)
			fail_msg("%s and %s: not %d", cases[n].bare, cases[n].whole, cases[n].same);
		whole.program = 2;
		assert_false(near_maybe(&bare, &whole));
	}
}

/* Of a circle of functions any may be all that is left of it, and it is kept once. */
static void circles(void **state)
{
	struct near whole = stack("b a c b a c b a c b a main", true, 0), bare = stack("c c c c", false, 0),
		    other = stack("d d d d", false, 0), again = stack("b a main", true, 0);

	(void)state;
	assert_int_equal(whole.circle, 3);
	assert_int_equal(whole.count, 6);
	assert_int_equal(bare.count, 1);
	assert_true(near_maybe(&whole, &bare));
	assert_false(near_maybe(&whole, &other));
	assert_int_equal(again.circle, 0);
}

/* A compiler that merged the code of two inlined functions has no line of it. */
static void merged_code(void **state)
{
	struct near whole = stack("transmit send_all main", true, 0), merged = stack("send_all", false, 0),
		    other = stack("flush", false, 0);

	(void)state;
	near_add(&merged, "/srv/shop", "main", "/src/shop.c");
	near_add(&other, "/srv/shop", "main", "/src/shop.c");
	assert_true(near_whole(&whole));
	assert_false(near_whole(&merged));
	assert_true(near_maybe(&whole, &merged));
	assert_false(near_maybe(&whole, &other));
}

static void said_different_things(void **state)
{
	struct near a = stack("price total main", true, 7), b = stack("price sum total main", true, 8),
		    c = stack("price sum total main", true, 0);

	(void)state;
	assert_false(near_same(&a, &b));
	assert_true(near_same(&b, &b));
	assert_true(near_same(&a, &c));
}

static void alike_in_completeness(void **state)
{
	struct near a = stack("price main", true, 7), b = stack("price tax total handle main", true, 7);

	(void)state;
	assert_false(near_maybe(&a, &b));
	assert_false(near_same(&a, &b));
	a = stack("? main", false, 7);
	b = stack("? ? main", false, 7);
	assert_false(near_maybe(&a, &b));
}

static void dispatch_loops_weigh_nothing(void **state)
{
	struct near a = stack("read_row load g_main_context_dispatch g_main_loop_run main", true, 0),
		    b = stack("read_row load main", true, 0),
		    c = stack("read_row one two three load main", true, 0);

	(void)state;
	assert_true(near_same(&a, &b));
	assert_false(near_same(&b, &c));
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(bare_and_whole), cmocka_unit_test(circles),
		cmocka_unit_test(merged_code), cmocka_unit_test(said_different_things),
		cmocka_unit_test(alike_in_completeness), cmocka_unit_test(dispatch_loops_weigh_nothing)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

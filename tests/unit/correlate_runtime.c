/* SPDX-License-Identifier: Apache-2.0 */
/* What is nobody's own code, and lambdas, in fingerprints of stacks. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "base/text.h"
#include "correlate/fingerprint.h"
#include "correlate/fingerprint_name.h"

/* The fingerprint of a stack, innermost first, up to NULL. "libc:f" is of the C library; a source comes
 * behind a blank and "@". */
static const char *print(const char *const *functions)
{
	static const struct evidence_module modules[] = {
		{.path = "/srv/shop"}, {.path = "/usr/lib/libc.so.6"}};
	static char texts[4][EVENT_FINGERPRINT];
	static unsigned turn;
	static struct event event;
	static struct frames frames;
	char *text = texts[turn++ % 4];

	memset(&frames, 0, sizeof(frames));
	memset(&event, 0, sizeof(event));
	event.kind = EVENT_CRASH;
	event.death.signal = 11;
	event.death.evidence.modules = modules;
	event.death.evidence.module_count = 2;
	event.death.evidence.frames = &frames;
	for (; *functions; functions++) {
		struct frame *f = &frames.frame[frames.count++];
		bool libc = strncmp(*functions, "libc:", 5) == 0;
		char *source;

		text_copy(f->function, sizeof(f->function), *functions + (libc ? 5 : 0));
		f->map = libc;
		f->trust = frames.count == 1 ? TRUST_CONTEXT : TRUST_CFI;
		source = strstr(f->function, " @");
		if (!source)
			continue;
		text_copy(f->file, sizeof(f->file), source + 2);
		*source = '\0';
	}
	assert_int_equal(fingerprint_of(&event, text), FINGERPRINT_STACK);
	return text;
}

#define PRINT(...) print((const char *const[]){__VA_ARGS__, NULL})

/* A static program has the C library's functions in itself; one of that name with a source is its own. */
static void own_c_library(void **state)
{
	const char *shared = PRINT("libc:strlen", "libc:snprintf", "label", "main"),
		   *within = PRINT("__strlen_evex", "snprintf", "label", "main"),
		   *own = PRINT("__strlen_evex", "snprintf @/src/shop/print.c", "label", "main");

	(void)state;
	assert_string_equal(shared, within);
	assert_string_not_equal(shared, own);
}

static void lambda_homes(void **state)
{
	static const struct {
		const char *function, *home;
	} rows[] = {
		{"shop::pay(int)::{lambda(int)#1}::operator()", "shop::pay"},
		{"shop::pay(shop::order const&)::$_3::operator()", "shop::pay"},
		{"__invoke_impl<int, shop::pay(const order&)::<lambda(int)>&, int>", "shop::pay"},
		{"std::thread::_State_impl<std::thread::_Invoker<std::tuple<shop::pay(std::vector<int, "
		 "std::allocator<int> >)::$_0> > >::_M_run",
			"shop::pay"},
		{"shop::each<shop::pay()::'lambda'(int)>", "shop::pay"},
		{"operator()", NULL},
		{"std::function<int (int)>::operator()", NULL},
		{"::$_0", NULL},
		{")>}::$_0", NULL},
	};
	char home[64];

	(void)state;
	for (size_t n = 0; n < sizeof(rows) / sizeof(*rows); n++) {
		assert_int_equal(fold_home(rows[n].function, home, sizeof(home)), rows[n].home != NULL);
		if (rows[n].home)
			assert_string_equal(home, rows[n].home);
	}
}

/* A lambda is the function that it is written in, unless that is on the stack itself. */
static void lambdas(void **state)
{
	const char *gcc = PRINT("volume", "shop::pay()::{lambda()#1}::operator()",
			   "std::thread::_Invoker<std::tuple<shop::pay()::{lambda()#1}> >::operator()"),
		   *clang =
			   PRINT("volume", "std::thread::_State_impl<std::tuple<shop::pay()::$_3> >::_M_run"),
		   *other = PRINT(
			   "volume", "std::thread::_State_impl<std::tuple<shop::refund()::$_4> >::_M_run");

	(void)state;
	assert_string_equal(gcc, clang);
	assert_string_not_equal(gcc, other);
	assert_string_equal(PRINT("shop::pay()::$_0::operator()", "shop::each", "shop::pay", "main"),
		PRINT("shop::each", "shop::pay", "main"));
}

/* What is a library's is so by the trait, too: one of the program's own is its code. */
static void traits(void **state)
{
	(void)state;
	assert_true(is_library_frame(
		"<core::ops::range::Range<usize> as core::slice::index::SliceIndex<str>>::index", ""));
	assert_true(is_runtime_frame("", "<alloc::vec::Vec<> as core::ops::index::Index<>>::index", ""));
	assert_false(is_library_frame("<alloc::vec::Vec<<A as core::T>::B> as shop::Total>::total", ""));
	assert_false(is_library_frame("<shop::Cart as core::fmt::Display>::fmt", ""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(own_c_library), cmocka_unit_test(lambda_homes),
		cmocka_unit_test(lambdas), cmocka_unit_test(traits)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

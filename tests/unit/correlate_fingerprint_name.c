/* SPDX-License-Identifier: Apache-2.0 */
/* What is left of the names of functions and modules, and of lines, when all that changes between two runs is
 * taken out. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "correlate/fingerprint_name.h"

static void functions(void **state)
{
	static const char *const rows[][2] = {{"f<int>::g [clone .cold]", "f<>::g"}, {"f.isra.0", "f"},
		{"f.constprop.0.isra.1", "f"}, {"f.part.3", "f"}, {"f.cold", "f"}, {"f.partial", "f.partial"},
		{"memcpy@@GLIBC_2.14", "memcpy"}, {"a::b::h0123456789abcdef", "a::b"}, {"f[abi:cxx11]", "f"},
		{"main.Map[go.shape.int]", "main.Map"}, {"std::map<a, std::vector<b>>::at", "std::map<>::at"},
		{"operator<< <char>", "operator<< <char>"}, {"A::operator[]", "A::operator[]"},
		{"A::operator->", "A::operator->"}, {"<T as core::Drop>::drop", "<T as core::Drop>::drop"},
		{"f<(a->b)>", "f<>"}, {"f<", "f<>"}, {"", ""},
		{"void stock_check(struct order *)", "stock_check"}, {"static char *f(int)", "f"},
		{"a::S::get(int) const", "a::S::get"},
		{"(anonymous namespace)::f", "(anonymous namespace)::f"},
		{"a::f(std::b<c> const&)::$_12::operator()", "a::f::$_::operator()"},
		{"operator()<a<b> >", "operator()<>"}, {"Bugs.lambda$save$3", "Bugs.lambda$save$"},
		{"main.serve.func2.1", "main.serve.func"}, {"main.(*T).get", "main.(*T).get"}, {"f2", "f2"},
		{"main.function2", "main.function2"},
		/* What compilers and virtual machines made of closures and tasks. */
		{"a::f::{closure#0}", "a::f::{closure}"}, {"a::f::{{closure}}", "a::f::{closure}"},
		{"a::f::{async_fn#0}", "a::f::{closure}"}, {"{closure:/srv/a.php:12}", "{closure}"},
		{"a::{impl#3}::f", "a::{impl}::f"}, {"{", "{}"}, {"async Feed.fetch", "Feed.fetch"},
		{"Shop$$Lambda/0x7f12.run", "Shop$$.run"}, {"Shop$$EnhancerBy$$a1b2.pay", "Shop$$.pay"},
		{"Shop$1.run", "Shop$.run"}, {"by_topic.1234", "by_topic"},
		{"x/y.z.serve.pay.func1", "x/y.pay.func"}, {"main.(*cart).pay.func2.1", "main.pay.func"},
		{"main.pay.func1", "main.pay.func"}, {".func1", ".func"},
		{"main.glob..func3", "main.glob..func"}};
	char out[64];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		fold_function(rows[i][0], out, sizeof(out));
		assert_string_equal(out, rows[i][1]);
	}
	fold_function("a_long_name", out, 4);
	assert_string_equal(out, "a_l");
}

static void modules_and_lines(void **state)
{
	static const char *const paths[][2] = {{"/usr/lib/libssl.so.3", "libssl"},
		{"/usr/bin/python3.11", "python"}, {"libpay-1.2.so", "libpay"}, {"[vdso]", "[vdso]"},
		{"/a/b/", ""}, {"7", "7"}, {"", ""}};
	static const char *const lines[][2] = {{"worker12: id 550e8400-e29b done", "worker#: id # done"},
		{"at 0x7ffe01 in 'a b' and \"c\"", "at # in '' and ''"}, {"it's bad", "it's bad"},
		{"dead beef", "dead beef"}, {"key `x' of 3", "key '' of #"},
		/* Times, versions, addresses and UUIDs are one number each; of paths the last part. */
		{"2026-11-22T21:44:35.123Z", "#Z"}, {"id 550e8400-abcd-41d4-a716-446655440000", "id #"},
		{"off by -5 or 1.5e-05", "off by # or #"}, {"peer 10.0.0.7:443 (1.2.3)", "peer # (#)"},
		{"no /srv/v1/app.conf here", "no app.conf here"}, {"/tmp/tmpx8kQ2f/a: 1", "a: #"},
		{"token x8kQ2f", "token #"}, {"a / b", "a / b"}, {"and/or", "and/or"}, {"/", "/"}};
	char out[64];

	(void)state;
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		fold_module(paths[i][0], out, sizeof(out));
		assert_string_equal(out, paths[i][1]);
	}
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		fold_line(lines[i][0], strlen(lines[i][0]), out, sizeof(out));
		assert_string_equal(out, lines[i][1]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(functions),
		cmocka_unit_test(modules_and_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

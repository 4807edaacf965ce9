/* SPDX-License-Identifier: Apache-2.0 */
/* Folding of names, and what is nobody's own code. */
#include "correlate/fingerprint_name.h"

#include <ctype.h>
#include <stdint.h>
#include <string.h>

#define RUST_HASH 19 /* "::h" and 16 digits */

struct writer {
	char *out;
	size_t len, size;
};

static void put(struct writer *w, char c)
{
	if (w->len + 1 < w->size)
		w->out[w->len++] = c;
}

static bool is_name(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '$';
}

/* What compilers and linkers put behind a name. */
static size_t name_end(const char *name)
{
	static const char *const suffixes[] = {
		".constprop", ".isra", ".part", ".cold", ".lto_priv", ".llvm.", " [clone", "@"};
	size_t end = strlen(name);

	for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
		const char *at = strstr(name + (*name != '\0'), suffixes[i]);
		char next = at ? at[strlen(suffixes[i])] : 'x';

		if (at && (suffixes[i][0] != '.' || !is_name(next) || isdigit((unsigned char)next)) &&
			(size_t)(at - name) < end)
			end = (size_t)(at - name);
	}
	if (end > RUST_HASH && memcmp(name + end - RUST_HASH, "::h", 3) == 0 &&
		strspn(name + end - RUST_HASH + 3, "0123456789abcdef") >= 16)
		end -= RUST_HASH;
	if (end > 6 && memcmp(name + end - 6, " const", 6) == 0)
		end -= 6;
	for (size_t n = end; n > 1 && isdigit((unsigned char)name[n - 1]); n--) /* "compare.1234" in GNU C */
		if (n > 2 && name[n - 2] == '.' && is_name(name[n - 3]))
			return n - 2;
	return end;
}

/* Behind the bracket that closes the one at name[at]; end when none does. */
static size_t skip_brackets(const char *name, size_t at, size_t end, char open, char close)
{
	unsigned depth = 0;

	for (; at < end; at++) {
		if (name[at] == open)
			depth++;
		else if (name[at] == close && name[at - 1] != '-' && --depth == 0)
			return at + 1;
	}
	return end;
}

/* "operator<", "operator[]" and the like: no arguments begin there. */
static bool is_operator(const char *name, size_t at)
{
	return at >= 8 && memcmp(name + at - 8, "operator", 8) == 0 && (at == 8 || !is_name(name[at - 9]));
}

/* Copies the brackets of a name's own: "operator<", "operator()". Returns where it goes on. */
static size_t copy_operator(struct writer *w, const char *function, size_t at, size_t end)
{
	if (end - at >= 2 && memcmp(function + at, "()", 2) == 0) {
		put(w, '(');
		put(w, ')');
		return at + 2;
	}
	while (at < end && strchr("<>=[]-", function[at]))
		put(w, function[at++]);
	if (at < end)
		put(w, function[at++]);
	return at;
}

/* Behind the number that a compiler gave a closure or a class without a name: "$_0", "lambda$save$3",
 * "main.serve.func2.1". It moves when another one is written before it. */
static size_t skip_ordinal(const char *function, size_t at, size_t end)
{
	bool closure = at >= 5 && memcmp(function + at - 5, ".func", 5) == 0;
	bool number =
		closure || function[at - 1] == '$' || (at > 1 && memcmp(function + at - 2, "$_", 2) == 0);
	size_t n = at;

	if (!number)
		return at;
	while (n < end && (isdigit((unsigned char)function[n]) || (closure && function[n] == '.')))
		n++;
	return n < end && is_name(function[n]) && function[n] != '$' ? at : n;
}

/* What a compiler made and numbers: "{closure#0}", which is "{{closure}}" in older names and PHP's
 * "{closure:/srv/shop.php:12}", and what async functions became. Returns where it goes on. */
static size_t copy_braces(struct writer *w, const char *function, size_t at, size_t end)
{
	size_t next = skip_brackets(function, at, end, '{', '}'), from = at, to;

	while (from < next && function[from] == '{')
		from++;
	for (to = from; to < next && is_name(function[to]);)
		to++;
	if (strncmp(function + from, "closure", 7) == 0 || strncmp(function + from, "async_", 6) == 0) {
		function = "closure";
		from = 0;
		to = 7;
	}
	put(w, '{');
	while (from < to)
		put(w, function[from++]);
	put(w, '}');
	return next;
}

/* Of a closure of Go the function that it was written in, and not those that this was inlined into:
 * "main.func" of a package's path, and then "serve.pay.func" or "(*cart).pay.func". */
static void cut_outer(struct writer *w)
{
	char *slash, *package, *last;

	w->out[w->len] = '\0';
	if (w->len < 6 || strcmp(w->out + w->len - 5, ".func") != 0)
		return;
	slash = strrchr(w->out, '/');
	package = strchr(slash ? slash : w->out, '.');
	for (last = w->out + w->len - 6; last > package && *last != '.';)
		last--;
	if (last <= package || last[1] == '.')
		return;
	w->len -= (size_t)(last - package);
	memmove(package, last, strlen(last) + 1);
}

/* The result's type that precedes a whole signature: "static char *f(int)". */
static void cut_result(struct writer *w)
{
	char *space = NULL;

	w->out[w->len] = '\0';
	if (w->out[0] == '<' || strstr(w->out, "operator "))
		return;
	for (size_t n = 0; n < w->len; n++)
		if (w->out[n] == ' ' && strncmp(w->out + n, " namespace)", 11) != 0)
			space = w->out + n + 1;
	if (!space)
		return;
	space += strspn(space, "*&");
	w->len = strlen(space);
	memmove(w->out, space, w->len);
}

void fold_function(const char *function, char *out, size_t size)
{
	static const char async[] = "async "; /* whether JavaScript says so depends on how far it came */
	struct writer w = {.out = out, .size = size};
	bool signature = false;
	size_t end, at = 0, next;

	if (strncmp(function, async, sizeof(async) - 1) == 0)
		function += sizeof(async) - 1;
	end = name_end(function);

	while (at < end) {
		char c = function[at], before = at > 0 ? function[at - 1] : 0;
		bool named = is_name(before) || before == '>' || before == ')';

		if (is_operator(function, at)) {
			at = copy_operator(&w, function, at, end);
		} else if (c == '<' && named) {
			put(&w, '<');
			put(&w, '>');
			at = skip_brackets(function, at, end, '<', '>');
		} else if (c == '(' && named) {
			at = skip_brackets(function, at, end, '(', ')');
			signature = at == end;
		} else if (c == '[' && at > 0) {
			at = skip_brackets(function, at, end, '[', ']');
		} else if (c == '{') {
			at = copy_braces(&w, function, at, end);
		} else if (c == '$' && before == '$') { /* Java's classes that are made at run time */
			put(&w, c);
			at += strcspn(function + at, ".");
		} else if (isdigit((unsigned char)c) && at > 0 &&
			   (next = skip_ordinal(function, at, end)) > at) {
			at = next;
		} else {
			put(&w, c);
			at++;
		}
	}
	if (signature)
		cut_result(&w);
	cut_outer(&w);
	out[w.len] = '\0';
}

void fold_module(const char *path, char *out, size_t size)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path, *so = strstr(name, ".so");
	size_t len = so && so > name ? (size_t)(so - name) : strlen(name);

	while (len > 1 && strchr("0123456789.-_", name[len - 1]))
		len--;
	if (len >= size)
		len = size - 1;
	memcpy(out, name, len);
	out[len] = '\0';
}

/* Whether text is a name of the table, or begins with one that ends in a separator. */
static bool is_one_of(const char *text, const char *const *table)
{
	for (; *table; table++) {
		size_t len = strlen(*table);

		if (strncmp(text, *table, len) == 0 &&
			(text[len] == '\0' || strchr("_:./ ", (*table)[len - 1])))
			return true;
	}
	return false;
}

/* The call operator of a lambda, or what makes a pointer to a function of it: its number and namespace depend
 * on the compiler, its caller tells where it is. */
static bool is_lambda(const char *function)
{
	static const char *const names[] = {"operator()", "_FUN", "__invoke"};
	size_t len = strlen(function), name = 0;
	const char *scope;

	if (len > 2 && strcmp(function + len - 2, "<>") == 0)
		len -= 2;
	for (unsigned n = 0; !name && n < sizeof(names) / sizeof(*names); n++)
		if (len >= strlen(names[n]) &&
			strncmp(function + len - strlen(names[n]), names[n], strlen(names[n])) == 0)
			name = strlen(names[n]);
	if (!name)
		return false;
	for (scope = function + len - name; scope > function && memcmp(scope, "::", 2) != 0;)
		scope--;
	if (scope == function)
		return len == name;
	while (scope > function && scope[-1] != ':')
		scope--;
	return strncmp(scope, "{lambda", 7) == 0 || strncmp(scope, "<lambda", 7) == 0 ||
	       strncmp(scope, "'lambda", 7) == 0 || scope[0] == '$';
}

/* Code of the system's headers, and names that the standards of C and C++ keep for the implementation, where
 * no source file says otherwise. */
static bool is_system(const char *function, const char *file)
{
	if (file[0])
		return strstr(file, "/usr/include/") || strstr(file, "/include/c++/");
	return function[0] == '_' && (function[1] == '_' || isupper((unsigned char)function[1]));
}

bool is_runtime_module(const char *module)
{
	static const char *const modules[] = {"libc", "libpthread", "ld", "libgcc_s", "libstdc++", "libc++",
		"libc++abi", "[vdso]", "libasan", "libubsan", "libtsan", "liblsan", NULL};

	/* ld-linux-x86-64.so.2, ld-musl-x86_64.so.1, ld-2.31.so */
	return is_one_of(module, modules) || strncmp(module, "ld-", 3) == 0;
}

bool is_runtime_frame(const char *module, const char *function, const char *file)
{
	/* In a static program they are in a module of its own. */
	static const char *const functions[] = {"_start", "start_thread", "clone", "clone3", "abort", "raise",
		"gsignal", "pthread_kill", "memcpy", "memmove", "memset", "strlen", "free", "_int_free",
		"malloc", "_int_malloc", "malloc_printerr", "malloc_consolidate", "calloc", "realloc",
		"qsort", "qsort_r", "msort_with_tmp", "operator new", "operator delete",
		"execute_native_thread_routine",
		"std::", "__gnu_cxx::", "__cxxabiv1::", "__sanitizer::", "__asan::", "runtime.", "rust_panic",
		"rust_begin_unwind",
		"core::", "alloc::", "<alloc::", "<core::", "<std::", "<&dyn core::", NULL};

	return is_runtime_module(module) || is_one_of(function, functions) || is_system(function, file) ||
	       is_lambda(function);
}

bool is_common_frame(const char *function)
{
	static const char *const functions[] = {"main", "main.main", "g_main_loop_run",
		"g_main_context_dispatch", "g_main_context_iteration", "g_main_dispatch", "g_application_run",
		"gtk_main", "uv_run", "uv__io_poll", "uv__stream_io", "node::SpinEventLoop",
		"event_base_loop", "event_process_active", "ev_run", "ev_invoke_pending",
		"QCoreApplication::exec", "QEventLoop::exec", "QCoreApplication::notifyInternal2",
		"boost::asio::", "tokio::runtime::", "PyEval_EvalCode", "_PyEval_EvalFrameDefault",
		"_PyFunction_Vectorcall", "PyObject_Call", "Py_RunMain", "rb_vm_exec", "vm_exec_core",
		"rb_ensure", "execute_ex", "zend_execute", "Perl_runops_standard", "perl_run",
		"JavaCalls::call", "lua_pcallk", "luaV_execute", NULL};

	return is_one_of(function, functions);
}

bool is_library_frame(const char *function, const char *file)
{
	static const char *const files[] = {
		"/usr/lib/python3/", "/usr/lib/ruby/", "<internal:", "<frozen ", "node:", NULL};
	static const char *const functions[] = {"java.", "javax.", "jdk.", "sun.", "kotlin.", "scala.",
		"System.", "Microsoft.", "runtime.", "panic",
		"core::", "std::", "__sanitizer::", "__interceptor_", "__libc_", "_start", "<listcomp>",
		"<setcomp>", "<dictcomp>", /* newer ones of Python have no frame */
		NULL};
	static const char *const wrappers[] = {".gowrap", ".deferwrap", NULL};

	for (unsigned n = 0; wrappers[n]; n++)
		if (strstr(function, wrappers[n]))
			return true;
	if (strstr(file, "/site-packages/") || strstr(file, "/dist-packages/"))
		return false;
	return is_one_of(file, files) || strstr(file, "/lib/python3.") || is_one_of(function, functions);
}

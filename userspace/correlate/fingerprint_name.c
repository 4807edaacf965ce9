/* SPDX-License-Identifier: Apache-2.0 */
/* Folding of names. */
#include "correlate/fingerprint_name.h"

#include <ctype.h>
#include <stdint.h>
#include <string.h>

#include "correlate/fingerprint_writer.h"

#define RUST_HASH 19  /* "::h" and 16 digits */
#define HOME      512 /* a name as symbols have it */

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

/* Where the name of a lambda's function ends that is written in it: "shop::pay(int)::{lambda(int)#1}". NULL:
 * it is of none. */
static const char *home_end(const char *function)
{
	static const char *const marks[] = {"::{lambda", "::<lambda", "::'lambda", "::$_"};
	const char *first = NULL, *at;

	for (unsigned n = 0; n < sizeof(marks) / sizeof(*marks); n++) {
		at = strstr(function, marks[n]);
		if (at > function && (!first || at < first))
			first = at;
	}
	return first;
}

bool fold_home(const char *function, char *out, size_t size)
{
	const char *end = home_end(function), *at = end;
	char home[HOME];
	unsigned depth = 0;

	/* Among the arguments of a template it begins behind a bracket, a comma or a blank. */
	for (; end && at > function && (depth || !strchr("<(, &*", at[-1])); at--) {
		if (strchr(")>}", at[-1]) && (at - 1 == function || at[-2] != '-'))
			depth++;
		else if (depth && strchr("(<{", at[-1]))
			depth--;
	}
	if (!end || at == end || depth || (size_t)(end - at) >= sizeof(home)) {
		fold_function(function, out, size);
		return false;
	}
	memcpy(home, at, (size_t)(end - at));
	home[end - at] = '\0';
	fold_function(home, out, size);
	return true;
}

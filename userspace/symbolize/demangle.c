/* SPDX-License-Identifier: Apache-2.0 */
/* Demangling by libiberty, bounded: it stops once the text is full. */
#include "symbolize/demangle.h"

#include <libiberty/demangle.h>
#include <setjmp.h>
#include <stdbool.h>
#include <string.h>

#include "base/text.h"

#define MANGLED_MAX 4096 /* bytes; a longer symbol is shown as it is */
#define PLAIN_MAX   4096 /* bytes; a longer name is cut */

struct output {
	char *text;
	size_t size;
	size_t length;
	jmp_buf full;
};

static void append(const char *bytes, size_t length, void *context)
{
	struct output *output = context;
	size_t room = output->size - 1 - output->length;

	memcpy(output->text + output->length, bytes, length < room ? length : room);
	output->length += length < room ? length : room;
	if (length > room)
		longjmp(output->full, 1);
}

static bool demangle_with(struct output *output,
	int (*demangler)(const char *, int, demangle_callbackref, void *), const char *symbol)
{
	output->length = 0;
	/* Neither demangler holds resources while it prints, but for one buffer of a Rust punycode name. */
	bool done = setjmp(output->full) || demangler(symbol, DMGL_ANSI, append, output);
	if (done)
		output->text[output->length] = '\0';
	return done && output->length;
}

/* Whether the '<' or '>' at i is part of an operator's name, or of "->". */
static bool is_operator(const char *name, size_t i)
{
	static const char word[] = "operator";
	size_t begin = i;

	while (begin > 0 && strchr("<>=-", name[begin - 1]))
		begin--;
	return (begin >= sizeof(word) - 1 &&
		       strncmp(name + begin - (sizeof(word) - 1), word, sizeof(word) - 1) == 0) ||
	       (i > 0 && name[i] == '>' && name[i - 1] == '-');
}

/* Copies name with "..." in place of template arguments. A name that begins with '<' is Rust's "<Type as
 * Trait>": that level stays. */
static void shorten(const char *name, char *text, size_t size)
{
	unsigned depth = 0, keep = name[0] == '<';
	size_t length = 0;

	for (size_t i = 0; name[i] && length + 4 < size; i++) {
		bool open = name[i] == '<' && !is_operator(name, i),
		     close = name[i] == '>' && !is_operator(name, i);
		depth -= close && depth > 0;
		if (depth <= keep)
			text[length++] = name[i];
		if (depth == keep && open && (i > 0 || !keep)) {
			memcpy(text + length, "...", 3);
			length += 3;
		}
		depth += open;
	}
	text[length] = '\0';
}

void demangle(const char *symbol, char *text, size_t size)
{
	char mangled[MANGLED_MAX], plain[PLAIN_MAX];
	struct output output = {.text = plain, .size = sizeof(plain)};
	size_t length = strcspn(symbol, "@");

	if (length < sizeof(mangled) && (strncmp(symbol, "_Z", 2) == 0 || strncmp(symbol, "_R", 2) == 0)) {
		memcpy(mangled, symbol, length);
		mangled[length] = '\0';
		if (demangle_with(&output, rust_demangle_callback, mangled) ||
			demangle_with(&output, cplus_demangle_v3_callback, mangled)) {
			if (output.length < size)
				text_copy(text, size, plain);
			else
				shorten(plain, text, size);
			return;
		}
	}
	text_copy(text, length < size ? length + 1 : size, symbol);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Recursive descent; strings without escapes are handed over as they lie there. */
#include "base/json_tree.h"

#include <endian.h>
#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/buf.h"
#include "base/text.h"

#define DEPTH_MAX 128u

struct tree {
	const char *at;
	const char *end;
	unsigned depth;
	struct buf unescaped; /* the string at hand, when it has escapes */
};

/* A string's inside. */
struct piece {
	const char *text;
	size_t len;
};

static char peek(struct tree *t)
{
	while (t->at < t->end && (*t->at == ' ' || *t->at == '\n' || *t->at == '\r' || *t->at == '\t'))
		t->at++;
	return t->at < t->end ? *t->at : '\0';
}

static bool take(struct tree *t, char byte)
{
	if (peek(t) != byte)
		return false;
	t->at++;
	return true;
}

#define ONES  0x0101010101010101ull
#define HIGHS 0x8080808080808080ull

/* Not 0 when one of eight bytes is not plain: a quote, a backslash, a control character or no ASCII. Each
 * subtraction borrows into the highest bit of a byte only where it is below; bytes that have it set already
 * are found by the first term. A borrow that goes on to the next byte comes from one that is odd itself: the
 * lowest bit is that of the first odd byte. */
static uint64_t odd_byte(uint64_t bytes)
{
	uint64_t quote = bytes ^ ONES * '"', backslash = bytes ^ ONES * '\\';

	return (bytes | (bytes - ONES * ' ') | (quote - ONES) | (backslash - ONES)) & HIGHS;
}

static const char *skip_plain(const char *s, const char *end)
{
	uint64_t bytes;

	for (; end - s >= (ptrdiff_t)sizeof(bytes); s += sizeof(bytes)) {
		memcpy(&bytes, s, sizeof(bytes));
		bytes = odd_byte(le64toh(bytes));
		if (bytes)
			return s + __builtin_ctzll(bytes) / 8;
	}
	while (s < end && *s >= ' ' && *s != '"' && *s != '\\' && !(*s & 0x80))
		s++;
	return s;
}

static bool take_hex4(struct tree *t, uint32_t *ret)
{
	uint32_t value = 0;

	if (t->end - t->at < 4)
		return false;
	for (int i = 0; i < 4; i++) {
		char c = *t->at++;

		if (c >= '0' && c <= '9')
			value = value * 16 + (uint32_t)(c - '0');
		else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
			value = value * 16 + (uint32_t)((c | 0x20) - 'a' + 10);
		else
			return false;
	}
	*ret = value;
	return true;
}

static void put_utf8(struct buf *out, uint32_t code)
{
	char bytes[4] = {(char)code};
	size_t len = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;

	for (size_t i = len; i > 1; i--, code >>= 6)
		bytes[i - 1] = (char)(0x80 | (code & 0x3F));
	if (len > 1)
		bytes[0] = (char)(0xF00u >> len | code);
	buf_append(out, bytes, len);
}

/* Halves of a pair that are alone are no text. */
static bool take_unicode(struct tree *t)
{
	uint32_t code, low;

	if (!take_hex4(t, &code))
		return false;
	if (code >= 0xDC00 && code < 0xE000)
		return false;
	if (code >= 0xD800 && code < 0xDC00) {
		if (t->end - t->at < 2 || t->at[0] != '\\' || t->at[1] != 'u')
			return false;
		t->at += 2;
		if (!take_hex4(t, &low) || low < 0xDC00 || low >= 0xE000)
			return false;
		code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
	}
	put_utf8(&t->unescaped, code);
	return true;
}

/* Behind a backslash. */
static bool take_escape(struct tree *t)
{
	static const char names[] = "\"\\/bfnrt", bytes[] = "\"\\/\b\f\n\r\t";
	const char *name;

	if (t->at == t->end || !*t->at)
		return false;
	if (*t->at == 'u') {
		t->at++;
		return take_unicode(t);
	}
	name = strchr(names, *t->at++);
	if (name)
		buf_char(&t->unescaped, bytes[name - names]);
	return name != NULL;
}

static bool take_character(struct tree *t)
{
	uint32_t code;
	size_t used = text_utf8_next(t->at, (size_t)(t->end - t->at), &code);

	t->at += used;
	return used > 1; /* one byte alone is none */
}

/* The opening quote is taken. */
static bool take_string(struct tree *t, struct piece *ret)
{
	const char *from = t->at;

	buf_reset(&t->unescaped);
	for (;;) {
		t->at = skip_plain(t->at, t->end);
		if (t->at == t->end)
			return false;
		if (*t->at & 0x80) {
			if (!take_character(t))
				return false;
			continue;
		}
		if (*t->at == '"')
			break;
		buf_append(&t->unescaped, from, (size_t)(t->at - from));
		if (*t->at++ != '\\' || !take_escape(t))
			return false;
		from = t->at;
	}
	*ret = (struct piece){from, (size_t)(t->at - from)};
	t->at++;
	/* A string with escapes has something there, if only an empty text with its NUL. */
	if (from[-1] != '"' || t->unescaped.len) {
		buf_append(&t->unescaped, ret->text, ret->len);
		*ret = (struct piece){buf_text(&t->unescaped), t->unescaped.len};
	}
	return !t->unescaped.failed;
}

static json_t *take_real(struct tree *t, const char *start)
{
	char *end;
	double value = strtod(start, &end);

	return end == t->at && isfinite(value) ? json_real(value) : NULL;
}

static bool take_digits(struct tree *t)
{
	const char *start = t->at;

	while (t->at < t->end && *t->at >= '0' && *t->at <= '9')
		t->at++;
	return t->at > start;
}

static json_t *take_number(struct tree *t)
{
	const char *start = t->at, *digits;
	long long value;

	t->at += *t->at == '-';
	digits = t->at;
	if (!take_digits(t) || (*digits == '0' && t->at - digits > 1))
		return NULL;
	if (*t->at != '.' && *t->at != 'e' && *t->at != 'E') {
		errno = 0;
		value = strtoll(start, NULL, 10);
		return errno == ERANGE ? take_real(t, start) : json_integer(value);
	}
	if (*t->at == '.') {
		t->at++;
		if (!take_digits(t))
			return NULL;
	}
	if (*t->at == 'e' || *t->at == 'E') {
		t->at++;
		t->at += *t->at == '+' || *t->at == '-';
		if (!take_digits(t))
			return NULL;
	}
	return take_real(t, start);
}

static json_t *take_word(struct tree *t, const char *word, json_t *value)
{
	size_t len = strlen(word);

	if ((size_t)(t->end - t->at) < len || memcmp(t->at, word, len) != 0)
		return NULL;
	t->at += len;
	return value;
}

static json_t *take_value(struct tree *t);

/* Takes ownership of the object and gives it back, or NULL. */
static json_t *fill_object(struct tree *t, json_t *object)
{
	struct piece key;
	char name[256];

	if (take(t, '}'))
		return object;
	do {
		json_t *value;
		bool good = take(t, '"') && take_string(t, &key) && !memchr(key.text, '\0', key.len) &&
			    key.len < sizeof(name);

		/* Values use the same buffer. */
		if (good && t->unescaped.len)
			key.text = memcpy(name, key.text, key.len);
		value = good && take(t, ':') ? take_value(t) : NULL;
		if (!value || json_object_setn_new_nocheck(object, key.text, key.len, value) < 0) {
			json_decref(object);
			return NULL;
		}
	} while (take(t, ','));
	if (take(t, '}'))
		return object;
	json_decref(object);
	return NULL;
}

static json_t *fill_array(struct tree *t, json_t *array)
{
	if (take(t, ']'))
		return array;
	do {
		json_t *value = take_value(t);

		if (!value || json_array_append_new(array, value) < 0) {
			json_decref(array);
			return NULL;
		}
	} while (take(t, ','));
	if (take(t, ']'))
		return array;
	json_decref(array);
	return NULL;
}

static json_t *take_nested(struct tree *t, bool object)
{
	json_t *value = t->depth < DEPTH_MAX ? object ? json_object() : json_array() : NULL;

	t->at++;
	t->depth++;
	if (value)
		value = object ? fill_object(t, value) : fill_array(t, value);
	t->depth--;
	return value;
}

static json_t *take_value(struct tree *t)
{
	struct piece text;

	switch (peek(t)) {
	case '{': return take_nested(t, true);
	case '[': return take_nested(t, false);
	case '"': t->at++; return take_string(t, &text) ? json_stringn_nocheck(text.text, text.len) : NULL;
	case 't': return take_word(t, "true", json_true());
	case 'f': return take_word(t, "false", json_false());
	case 'n': return take_word(t, "null", json_null());
	case '-':
	case '0' ... '9': return take_number(t);
	default: return NULL;
	}
}

json_t *json_tree(const char *text, size_t len)
{
	struct tree t = {.at = text, .end = text + len};
	char first = peek(&t);
	json_t *value = first == '{' || first == '[' ? take_value(&t) : NULL;

	/* Behind it only blanks; a NUL before the end is none. */
	if (value && (peek(&t) || t.at < t.end)) {
		json_decref(value);
		value = NULL;
	}
	buf_free(&t.unescaped);
	return value;
}

#define SCRATCH_SIZE (16u << 20) /* bytes of addresses; only those that are used are there */
#define ALIGNMENT    16u

static char *scratch; /* NULL: not made yet */
static __thread size_t scratch_used;
static __thread bool scratch_on;

static bool is_scratch(const void *bytes)
{
	return scratch && (const char *)bytes >= scratch && (const char *)bytes < scratch + SCRATCH_SIZE;
}

/* Both are jansson's for the whole process; only what json_scratch makes is in the block. */
static void *allocate(size_t size)
{
	size_t at = scratch_used;

	if (!scratch_on)
		return malloc(size);
	size = (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
	if (size > SCRATCH_SIZE - at)
		return NULL;
	scratch_used += size;
	return scratch + at;
}

static void release(void *bytes)
{
	if (!is_scratch(bytes))
		free(bytes);
}

static bool make_scratch(void)
{
	void *bytes = mmap(NULL, SCRATCH_SIZE, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (bytes == MAP_FAILED)
		return false;
	scratch = bytes;
	json_set_alloc_funcs(allocate, release);
	return true;
}

json_t *json_scratch(const char *text, size_t len)
{
	json_t *tree;

	if (!scratch && !make_scratch())
		return json_tree(text, len);
	scratch_used = 0;
	scratch_on = true;
	tree = json_tree(text, len);
	scratch_on = false;
	/* No JSON, or too large. */
	return tree ? tree : json_tree(text, len);
}

void json_scratch_free(json_t *tree)
{
	if (!is_scratch(tree))
		json_decref(tree);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Alignment of stacks in linear time: frames may be missing, but none may be another one. */
#include "correlate/near.h"

#include <string.h>

#include "base/id.h"
#include "correlate/fingerprint_name.h"

#define TEXT 320

static uint32_t hash(const char *text)
{
	return (uint32_t)id_hash(0, text, strlen(text));
}

/* Behind the namespaces and classes of a folded name. */
static const char *last_part(const char *function)
{
	const char *at, *last = function;

	for (at = function; (at = strstr(at, "::")); at += 2)
		last = at + 2;
	return last;
}

void near_add(struct near *near, const char *module, const char *function, const char *file)
{
	char folded[TEXT], folded_module[TEXT];
	unsigned n = near->count;
	uint32_t full;

	if (n == NEAR_FRAMES || !function[0])
		return;
	fold_module(module, folded_module, sizeof(folded_module));
	fold_function(function, folded, sizeof(folded));
	if (is_runtime_frame(folded_module, folded, file))
		return;
	full = hash(folded);
	if (n > 0 && near->full[n - 1] == full)
		return;
	near->full[n] = full;
	near->last[n] = hash(last_part(folded));
	if (strcmp(folded, "main") == 0)
		near->entries |= (uint8_t)(1u << n);
	near->count++;
}

/* A compiler may leave out the namespaces of one of them. */
static bool same_frame(const struct near *a, unsigned i, const struct near *b, unsigned k)
{
	return a->full[i] == b->full[k] ||
	       (a->last[i] == b->last[k] && (a->full[i] == a->last[i] || b->full[k] == b->last[k]));
}

static unsigned weight(const struct near *near, unsigned frame)
{
	return !(near->entries & 1u << frame);
}

bool near_same(const struct near *a, const struct near *b)
{
	const struct near *less = a->count <= b->count ? a : b, *more = less == a ? b : a;
	unsigned matched = 0, all = 0, at = 0;

	if (!less->count || a->kind != b->kind || !same_frame(less, 0, more, 0))
		return false;
	for (unsigned k = 0; k < more->count; k++) {
		all += weight(more, k);
		if (at < less->count && same_frame(less, at, more, k)) {
			matched += weight(more, k);
			at++;
		}
	}
	/* Of stacks that go on beyond what is kept the outer end may be missing. */
	if (at < less->count && more->count < NEAR_FRAMES)
		return false;
	return matched > 0 && matched >= NEAR_LEAST * all;
}

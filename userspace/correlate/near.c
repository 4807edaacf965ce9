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

/* How a program ends itself: it tells nothing of why. */
static bool is_end(const char *function)
{
	static const char *const ends[] = {"abort", "raise", "kill", "terminate", "throw", "Unwind"};

	for (unsigned n = 0; n < sizeof(ends) / sizeof(*ends); n++)
		if (strstr(function, ends[n]))
			return true;
	return !function[0];
}

/* Folds the innermost frames away that repeat those before them. */
static void fold_circle(struct near *near)
{
	for (unsigned period = 1; 2 * period <= near->count; period++) {
		unsigned at = near->count - period;

		if (memcmp(near->full + at, near->full + at - period, period * sizeof(near->full[0])) != 0)
			continue;
		near->count = (uint8_t)at;
		near->entries &= (uint8_t)((1u << at) - 1);
		if (at == period && period > 1)
			near->circle = (uint8_t)(period & 7);
		return;
	}
}

bool near_add(struct near *near, const char *module, const char *function, const char *file)
{
	char folded[TEXT], folded_module[TEXT];
	unsigned n = near->count;
	uint32_t full;

	if (n == NEAR_FRAMES)
		return false;
	fold_module(module, folded_module, sizeof(folded_module));
	fold_function(function, folded, sizeof(folded));
	full = hash(folded);
	if (is_runtime_frame(folded_module, folded, file)) {
		if (!near->own && is_runtime_module(folded_module))
			near->called = is_end(folded) ? 0 : full;
		return false;
	}
	near->own = true;
	if (!function[0])
		return false;
	near->full[n] = full;
	near->last[n] = hash(last_part(folded));
	if (is_common_frame(folded))
		near->entries |= (uint8_t)(1u << n);
	if (!file[0])
		near->vague |= n == 0;
	else if (near->files < UINT8_MAX)
		near->files++;
	near->count++;
	fold_circle(near);
	return near->count > n;
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

/* Whether all frames of less are in more, in that order; of stacks that go on beyond what is kept the outer
 * end may be missing. Sums the weight of those that are, and that of all. */
static bool is_within(
	const struct near *less, const struct near *more, unsigned *ret_matched, unsigned *ret_all)
{
	unsigned at = 0;

	*ret_matched = *ret_all = 0;
	for (unsigned k = 0; k < more->count; k++) {
		*ret_all += weight(more, k);
		if (at < less->count && same_frame(less, at, more, k)) {
			*ret_matched += weight(more, k);
			at++;
		}
	}
	return at == less->count || more->count == NEAR_FRAMES;
}

bool near_whole(const struct near *near)
{
	return near->files && !near->vague;
}

/* Of a circle any may be the innermost. */
static bool same_innermost(const struct near *less, const struct near *more)
{
	for (unsigned k = 0; k == 0 || k < more->circle; k++)
		if (same_frame(less, 0, more, k))
			return true;
	return false;
}

bool near_same(const struct near *a, const struct near *b)
{
	const struct near *less = a->count <= b->count ? a : b, *more = less == a ? b : a;
	unsigned matched, all;

	if (!less->count || a->kind != b->kind || !same_innermost(less, more))
		return false;
	if (a->message && b->message && a->message != b->message)
		return false;
	/* Where inlined frames are missing they may be those that tell the two apart. */
	if (!a->files != !b->files && a->message != b->message)
		return false;
	return is_within(less, more, &matched, &all) && matched > 0 && matched >= NEAR_LEAST * all;
}

bool near_maybe(const struct near *a, const struct near *b)
{
	const struct near *bare = near_whole(a) ? b : a, *whole = bare == a ? b : a;
	unsigned matched, all;

	if (near_whole(bare) || !near_whole(whole) || a->kind != b->kind || a->message != b->message ||
		a->called != b->called || a->program != b->program || !is_within(bare, whole, &matched, &all))
		return false;
	return a->message || (matched > 0 && (bare->files || same_innermost(bare, whole)));
}

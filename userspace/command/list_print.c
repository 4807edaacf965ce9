/* SPDX-License-Identifier: Apache-2.0 */
/* Rows to the writer, a page at a time: read, let go of the database, print. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "command/list.h"

#define PAGE_ROWS 500

struct page_row {
	uint64_t seq;
	uint64_t time;
	char *body;
};

struct page {
	struct page_row *rows;
	size_t count;
	size_t room;
};

#define _cleanup_page_ __attribute__((cleanup(page_free)))

static void page_clear(struct page *page)
{
	while (page->count)
		free(page->rows[--page->count].body);
}

static void page_free(struct page *page)
{
	page_clear(page);
	free(page->rows);
}

static int keep_row(void *context, const struct store_row *row)
{
	struct page *page = context;

	if (page->count == page->room) {
		size_t room = page->room ? 2 * page->room : 64;
		struct page_row *rows = realloc(page->rows, room * sizeof(*rows));

		if (!rows)
			return -ENOMEM;
		page->rows = rows;
		page->room = room;
	}
	page->rows[page->count] = (struct page_row){row->seq, row->time, strdup(row->body)};
	return page->rows[page->count].body ? (page->count++, 0) : -ENOMEM;
}

/* Where a list has got to. */
struct walk {
	const struct store_filter *filter;
	bool started;
	uint64_t seq; /* of the last row */
	uint64_t time;
	uint64_t max_seq;
	uint64_t left; /* rows that may still be printed */
};

/* A page begins again at the time where the one before ended: this tells its old rows from the new ones. */
static bool was_seen(const struct walk *walk, const struct page_row *row)
{
	if (!walk->started || row->time != walk->time)
		return false;
	return walk->filter->newest_first ? row->seq >= walk->seq : row->seq <= walk->seq;
}

static int print_page(struct walk *walk, const struct page *page, struct report_list *out)
{
	int r = 0;

	for (size_t i = 0; i < page->count && r == 0 && walk->left; i++) {
		const struct page_row *row = &page->rows[i];

		if (was_seen(walk, row))
			continue;
		walk->started = true;
		walk->seq = row->seq;
		walk->time = row->time;
		if (row->seq > walk->max_seq)
			continue;
		r = report_list_event(out, row->body);
		walk->left--;
	}
	return r;
}

/* How many rows at the end of a page have one time, and so come again with the next. */
static uint64_t end_rows(const struct page *page)
{
	uint64_t n = 0;

	while (n < page->count && page->rows[page->count - 1 - n].time == page->rows[page->count - 1].time)
		n++;
	return n;
}

int list_print(struct store *store, const struct store_filter *filter, uint64_t max_seq,
	struct report_list *out, uint64_t *count)
{
	const uint64_t limit = filter->limit ? filter->limit : UINT64_MAX;
	struct walk walk = {.filter = filter, .max_seq = max_seq, .left = limit};
	struct store_filter next = *filter;
	_cleanup_page_ struct page page = {0};
	int r;

	do {
		next.limit = end_rows(&page) + (walk.left < PAGE_ROWS ? walk.left : PAGE_ROWS);
		page_clear(&page);
		r = store_query(store, &next, keep_row, &page);
		if (r == 0)
			r = print_page(&walk, &page, out);
		if (filter->newest_first)
			next.until = walk.time + 1;
		else
			next.since = walk.time;
	} while (r == 0 && walk.left && page.count == next.limit);
	*count += limit - walk.left;
	return r;
}

int list_print_last(struct store *store, const struct store_filter *filter, uint64_t max_seq,
	struct report_list *out, uint64_t *count)
{
	struct store_filter backwards = *filter;
	_cleanup_page_ struct page page = {0};
	int r;

	backwards.newest_first = true;
	r = store_query(store, &backwards, keep_row, &page);
	for (size_t i = page.count; i-- > 0 && r == 0;) {
		if (page.rows[i].seq > max_seq)
			continue;
		r = report_list_event(out, page.rows[i].body);
		++*count;
	}
	return r;
}

int list_print_new(
	struct store *store, const struct store_filter *filter, uint64_t *seq, struct report_list *out)
{
	struct store_filter next = *filter;
	uint64_t last;
	_cleanup_page_ struct page page = {0};
	int r = store_last_seq(store, &last);

	if (r < 0 || last <= *seq)
		return r;
	next.by_seq = true;
	next.limit = PAGE_ROWS;
	do {
		page_clear(&page);
		next.after_seq = *seq;
		r = store_query(store, &next, keep_row, &page);
		for (size_t i = 0; i < page.count && r == 0; i++) {
			*seq = page.rows[i].seq;
			r = report_list_event(out, page.rows[i].body);
		}
	} while (r == 0 && page.count == PAGE_ROWS);
	/* Rows that the filter passed over need not be read again. */
	if (r == 0 && last > *seq)
		*seq = last;
	return r;
}

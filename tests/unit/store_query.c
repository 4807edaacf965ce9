/* SPDX-License-Identifier: Apache-2.0 */
/* Reading: filters and orders against a plain model, ids by prefix, and that each list follows an index. */
#include "store_test.h"

#include "store/internal.h"

#define EVENTS 300

static const char *const kinds[] = {"crash", "kill", "marker"};
static const char *const services[] = {NULL, "a.service", "b.service"};
static const char *const bodies[] = {
	"{\"a\":1,\"fingerprint\":\"4:a\"}", "{\"a\":\"1\",\"fingerprint\":\"4:b\"}"};

struct item {
	uint64_t seq;
	uint64_t time;
	const char *kind;
	const char *service;
	char id[32];
	const char *body;
};

struct items {
	struct item item[EVENTS];
	unsigned count;
};

/* Times go back and forth and repeat. */
static void fill(struct store *store, struct items *items)
{
	for (unsigned i = 0; i < EVENTS; i++) {
		struct item *item = &items->item[i];
		struct store_event event;

		*item = (struct item){.seq = i + 1,
			.time = T0 + i * 7919 % 100,
			.kind = kinds[i * 31 / 10 % 3],
			.service = services[i % 7 % 3],
			.body = bodies[i % 5 % 2]};
		snprintf(item->id, sizeof(item->id), "01EVENT%010u", i * 7);
		event = (struct store_event){.id = item->id,
			.time = item->time,
			.kind = item->kind,
			.service = item->service,
			.body = item->body};
		assert_int_equal(store_add(store, &event, NULL), 0);
	}
	assert_int_equal(store_commit(store, NULL), 0);
	items->count = EVENTS;
}

static bool is_of(const struct store_fingerprints *of, const struct item *item)
{
	for (unsigned i = 0; of && i < of->count; i++)
		if (strstr(item->body, of->text[i]) && strcmp(item->kind, "marker") != 0)
			return true;
	return !of;
}

static bool matches(const struct store_filter *f, const struct item *item)
{
	bool kind = f->kind_count == 0;

	for (unsigned i = 0; i < f->kind_count; i++)
		kind |= strcmp(f->kinds[i], item->kind) == 0;
	return kind && is_of(f->of, item) && item->time >= f->since && (!f->until || item->time < f->until) &&
	       item->seq > f->after_seq && (!f->with || strstr(item->body, f->with)) &&
	       (!f->service || (item->service && strcmp(f->service, item->service) == 0));
}

static int by_time(const void *a, const void *b)
{
	const struct item *x = a, *y = b;

	if (x->time != y->time)
		return x->time < y->time ? -1 : 1;
	return x->seq < y->seq ? -1 : x->seq > y->seq;
}

/* The same answer by looking at every item. */
static void model(const struct items *all, const struct store_filter *f, struct items *ret)
{
	ret->count = 0;
	for (unsigned i = 0; i < all->count; i++)
		if (matches(f, &all->item[i]))
			ret->item[ret->count++] = all->item[i];
	if (!f->by_seq && (!f->after_seq || f->newest_first))
		qsort(ret->item, ret->count, sizeof(ret->item[0]), by_time);
	for (unsigned i = 0; f->newest_first && i < ret->count / 2; i++) {
		struct item swap = ret->item[i];

		ret->item[i] = ret->item[ret->count - 1 - i];
		ret->item[ret->count - 1 - i] = swap;
	}
	if (f->limit && ret->count > f->limit)
		ret->count = (unsigned)f->limit;
}

struct expected {
	struct items items;
	unsigned at;
};

static int compare(void *context, const struct store_row *row)
{
	struct expected *expected = context;
	const struct item *item = &expected->items.item[expected->at];

	assert_true(expected->at++ < expected->items.count);
	assert_string_equal(row->id, item->id);
	assert_int_equal(row->seq, item->seq);
	assert_int_equal(row->time, item->time);
	assert_string_equal(row->kind, item->kind);
	assert_string_equal(row->body, item->body);
	if (item->service)
		assert_string_equal(row->service, item->service);
	else
		assert_null(row->service);
	return 0;
}

static const char *const kind_lists[][4] = {
	{"crash"}, {"marker", "crash"}, {"kill", "marker", "kill", "none"}};
static const unsigned kind_counts[] = {1, 2, 4};
static const struct store_fingerprints issues[] = {
	{.count = 1, .text = {"4:b"}}, {.count = 3, .text = {"4:c", "4:a", "4:b"}}, {.count = 0}};

/* The n-th of all combinations; false after the last. */
static bool filter_number(unsigned n, struct store_filter *f)
{
	static const uint64_t since[] = {0, T0 + 20}, until[] = {0, T0 + 60}, after[] = {0, 100},
			      limit[] = {0, 17};
	unsigned list;

	*f = (struct store_filter){.since = since[n & 1],
		.until = until[n >> 1 & 1],
		.after_seq = after[n >> 2 & 1],
		.limit = limit[n >> 3 & 1],
		.by_seq = n >> 4 & 1,
		.newest_first = n >> 5 & 1};
	n >>= 6;
	f->service = services[n % 3];
	n /= 3;
	list = n % 4;
	if (list) {
		f->kinds = kind_lists[list - 1];
		f->kind_count = kind_counts[list - 1];
	}
	n /= 4;
	f->with = n % 2 ? "\"a\":\"1\"" : NULL;
	n /= 2;
	f->of = n ? &issues[n - 1] : NULL;
	return n < 4;
}

static void all_filters_give_what_they_say(void **state)
{
	static struct items all;
	static struct expected expected;
	struct store *store = open_ok(*state, STORE_OWN);
	struct store_filter filter;

	fill(store, &all);
	for (unsigned n = 0; filter_number(n, &filter); n++) {
		expected.at = 0;
		model(&all, &filter, &expected.items);
		assert_int_equal(store_query(store, &filter, compare, &expected), 0);
		assert_int_equal(expected.at, expected.items.count);
	}
	store_close(store);
}

static void check_plan(sqlite3 *db, const struct store_filter *filter)
{
	struct buf sql = {0};
	sqlite3_stmt *statement;

	buf_str(&sql, "EXPLAIN QUERY PLAN ");
	assert_int_equal(store_query_sql(filter, &sql), 0);
	assert_int_equal(sqlite3_prepare_v2(db, buf_text(&sql), -1, &statement, NULL), SQLITE_OK);
	while (sqlite3_step(statement) == SQLITE_ROW) {
		const char *step = (const char *)sqlite3_column_text(statement, 3);

		/* Events of a service at the very same instant are sorted among themselves, no more. */
		if (strstr(step, "SCAN") || strstr(step, "FOR ORDER BY"))
			fail_msg("%s: %s", buf_text(&sql), step);
		if (strstr(step, "TEMP B-TREE"))
			assert_true(filter->service && !filter->of);
	}
	sqlite3_finalize(statement);
	buf_free(&sql);
}

static void all_filters_follow_an_index(void **state)
{
	struct store *store = open_ok(*state, STORE_OWN);
	struct store_filter filter;

	for (unsigned n = 0; filter_number(n, &filter); n++)
		if (!filter.of || filter.of->count)
			check_plan(store->db, &filter);
	store_close(store);
}

static void too_many_kinds(void **state)
{
	struct store *store = open_ok(*state, STORE_OWN);
	const char *many[STORE_KINDS_MAX + 1];
	struct store_filter filter = {.kinds = many, .kind_count = STORE_KINDS_MAX + 1};
	unsigned count = 0;

	for (unsigned i = 0; i <= STORE_KINDS_MAX; i++)
		many[i] = "crash";
	assert_int_equal(store_query(store, &filter, count_row, &count), -E2BIG);
	filter.kind_count--;
	assert_int_equal(store_query(store, &filter, count_row, &count), 0);
	store_close(store);
}

static int stop(void *context, const struct store_row *row)
{
	(void)row;
	++*(unsigned *)context;
	return 42;
}

/* A reader that stores what it concludes. */
static int add_while_reading(void *context, const struct store_row *row)
{
	struct store *store = context;

	if (row->seq > 3)
		return 0;
	assert_int_equal(add_number(store, 100 + (unsigned)row->seq, NULL), 0);
	assert_int_equal(store_commit(store, NULL), 0);
	return 0;
}

static void rows_can_stop_and_nest(void **state)
{
	struct store *store = open_ok(*state, STORE_OWN);
	struct store_filter all = {.by_seq = true};
	unsigned count = 0;

	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(add_number(store, i, NULL), 0);
	assert_int_equal(store_query(store, &all, stop, &count), 42);
	assert_int_equal(count, 1);
	assert_int_equal(store_commit(store, NULL), 0);
	assert_int_equal(store_query(store, &all, add_while_reading, store), 0);
	assert_int_equal(count_events(store), 6);
	store_close(store);
}

static void text_is_data(void **state)
{
	static const char nasty[] = "a'; DROP TABLE event;--\x1b[31m\xff\n\"%s";
	struct store *store = open_ok(*state, STORE_OWN);
	struct store_event event = {.id = nasty, .time = T0, .kind = nasty, .service = nasty, .body = nasty};
	const char *const list[] = {nasty};
	struct store_filter filter = {.kinds = list, .kind_count = 1, .service = nasty};
	unsigned count = 0;

	assert_int_equal(store_add(store, &event, NULL), 0);
	assert_int_equal(store_query(store, &filter, count_row, &count), 0);
	assert_int_equal(store_get(store, nasty, count_row, &count), 0);
	assert_int_equal(count, 2);
	store_close(store);
}

static int expect_id(void *context, const struct store_row *row)
{
	assert_string_equal(row->id, context);
	return 0;
}

static void ids_by_prefix(void **state)
{
	static const char *const ids[] = {"01ABCDEF", "01ABCDEG", "01ABCDEGX", "02", "01ABCE\xc3\xbf"};
	struct store *store = open_ok(*state, STORE_OWN);
	unsigned count = 0;

	for (size_t i = 0; i < 5; i++) {
		struct store_event event = {.id = ids[i], .time = T0, .kind = "kill", .body = "{}"};

		assert_int_equal(store_add(store, &event, NULL), 0);
	}
	assert_int_equal(store_get(store, "01ABCDEF", expect_id, "01ABCDEF"), 0);
	assert_int_equal(store_get(store, "01ABCDEG", expect_id, "01ABCDEG"), 0); /* whole before prefix */
	assert_int_equal(store_get(store, "01ABCDEGX", expect_id, "01ABCDEGX"), 0);
	assert_int_equal(store_get(store, "01ABCE", expect_id, (void *)ids[4]), 0);
	assert_int_equal(store_get(store, "01ABCDE", count_row, &count), -ENOTUNIQ);
	assert_int_equal(store_get(store, "02", expect_id, "02"), 0);
	assert_int_equal(store_get(store, "01ABC", count_row, &count), -ENOENT);
	assert_int_equal(store_get(store, "01ABCDEX", count_row, &count), -ENOENT);
	assert_int_equal(store_get(store, "", count_row, &count), -ENOENT);
	assert_int_equal(store_get(store, "01ABCDEF", stop, &count), 42);
	store_close(store);
}

#define IN_DIR(test) cmocka_unit_test_setup_teardown(test, dir_make, dir_remove)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_DIR(all_filters_give_what_they_say),
		IN_DIR(all_filters_follow_an_index),
		IN_DIR(too_many_kinds),
		IN_DIR(rows_can_stop_and_nest),
		IN_DIR(text_is_data),
		IN_DIR(ids_by_prefix),
	};

	return cmocka_run_group_tests_name("store_query", tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Retention of issues, incidents and refusals: they have bounds of their own, so that events keep their room.
 */
#include "store_test.h"

#include "store/finding.h"
#include "store/internal.h"

/* Of what sinks were refused the last are kept; issues and incidents are not touched. */
static void refusals_are_bounded(void **state)
{
	struct store *store = open_ok(*state, STORE_OWN);
	struct store_retention none = {0};
	char id[32];
	struct store_finding finding = {.id = id, .state = "refused", .service = "s", .body = "{}"};
	uint64_t removed, left, first;

	for (unsigned i = 0; i < STORE_REFUSED_MAX + 500; i++) {
		finding.kind = i < 200 ? "incident" : "refused";
		finding.time = T0 + i;
		snprintf(id, sizeof(id), "finding-%u", i);
		assert_int_equal(store_finding_set(store, &finding), 0);
	}
	assert_int_equal(store_trim(store, &none, T0, &removed), 0);
	assert_int_equal(removed, 0);
	assert_int_equal(store_number(store, "SELECT count(*) FROM finding", &left), 0);
	assert_int_equal(left, STORE_REFUSED_MAX + 200);
	assert_int_equal(
		store_number(store, "SELECT min(time) FROM finding WHERE kind = 'refused'", &first), 0);
	assert_int_equal(first, T0 + 500);
	store_close(store);
}

static void fill_findings(struct store *store, const char *kind, unsigned first, unsigned count, size_t size)
{
	char id[32], *body = malloc(size + 1);
	struct store_finding finding = {.id = id, .kind = kind, .state = "new", .service = "s", .body = body};

	assert_non_null(body);
	memset(body, 'x', size);
	body[size] = '\0';
	for (unsigned i = first; i < first + count; i++) {
		finding.time = T0 + i;
		snprintf(id, sizeof(id), "%s-%u", kind, i);
		assert_int_equal(store_finding_set(store, &finding), 0);
	}
	assert_int_equal(store_commit(store, NULL), 0);
	free(body);
}

static uint64_t number(struct store *store, const char *sql)
{
	uint64_t value = 0;

	assert_int_equal(store_number(store, sql, &value), 0);
	return value;
}

/* However many issues there are, events have most of the room; the issues that were seen last stay, and what
 * else there is. */
static void findings_leave_room_for_events(void **state)
{
	static const size_t sizes[] = {200, 700, 1500, 9000};
	struct store *store = open_ok(*state, STORE_OWN);
	struct store_retention bounds = {.max_size = 2 * MB};
	uint64_t removed, first = 0;

	add_numbers(store, 0, 1000);
	fill_findings(store, "incident", 0, 20, 3000);
	for (size_t s = 0; s < sizeof(sizes) / sizeof(sizes[0]); s++) {
		unsigned count = (unsigned)(2 * MB / sizes[s]);

		fill_findings(store, "issue", (unsigned)first, count, sizes[s]);
		first += count;
		for (unsigned i = 0; i < 40; i++)
			assert_int_equal(store_trim(store, &bounds, T0, &removed), 0);
		assert_int_equal(count_events(store), 1000);
		assert_true(size_on_disk(*state) <= bounds.max_size);
		/* No more than needed went. */
		assert_true(number(store, "SELECT sum(length(body)) FROM finding WHERE kind = 'issue'") >
			    MB / 32);
		assert_int_equal(
			number(store, "SELECT max(time) FROM finding WHERE kind = 'issue'"), T0 + first - 1);
	}
	assert_int_equal(number(store, "SELECT count(*) FROM finding WHERE kind = 'incident'"), 20);
	assert_int_equal(number(store, "SELECT value FROM counter WHERE name = 'findings.removed'") +
				 number(store, "SELECT count(*) FROM finding WHERE kind = 'issue'"),
		first);
	store_close(store);
}

/* What changes in its place, or goes by age, does not add up. */
static void sizes_of_findings_are_exact(void **state)
{
	static const char cost[] = "SELECT bytes = (SELECT coalesce(sum(" STORE_FINDING_COST(
		"body") "), 0) FROM finding"
			" WHERE kind = 'issue') FROM finding_size WHERE kind = 'issue'";
	struct store *store = open_ok(*state, STORE_OWN);
	struct store_retention bounds = {.max_size = 64 * MB, .max_age = 10};
	uint64_t removed;

	fill_findings(store, "issue", 0, 50, 100);
	for (unsigned i = 0; i < 20; i++)
		fill_findings(store, "issue", 10, 10, 100 * i);
	assert_int_equal(number(store, cost), 1);
	assert_int_equal(store_trim(store, &bounds, T0 + 30, &removed), 0);
	assert_int_equal(number(store, "SELECT count(*) FROM finding"), 30);
	assert_int_equal(number(store, cost), 1);
	assert_int_equal(store_trim(store, &bounds, T0 + 300, &removed), 0);
	assert_int_equal(number(store, "SELECT bytes FROM finding_size WHERE kind = 'issue'"), 0);
	store_close(store);
}

#define IN_DIR(test) cmocka_unit_test_setup_teardown(test, dir_make, dir_remove)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_DIR(refusals_are_bounded),
		IN_DIR(findings_leave_room_for_events),
		IN_DIR(sizes_of_findings_are_exact),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

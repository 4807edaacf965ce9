/* SPDX-License-Identifier: Apache-2.0 */
/* The fingerprints of an issue: they are kept as long as an event that has one. */
#include "store_test.h"

#include "store/finding.h"
#include "store/internal.h"

#define ISSUE "01AAAAAAAAAAAAAAAAAAAAAAAA"

static void add_crash(struct store *store, const char *id, uint64_t time, const char *fingerprint)
{
	char body[128];
	struct store_event event = {.id = id, .time = time, .kind = "crash", .body = body};

	snprintf(body, sizeof(body), "{\"kind\":\"crash\",\"fingerprint\":\"%s\"}", fingerprint);
	assert_int_equal(store_add(store, &event, NULL), 0);
	assert_int_equal(store_alias_set(store, fingerprint, ISSUE, time), 0);
}

static uint64_t aliases_after(struct store *store, uint64_t max_age, uint64_t now)
{
	struct store_retention bounds = {.max_age = max_age};
	uint64_t removed, left = 9;

	assert_int_equal(store_commit(store, NULL), 0);
	assert_int_equal(store_trim(store, &bounds, now, &removed), 0);
	assert_int_equal(store_number(store, "SELECT count(*) FROM alias", &left), 0);
	return left;
}

static void an_alias_goes_with_its_last_event(void **state)
{
	struct store *store = open_ok(*state, STORE_OWN);

	add_crash(store, "01BBBBBBBB", T0, "4:1");
	add_crash(store, "01CCCCCCCC", T0 + 10, "4:1");
	add_crash(store, "01DDDDDDDD", T0 + 10, "4:2");
	add_crash(store, "01EEEEEEEE", T0 + 30, "4:3");
	assert_int_equal(aliases_after(store, 20, T0 + 25), 3);
	assert_int_equal(aliases_after(store, 20, T0 + 40), 1);
	assert_int_equal(aliases_after(store, 20, T0 + 60), 0);
	store_close(store);
}

#define IN_DIR(test) cmocka_unit_test_setup_teardown(test, dir_make, dir_remove)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_DIR(an_alias_goes_with_its_last_event),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

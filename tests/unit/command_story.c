/* SPDX-License-Identifier: Apache-2.0 */
/* The timeline of an incident and the last events of an issue, out of a store and the engine's conclusions.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/text.h"
#include "command/story.h"
#include "store/finding.h"
#include "unit/told_test.h"

struct shop {
	struct told told;
	char issue[32];
	struct buf incident;
	struct buf body; /* of the issue */
	struct buf out;
};

static int keep_incident(void *context, const struct store_finding *finding)
{
	struct shop *t = context;

	buf_str(&t->incident, finding->body);
	return 0;
}

static int keep_issue(void *context, const struct store_finding *finding)
{
	struct shop *t = context;

	if (!strstr(finding->body, "4:0000000000000001"))
		return 0;
	text_copy(t->issue, sizeof(t->issue), finding->id);
	buf_str(&t->body, finding->body);
	return 0;
}

/* Changes of two days, deaths of two places in shop, all of them in one incident. */
static int setup(void **state)
{
	struct shop *t = calloc(1, sizeof(*t));
	const struct store_finding_filter incidents = {.kind = "incident"}, issues = {.kind = "issue"};

	assert_non_null(t);
	told_open(&t->told);
	told_deploy(&t->told, 0, "bank", "7");
	told_deploy(&t->told, 80000, "bank", "8");
	told_deploy(&t->told, 83000, "shop", "42");
	for (unsigned n = 0; n < 20; n++)
		told_crash(&t->told, 83010 + n, "shop", 100 + n, n % 2 + 1);
	told_deploy(&t->told, 83040, "shop", "43");
	told_crash(&t->told, 83041, "bank", 200, 3);
	assert_int_equal(correlation_write(t->told.correlation, T0 + 83050 * NS_PER_SEC, NULL), 0);
	assert_int_equal(store_findings(t->told.store, &incidents, keep_incident, t), 0);
	assert_int_equal(store_findings(t->told.store, &issues, keep_issue, t), 0);
	assert_true(t->incident.len > 0 && t->body.len > 0);
	*state = t;
	return 0;
}

static int teardown(void **state)
{
	struct shop *t = *state;

	told_close(&t->told);
	buf_free(&t->incident);
	buf_free(&t->body);
	buf_free(&t->out);
	free(t);
	return 0;
}

/* The words are there, one behind the other. */
static void assert_in_order(const char *text, const char *const *words)
{
	for (; *words; words++) {
		const char *found = strstr(text, *words);

		if (!found)
			fail_msg("'%s' is not in, or not behind the others: %s", *words, text);
		text = found + strlen(*words);
	}
}

static void timeline(void **state)
{
	struct shop *t = *state;
	static const char *const words[] = {"\ntimeline", "deploy bank version 8", "01STORY001",
		"deploy shop version 42", "01STORY002", "work[100]  SIGSEGV", "work[101]  SIGSEGV",
		"deploy shop version 43  01STORY023\n", NULL};

	assert_int_equal(story_of_incident(t->told.store, buf_text(&t->incident), false, &t->out), 0);
	assert_in_order(buf_text(&t->out), words);
	assert_null(strstr(buf_text(&t->out), "work[102]"));
}

/* What the store has forgotten, and what is no finding, is no fault. */
static void little_is_known(void **state)
{
	struct shop *t = *state;

	assert_int_equal(
		story_of_incident(t->told.store,
			"{\"started\":\"1990-01-01T00:00:00Z\",\"issues\":[\"01X\",7]}", false, &t->out),
		0);
	assert_int_equal(story_of_issue(t->told.store, "[", false, &t->out), 0);
	assert_non_null(strstr(buf_text(&t->out), "not stored any more"));
}

static void last_of_an_issue(void **state)
{
	struct shop *t = *state;
	static const char *const words[] = {"the last of them", "work[110]", "work[112]", "work[114]",
		"work[116]", "work[118]  SIGSEGV", "  01STORY021\n", "stack", "#0 charge1\n", NULL};

	assert_int_equal(story_of_issue(t->told.store, buf_text(&t->body), false, &t->out), 0);
	assert_in_order(buf_text(&t->out), words);
	assert_null(strstr(buf_text(&t->out), "work[108]"));
	assert_null(strstr(buf_text(&t->out), "charge2"));
}

static int count(void *context, const struct store_row *row)
{
	(void)row;
	++*(unsigned *)context;
	return 0;
}

static unsigned events_of(struct shop *t, const char *issue)
{
	struct store_fingerprints of;
	const struct store_filter filter = {.of = &of};
	unsigned rows = 0;

	assert_int_equal(store_fingerprints(t->told.store, issue, &of), 0);
	assert_int_equal(store_query(t->told.store, &filter, count, &rows), 0);
	return rows;
}

static void decide(struct shop *t, unsigned second, const char *issue, const char *into)
{
	char rest[200];

	snprintf(rest, sizeof(rest), "\"decision\":{\"action\":\"merge\",\"issue\":\"%s\",\"into\":\"%s\"}",
		issue, into);
	told_event(&t->told, second, "decision", "shop", rest);
}

static int take_ids(void *context, const struct store_finding *finding)
{
	char(*ids)[32] = context;

	while (**ids)
		ids++;
	text_copy(*ids, sizeof(*ids), finding->id);
	return 0;
}

/* Of one that others were merged into, one after the other, all of them, before and after that. */
static void events_of_an_issue(void **state)
{
	struct shop *t = *state;
	const struct store_finding_filter issues = {.kind = "issue"};
	char ids[4][32] = {""};
	struct store_fingerprints of;

	assert_int_equal(store_findings(t->told.store, &issues, take_ids, ids), 0);
	assert_int_equal(events_of(t, t->issue), 10);
	assert_int_equal(events_of(t, ids[0]), 1);
	decide(t, 83051, ids[0], ids[1]);
	decide(t, 83052, ids[1], ids[2]);
	told_crash(&t->told, 83060, "bank", 201, 3);
	assert_int_equal(correlation_write(t->told.correlation, T0 + 83070 * NS_PER_SEC, NULL), 0);
	assert_int_equal(events_of(t, ids[2]), 22);
	/* What was merged may be forgotten before its events are. */
	assert_int_equal(store_alias_set(t->told.store, "4:0000000000000009", t->issue, T0), 0);
	told_crash(&t->told, 83071, "shop", 202, 9);
	assert_int_equal(events_of(t, ids[2]), 23);
	assert_int_equal(store_fingerprints(t->told.store, "01NOBODY", &of), -ENOENT);
}

static int count_finding(void *context, const struct store_finding *finding)
{
	(void)finding;
	++*(unsigned *)context;
	return 0;
}

static unsigned findings(struct shop *t, const char *kind, const char *service)
{
	const struct store_finding_filter filter = {.kind = kind, .service = service};
	unsigned rows = 0;

	assert_int_equal(store_findings(t->told.store, &filter, count_finding, &rows), 0);
	return rows;
}

/* One bug of several services is found by each of them, and so is their incident. */
static void by_any_service(void **state)
{
	static const char *const names[] = {"s1", "s2", "s3", "s4", "s5", "s6", "s7", "s8", "s9"};
	struct shop *t = *state;

	for (unsigned n = 0; n < 9; n++)
		for (unsigned k = 0; k < 3; k++)
			told_crash(&t->told, 84000 + k, names[n], 300 + n, 50);
	assert_int_equal(correlation_write(t->told.correlation, T0 + 84010 * NS_PER_SEC, NULL), 0);
	for (unsigned n = 0; n < 8; n++)
		assert_int_equal(findings(t, "issue", names[n]), 1);
	assert_int_equal(findings(t, "issue", "s9"), 0); /* there is room for eight */
	for (unsigned n = 0; n < 8; n++)
		assert_int_equal(findings(t, "incident", names[n]), 1);
	assert_int_equal(findings(t, "incident", "s"), 0);
	assert_int_equal(findings(t, "issue", "bank"), 1);
	assert_int_equal(findings(t, "issue", "shop"), 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(timeline, setup, teardown),
		cmocka_unit_test_setup_teardown(little_is_known, setup, teardown),
		cmocka_unit_test_setup_teardown(last_of_an_issue, setup, teardown),
		cmocka_unit_test_setup_teardown(events_of_an_issue, setup, teardown),
		cmocka_unit_test_setup_teardown(by_any_service, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Correlation over restarts: nothing is counted twice, nothing stays open that is over. */
#include <string.h>

#include "base/clock.h"
#include "base/id.h"
#include "command/correlation.h"
#include "store/finding.h"
#include "unit/store_test.h"

#define CRASHES 5

static uint64_t hour_ago;

struct found {
	unsigned count;
	char id[40], state[16], body[4096];
};

static int take(void *context, const struct store_finding *finding)
{
	struct found *found = context;

	found->count++;
	snprintf(found->id, sizeof(found->id), "%s", finding->id);
	snprintf(found->state, sizeof(found->state), "%s", finding->state);
	snprintf(found->body, sizeof(found->body), "%s", finding->body);
	return 0;
}

static struct found found(struct store *store, const char *kind)
{
	const struct store_finding_filter filter = {.kind = kind};
	struct found found = {0};

	assert_int_equal(store_findings(store, &filter, take, &found), 0);
	return found;
}

/* Stores the crash of that number, of now; given to c, too. */
static void crash(struct store *store, struct correlation *c, unsigned n)
{
	uint64_t time = clock_realtime();
	char id[ID_SIZE], text[CLOCK_TEXT_SIZE], body[512];
	const struct store_event event = {
		.id = id, .time = time, .kind = "crash", .service = "s", .body = body};

	clock_format(time, text);
	snprintf(id, sizeof(id), "01ARZ3NDEKTSV4RRFFQ69G%04u", n);
	snprintf(body, sizeof(body),
		"{\"schema\":1,\"id\":\"%s\",\"time\":\"%s\",\"kind\":\"crash\",\"service\":{\"name\":\"s\","
		"\"alive\":3},"
		"\"signal\":{\"name\":\"SIGSEGV\"},\"fingerprint\":\"4:abcd\",\"fingerprint_step\":"
		"\"place\"}",
		id, text);
	assert_int_equal(store_add(store, &event, NULL), 0);
	if (c)
		correlation_event(c, body, strlen(body));
}

/* The same for an error, at an hour before now and so many seconds. */
static void error(
	struct store *store, struct correlation *c, unsigned second, const char *service, const char *calls)
{
	uint64_t time = hour_ago + second * NS_PER_SEC;
	char id[ID_SIZE], text[CLOCK_TEXT_SIZE], body[512];
	const struct store_event event = {
		.id = id, .time = time, .kind = "exception", .service = service, .body = body};

	clock_format(time, text);
	id_make(time, id_hash(0, service, strlen(service)), id);
	snprintf(body, sizeof(body),
		"{\"schema\":1,\"id\":\"%s\",\"time\":\"%s\",\"kind\":\"exception\",\"service\":{\"name\":"
		"\"%s\"},\"exception\":{\"type\":\"E\"},\"fingerprint\":\"4:%s\",\"count\":9%s}",
		id, text, service, service, calls);
	assert_int_equal(store_add(store, &event, NULL), 0);
	if (c)
		correlation_event(c, body, strlen(body));
}

/* Writes what there is, and forgets all that was not saved. */
static void killed(struct correlation *c)
{
	assert_int_equal(correlation_write(c, clock_realtime(), NULL), 0);
	correlation_free(c);
}

static struct correlation *begin(struct store *store)
{
	struct correlation *c;

	assert_int_equal(correlation_new(&c, store), 0);
	return c;
}

static struct store *memory(void)
{
	_cleanup_buf_ struct buf error = {0};
	struct store *store;

	assert_int_equal(store_open(&store, NULL, STORE_MEMORY, &error), 0);
	return store;
}

static void what_came_after_the_saving_counts_once(void **state)
{
	struct store *store = memory();
	struct correlation *c = begin(store);

	(void)state;
	crash(store, c, 0);
	assert_int_equal(correlation_write(c, clock_realtime(), NULL), 0);
	assert_int_equal(correlation_save(c), 0);
	for (unsigned n = 1; n < CRASHES; n++)
		crash(store, c, n);
	killed(c);
	for (unsigned restart = 0; restart < 2; restart++) {
		c = begin(store);
		killed(c);
		assert_non_null(strstr(found(store, "issue").body, "\"count\":5,"));
		assert_non_null(strstr(found(store, "incident").body, "\"count\":5,"));
		assert_int_equal(found(store, "incident").count, 1);
	}
	store_close(store);
}

static void an_incident_keeps_its_id(void **state)
{
	struct store *store = memory();
	struct correlation *c = begin(store);
	struct found first;

	(void)state;
	for (unsigned n = 0; n < CRASHES; n++)
		crash(store, c, n);
	killed(c);
	first = found(store, "incident");
	assert_string_equal(first.state, "open");
	killed(begin(store));
	assert_int_equal(found(store, "incident").count, 1);
	assert_string_equal(found(store, "incident").id, first.id);
	store_close(store);
}

static unsigned count_open(struct store *store)
{
	const struct store_finding_filter filter = {.kind = "incident", .state = "open"};
	struct found open = {0};

	assert_int_equal(store_findings(store, &filter, take, &open), 0);
	return open.count;
}

static void assert_merged(struct store *store, const char *part, const char *whole)
{
	struct found told = {0};
	char into[64];

	snprintf(into, sizeof(into), "\"merged_into\":\"%s\"", whole);
	assert_int_equal(store_finding_get(store, part, take, &told), 0);
	assert_string_equal(told.state, "closed");
	assert_non_null(strstr(told.body, into));
	assert_int_equal(count_open(store), 1);
}

/* It was told to be open; whatever was saved when the daemon was killed, that is taken back. */
static void what_is_merged_does_not_stay_open(bool saved)
{
	struct store *store = memory();
	struct correlation *c = begin(store);
	const struct store_finding_filter scanner = {.kind = "incident", .service = "scanner"};
	struct found whole, part = {0};

	hour_ago = clock_realtime() - 3600 * NS_PER_SEC;
	for (unsigned n = 0; n < 120; n += 30)
		error(store, c, n, "quiet", ""); /* the usual state of the first minute */
	error(store, c, 300, "belt", "");
	error(store, c, 301, "belt", "");
	assert_int_equal(correlation_write(c, hour_ago + 302 * NS_PER_SEC, NULL), 0);
	whole = found(store, "incident");
	error(store, c, 415, "scanner", "");
	error(store, c, 416, "scanner", "");
	assert_int_equal(correlation_write(c, hour_ago + 417 * NS_PER_SEC, NULL), 0);
	assert_int_equal(count_open(store), 2);
	assert_int_equal(store_findings(store, &scanner, take, &part), 0);
	assert_string_not_equal(part.id, whole.id);
	if (saved)
		assert_int_equal(correlation_save(c), 0);
	error(store, c, 420, "belt", "");
	error(store, c, 421, "scanner", ",\"calls\":[{\"service\":\"belt\",\"remote\":\"127.0.0.1:80\"}]");
	if (!saved) {
		assert_int_equal(correlation_write(c, hour_ago + 422 * NS_PER_SEC, NULL), 0);
		assert_merged(store, part.id, whole.id);
	}
	/* Killed; begun again. */
	correlation_free(c);
	c = begin(store);
	assert_int_equal(correlation_write(c, hour_ago + 423 * NS_PER_SEC, NULL), 0);
	assert_merged(store, part.id, whole.id);
	correlation_free(c);
	store_close(store);
}

static void merged_incidents_are_closed(void **state)
{
	(void)state;
	what_is_merged_does_not_stay_open(false);
	what_is_merged_does_not_stay_open(true);
}

static void what_nobody_knows_any_more_is_closed(void **state)
{
	struct store *store = memory();
	const struct store_finding old = {.id = "01ARZ3NDEKTSV4RRFFQ69GOLD0",
		.kind = "incident",
		.state = "open",
		.service = "s",
		.time = 1,
		.body = "{\"kind\":\"incident\",\"state\":\"open\",\"cause\":\"\\u0000\","
			"\"last_seen\":\"2023-11-14T22:13:20.000000000Z\"}"};
	const struct store_finding odd = {.id = "01ARZ3NDEKTSV4RRFFQ69GODD0",
		.kind = "incident",
		.state = "open",
		.service = "s",
		.time = 2,
		.body = "no JSON"};
	struct found left;

	(void)state;
	assert_int_equal(store_finding_set(store, &odd), 0);
	assert_int_equal(store_finding_set(store, &old), 0);
	killed(begin(store));
	left = found(store, "incident");
	assert_string_equal(left.state, "closed");
	assert_non_null(strstr(left.body, "\"state\":\"closed\""));
	assert_non_null(strstr(left.body, "\"ended\":\"2023-11-14T22:13:20.000000000Z\""));
	store_close(store);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_came_after_the_saving_counts_once),
		cmocka_unit_test(an_incident_keeps_its_id),
		cmocka_unit_test(merged_incidents_are_closed),
		cmocka_unit_test(what_nobody_knows_any_more_is_closed),
	};

	return cmocka_run_group_tests_name("command_correlation", tests, NULL, NULL);
}

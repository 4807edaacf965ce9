/* SPDX-License-Identifier: Apache-2.0 */
/* The stages wired: messages in, rows and output out; and the account, whose sum holds whatever fails. */
#include <inttypes.h>
#include <signal.h>
#include <sys/resource.h>

#include "unit/store_test.h"
#include "command/pipeline.h"
#undef T0
#include "unit/messages.h"

struct line {
	char *dir;
	struct store *store;
	struct pipeline pipeline;
	uint64_t syscalls; /* failures that were sent */
	char *text;        /* of the stream */
	size_t text_len;
};

static void print_body(void *context, const struct event *event, const char *body, struct buf *out)
{
	(void)context;
	(void)event;
	buf_printf(out, "%s\n", body);
}

static void send_message(struct line *l, const struct message *m)
{
	pipeline_message(&l->pipeline, m, m->head.size);
}

/* A counter whose event differs from all before. */
static void send_syscalls(struct line *l, uint64_t count)
{
	struct message m;

	make_syscall(&m);
	m.syscall.count = count;
	m.syscall.last += ++l->syscalls;
	l->syscalls += count - 1;
	send_message(l, &m);
}

static struct account_row account_of(struct line *l, enum record_source source)
{
	struct account_row rows[SOURCES];
	struct message m;

	make_stats(&m);
	memset(m.stats.source, 0, sizeof(m.stats.source));
	m.stats.source[LW_SRC_SYSCALL].seen = l->syscalls;
	send_message(l, &m);
	pipeline_account(&l->pipeline, rows);
	return rows[source];
}

static uint64_t sum(const struct account_row *r)
{
	return r->stored + r->routine + r->used + r->held + r->ring_full + r->map_full + r->missed +
	       r->decode + r->store;
}

static int line_setup(void **state)
{
	struct line *l = calloc(1, sizeof(*l));
	struct message m;
	void *dir;

	assert_non_null(l);
	dir_make(&dir);
	l->dir = dir;
	l->store = open_ok(l->dir, STORE_OWN);
	assert_int_equal(pipeline_init(&l->pipeline), 0);
	l->pipeline.store = l->store;
	l->pipeline.stream = open_memstream(&l->text, &l->text_len);
	l->pipeline.print = print_body;
	make_host(&m);
	send_message(l, &m);
	make_tick(&m);
	send_message(l, &m);
	*state = l;
	return 0;
}

static int line_teardown(void **state)
{
	struct line *l = *state;
	void *dir = l->dir;

	pipeline_free(&l->pipeline);
	store_close(l->store);
	fclose(l->pipeline.stream);
	free(l->text);
	dir_remove(&dir);
	free(l);
	return 0;
}

/* Nothing is printed before it is stored. */
static void stored_and_printed(void **state)
{
	struct line *l = *state;
	struct account_row row;

	send_syscalls(l, 48);
	row = account_of(l, SOURCE_SYSCALL);
	assert_true(row.seen == 48 && row.stored == 0 && row.held == 48);
	assert_int_equal(l->text_len, 0);
	pipeline_commit(&l->pipeline);
	row = account_of(l, SOURCE_SYSCALL);
	assert_true(row.stored == 48 && row.held == 0);
	assert_int_equal(count_events(l->store), 1);
	assert_non_null(strstr(l->text, "\"syscall\":\"openat\""));
	assert_int_equal(l->pipeline.events, 1);
}

static void bad_messages(void **state)
{
	struct line *l = *state;
	struct account_row row;
	struct message m;

	make_syscall(&m);
	m.syscall.error = 0;
	m.syscall.count = 7;
	send_message(l, &m);
	l->syscalls = 7;
	row = account_of(l, SOURCE_SYSCALL);
	assert_true(row.decode == 7 && row.held == 0 && sum(&row) == row.seen);
	make_death(&m);
	m.death.exit_code = 0;
	send_message(l, &m);
	assert_int_equal(account_of(l, SOURCE_DEATH).decode, 1);
	m.head.type = 999;
	send_message(l, &m);
	pipeline_message(&l->pipeline, &m, 3);
	assert_int_equal(l->pipeline.events, 0);
}

/* What is there already, as when a capture is read twice, counts as stored and is not printed again. */
static void duplicates(void **state)
{
	struct line *l = *state;
	struct pipeline again;
	struct message m;

	send_syscalls(l, 48);
	pipeline_commit(&l->pipeline);
	assert_int_equal(pipeline_init(&again), 0);
	again.store = l->store;
	again.print = print_body;
	make_host(&m);
	pipeline_message(&again, &m, m.head.size);
	make_tick(&m);
	pipeline_message(&again, &m, m.head.size);
	make_syscall(&m);
	m.syscall.last++;
	pipeline_message(&again, &m, m.head.size);
	assert_int_equal(again.duplicates, 1);
	assert_int_equal(again.out.len, 0);
	pipeline_commit(&again);
	assert_int_equal(again.account[SOURCE_SYSCALL].stored, 48);
	assert_int_equal(count_events(l->store), 1);
	pipeline_free(&again);
}

static int gap_counts(void *context, const struct store_row *row)
{
	const char *count = strstr(row->body, "\"count\":");

	assert_non_null(strstr(row->body, "\"reason\":\"store\""));
	assert_non_null(count);
	*(uint64_t *)context += strtoull(count + 8, NULL, 10);
	return 0;
}

/* The disk fills up in the middle, again and again: every failure is in the account, every lost event in a
 * gap. */
static void store_fails(void **state)
{
	const char *const gaps[] = {"gap"};
	struct store_filter only_gaps = {.kinds = gaps, .kind_count = 1};
	struct line *l = *state;
	struct rlimit old, low;
	uint64_t told = 0, events = 0;
	unsigned stored = 0;
	struct account_row row;

	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	for (int round = 0; round < 6; round++) {
		low = (struct rlimit){
			.rlim_cur = round % 2 ? old.rlim_cur : 100000, .rlim_max = old.rlim_max};
		assert_int_equal(setrlimit(RLIMIT_FSIZE, &low), 0);
		for (int i = 0; i < 5000; i++, events++) {
			send_syscalls(l, 1 + (uint64_t)i % 3);
			if (i % 1000 == 999)
				pipeline_commit(&l->pipeline);
			row = account_of(l, SOURCE_SYSCALL);
			assert_int_equal(sum(&row), row.seen);
		}
	}
	pipeline_commit(&l->pipeline);
	pipeline_commit(&l->pipeline);
	row = account_of(l, SOURCE_SYSCALL);
	assert_int_equal(row.held, 0);
	assert_true(row.store > 0 && row.stored > 0);
	assert_int_equal(l->pipeline.lost_events, 0);
	assert_int_equal(store_query(l->store, &only_gaps, gap_counts, &told), 0);
	only_gaps.kinds = (const char *const[]){"syscall_errors"};
	events -= told;
	assert_int_equal(store_query(l->store, &only_gaps, count_row, &stored), 0);
	assert_int_equal(stored, events);
}

static void no_store(void **state)
{
	struct line *l = *state;

	l->pipeline.store = NULL;
	send_syscalls(l, 5);
	assert_int_equal(account_of(l, SOURCE_SYSCALL).stored, 5);
	pipeline_commit(&l->pipeline);
	assert_int_equal(account_of(l, SOURCE_SYSCALL).stored, 5);
	assert_true(l->text_len > 0);
}

/* An event that there is no memory for is lost whole, and told of. */
static void no_memory(void **state)
{
	struct line *l = *state;
	struct account_row row;

	l->pipeline.body.max = 100;
	send_syscalls(l, 5);
	l->pipeline.body.max = 0;
	send_syscalls(l, 7);
	row = account_of(l, SOURCE_SYSCALL);
	assert_true(row.store == 5 && sum(&row) == row.seen);
	pipeline_commit(&l->pipeline);
	pipeline_commit(&l->pipeline);
	assert_int_equal(count_events(l->store), 2);
	assert_non_null(strstr(l->text, "\"reason\":\"store\",\"count\":1,"));
}

static void account_forms(void **state)
{
	struct line *l = *state;
	struct account_row rows[SOURCES], loaded[SOURCES];
	_cleanup_buf_ struct buf text = {0}, json = {0};

	assert_int_equal(account_load(loaded, l->store), -ENOENT);
	for (int s = 0; s < SOURCES; s++)
		rows[s] = (struct account_row){.seen = UINT64_MAX >> 1,
			.stored = (uint64_t)s,
			.routine = 1,
			.used = 2,
			.held = 3,
			.ring_full = 4,
			.map_full = 5,
			.missed = 6,
			.decode = 7,
			.store = 8};
	assert_int_equal(account_save(rows, l->store), 0);
	assert_int_equal(store_counter_set(l->store, "tcp.unknown", 99), 0);
	assert_int_equal(store_commit(l->store, NULL), 0);
	assert_int_equal(account_load(loaded, l->store), 0);
	assert_memory_equal(rows, loaded, sizeof(rows));
	account_print(rows, &text);
	assert_non_null(strstr(buf_text(&text), "\nsyscall "));
	account_json(rows, &json);
	assert_non_null(
		strstr(buf_text(&json), "{\"source\":\"tcp\",\"seen\":9223372036854775807,\"stored\":4,"));
}

#define LINE_TEST(f) cmocka_unit_test_setup_teardown(f, line_setup, line_teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {LINE_TEST(stored_and_printed), LINE_TEST(bad_messages),
		LINE_TEST(duplicates), LINE_TEST(store_fails), LINE_TEST(no_store), LINE_TEST(no_memory),
		LINE_TEST(account_forms)};

	return cmocka_run_group_tests_name("command_pipeline", tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Failed system calls: counts meet their samples. */
#include "unit/enrich_test.h"

static struct record count_of(uint32_t pid, uint16_t call, uint16_t error, uint64_t count)
{
	return (struct record){.type = RECORD_SYSCALL_COUNT,
		.time = T0,
		.syscall = {.key = key_of(pid),
			.call = call,
			.error = error,
			.last = T0 - 1,
			.count = count,
			.interval = SECOND}};
}

static struct record sample_of(
	uint32_t pid, uint16_t call, uint16_t error, const char *subject, uint32_t weight)
{
	struct record r = {.type = RECORD_SUBJECT_SAMPLE, .time = T0};

	r.subject.task = task_of(pid, LOGIN, "worker");
	r.subject.call = call;
	r.subject.error = error;
	r.subject.weight = weight;
	text_copy(r.subject.subject, sizeof(r.subject.subject), subject);
	return r;
}

static void send(struct world *w, struct record r)
{
	enrich_record(w->enrich, &r);
}

static void count_with_samples(void **state)
{
	struct world *w = *state;
	const struct event *e;

	send(w, sample_of(42, 257, 13, "/a", 1));
	send(w, sample_of(42, 257, 13, "/b", 2));
	send(w, sample_of(42, 257, 13, "", 4));
	send(w, sample_of(42, 257, 13, "/b", 100));
	send(w, count_of(42, 257, 13, 48));
	e = the_event(w);
	assert_int_equal(e->kind, EVENT_SYSCALL_ERRORS);
	assert_int_equal(e->time, EPOCH + T0 - 1);
	assert_string_equal(e->syscall.name, "openat");
	assert_int_equal(e->syscall.count, 48);
	assert_int_equal(e->syscall.interval, SECOND);
	assert_int_equal(e->syscall.subject_count, 2);
	assert_string_equal(e->syscall.subjects[0].text, "/b");
	assert_int_equal(e->syscall.subjects[0].count, 48); /* never more than the count */
	assert_string_equal(e->syscall.subjects[1].text, "/a");
	assert_string_equal(e->process.comm, "worker");
	assert_true(e->process.has_ids);
	send(w, count_of(42, 257, 13, 1)); /* the samples were of the last second */
	assert_int_equal(w->events[1].syscall.subject_count, 0);
	assert_false(w->events[1].process.has_ids);
	assert_int_equal(enrich_tally(w->enrich, SOURCE_SYSCALL)->emitted, 49);
	assert_int_equal(enrich_tally(w->enrich, SOURCE_SUBJECT)->used, 4);
}

/* Another process, call, error, numbering or buffer is another counter. */
static void samples_of_others(void **state)
{
	struct world *w = *state;
	struct record other = sample_of(42, 257, 13, "/x", 1);

	send(w, sample_of(43, 257, 13, "/x", 1));
	send(w, sample_of(42, 258, 13, "/x", 1));
	send(w, sample_of(42, 257, 14, "/x", 1));
	other.subject.compat = true;
	send(w, other);
	other.subject.compat = false;
	other.subject.buffer = true;
	send(w, other);
	send(w, count_of(42, 257, 13, 5));
	assert_int_equal(the_event(w)->syscall.subject_count, 0);
	other = count_of(42, 257, 13, 5);
	other.syscall.compat = true;
	send(w, other);
	assert_int_equal(w->events[1].syscall.subject_count, 1);
	assert_string_equal(w->events[1].syscall.name, "remap_file_pages"); /* 257 is another call there */
}

/* Of many subjects the frequent ones stay. */
static void many_subjects(void **state)
{
	struct world *w = *state;
	char path[16];

	for (int i = 0; i < 100; i++) {
		snprintf(path, sizeof(path), "/rare/%d", i);
		send(w, sample_of(42, 257, 13, path, 1));
		send(w, sample_of(42, 257, 13, "/often", 3));
	}
	send(w, count_of(42, 257, 13, 1000));
	assert_int_equal(the_event(w)->syscall.subject_count, EVENT_SUBJECTS_MAX);
	assert_string_equal(the_event(w)->syscall.subjects[0].text, "/often");
	assert_int_equal(the_event(w)->syscall.subjects[0].count, 300);
}

static void names_of_calls(void **state)
{
	struct world *w = *state;

	send(w, count_of(42, 0x7fff, 13, 1));
	assert_string_equal(w->events[0].syscall.name, "syscall_32767");
	send(w, count_of(42, 0, 4095, 1));
	assert_string_equal(w->events[1].syscall.name, "read");
	enrich_record(w->enrich,
		&(struct record){.type = RECORD_HOST, .host = {"web-1", BOOT_ID, "aarch64", "", ""}});
	send(w, count_of(42, 56, 13, 1));
	assert_string_equal(w->events[2].syscall.name, "openat");
	enrich_record(w->enrich,
		&(struct record){.type = RECORD_HOST, .host = {"web-1", BOOT_ID, "pdp11", "", ""}});
	send(w, count_of(42, 56, 13, 1));
	assert_string_equal(w->events[3].syscall.name, "syscall_56");
}

/* Samples whose count never comes are forgotten. */
static void samples_without_count(void **state)
{
	struct world *w = *state;

	send(w, sample_of(42, 257, 13, "/a", 1));
	for (int i = 0; i < 4; i++)
		send_tick(w);
	send(w, count_of(42, 257, 13, 1));
	assert_int_equal(w->events[0].syscall.subject_count, 1);
	send(w, sample_of(42, 257, 13, "/a", 1));
	for (int i = 0; i < 5; i++)
		send_tick(w);
	send(w, count_of(42, 257, 13, 1));
	assert_int_equal(w->events[1].syscall.subject_count, 0);
}

static void too_many_samples(void **state)
{
	struct world *w = *state;

	for (uint32_t pid = 1000; pid < 1000 + 4097; pid++)
		send(w, sample_of(pid, 257, 13, "/a", 1));
	send(w, count_of(1000 + 4096, 257, 13, 1));
	send(w, count_of(1000 + 4095, 257, 13, 1));
	assert_int_equal(w->events[0].syscall.subject_count, 0);
	assert_int_equal(w->events[1].syscall.subject_count, 1);
	assert_int_equal(enrich_tally(w->enrich, SOURCE_SUBJECT)->used, 4096);
	send(w, (struct record){
			.type = RECORD_STATS, .time = T0, .stats.source[SOURCE_SUBJECT].map_full = 2});
	assert_string_equal(w->events[2].gap.source, "subject");
	assert_string_equal(w->events[2].gap.reason, "map_full");
	assert_int_equal(w->events[2].gap.count, 3); /* with those of the probes */
}

static void not_watched(void **state)
{
	struct world *w = *state;

	enrich_watch(w->enrich, 200);
	send_fork(w, LOGIN, 200);
	send(w, sample_of(42, 257, 13, "/a", 1));
	send(w, count_of(42, 257, 13, 9));
	assert_int_equal(w->count, 0);
	assert_int_equal(enrich_tally(w->enrich, SOURCE_SYSCALL)->routine, 9);
	send(w, count_of(200, 257, 13, 9));
	assert_int_equal(w->count, 1);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {WORLD_TEST(count_with_samples),
		WORLD_TEST(samples_of_others), WORLD_TEST(many_subjects), WORLD_TEST(names_of_calls),
		WORLD_TEST(samples_without_count), WORLD_TEST(too_many_samples), WORLD_TEST(not_watched)};

	return cmocka_run_group_tests_name("enrich_calls", tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Last words wait for their death, redacted and from the begin of a line on. */
#include "unit/enrich_test.h"

static void send_words(struct world *w, uint32_t pid, const char *text, uint64_t bytes)
{
	struct record r = {.type = RECORD_LAST_WORDS, .time = w->now};

	r.last_words.key = key_of(pid);
	r.last_words.len = (uint32_t)strlen(text);
	r.last_words.bytes = bytes ? bytes : r.last_words.len;
	memcpy(r.last_words.text, text, r.last_words.len);
	enrich_record(w->enrich, &r);
}

static void send_crash(struct world *w, uint32_t pid)
{
	struct record d = death_of(w, pid, "worker", SIGSEGV);

	send_death(w, &d);
}

static void assert_words(const struct world *w, const char *text, bool cut)
{
	assert_non_null(w->evidence.last_words);
	assert_string_equal(w->words, text);
	assert_int_equal(w->evidence.last_words_cut, cut);
}

static void words_of_a_crash(void **state)
{
	struct world *w = *state;

	send_words(w, 42, "ready\npassword=hunter2hunter2\nbye\n", 0);
	send_words(w, 43, "another", 0);
	send_crash(w, 42);
	assert_words(w, "ready\npassword=[redacted]\nbye\n", false);
	assert_int_equal(w->evidence.last_words_bytes, 34);
	send_crash(w, 42); /* told once */
	assert_null(w->evidence.last_words);
}

static void cut_words_begin_with_a_line(void **state)
{
	static const struct {
		const char *sent, *told;
	} cases[] = {{"half a line\nwhole\n", "whole\n"}, {"half a line", " a line"}, {"halfasecret", ""},
		{"\nwhole", "whole"}};
	struct world *w = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		send_words(w, 42, cases[i].sent, 100000);
		send_crash(w, 42);
		assert_words(w, cases[i].told, true);
		assert_int_equal(w->evidence.last_words_bytes, 100000);
	}
}

static void other_start_is_another_process(void **state)
{
	struct world *w = *state;
	struct record d = death_of(w, 42, "worker", SIGSEGV);

	send_words(w, 42, "of before\n", 0);
	d.death.task.key.start++;
	send_death(w, &d);
	assert_null(w->evidence.last_words);
}

static void not_dumpable(void **state)
{
	struct world *w = *state;
	struct record d = death_of(w, 42, "worker", SIGSEGV);

	send_words(w, 42, "secret\n", 0);
	d.death.dumpable = 0;
	send_death(w, &d);
	assert_null(w->evidence.last_words);
	assert_true(is_missing(the_event(w), "last_words"));
}

static void answers_leave_nothing(void **state)
{
	struct world *w = *state;
	struct record d = death_of(w, 42, "grep", 1 << 8);

	send_words(w, 42, "nothing found\n", 0);
	send_death(w, &d);
	assert_int_equal(w->count, 0);
	send_crash(w, 42);
	assert_null(w->evidence.last_words);
}

static void words_wait_for_a_core(void **state)
{
	struct world *w = *state;
	struct record d = death_of(w, 42, "worker", SIGSEGV);

	d.death.delivered = true;
	d.death.core_limit = 1 << 30;
	send_words(w, 42, "bye\n", 0);
	send_death(w, &d);
	assert_int_equal(w->count, 0);
	send_exit(w, 42, 0x80 | SIGSEGV);
	assert_words(w, "bye\n", false);
}

static void many_wait(void **state)
{
	struct world *w = *state;

	for (uint32_t pid = 1000; pid < 1200; pid++)
		send_words(w, pid, "bye\n", 0);
	send_crash(w, 1199);
	assert_words(w, "bye\n", false);
	send_crash(w, 1000);
	assert_null(w->evidence.last_words);
}

static void any_bytes(void **state)
{
	struct world *w = *state;
	struct record r = {.type = RECORD_LAST_WORDS, .time = w->now};

	r.last_words.key = key_of(42);
	r.last_words.len = RECORD_WORDS;
	r.last_words.bytes = RECORD_WORDS;
	for (uint32_t i = 0; i < RECORD_WORDS; i++)
		r.last_words.text[i] = (char)(i * 7);
	enrich_record(w->enrich, &r);
	send_crash(w, 42);
	assert_non_null(w->evidence.last_words);
	assert_true(w->evidence.last_words_len <= RECORD_WORDS);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {WORLD_TEST(words_of_a_crash),
		WORLD_TEST(cut_words_begin_with_a_line), WORLD_TEST(other_start_is_another_process),
		WORLD_TEST(not_dumpable), WORLD_TEST(answers_leave_nothing),
		WORLD_TEST(words_wait_for_a_core), WORLD_TEST(many_wait), WORLD_TEST(any_bytes)};

	return cmocka_run_group_tests_name("enrich_last_words", tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* decode: what the fields of a message become, and which source a message is of. */
#include "unit/decode_test.h"

/* The older part behind the newer one, and never more than the last 8192 bytes. */
static void last_words_unrolled(void **state)
{
	struct message m;
	struct record r;

	(void)state;
	message_begin(&m, LW_LAST_WORDS, sizeof(m.words_of));
	m.words_of.pid = 42;
	m.words_of.bytes = 1 << 20;
	memset(m.words_of.text, 'o', sizeof(m.words_of.text));
	memset(m.words_of.text, 'n', 100);
	m.words_of.position = 100;
	m.words_of.end = LW_WORDS + 10;
	m.words_of.text[LW_WORDS + 9] = '!';
	assert_int_equal(decode_exact(&m, m.head.size, &r), 0);
	assert_int_equal(r.last_words.len, RECORD_WORDS);
	assert_int_equal(r.last_words.text[RECORD_WORDS - 101], '!');
	assert_int_equal(r.last_words.text[RECORD_WORDS - 102], 'o');
	assert_int_equal(r.last_words.text[RECORD_WORDS - 100], 'n');
	assert_int_equal(r.last_words.text[RECORD_WORDS - 1], 'n');
	m.words_of.position = LW_WORDS + 500;
	m.words_of.text[LW_WORDS + 499] = '?';
	assert_int_equal(decode_exact(&m, m.head.size, &r), 0);
	assert_int_equal(r.last_words.len, RECORD_WORDS);
	assert_int_equal(r.last_words.text[RECORD_WORDS - 1], '?');
}

static void end_of_a_process(void **state)
{
	struct message m;
	struct record r;

	(void)state;
	make_death(&m);
	assert_int_equal(decode_exact(&m, m.head.size, &r), 0);
	assert_true(r.death.sender.origin.has_login && r.death.sender.origin.exiting);
	assert_int_equal(r.death.sender.origin.login_uid, 1000);
	assert_string_equal(r.death.sender.origin.tty, "pts/3");
	assert_int_equal(r.death.request.signal, 15);
	assert_int_equal(r.death.limits.as, LIMIT_NONE);
	assert_int_equal(r.death.limits.files, 7);
	assert_true(r.death.limits.has_files && !r.death.limits.files_cut);
	/* The kernel's names end anywhere in their room. */
	memset(m.death.sender.origin.tty, '7', LW_TTY);
	memcpy(m.death.sender.origin.tty, "ptsx", 4);
	m.death.sender.origin.login_uid = LW_NO_LOGIN;
	assert_int_equal(decode_exact(&m, m.head.size, &r), 0);
	assert_string_equal(r.death.sender.origin.tty, "ptsx777777777777");
	assert_false(r.death.sender.origin.has_login);
	memcpy(m.death.sender.origin.tty, "pts7", 4);
	assert_int_equal(decode_exact(&m, m.head.size, &r), 0);
	assert_string_equal(r.death.sender.origin.tty, "pts/777777777777");
}

static void sources_of_messages(void **state)
{
	static const enum record_source expected[MAKE_COUNT] = {SOURCE_LIFECYCLE, SOURCE_LIFECYCLE,
		SOURCE_LIFECYCLE, SOURCE_DEATH, SOURCE_SUBJECT, SOURCE_SYSCALL, SOURCE_TCP, SOURCES, SOURCES,
		SOURCES, SOURCES, SOURCES, SOURCE_SNAPSHOT, SOURCE_OUTPUT, SOURCE_SNAPSHOT, SOURCES,
		SOURCE_LIFECYCLE, SOURCE_TCP, SOURCE_DNS};
	struct message m;
	uint64_t units;

	(void)state;
	for (size_t i = 0; i < MAKE_COUNT; i++) {
		make_each[i](&m);
		assert_int_equal(message_source(&m, m.head.size, &units), expected[i]);
		assert_int_equal(units, expected[i] == SOURCE_SYSCALL  ? 48
					: make_each[i] == make_tcp     ? 3
					: expected[i] == SOURCE_OUTPUT ? 6
								       : 1);
		assert_int_equal(message_source(&m, sizeof(m.head) - 1, &units), SOURCES);
		assert_int_equal(message_source(&m, sizeof(m.head), &units), expected[i]);
		assert_int_equal(units, expected[i] != SOURCE_OUTPUT);
	}
	m.head.type = 0;
	assert_int_equal(message_source(&m, m.head.size, &units), SOURCES);
	m.head.type = LW_TYPES;
	assert_int_equal(message_source(&m, m.head.size, &units), SOURCES);
	assert_int_equal(message_source(&m, 0, &units), SOURCES);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {cmocka_unit_test(last_words_unrolled),
		cmocka_unit_test(end_of_a_process), cmocka_unit_test(sources_of_messages)};

	return cmocka_run_group_tests_name("probe_decode_values", tests, NULL, NULL);
}

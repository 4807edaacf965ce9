/* SPDX-License-Identifier: Apache-2.0 */
/* What living processes write, read from a real map: once, whatever comes and goes beside them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include <cmocka.h>

#include "probe/output.h"

#define PROCESSES 16
#define QUIET     1 /* pid of the process that is looked at */

struct reader {
	int map;
	struct output *output;
	char text[256]; /* of QUIET, that was handed over */
};

static int reader_make(void **state)
{
	static struct reader reader;

	memset(&reader, 0, sizeof(reader));
	reader.map = bpf_map_create(
		BPF_MAP_TYPE_HASH, "words", sizeof(uint32_t), sizeof(struct lw_last_words), PROCESSES, NULL);
	if (reader.map >= 0 && output_new(&reader.output, reader.map, PROCESSES) < 0)
		return -1;
	*state = &reader;
	return 0;
}

static int reader_remove(void **state)
{
	struct reader *r = *state;

	output_free(r->output);
	if (r->map >= 0)
		close(r->map);
	return 0;
}

static void on_message(void *context, const void *message, size_t size)
{
	const struct lw_output *m = message;
	struct reader *r = context;
	size_t len = strlen(r->text);

	assert_int_equal(size, sizeof(*m) + m->size);
	if (m->pid != QUIET)
		return;
	assert_true(len + m->size < sizeof(r->text));
	memcpy(r->text + len, m + 1, m->size);
}

/* A process has written text in all, of which counted bytes are counted yet, and is read. */
static void write_counted(struct reader *r, uint32_t pid, const char *text, uint64_t counted)
{
	const struct lw_wrote wrote = {.pid = pid, .start = pid};
	static struct lw_last_words words;
	uint32_t len = (uint32_t)strlen(text);

	words = (struct lw_last_words){.pid = pid,
		.start = pid,
		.bytes = counted,
		.kept = len,
		.position = len,
		.published = LW_PUBLISHED((uint64_t)len, 0, len)};
	memcpy(words.text, text, len);
	assert_int_equal(bpf_map_update_elem(r->map, &pid, &words, BPF_ANY), 0);
	output_wrote(r->output, &wrote);
	output_read(r->output, 1, false, on_message, r);
}

static void writes(struct reader *r, uint32_t pid, const char *text)
{
	write_counted(r, pid, text, strlen(text));
}

static struct lw_source_stats stats_of(const struct reader *r)
{
	struct lw_source_stats stats = {0};

	output_stats(r->output, &stats);
	return stats;
}

static void many_that_die(void **state)
{
	struct reader *r = *state;

	if (r->map < 0) {
		print_message("skip - needs root: BPF maps\n");
		skip();
	}
	writes(r, QUIET, "ValueError: old\n");
	for (uint32_t pid = 100; pid < 100 + 10 * PROCESSES; pid++) {
		writes(r, pid, "x");
		assert_int_equal(bpf_map_delete_elem(r->map, &pid), 0);
	}
	writes(r, QUIET, "ValueError: old\nnew\n");
	assert_string_equal(r->text, "ValueError: old\nnew\n");
	assert_int_equal(stats_of(r).seen, 20 + 10 * PROCESSES);
	assert_int_equal(stats_of(r).map_full, 0);
}

/* One of the count and the text was copied before the writer added to it. */
static void read_amid_a_write(void **state)
{
	struct reader *r = *state;

	if (r->map < 0) {
		print_message("skip - needs root: BPF maps\n");
		skip();
	}
	write_counted(r, QUIET, "abcdef", 3);
	assert_int_equal(stats_of(r).map_full, 0);
	write_counted(r, QUIET, "abcdefgh", 10);
	assert_int_equal(stats_of(r).map_full, 2);
	writes(r, QUIET, "abcdefghij");
	assert_string_equal(r->text, "abcdefghij");
	assert_int_equal(stats_of(r).seen, 10);
	assert_int_equal(stats_of(r).map_full, 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(many_that_die, reader_make, reader_remove),
		cmocka_unit_test_setup_teardown(read_amid_a_write, reader_make, reader_remove),
	};

	return cmocka_run_group_tests_name("probe_output", tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* The helper from outside: names of a real process; death, lateness and restart; bounds; no descriptor is
 * lost. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <dirent.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>

#include "base/clock.h"
#include "symbolize/taken.h"

struct world {
	struct symbolizer *symbolizer;
	struct loop *loop;
	struct taken taken;
	unsigned answers, left; /* left: requests to send one after another */
	unsigned opened, debug_asked;
	int helper_signal; /* sent to the helper when it asks for a file */
	unsigned count;    /* of the last result's frames */
	const char *missing;
	char first[FRAME_FUNCTION];
	bool has_build_id;
};

/* The helper is a grandchild of this process. */
static pid_t child_of(pid_t parent, const char *name)
{
	DIR *proc = opendir("/proc");
	struct dirent *entry;
	pid_t found = -1;

	while (proc && (entry = readdir(proc))) {
		char path[300], comm[64] = "";
		pid_t pid = atoi(entry->d_name), is = -1;
		snprintf(path, sizeof(path), "/proc/%s/stat", entry->d_name);
		FILE *file = pid > 0 ? fopen(path, "re") : NULL;
		if (!file)
			continue;
		if (fscanf(file, "%*d (%63[^)]) %*c %d", comm, &is) == 2 && is == parent &&
			strcmp(comm, name) == 0)
			found = pid;
		fclose(file);
	}
	if (proc)
		closedir(proc);
	return found;
}

static pid_t helper_pid(void)
{
	return child_of(child_of(getpid(), "lw-nursery"), "lw-symbolize");
}

static int open_file(void *context, uint32_t device, uint64_t inode, const char *debug)
{
	struct world *w = context;

	w->opened += !debug;
	w->debug_asked += debug != NULL;
	if (w->helper_signal)
		kill(helper_pid(), w->helper_signal);
	return taken_open(&w->taken, device, inode, debug);
}

static void on_done(void *context, const struct symbolized *result)
{
	struct world *w = context;

	w->answers++;
	w->count = result->frames->count;
	w->missing = result->missing;
	strcpy(w->first, result->frames->frame[0].function);
	int map = result->frames->frame[0].map;
	w->has_build_id = map >= 0 && strlen(result->build_ids[map]) == 40;
	if (w->left && --w->left)
		symbolizer_request(w->symbolizer, &w->taken.snapshot, open_file, on_done, w);
	else if (w->loop)
		loop_stop(w->loop, 0);
}

/* Sends n requests one after another, and waits. */
static void ask(struct world *w, unsigned n)
{
	w->left = n;
	symbolizer_request(w->symbolizer, &w->taken.snapshot, open_file, on_done, w);
	assert_int_equal(loop_run(w->loop), 0);
}

/* A process that sleeps in the C library. */
static void take_sleeper(struct taken *taken)
{
	pid_t pid = fork();

	if (pid == 0) {
		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		raise(SIGSTOP);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_int_equal(taken_take(taken, pid), 0);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static int setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	*state = w;
	if (!w || loop_new(&w->loop) < 0 || symbolizer_start(&w->symbolizer) < 0)
		return -1;
	take_sleeper(&w->taken);
	return symbolizer_attach(w->symbolizer, w->loop);
}

static int teardown(void **state)
{
	struct world *w = *state;

	symbolizer_stop(w->symbolizer);
	loop_free(w->loop);
	free(w);
	return 0;
}

static unsigned descriptors(void)
{
	DIR *dir = opendir("/proc/self/fd");
	unsigned n = 0;

	while (dir && readdir(dir))
		n++;
	if (dir)
		closedir(dir);
	return n;
}

/* Libraries of the test may be stripped. */
static bool is_complete(const struct world *w)
{
	return !w->missing || strstr(w->missing, "no debug information");
}

static void names_come_and_files_are_asked_once(void **state)
{
	struct world *w = *state;

	ask(w, 1);
	assert_true(w->count > 4);
	assert_true(is_complete(w));
	assert_true(w->has_build_id);
	unsigned opened = w->opened, debug_asked = w->debug_asked;
	assert_true(opened > 1);
	ask(w, 50);
	assert_int_equal(w->answers, 51);
	assert_true(w->opened < opened + 50);
	assert_int_equal(w->debug_asked, debug_asked);
}

static void a_thousand_requests_leave_no_descriptor(void **state)
{
	struct world *w = *state;

	ask(w, 10);
	unsigned before = descriptors();
	struct timespec pause = {.tv_nsec = 110 * 1000 * 1000};
	for (int i = 0; i < 4; i++) {
		nanosleep(&pause, NULL); /* so that files are looked at again */
		ask(w, 250);
	}
	assert_int_equal(descriptors(), before);
	assert_int_equal(w->answers, 1010);
}

static void killed_helper_gives_raw_address_and_comes_back(void **state)
{
	struct world *w = *state;

	w->helper_signal = SIGKILL;
	ask(w, 1);
	assert_int_equal(w->count, 1);
	assert_string_equal(w->first, "");
	assert_non_null(strstr(w->missing, "died"));
	w->helper_signal = 0;
	unsigned before = descriptors();
	ask(w, 1);
	assert_true(w->count > 4);
	assert_true(is_complete(w));
	for (int i = 0; i < 3; i++) {
		kill(helper_pid(), SIGKILL);
		ask(w, 2);
	}
	assert_true(descriptors() <= before + 2);
	assert_int_equal(w->answers, 8);
}

static void late_helper_is_replaced(void **state)
{
	struct world *w = *state;
	uint64_t begin = clock_boottime();

	w->helper_signal = SIGSTOP;
	ask(w, 1);
	uint64_t took = clock_boottime() - begin;
	assert_true(took >= SYMBOLIZER_DEADLINE && took < SYMBOLIZER_DEADLINE + NS_PER_SEC);
	assert_non_null(strstr(w->missing, "too long"));
	w->helper_signal = 0;
	ask(w, 1);
	assert_true(w->count > 4);
}

static void one_too_many_is_refused_at_once(void **state)
{
	struct world *w = *state;

	for (unsigned i = 0; i < SYMBOLIZER_PENDING; i++)
		symbolizer_request(w->symbolizer, &w->taken.snapshot, open_file, on_done, w);
	assert_int_equal(w->answers, 0);
	symbolizer_request(w->symbolizer, &w->taken.snapshot, open_file, on_done, w);
	assert_int_equal(w->answers, 1);
	assert_int_equal(w->count, 1);
	assert_non_null(strstr(w->missing, "waiting"));
	/* The loop was stopped once already, by the refused one. */
	symbolizer_stop(w->symbolizer);
	w->symbolizer = NULL;
	assert_int_equal(w->answers, SYMBOLIZER_PENDING + 1);
	assert_non_null(strstr(w->missing, "stopping"));
}

static void missing_files_are_said(void **state)
{
	struct world *w = *state;

	for (unsigned i = 0; i < w->taken.snapshot.map_count; i++)
		w->taken.paths[i][0] = '\0';
	ask(w, 1);
	assert_true(w->count >= 1);
	assert_non_null(strstr(w->missing, "cannot be opened"));
	assert_false(w->has_build_id);
}

/* A process that ended may wait for its new parent to take note. */
static bool is_gone(pid_t pid)
{
	char path[64], state = 'Z';

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	FILE *file = fopen(path, "re");
	if (file && fscanf(file, "%*d (%*[^)]) %c", &state) != 1)
		state = 'Z';
	if (file)
		fclose(file);
	return state == 'Z';
}

static void no_process_is_left(void **state)
{
	struct world *w = *state;

	ask(w, 1);
	pid_t nursery = child_of(getpid(), "lw-nursery"), helper = helper_pid();
	assert_true(nursery > 0 && helper > 0);
	symbolizer_stop(w->symbolizer);
	w->symbolizer = NULL;
	assert_true(is_gone(nursery));
	struct timespec pause = {.tv_nsec = 10 * 1000 * 1000};
	for (int i = 0; i < 100 && !is_gone(helper); i++)
		nanosleep(&pause, NULL);
	assert_true(is_gone(helper));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(names_come_and_files_are_asked_once, setup, teardown),
		cmocka_unit_test_setup_teardown(a_thousand_requests_leave_no_descriptor, setup, teardown),
		cmocka_unit_test_setup_teardown(
			killed_helper_gives_raw_address_and_comes_back, setup, teardown),
		cmocka_unit_test_setup_teardown(late_helper_is_replaced, setup, teardown),
		cmocka_unit_test_setup_teardown(one_too_many_is_refused_at_once, setup, teardown),
		cmocka_unit_test_setup_teardown(missing_files_are_said, setup, teardown),
		cmocka_unit_test_setup_teardown(no_process_is_left, setup, teardown),
	};

	return cmocka_run_group_tests_name("symbolize/symbolizer", tests, NULL, NULL);
}

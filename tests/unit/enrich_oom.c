/* SPDX-License-Identifier: Apache-2.0 */
/* The scene of an OOM kill in its event; limits; stack overflows. */
#include "unit/enrich_test.h"

#include "enrich/internal.h"

#define MB (1ull << 20)

static struct record scene_of(uint32_t victim)
{
	struct record r = {.type = RECORD_OOM_SCENE, .time = T0};

	r.oom_scene = (struct record_oom_scene){.victim = key_of(victim), .marked = T0 - 5, .read = T0};
	return r;
}

static void add(struct record *r, uint32_t pid, uint64_t rss)
{
	struct record_oom_scene *s = &r->oom_scene;

	s->largest[s->process_count].pid = pid;
	s->largest[s->process_count++].rss = rss;
}

static struct record oom_death(const struct world *w, uint64_t rss)
{
	struct record d = death_of(w, 42, "hog", SIGKILL);

	d.death.oom = (struct record_oom){.time = T0, .scope = OOM_CGROUP, .score_adj = 7};
	d.death.limits = (struct record_limits){
		.known = true, .has_memory = true, .has_files = true, .rss = rss, .threads = 3};
	return d;
}

/* The victim is put where the kernel's own figure says, whether it was still there or not. */
static void victim_in_place(void **state)
{
	struct world *w = *state;
	struct record d = oom_death(w, 20 * MB), r = scene_of(42);
	const struct record_oom_scene *s;

	add(&r, 50, 30 * MB);
	add(&r, 51, 10 * MB);
	enrich_record(w->enrich, &r);
	send_death(w, &d);
	add(&r, 42, MB);
	enrich_record(w->enrich, &r);
	send_death(w, &d);
	assert_int_equal(w->count, 2);
	for (unsigned i = 0; i < 2; i++) {
		s = &w->events[i].death.scene;
		assert_int_equal(s->process_count, 3);
		assert_int_equal(s->largest[0].pid, 50);
		assert_int_equal(s->largest[1].pid, 42);
		assert_int_equal(s->largest[1].rss, 20 * MB);
		assert_int_equal(s->largest[1].score_adj, 7);
		assert_string_equal(s->largest[1].comm, "hog");
		assert_int_equal(s->largest[2].pid, 51);
		assert_false(is_missing(&w->events[i], "oom.largest"));
		assert_int_equal(w->events[i].process.threads, 3);
	}
}

static void full_list(void **state)
{
	struct world *w = *state;
	struct record d = oom_death(w, MB), r = scene_of(42);

	for (uint32_t i = 0; i < RECORD_OOM_LARGEST; i++)
		add(&r, 50 + i, (20 - i) * MB);
	enrich_record(w->enrich, &r);
	send_death(w, &d);
	assert_int_equal(the_event(w)->death.scene.process_count, RECORD_OOM_LARGEST);
	assert_int_equal(the_event(w)->death.scene.largest[RECORD_OOM_LARGEST - 1].pid, 42);
}

/* Another victim's scene is not this one's, and one is told once. */
static void scene_of_another(void **state)
{
	struct world *w = *state;
	struct record d = oom_death(w, MB), r = scene_of(43);

	enrich_record(w->enrich, &r);
	send_death(w, &d);
	assert_true(is_missing(the_event(w), "oom.largest"));
	assert_int_equal(the_event(w)->death.scene.process_count, 1);
}

static void memory_gone(void **state)
{
	struct world *w = *state;
	struct record d = death_of(w, 42, "worker", 3 << 8);

	d.death.limits.known = true;
	send_death(w, &d);
	assert_true(is_missing(the_event(w), "memory"));
	assert_true(is_missing(the_event(w), "limits.nofile.open"));
}

#define TOP 0x7ffff7ff0000ull

static void overflows(void **state)
{
	static const struct {
		uint64_t address, sp, start;
		uint32_t size, tid;
		int32_t code;
		bool overflow;
	} cases[] = {
		{0x10ff8, 0x11000, 0x11000, 8192, 43, 2, true},        /* push into the guard page */
		{0x10f40, 0x10f40, 0x11000, 8192, 43, 2, true},        /* a local of the frame */
		{0x0e008, 0x0e000, 0x11000, 8192, 43, 1, true},        /* a frame of three pages */
		{0x10ff8, 0x11000, 0x11000, 8192, 43, 128, false},     /* not the memory management's */
		{0x0, 0x11000, 0x11000, 8192, 43, 1, false},           /* NULL */
		{0x8000, 0x11000, 0x11000, 8192, 43, 1, false},        /* wild, far below */
		{0x11800, 0x11900, 0x11880, 8192, 43, 2, false},       /* near, in what is mapped */
		{0x10ff8, 0x15000, 0x14f80, 8192, 43, 2, false},       /* the guard page, from far above */
		{TOP - 9 * MB + 64, TOP - 9 * MB, 0, 0, 42, 1, true},  /* alloca of the first thread */
		{TOP - 9 * MB + 64, TOP - 9 * MB, 0, 0, 43, 1, false}, /* of a thread: nothing is known */
		{TOP - 2 * MB, TOP - 2 * MB, 0, 0, 42, 1, false},      /* within the limit */
		{0x1000, 0x800, 0, 0, 42, 1, false},                   /* a broken stack pointer */
	};
	struct world *w = *state;

	for (unsigned i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct record d = death_of(w, 42, "worker", SIGSEGV);
		struct record_fault fault = fault_of(cases[i].tid, SIGSEGV, cases[i].code, T0);
		struct snapshot s = {
			.sp = cases[i].sp, .stack_start = cases[i].start, .stack_size = cases[i].size};
		struct event e = {0};

		fault.address = cases[i].address;
		d.death.limits =
			(struct record_limits){.has_memory = true, .stack = 8 * MB, .stack_top = TOP};
		stack_overflow(&d.death, &fault, &s, &e);
		if (!!e.death.reason != cases[i].overflow)
			fail_msg("case %u", i);
		fault.signal = SIGBUS;
		e.death.reason = NULL;
		stack_overflow(&d.death, &fault, &s, &e);
		assert_null(e.death.reason);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {WORLD_TEST(victim_in_place), WORLD_TEST(full_list),
		WORLD_TEST(scene_of_another), WORLD_TEST(memory_gone), WORLD_TEST(overflows)};

	return cmocka_run_group_tests_name("enrich_oom", tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Fingerprints: equal for what is the same, different for what is not. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "correlate/fingerprint.h"

static const struct evidence_module modules[] = {{.path = "/srv/app/v41/worker"},
	{.path = "/usr/lib/x86_64-linux-gnu/libc.so.6"}, {.path = "/opt/libpay.so.3"}};

/* A death, its stack and its exception; the parts that a test does not name are absent. */
struct death {
	struct event event;
	struct frames frames;
	struct exception exception;
};

static void death_new(struct death *d, enum event_kind kind, uint32_t signal)
{
	memset(d, 0, sizeof(*d));
	d->event.kind = kind;
	d->event.death.signal = signal;
	strcpy(d->event.process.exe, "/srv/app/v41/worker");
	d->event.death.evidence.modules = modules;
	d->event.death.evidence.module_count = 3;
	d->event.death.evidence.frames = &d->frames;
}

static struct frame *push(struct death *d, int map, const char *function)
{
	struct frame *f = &d->frames.frame[d->frames.count++];

	*f = (struct frame){.map = map, .trust = d->frames.count == 1 ? TRUST_CONTEXT : TRUST_CFI};
	f->address = 0x555500001000 + d->frames.count * 16;
	f->offset = 0x1000 + d->frames.count * 16;
	text_copy(f->function, sizeof(f->function), function);
	return f;
}

/* The stack of an abort, with names that change between builds. */
static void push_abort(struct death *d, const char *inner)
{
	push(d, 1, "__pthread_kill_implementation");
	push(d, 1, "abort");
	push(d, 0, inner);
	push(d, 2, "pay::charge<int>");
	push(d, 0, "main");
	push(d, 1, "__libc_start_call_main");
}

static const char *print(struct death *d, enum fingerprint_step step)
{
	static char texts[4][EVENT_FINGERPRINT];
	static unsigned next;
	char *text = texts[next++ % 4];

	assert_int_equal(fingerprint_of(&d->event, text), step);
	return text;
}

static void stacks(void **state)
{
	static struct death a, b;
	const char *one;

	(void)state;
	death_new(&a, EVENT_CRASH, 6);
	push_abort(&a, "pay::check");
	one = print(&a, FINGERPRINT_STACK);
	assert_int_equal(strlen(one), 18);
	assert_memory_equal(one, "4:", 2);
	/* Another run of another build: addresses and the compiler's names differ. */
	death_new(&b, EVENT_CRASH, 6);
	push(&b, 0, "handler");
	b.frames.count = 0;
	push_abort(&b, "pay::check.part.0");
	for (unsigned i = 0; i < b.frames.count; i++) {
		b.frames.frame[i].address += 0x12345000;
		b.frames.frame[i].offset += 0x40;
	}
	strcpy(b.frames.frame[3].function, "pay::charge<long>");
	assert_string_equal(one, print(&b, FINGERPRINT_STACK));
	death_new(&b, EVENT_CRASH, 6);
	push_abort(&b, "pay::refund");
	assert_string_not_equal(one, print(&b, FINGERPRINT_STACK));
	/* A name that merely begins like one of the runtime's is the program's own. */
	death_new(&b, EVENT_CRASH, 6);
	push_abort(&b, "abort_transaction");
	assert_string_not_equal(one, print(&b, FINGERPRINT_STACK));
}

static void recursion(void **state)
{
	static struct death d;
	char texts[3][EVENT_FINGERPRINT];
	static const unsigned depths[] = {2, 3, 60};

	(void)state;
	for (int i = 0; i < 3; i++) {
		death_new(&d, EVENT_CRASH, 11);
		for (unsigned n = 0; n < depths[i]; n++) {
			push(&d, 0, "even");
			push(&d, 0, "odd");
		}
		push(&d, 0, "main");
		strcpy(texts[i], print(&d, FINGERPRINT_STACK));
		assert_string_equal(texts[0], texts[i]);
	}
}

/* Until there is no more stack: it ends in any of them, and its begin is not seen. */
static void recursion_without_end(void **state)
{
	static const char *const circle[] = {"list", "value", "member"};
	static struct death d;
	char texts[3][EVENT_FINGERPRINT];

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		death_new(&d, EVENT_CRASH, 11);
		for (unsigned n = i; n < 40 + 2 * i; n++)
			push(&d, 0, circle[n % 3]);
		strcpy(texts[i], print(&d, FINGERPRINT_STACK));
		assert_string_equal(texts[0], texts[i]);
	}
}

/* Who calls a helper whose assertion fails has the defect, and each assertion is one of its own. */
static void assertions(void **state)
{
	static struct death d;
	static const char *const rows[][2] = {
		{"audit", "r->size > 0"}, {"trace", "r->size > 0"}, {"audit", "r->used < r->size"}};
	char texts[3][EVENT_FINGERPRINT];

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		death_new(&d, EVENT_CRASH, 6);
		push(&d, 1, "abort");
		push(&d, 0, "ring_push");
		push(&d, 0, rows[i][0]);
		push(&d, 0, "main");
		d.event.death.evidence.exception = &d.exception;
		d.exception.language = "glibc";
		strcpy(d.exception.type, "assertion failed");
		strcpy(d.exception.message, rows[i][1]);
		strcpy(d.exception.frames[0].function, "ring_push");
		d.exception.frame_count = 1;
		strcpy(texts[i], print(&d, FINGERPRINT_EXCEPTION));
	}
	assert_string_not_equal(texts[0], texts[1]);
	assert_string_not_equal(texts[0], texts[2]);
}

static void nobodys_code(void **state)
{
	static struct death a, b;

	(void)state;
	/* Frames of the runtime count where there are no others, and then per program. */
	death_new(&a, EVENT_CRASH, 6);
	push(&a, 1, "raise");
	push(&a, 1, "abort");
	death_new(&b, EVENT_CRASH, 6);
	push(&b, 1, "raise");
	push(&b, 1, "abort");
	assert_string_equal(print(&a, FINGERPRINT_STACK), print(&b, FINGERPRINT_STACK));
	strcpy(b.event.process.exe, "/srv/other");
	assert_string_not_equal(print(&a, FINGERPRINT_STACK), print(&b, FINGERPRINT_STACK));
	/* A signal frame and a guess change nothing. */
	death_new(&a, EVENT_CRASH, 11);
	push(&a, 0, "f");
	push(&a, 0, "main");
	death_new(&b, EVENT_CRASH, 11);
	push(&b, 0, "f");
	push(&b, 0, "trampoline")->signal = true;
	push(&b, 0, "guess")->trust = TRUST_SCAN;
	push(&b, 0, "main");
	assert_string_equal(print(&a, FINGERPRINT_STACK), print(&b, FINGERPRINT_STACK));
}

static void exceptions(void **state)
{
	static struct death a, b;
	struct exception_frame *f;

	(void)state;
	death_new(&a, EVENT_EXIT_FAILURE, 0);
	a.event.death.status = 1;
	a.event.death.evidence.exception = &a.exception;
	a.exception.language = "python";
	strcpy(a.exception.type, "KeyError");
	strcpy(a.exception.message, "'id 7'");
	f = a.exception.frames;
	strcpy(f[0].function, "loads");
	strcpy(f[0].file, "/usr/lib/python3.11/json/__init__.py");
	strcpy(f[1].function, "handle");
	strcpy(f[1].file, "/srv/v1/app.py");
	a.exception.frame_count = 2;
	b = a;
	b.event.death.evidence.exception = &b.exception;
	strcpy(b.exception.message, "'id 8'");
	strcpy(b.exception.frames[1].file, "/srv/v2/app.py");
	b.exception.frames[1].line = 12;
	strcpy(b.exception.frames[0].file, "/usr/lib/python3.12/json/decoder.py");
	assert_string_equal(print(&a, FINGERPRINT_EXCEPTION), print(&b, FINGERPRINT_EXCEPTION));
	strcpy(b.exception.type, "ValueError");
	assert_string_not_equal(print(&a, FINGERPRINT_EXCEPTION), print(&b, FINGERPRINT_EXCEPTION));
}

/* Of a wrapper the causes that it tells count, and not what was handled when it came. */
static void causes(void **state)
{
	static struct death d;
	static const char *const rows[][2] = {
		{"cause", "KeyError"}, {"cause", "OSError"}, {"context", "KeyError"}, {"context", "OSError"}};
	char texts[4][EVENT_FINGERPRINT];

	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		death_new(&d, EVENT_EXIT_FAILURE, 0);
		d.event.death.evidence.exception = &d.exception;
		d.exception.language = "python";
		strcpy(d.exception.type, "ShopError");
		strcpy(d.exception.frames[0].function, "load");
		d.exception.frame_count = d.exception.chained_count = 1;
		d.exception.chained[0].relation = rows[i][0];
		strcpy(d.exception.chained[0].type, rows[i][1]);
		strcpy(texts[i], print(&d, FINGERPRINT_EXCEPTION));
	}
	assert_string_not_equal(texts[0], texts[1]);
	assert_string_not_equal(texts[0], texts[2]);
	assert_string_equal(texts[2], texts[3]);
}

static void words_and_places(void **state)
{
	static const char one[] = "starting\nworker 7: cannot open '/etc/a'\n\n",
			  two[] = "worker 81: cannot open '/b'";
	static struct death a, b;

	(void)state;
	death_new(&a, EVENT_EXIT_FAILURE, 0);
	death_new(&b, EVENT_EXIT_FAILURE, 0);
	a.event.death.status = b.event.death.status = 3;
	a.event.death.evidence.last_words = one;
	a.event.death.evidence.last_words_len = sizeof(one) - 1;
	b.event.death.evidence.last_words = two;
	b.event.death.evidence.last_words_len = sizeof(two) - 1;
	assert_string_equal(print(&a, FINGERPRINT_WORDS), print(&b, FINGERPRINT_WORDS));
	b.event.death.status = 4;
	assert_string_not_equal(print(&a, FINGERPRINT_WORDS), print(&b, FINGERPRINT_WORDS));
	/* Where it was, by the offset in the module and not by the address. */
	death_new(&a, EVENT_CRASH, 11);
	death_new(&b, EVENT_CRASH, 11);
	push(&a, 0, "");
	push(&b, 0, "")->address += 4096;
	assert_string_equal(print(&a, FINGERPRINT_PLACE), print(&b, FINGERPRINT_PLACE));
	b.frames.frame[0].offset++;
	assert_string_not_equal(print(&a, FINGERPRINT_PLACE), print(&b, FINGERPRINT_PLACE));
	b.frames.frame[0].offset--;
	b.event.death.evidence.callers = 5;
	assert_string_not_equal(print(&a, FINGERPRINT_PLACE), print(&b, FINGERPRINT_PLACE));
}

static void senders(void **state)
{
	static struct death a, b;

	(void)state;
	death_new(&a, EVENT_KILL, 9);
	death_new(&b, EVENT_KILL, 9);
	a.event.death.killer = (struct event_killer){.known = true, .class = "operator", .comm = "bash"};
	b.event.death.killer = a.event.death.killer;
	push(&a, 0, "poll");
	push(&b, 0, "compute");
	assert_string_equal(print(&a, FINGERPRINT_SENDER), print(&b, FINGERPRINT_SENDER));
	b.event.death.killer.class = "supervisor";
	assert_string_not_equal(print(&a, FINGERPRINT_SENDER), print(&b, FINGERPRINT_SENDER));
	death_new(&a, EVENT_GAP, 0);
	assert_string_equal(print(&a, FINGERPRINT_NONE), "");
}

/* Of a death that wrote these last words. */
static void said(const char *words, uint32_t signal, char ret[EVENT_FINGERPRINT])
{
	static struct death d;

	death_new(&d, EVENT_CRASH, signal);
	d.event.death.evidence.last_words = words;
	d.event.death.evidence.last_words_len = (uint32_t)strlen(words);
	fingerprint_message(&d.event, ret);
}

static void messages(void **state)
{
	static const struct {
		const char *a, *b;
		bool same;
	} cases[] = {
		{"no stock: order 12\n", "starting\nno stock: order 0x3f\n", true},
		{"no stock: order 12\n", "no price: order 12\n", false},
		/* gcc tells the function, clang its whole signature; the line moves. */
		{"shop: a/shop.c:10: check: Assertion `o->n < 3' failed.\n",
			"shop: b/shop.c:99: void check(struct order *): Assertion `o->n < 3' failed.\n",
			true},
		/* With debug information a trace tells the place. */
		{"\tat Depot.nested(Depot.java:43)\n", "\tat Depot.nested(Unknown Source)\n", true},
		{"\tat Depot.nested(Depot.java:43)\n", "\tat Depot.pack(Depot.java:43)\n", false},
		{"shop: shop.c:10: check: Assertion `o->n < 3' failed.\n",
			"shop: shop.c:10: check: Assertion `o->n < 4' failed.\n", false},
	};
	char a[EVENT_FINGERPRINT], b[EVENT_FINGERPRINT];
	static struct death d;

	(void)state;
	for (size_t n = 0; n < sizeof(cases) / sizeof(*cases); n++) {
		said(cases[n].a, SIGABRT, a);
		said(cases[n].b, SIGABRT, b);
		assert_true(a[0] && b[0]);
		assert_int_equal(strcmp(a, b) == 0, cases[n].same);
	}
	/* What was written before a fault is no word of it. */
	said("no stock\n", SIGSEGV, a);
	assert_string_equal(a, "");
	said(" \n", SIGABRT, a);
	assert_string_equal(a, "");
	death_new(&d, EVENT_CRASH, SIGABRT);
	d.event.death.evidence.exception = &d.exception;
	strcpy(d.exception.type, "free(): invalid pointer");
	fingerprint_message(&d.event, a);
	assert_string_not_equal(a, "");
	strcpy(d.exception.type, "std::bad_alloc");
	fingerprint_message(&d.event, a);
	assert_string_equal(a, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stacks),
		cmocka_unit_test(recursion),
		cmocka_unit_test(recursion_without_end),
		cmocka_unit_test(assertions),
		cmocka_unit_test(nobodys_code),
		cmocka_unit_test(exceptions),
		cmocka_unit_test(causes),
		cmocka_unit_test(words_and_places),
		cmocka_unit_test(senders),
		cmocka_unit_test(messages),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

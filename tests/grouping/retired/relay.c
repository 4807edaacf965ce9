/* SPDX-License-Identifier: Apache-2.0 */
/* relay WAY: passes messages on; a defect for each way. "send" and "resend" are two ways to one defect. */
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <pthread.h>
#include <unistd.h>

#include "check.h"

struct message {
	int from;
	unsigned length;
	const char *topic;
	unsigned char *body;
};

typedef int (*handler_fn)(struct message *m, int depth);

static volatile int none;
static volatile uintptr_t bad = 24;
static unsigned long passed;

static void fatal(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fprintf(stderr, "relay[%d]: fatal: ", (int)getpid());
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
	va_end(args);
	abort();
}

/* Tail calls: each but the last may be gone. */
static int write_out(struct message *m, unsigned at)
{
	return ((volatile unsigned char *)bad)[m->length + at];
}

static int flush(struct message *m)
{
	return write_out(m, m->length / 2);
}

static int deliver(struct message *m)
{
	m->length += 3;
	return flush(m);
}

/* Small ones that are inlined into one another. */
static inline unsigned scale(unsigned value, unsigned by)
{
	return value / (by * (unsigned)none);
}

static inline unsigned share(const struct message *m)
{
	return scale(m->length, 7) + 1;
}

static inline unsigned load_of(const struct message *m)
{
	return share(m) * 2;
}

static int balance(struct message *m)
{
	return (int)load_of(m);
}

static void copy_body(struct message *m, unsigned char *to, unsigned length)
{
	for (unsigned n = 0; n < length; n++)
		to[n] = (unsigned char)(m->from + (int)n);
}

static int pack(struct message *m)
{
	unsigned char *page = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	copy_body(m, page, m->length + 1);
	return page[0];
}

/* Two defects that one dispatcher calls. */
static int on_join(struct message *m, int depth)
{
	m->topic = (const char *)bad;
	return m->topic[depth] + 1;
}

static int on_part(struct message *m, int depth)
{
	*(volatile int *)(bad * 5) = depth;
	return m->from;
}

static int dispatch(struct message *m, const handler_fn *handlers, int count)
{
	int sum = 0;

	for (int n = 0; n < count; n++)
		if (handlers[n])
			sum += handlers[n](m, n);
	return sum;
}

static int join(struct message *m)
{
	const handler_fn handlers[] = {NULL, on_join};

	return dispatch(m, handlers, 2) + none;
}

static int part(struct message *m)
{
	const handler_fn handlers[] = {NULL, NULL, on_part};

	return dispatch(m, handlers, 3) + none;
}

static int deflate_body(struct message *m)
{
	m->body = (unsigned char *)bad;
	return m->body[m->length];
}

static void *run_jobs(void *arg)
{
	passed += (unsigned long)deflate_body(arg);
	return NULL;
}

static int pool(struct message *m)
{
	pthread_t threads[2];

	pthread_create(&threads[0], NULL, run_jobs, m);
	pthread_join(threads[0], NULL);
	return (int)passed;
}

/* A descent of another depth each time. */
static int parse_list(struct message *m, int depth);

static int parse_value(struct message *m, int depth)
{
	if (depth <= 0)
		return *(volatile int *)(bad + (uintptr_t)m->from);
	return parse_list(m, depth - 1) + 1;
}

static int parse_list(struct message *m, int depth)
{
	int sum = 0;

	for (int n = 0; n < 2; n++)
		sum += parse_value(m, depth);
	return sum;
}

static int parse(struct message *m)
{
	return parse_value(m, 2 + (int)(getpid() % 7)) + none;
}

/* Round and round until the stack is full. */
static int expand_a(struct message *m, volatile char *last);

static int expand_c(struct message *m, volatile char *last)
{
	volatile char room[128];

	room[0] = *last;
	return expand_a(m, room) + room[0];
}

static int expand_b(struct message *m, volatile char *last)
{
	volatile char room[256];

	room[0] = *last;
	return expand_c(m, room) + room[0];
}

static int expand_a(struct message *m, volatile char *last)
{
	volatile char room[64];

	room[0] = *last;
	return *last == 'e' ? 0 : expand_b(m, room) + room[0];
}

static int expand(struct message *m)
{
	volatile char first = 'a';

	return expand_a(m, &first);
}

/* The library's check fails for two callers, each with a defect of its own. */
static int audit(struct message *m)
{
	struct ring r = {.bytes = m->body, .size = (unsigned)none};

	ring_push(&r, 1);
	return (int)r.used;
}

static int trace(struct message *m)
{
	struct ring *r = calloc(1, sizeof(*r));

	r->bytes = m->body;
	ring_push(r, (unsigned char)m->from);
	return (int)r->used;
}

static int load_config(struct message *m)
{
	if (!none)
		fatal("no route for topic %s of peer %d", m->topic, m->from);
	return 1;
}

static int check_peer(struct message *m)
{
	if (!none)
		fatal("peer %d went away after 0x%lx bytes", m->from, (unsigned long)getpid() * 4096);
	return 1;
}

static void drop(struct message *m)
{
	free(m->body + none);
}

static int expire(struct message *m)
{
	drop(m);
	drop(m);
	return m->from;
}

static int route(struct message *m)
{
	m->topic = (const char *)(uintptr_t)none;
	return strcmp(m->topic, "orders") + 1;
}

static int by_topic(const void *key, const void *row)
{
	(void)row;
	return *(volatile int *)(bad + (uintptr_t)((const struct message *)key)->length) - 1;
}

static int lookup(struct message *m)
{
	struct message rows[4] = {{0}};

	return bsearch(m, rows, 4, sizeof(*rows), by_topic) != NULL;
}

static void on_alarm(int signo)
{
	*(volatile int *)bad = signo;
}

static unsigned long spin_some(unsigned long n)
{
	volatile unsigned long x = n;

	while (x)
		x += 2 * n + 1;
	return x;
}

static int timer(struct message *m)
{
	signal(SIGALRM, on_alarm);
	ualarm(1000 + (useconds_t)(getpid() % 700), 0);
	return (int)spin_some((unsigned long)m->from | 1);
}

static int kind_of(struct message *m)
{
	switch (m->length + (unsigned)none) {
	case 1: return 4;
	case 2: return 9;
	default: __builtin_trap();
	}
}

static int transmit(struct message *m)
{
	return *(volatile int *)(bad * 9 + m->length) + 1;
}

static int again(struct message *m, int tries)
{
	int r = 0;

	while (tries-- > 0)
		r += transmit(m);
	return r;
}

static int send_all(struct message *m, int tries)
{
	return (tries > 1 ? again(m, tries) : transmit(m)) + none;
}

static const struct way {
	const char *name;
	int (*run)(struct message *m);
} ways[] = {
	{"tail", deliver},
	{"inlined", balance},
	{"pack", pack},
	{"join", join},
	{"part", part},
	{"pool", pool},
	{"parse", parse},
	{"expand", expand},
	{"audit", audit},
	{"trace", trace},
	{"config", load_config},
	{"peer", check_peer},
	{"expire", expire},
	{"route", route},
	{"lookup", lookup},
	{"timer", timer},
	{"kind", kind_of},
};

int main(int argc, char **argv)
{
	struct message m = {.from = (int)getpid(), .length = 16, .topic = "invoices", .body = malloc(256)};
	const char *way = argc > 1 ? argv[1] : "";
	int r = 0;

	memset(m.body, argc, 256);
	if (strcmp(way, "send") == 0 || strcmp(way, "resend") == 0)
		r = send_all(&m, way[0] == 's' ? 1 : 3);
	for (unsigned n = 0; n < sizeof(ways) / sizeof(*ways); n++)
		if (strcmp(ways[n].name, way) == 0)
			r += ways[n].run(&m);
	return r + (int)passed;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* archive WAY: packs files into blocks and back; a defect for each way. Two ways to one defect: "unpacked" is
 * "packed",
 * "searched" is "sorted".
 */
#include <assert.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

struct block {
	long offset;
	int refs;
	unsigned length;
	const char *name;
	struct block *parent;
};

struct archive {
	const unsigned *table;
	char *root;
	int id, done, all;
};

typedef long (*visit_fn)(struct archive *a, struct block *b);

static volatile int zero;
static volatile uintptr_t unmapped = 40;
static volatile long packed_bytes;

static void fatal(const char *what, ...)
{
	char text[200];
	va_list args;

	va_start(args, what);
	vsnprintf(text, sizeof(text), what, args);
	va_end(args);
	fprintf(stderr, "archive[%d]: FATAL %s\n", (int)getpid(), text);
	abort();
}

static void quit(int status, const char *what, const char *which, int number)
{
	fprintf(stderr, "archive: %s %s-%d\n", what, which, number);
	exit(status);
}

/* One assertion. The first caller drops a block twice, the second one that it never took. */
static void put(struct block *b)
{
	assert(b->refs > 0);
	b->refs--;
}

static int prune(struct archive *a)
{
	struct block b = {.refs = 1, .offset = a->id};

	for (int n = 0; n < 2 + zero; n++)
		put(&b);
	return b.refs;
}

static int verify(struct archive *a)
{
	struct block *b = calloc(1, sizeof(*b));

	b->length = (unsigned)a->id;
	if (b->length > 7)
		put(b);
	return (int)b->length;
}

/* The table is never made: whoever sums finds that. */
static unsigned sum_of(const struct archive *a, const unsigned char *bytes, unsigned length)
{
	unsigned sum = ~0U;

	for (unsigned n = 0; n < length; n++)
		sum = ((const volatile unsigned *)a->table)[(sum ^ bytes[n]) & 255] ^ (sum >> 8);
	return ~sum;
}

static int packed(struct archive *a)
{
	unsigned char bytes[64] = {(unsigned char)a->id};

	return (int)sum_of(a, bytes, sizeof(bytes)) + 1;
}

static int header_ok(struct archive *a, const char *header)
{
	unsigned sum = sum_of(a, (const unsigned char *)header, 12);

	return sum == 77U;
}

static int unpacked(struct archive *a)
{
	char header[20];

	snprintf(header, sizeof(header), "block %d", a->id);
	return header_ok(a, header) ? 1 : 2;
}

/* One walker, two visitors; the tree is as deep as it is. */
static long walk(struct archive *a, struct block *b, visit_fn visit)
{
	long sum = b->parent ? walk(a, b->parent, visit) : 0;

	return sum + visit(a, b);
}

static long measure(struct archive *a, struct block *b)
{
	packed_bytes += b->length;
	return b->offset ? *(volatile long *)(unmapped + (uintptr_t)(a->id & 8)) : 1;
}

static long rename_it(struct archive *a, struct block *b)
{
	if (b->refs > a->done)
		*(volatile char *)(unmapped * 3) = 'r';
	return b->refs;
}

static int deep(struct archive *a, struct block *leaf, visit_fn visit)
{
	int depth = 2 + a->id % 9;
	struct block *rows = calloc((size_t)depth, sizeof(*rows));

	for (int n = 0; n < depth; n++)
		rows[n].parent = n + 1 < depth ? &rows[n + 1] : leaf;
	return (int)walk(a, rows, visit) + zero;
}

static int measured(struct archive *a)
{
	struct block leaf = {.offset = 9, .length = 3};

	return deep(a, &leaf, measure);
}

static int moved(struct archive *a)
{
	struct block leaf = {.refs = 4};

	return deep(a, &leaf, rename_it) + 1;
}

/* A link that leads to itself. */
static int resolve(struct archive *a, const char *path, volatile char *last);

static int follow(struct archive *a, const char *path, volatile char *last)
{
	volatile char target[200];

	target[0] = *last;
	return resolve(a, path, target) + target[0];
}

static int look_up(struct archive *a, const char *path, volatile char *last)
{
	volatile char part[72];

	part[0] = path[0];
	return (a->all < 0 ? *last : follow(a, path, part)) + part[0];
}

static int resolve(struct archive *a, const char *path, volatile char *last)
{
	volatile char full[120];

	full[0] = *last;
	return look_up(a, path, full) + full[0];
}

static int linked(struct archive *a)
{
	volatile char first = '/';

	return resolve(a, "/a/b", &first);
}

/* The handler is wrong, wherever it interrupts. */
static void progress(int sig)
{
	struct archive *volatile shown = (struct archive *)unmapped;

	shown->done += sig;
}

static void squeeze(struct archive *a)
{
	while (a->done >= 0)
		packed_bytes += packed_bytes * 31 + a->id;
}

static void scan(struct archive *a)
{
	char text[32];

	while (a->done >= 0)
		packed_bytes += snprintf(text, sizeof(text), "%ld", packed_bytes);
}

static int shown(struct archive *a)
{
	struct itimerval soon = {.it_value = {0, 2000 + a->id % 1000}};

	signal(SIGALRM, progress);
	setitimer(ITIMER_REAL, &soon, NULL);
	if (a->id & 1)
		squeeze(a);
	else
		scan(a);
	return a->done;
}

/* The comparison takes what has no parent to have one, whoever lets it compare. */
static int by_parent(const void *a, const void *b)
{
	const struct block *left = a, *right = b;

	return (int)(*(const volatile long *)&left->parent->offset -
		     *(const volatile long *)&right->parent->offset);
}

static int sorted(struct archive *a)
{
	struct block rows[5] = {{.offset = a->id}, {.offset = 3}, {.offset = 2}};

	qsort(rows, 5, sizeof(rows[0]), by_parent);
	return (int)rows[0].offset;
}

static int searched(struct archive *a)
{
	struct block *rows = calloc(8, sizeof(*rows)), key = {.offset = a->id};
	struct block *found = bsearch(&key, rows, 8, sizeof(*rows), by_parent);

	return found ? found->refs : 3;
}

/* Four that say what is wrong: two abort, two exit. */
static int opened(struct archive *a)
{
	if (!zero)
		fatal("index of archive %d is at %ld, the file ends at %ld", a->id, a->id * 4096L,
			a->id * 512L);
	return 1;
}

static int written(struct archive *a)
{
	a->all += a->id;
	if (a->all > zero)
		fatal("wrote %d of %d bytes to /backup/%d/part", a->id / 2, a->id, a->id % 77);
	return a->done;
}

static int mounted(struct archive *a)
{
	quit(2, "not a backup medium:", "/dev/disk", a->id);
	return 1;
}

static int full(struct archive *a)
{
	packed_bytes++;
	quit(2, "quota exceeded by user", "uid", a->id);
	return 2;
}

static const struct way {
	const char *name;
	int (*run)(struct archive *a);
} ways[] = {{"prune", prune}, {"verify", verify}, {"packed", packed}, {"unpacked", unpacked},
	{"measured", measured}, {"moved", moved}, {"linked", linked}, {"shown", shown}, {"sorted", sorted},
	{"searched", searched}, {"opened", opened}, {"written", written}, {"mounted", mounted},
	{"full", full}};

int main(int argc, char **argv)
{
	struct archive a = {.id = (int)getpid(), .table = (const unsigned *)unmapped};

	for (unsigned n = 0; argc > 1 && n < sizeof(ways) / sizeof(*ways); n++)
		if (strcmp(ways[n].name, argv[1]) == 0)
			return ways[n].run(&a) & 127;
	return 0;
}

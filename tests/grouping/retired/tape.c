/* SPDX-License-Identifier: Apache-2.0 */
/* tape WAY: reads blocks from tapes and writes them; a defect for each way. "inline" is a second way to the
 * defect of "queued". */
#include <dirent.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct block {
	long offset;
	int refs;
	unsigned length;
	const char *name;
	struct block *parent;
};

struct tape {
	char *root;
	int id, done, all;
};

static volatile int zero;
static volatile uintptr_t unmapped = 40;
static volatile long packed_bytes;

struct cache {
	char *rows[4];
};

static void cache_drop(struct cache *c)
{
	for (int n = 0; n < 4; n++)
		free(c->rows[n]);
}

static int cached(struct tape *a)
{
	struct cache *volatile c = calloc(1, sizeof(*c));

	for (int n = 0; n < 4; n++)
		c->rows[n] = malloc(120);
	c->rows[3] = c->rows[0];
	packed_bytes += a->id;
	cache_drop(c);
	return a->id;
}

/* Two copies to where nothing is. */
static int restored(struct tape *a)
{
	char from[400];

	memset(from, a->id, sizeof(from));
	memcpy((void *)(unmapped + (uintptr_t)zero), from, 200 + (size_t)(a->id % 200));
	return from[1];
}

static size_t extend(char *to, const struct block *b)
{
	memcpy(to + b->length, b, sizeof(*b) * (size_t)(b->refs + 1));
	return b->length + sizeof(*b);
}

static int appended(struct tape *a)
{
	struct block b[2] = {{.refs = 1 + zero, .length = 8192U * 4}};

	a->root = (char *)unmapped;
	return (int)extend(a->root, b);
}

/* One function, two things that it takes for granted. */
static int configure(struct tape *a, const char *way)
{
	const volatile char *level = getenv(*way == 'l' ? "TAPE_LEVEL" : "PATH");
	int sum = level[0];
	time_t when = *way == 's' ? (time_t)1 << 60 : 0;
	const volatile struct tm *at = localtime(&when);

	return sum + at->tm_year + a->id;
}

static int level(struct tape *a)
{
	return configure(a, "level");
}

static int since(struct tape *a)
{
	return configure(a, "since") + 1;
}

static int plugged(struct tape *a)
{
	static const unsigned char not_code[64] = {0xc3};
	int (*volatile start)(struct tape *) = (int (*)(struct tape *))(uintptr_t)not_code;

	return start(a) + a->done;
}

static inline int minutes_left(const struct tape *a, int rate)
{
	return (a->all - a->done) / rate;
}

static int estimated(struct tape *a)
{
	int rate = zero;

	for (int n = 0; n < 3; n++)
		rate += a->done;
	return minutes_left(a, rate) + 1;
}

static int decode(const struct tape *a, int kind)
{
	switch (kind) {
	case 1: return a->id;
	case 2: return a->done + 5;
	default: __builtin_trap();
	}
}

static int decoded(struct tape *a)
{
	return decode(a, a->id + 3) + 1;
}

static int buffered(struct tape *a)
{
	size_t size = (size_t)(64 + a->id % 64) << 20;
	volatile char buffer[size];

	for (size_t n = 0; n < size; n += 4096)
		buffer[n] = (char)n;
	return buffer[a->id] + zero;
}

/* A block is packed by a thread, or where all are busy by who brings it. */
static int pack_block(struct block *b)
{
	for (unsigned n = 0; n < b->length; n++)
		packed_bytes += ((const volatile char *)b->name)[n];
	return (int)packed_bytes;
}

static void *packer(void *arg)
{
	struct block *b = arg;

	while (b->refs-- > 0)
		pack_block(b);
	return NULL;
}

static int enqueue(struct block *b, int busy)
{
	pthread_t thread;

	if (busy)
		return pack_block(b) + 1;
	pthread_create(&thread, NULL, packer, b);
	return pthread_join(thread, NULL);
}

static int queued(struct tape *a)
{
	struct block b = {.refs = 2, .length = (unsigned)a->id, .name = (char *)unmapped};

	return enqueue(&b, zero);
}

static int in_line(struct tape *a)
{
	struct block b = {.refs = 1, .length = (unsigned)a->id, .name = (char *)unmapped};

	return enqueue(&b, zero + 1) + 1;
}

static void end_thread(void *value)
{
	struct block *b = value;

	packed_bytes -= ((volatile struct block *)b->parent)->length;
}

static void *with_key(void *arg)
{
	pthread_key_t key;

	pthread_key_create(&key, end_thread);
	pthread_setspecific(key, arg);
	return NULL;
}

static int ended(struct tape *a)
{
	struct block b = {.refs = a->id};
	pthread_t thread;

	pthread_create(&thread, NULL, with_key, &b);
	return pthread_join(thread, NULL);
}

static int wanted(const struct dirent *entry)
{
	return ((volatile const char *)unmapped)[entry->d_name[0] == '.'];
}

static int listed(struct tape *a)
{
	struct dirent **rows;

	return scandir("/", &rows, wanted, alphasort) + a->id;
}

static const struct way {
	const char *name;
	int (*run)(struct tape *a);
} ways[] = {{"cached", cached}, {"restored", restored}, {"appended", appended}, {"level", level},
	{"since", since}, {"plugged", plugged}, {"estimated", estimated}, {"decoded", decoded},
	{"buffered", buffered}, {"queued", queued}, {"inline", in_line}, {"ended", ended},
	{"listed", listed}};

int main(int argc, char **argv)
{
	struct tape a = {.id = (int)getpid()};

	for (unsigned n = 0; argc > 1 && n < sizeof(ways) / sizeof(*ways); n++)
		if (strcmp(ways[n].name, argv[1]) == 0)
			return ways[n].run(&a) & 127;
	return 0;
}

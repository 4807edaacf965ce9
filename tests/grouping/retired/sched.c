/* SPDX-License-Identifier: Apache-2.0 */
/* sched WAY: a scheduler of jobs; a defect for each way. "typed" and "scripted" are two ways to one defect.
 */
#include <assert.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

struct job {
	int id;
	int cost;
	char *name;
	struct job *left, *right;
	int (*done)(struct job *);
};

struct queue {
	struct job *jobs[8];
	unsigned used, room;
};

static volatile int zero;
static char *volatile nowhere = (char *)48;
static int total;

/* One check, two callers that did it wrong. */
static void queue_push(struct queue *q, struct job *j)
{
	assert(q->used < q->room);
	q->jobs[q->used++] = j;
}

static int submit(struct job *j)
{
	struct queue q = {.room = (unsigned)zero};

	queue_push(&q, j);
	return (int)q.used + total;
}

static int retry(struct job *j)
{
	struct queue *q = calloc(1, sizeof(*q));

	q->room = 2;
	for (int n = 0; n < 3 + zero; n++)
		queue_push(q, j);
	return (int)q->used;
}

/* One function, two checks. */
static int validate(const struct job *j)
{
	assert(j->id != 0);
	assert(j->cost >= 0);
	return j->cost + zero;
}

static int no_id(struct job *j)
{
	j->id = zero;
	return validate(j);
}

static int no_cost(struct job *j)
{
	j->cost = zero - 4;
	return validate(j) + 1;
}

static void panic(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	abort();
}

static int load_plan(struct job *j)
{
	if (!zero)
		panic("job %d: no plan in /var/lib/sched-%d/plan.%x\n", j->id, (int)getpid(),
			(unsigned)getpid());
	return 1;
}

static int save_plan(struct job *j)
{
	total += j->cost;
	if (!zero)
		panic("job %d: cannot save plan, %ld bytes free\n", j->id, (long)getpid() * 512);
	return 2;
}

static int rate(int cost, int per)
{
	return cost % per;
}

static int budget(struct job *j)
{
	int sum = 0;

	for (int n = 3; n >= 0; n--)
		sum += rate(j->cost, n * (1 + zero));
	return sum;
}

static int by_cost(const void *a, const void *b)
{
	const struct job *const *left = a, *const *right = b;

	return (*left)->cost - (*right)->cost;
}

static int ordered(struct job *j)
{
	struct job *jobs[3] = {j, j, (struct job *)nowhere};

	qsort(jobs, 3, sizeof(jobs[0]), by_cost);
	return jobs[0]->id;
}

static int notify(struct job *j)
{
	j->name = nowhere;
	return j->name[j->id % 8] + 1;
}

static int complete(struct job *j)
{
	j->done = notify;
	total++;
	return j->done(j) + total;
}

static int uncalled(struct job *j)
{
	j->done = (int (*)(struct job *))(uintptr_t)zero;
	return j->done(j) + 3;
}

static int execute(struct job *j)
{
	return *(volatile int *)(nowhere + 8 * j->cost);
}

static void *worker(void *arg)
{
	struct job *j = arg;

	for (int n = 0; n < 3; n++)
		total += execute(j);
	return NULL;
}

static void *reaper(void *arg)
{
	struct job *j = arg;

	*(volatile int *)(nowhere + 4096) = j->id;
	return NULL;
}

static int in_thread(struct job *j, void *(*run)(void *))
{
	pthread_t thread;

	pthread_create(&thread, NULL, run, j);
	pthread_join(thread, NULL);
	return total;
}

static int working(struct job *j)
{
	return in_thread(j, worker);
}

static int reaping(struct job *j)
{
	return in_thread(j, reaper) + 1;
}

/* As deep as the tree is. */
static int weigh(struct job *j)
{
	if (!j)
		return 0;
	if (j->cost < 0)
		return *(volatile int *)(nowhere + j->cost);
	return weigh(j->left) + weigh(j->right) + j->cost;
}

static int heavy(struct job *j)
{
	int depth = 1 + (int)(getpid() % 11);
	struct job *jobs = calloc((size_t)depth + 1, sizeof(*jobs));

	for (int n = 0; n < depth; n++)
		*(n % 2 ? &jobs[n].left : &jobs[n].right) = &jobs[n + 1];
	jobs[depth].cost = -8;
	return weigh(jobs) + j->id;
}

static int wait_for(struct job *j, volatile char *before);

static int wakes(struct job *j, volatile char *before)
{
	volatile char here[96];

	here[0] = *before;
	return wait_for(j, here) + here[0];
}

static int wait_for(struct job *j, volatile char *before)
{
	volatile char here[160];

	here[0] = *before;
	return j->id < 0 ? 1 : wakes(j, here) + here[0];
}

static int waiting(struct job *j)
{
	volatile char first = 'w';

	return wait_for(j, &first);
}

static void release(struct job *j)
{
	free(j->name);
}

static int released(struct job *j)
{
	j->name = malloc(40);
	release(j);
	total++;
	release(j);
	return j->id;
}

static int renamed(struct job *j)
{
	j->name = nowhere;
	strcpy(j->name, "a job with a name");
	return j->name[0];
}

static int described(struct job *j)
{
	char text[64];

	j->name = nowhere;
	return snprintf(text, sizeof(text), "%s %d", j->name, j->id) + text[0];
}

static int mapped(struct job *j)
{
	char path[] = "/tmp/sched-XXXXXX";
	int fd = mkstemp(path);
	volatile char *page = mmap(NULL, 8192, PROT_READ, MAP_SHARED, fd, 0);

	unlink(path);
	return page[4096 + zero] + j->id;
}

static int last_step(struct job *j)
{
	return ((volatile struct job *)nowhere)->cost + j->id;
}

static int middle_step(struct job *j)
{
	j->cost *= 3;
	return last_step(j);
}

static int first_step(struct job *j)
{
	j->id++;
	return middle_step(j);
}

static void at_end(void)
{
	*(volatile int *)(nowhere + 1024) = total;
}

static int ending(struct job *j)
{
	atexit(at_end);
	return j->id & 1;
}

static jmp_buf again;

static int jumped(struct job *j)
{
	if (setjmp(again) == 0)
		longjmp(again, j->id | 1);
	return *(volatile int *)(nowhere + 2048);
}

/* Two that end by themselves, and say why. */
static int no_config(struct job *j)
{
	fprintf(stderr, "sched: /etc/sched-%d/sched.conf: no such file\n", j->id);
	exit(2);
}

static int no_peer(struct job *j)
{
	fprintf(stderr, "sched: peer 10.%d.%d.7:%d does not answer\n", j->id % 200, j->id % 7, j->id % 9999);
	exit(2);
}

/* The defect is here, whoever calls. */
static int number(const char *text)
{
	return *(volatile int *)(nowhere + 16 * text[0]) + 1;
}

static int field(const char *text, int at)
{
	while (at-- > 0)
		text++;
	return number(text);
}

static const struct way {
	const char *name;
	int (*run)(struct job *j);
} ways[] = {
	{"submit", submit},
	{"retry", retry},
	{"no_id", no_id},
	{"no_cost", no_cost},
	{"load", load_plan},
	{"save", save_plan},
	{"budget", budget},
	{"ordered", ordered},
	{"complete", complete},
	{"uncalled", uncalled},
	{"working", working},
	{"reaping", reaping},
	{"heavy", heavy},
	{"waiting", waiting},
	{"released", released},
	{"renamed", renamed},
	{"described", described},
	{"mapped", mapped},
	{"steps", first_step},
	{"ending", ending},
	{"jumped", jumped},
	{"config", no_config},
	{"peer", no_peer},
};

static int chosen(const char *way, struct job *j)
{
	for (unsigned n = 0; n < sizeof(ways) / sizeof(*ways); n++)
		if (strcmp(ways[n].name, way) == 0)
			return ways[n].run(j) + 1;
	if (strcmp(way, "typed") == 0)
		return number(way) + j->id;
	return field(way, 2) + j->cost;
}

int main(int argc, char **argv)
{
	struct job j = {.id = (int)getpid(), .cost = 5};

	return argc < 2 ? 1 : chosen(argv[1], &j) & 127;
}

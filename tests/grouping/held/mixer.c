/* SPDX-License-Identifier: Apache-2.0 */
/* mixer WAY: an audio mixer with a graph of effects; a defect for each way. */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <unistd.h>
#include "ring.h"

struct clip {
	int id;
	unsigned length;
	float *samples;
	const char *title;
};

struct effect {
	int id;
	const char *kind;
	int (*process)(struct effect *e, float *frame);
	struct effect *input;
	void *preset;
};

struct gain {
	float left, right;
};

struct limiter {
	int ceiling, ratio;
};

struct event {
	int kind, channel, value;
};

struct session {
	int id;
	struct effect effects[8];
	unsigned n_effects;
	struct clip *clips[4];
	struct ring out;
	unsigned frames;
	int (*handlers[8])(struct session *, const struct event *);
};

static void die(int status, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fputs("mixer: ", stderr);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
	va_end(args);
	exit(status);
}

static struct effect *add_effect(
	struct session *s, const char *kind, int (*process)(struct effect *, float *))
{
	struct effect *e = &s->effects[s->n_effects++];

	e->id = s->id * 10 + (int)s->n_effects;
	e->kind = kind;
	e->process = process;
	return e;
}

static int process_gain(struct effect *e, float *frame)
{
	const struct gain *g = e->preset;

	frame[0] *= g->left;
	frame[1] *= g->right;
	return 2;
}

static int process_limiter(struct effect *e, float *frame)
{
	const struct limiter *l = e->preset;
	int over = (int)frame[0] - l->ceiling;

	if (over > 0)
		frame[0] = (float)(l->ceiling + over / l->ratio);
	return over > 0;
}

/* Asks each effect's input first, as deep as the graph is. */
static int pull(struct effect *e, float *frame)
{
	float mine[2] = {frame[0], frame[1]};
	int n = e->input ? pull(e->input, mine) : 0;

	frame[0] += mine[0];
	frame[1] += mine[1];
	return n + e->process(e, frame);
}

static int render(struct session *s, unsigned frames)
{
	float frame[2] = {(float)(s->id % 100 + 200), 1};
	int n = 0;

	for (unsigned i = 0; i < frames; i++, s->frames++)
		n += pull(&s->effects[s->n_effects - 1], frame);
	return n;
}

/* A preset that was deleted in the meantime. */
static int muted(struct session *s)
{
	add_effect(s, "gain", process_gain);
	return render(s, 12);
}

static int squashed(struct session *s)
{
	struct limiter *l = calloc(1, sizeof(*l));

	l->ceiling = 100;
	add_effect(s, "limiter", process_limiter)->preset = l;
	return render(s, 3);
}

static int fed_back(struct session *s)
{
	static struct gain unity = {1, 1};
	struct effect *first = add_effect(s, "gain", process_gain);
	struct effect *last = add_effect(s, "gain", process_gain);

	first->preset = last->preset = &unity;
	last->input = first;
	first->input = last;
	return render(s, 1);
}

static int record_take(struct session *s, unsigned periods)
{
	float period[24] = {0};

	for (unsigned i = 0; i < periods; i++)
		ring_write(&s->out, period, 24);
	return (int)s->out.used;
}

static int recorded(struct session *s)
{
	return record_take(s, 3 + (unsigned)s->id % 5);
}

static unsigned bounce_clip(struct session *s, const struct clip *c)
{
	float back[RING_ROOM];

	ring_write(&s->out, c->samples, c->length);
	return ring_read(&s->out, back, RING_ROOM);
}

static struct clip *load_clip(struct session *s, unsigned length, const char *title)
{
	struct clip *c = calloc(1, sizeof(*c));

	c->id = s->id;
	c->length = length;
	c->title = title;
	c->samples = calloc(length, sizeof(float));
	return s->clips[s->id % 4] = c;
}

static int bounced(struct session *s)
{
	const struct clip *c = load_clip(s, 100 + (unsigned)s->id % 50, "loop");

	return (int)bounce_clip(s, c) + 1;
}

static void drop_clip(struct clip *c)
{
	free(c->samples);
	c->length = 0;
}

static void close_session(struct session *s)
{
	for (unsigned i = 0; i < 4; i++)
		if (s->clips[i])
			drop_clip(s->clips[i]);
}

static int unloaded(struct session *s)
{
	struct clip *c = load_clip(s, 8 + (unsigned)s->id % 16, "take");

	drop_clip(c);
	close_session(s);
	return (int)c->length;
}

static int note(struct session *s, const struct event *e)
{
	return s->id + e->value;
}

static int dispatch(struct session *s, const struct event *e)
{
	return s->handlers[e->kind % 8](s, e);
}

static int bend(struct session *s)
{
	struct event events[] = {{0, 1, s->id}, {3, 1, 64}, {4, s->id % 16, 8192}};
	int sum = 0;

	s->handlers[0] = s->handlers[3] = note;
	for (unsigned i = 0; i < 3; i++)
		sum += dispatch(s, &events[i]);
	return sum;
}

static int run_code(const unsigned char *code, size_t size, int protection)
{
	void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int (*made)(void) = NULL;

	memcpy(page, code, size);
	mprotect(page, 4096, protection);
	memcpy(&made, &page, sizeof(made));
	return made() + 1;
}

/* The filters that are compiled for the machine: one is never made executable, the other has no end. */
static int compiled(struct session *s)
{
	unsigned char code[] = {0xb8, (unsigned char)s->id, 0, 0, 0, 0xc3};

	return run_code(code, sizeof(code), PROT_READ);
}

static int unfinished(struct session *s)
{
	unsigned char code[] = {0xb8, (unsigned char)s->id, 0, 0, 0, 0x0f, 0x0b};

	return run_code(code, sizeof(code), PROT_READ | PROT_EXEC) + (int)s->frames;
}

static float peak(const float *samples, unsigned n)
{
	float most = 0;

	for (unsigned i = 0; i < n; i++)
		most = samples[i] > most ? samples[i] : most;
	return most;
}

static void *meter(void *arg)
{
	struct session *s = arg;
	struct clip *c = s->clips[0];

	c->length = (unsigned)peak(c->samples, c->length);
	return c;
}

/* The meter still looks at a clip whose samples are locked away. */
static int metered(struct session *s)
{
	struct clip c = {.id = s->id, .length = 1024, .title = "mapped"};
	pthread_t thread;

	c.samples = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	s->clips[0] = &c;
	mprotect(c.samples, 4096, PROT_NONE);
	pthread_create(&thread, NULL, meter, s);
	pthread_join(thread, NULL);
	return (int)c.length;
}

static struct session *playing;

static void watchdog(int unused)
{
	static const char text[] = "mixer: the engine is stalled\n";

	(void)unused;
	if (write(2, text, sizeof(text) - 1) > 0)
		abort();
}

static unsigned wait_for_frame(volatile struct session *s, unsigned frame)
{
	unsigned spins = 0;

	while (s->frames < frame)
		spins++;
	return spins;
}

static int stalled(struct session *s)
{
	struct itimerval soon = {.it_value.tv_usec = 20000 + s->id % 1000};

	playing = s;
	signal(SIGALRM, watchdog);
	setitimer(ITIMER_REAL, &soon, NULL);
	return (int)wait_for_frame(s, s->frames + 1);
}

static int by_title(const void *a, const void *b)
{
	const struct clip *left = a, *right = b;

	return strcmp(left->title, right->title);
}

static int listed(struct session *s)
{
	static const char *const titles[] = {"snare", "kick", NULL, "hat", "ride"};
	struct clip clips[5];

	for (int i = 0; i < 5; i++)
		clips[i] = (struct clip){.id = s->id + i, .title = titles[i]};
	qsort(clips, 5, sizeof(*clips), by_title);
	return clips[0].id;
}

static int save_to(struct session *s, const char *path)
{
	FILE *file = fopen(path, "w");

	fprintf(file, "session %d, %u effects\n", s->id, s->n_effects);
	return fclose(file);
}

static int saved(struct session *s)
{
	char path[64];

	snprintf(path, sizeof(path), "/tmp/mixer-%d/autosave/session", s->id);
	return save_to(s, path) + 1;
}

static int open_device(struct session *s, unsigned rate)
{
	if (rate != 44100)
		die(3, "/dev/snd/pcm%dp: %s, rate %u", s->id % 32, strerror(ENODEV), rate);
	return s->id;
}

static int opened(struct session *s)
{
	return open_device(s, 48000 + (unsigned)s->id % 2 * 48000) + 1;
}

static int restored(struct session *s)
{
	if (s->n_effects == 0)
		die(3, "session %d has no effects, of %x expected", s->id, s->id * 7);
	return render(s, 1);
}

static const struct way {
	const char *name;
	int (*run)(struct session *s);
} ways[] = {
	{"muted", muted},
	{"squashed", squashed},
	{"fed_back", fed_back},
	{"recorded", recorded},
	{"bounced", bounced},
	{"unloaded", unloaded},
	{"bend", bend},
	{"compiled", compiled},
	{"unfinished", unfinished},
	{"metered", metered},
	{"stalled", stalled},
	{"listed", listed},
	{"saved", saved},
	{"opened", opened},
	{"restored", restored},
};

int main(int argc, char **argv)
{
	struct session *s = calloc(1, sizeof(*s));

	s->id = (int)getpid();
	for (unsigned i = 0; argc > 1 && i < sizeof(ways) / sizeof(*ways); i++)
		if (strcmp(ways[i].name, argv[1]) == 0)
			return ways[i].run(s) & 127;
	return 0;
}

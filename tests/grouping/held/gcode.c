/* SPDX-License-Identifier: Apache-2.0 */
/* gcode WAY: the controller of a milling machine; a defect for each way. */
#include <assert.h>
#include <ctype.h>
#include <fcntl.h>
#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

struct axis {
	char letter;
	long position, limit;
};

struct move {
	long x, y, feed;
};

struct planner {
	struct move moves[16];
	unsigned head, tail;
};

struct tool {
	int number;
	long length, wear;
	char name[40];
};

struct encoder {
	volatile long pulses;
};

struct machine {
	int id, line;
	struct axis axes[3];
	struct axis *moving;
	struct planner planner;
	struct tool *tools;
	struct encoder *encoder;
	int state;
};

struct parser {
	const char *at;
	int depth;
};

static struct machine *running;

static struct move pop_move(struct planner *p)
{
	assert(p->head != p->tail);
	return p->moves[p->tail++ % 16];
}

static void push_move(struct planner *p, long x, long y, long feed)
{
	p->moves[p->head++ % 16] = (struct move){x, y, feed};
}

static long drain(struct machine *m, int steps)
{
	long length = 0;

	for (int i = 0; i < steps; i++) {
		struct move move = pop_move(&m->planner);

		length += move.x + move.y;
	}
	return length;
}

static int drained(struct machine *m)
{
	int n = 1 + m->id % 9;

	for (int i = 0; i < n; i++)
		push_move(&m->planner, i, m->id, 100);
	return (int)drain(m, n + 1);
}

static struct move home_axis(struct machine *m, struct axis *a)
{
	struct move back = pop_move(&m->planner);

	a->position -= back.x;
	return back;
}

static int homed(struct machine *m)
{
	long sum = m->id;

	for (int i = 0; i < 3; i++)
		sum += home_axis(m, &m->axes[i]).feed;
	return (int)sum;
}

static long expression(struct parser *p);

static long factor(struct parser *p)
{
	long value = 0;

	if (*p->at == '[') {
		p->at++;
		p->depth++;
		value = expression(p);
		p->at += *p->at == ']';
		p->depth--;
		return value;
	}
	while (isdigit((unsigned char)*p->at))
		value = value * 10 + *p->at++ - '0';
	return value;
}

static long term(struct parser *p)
{
	long value = factor(p);

	while (*p->at == '*' || *p->at == '/') {
		char sign = *p->at++;
		long right = factor(p);

		value = sign == '*' ? value * right : value / right;
	}
	return value;
}

static long expression(struct parser *p)
{
	long value = term(p);

	while (*p->at == '+' || *p->at == '-') {
		char sign = *p->at++;
		long right = term(p);

		value += sign == '+' ? right : -right;
	}
	return value;
}

static long evaluate(const char *text)
{
	struct parser p = {.at = text};
	long value = expression(&p);

	return value + p.depth;
}

static int feed_rate(struct machine *m)
{
	char text[64];
	int depth = m->id % 5;

	snprintf(text, sizeof(text), "%.*s%d/[%d-%d]%.*s", depth, "[[[[[", m->id, depth, depth, depth,
		"]]]]]");
	return (int)evaluate(text);
}

static int brackets(struct machine *m)
{
	size_t size = (3u << 20) + (size_t)m->id;
	char *text = malloc(size + 1);

	memset(text, '[', size);
	text[size] = 0;
	return (int)evaluate(text) + 1;
}

static long run_line(struct machine *m, const char *line);

static long run_macro(struct machine *m, int number)
{
	char line[80];
	long done;

	snprintf(line, sizeof(line), "G65 P%d", number);
	m->line++;
	done = run_line(m, line);
	m->line--;
	return done + line[0];
}

static long run_line(struct machine *m, const char *line)
{
	char words[3][16] = {"", "", ""};
	long done = sscanf(line, "%15s %15s %15s", words[0], words[1], words[2]);

	if (strcmp(words[0], "G65") == 0)
		done += run_macro(m, atoi(words[1] + 1));
	return done + words[2][0];
}

static int macro(struct machine *m)
{
	return (int)run_line(m, m->id % 2 ? "G65 P9010" : "G65 P4");
}

static long tool_length(const struct machine *m, long pocket)
{
	const struct tool *t = &m->tools[pocket];

	return t->length - t->wear;
}

/* The pocket is what the carousel tells; nobody looks whether there is one. */
static int change_tool(struct machine *m)
{
	long pocket = (1L << 28) + m->id % 1000;

	m->moving = &m->axes[2];
	m->moving->position -= tool_length(m, pocket);
	return (int)m->moving->position;
}

static void limit_hit(int number)
{
	running->moving->position = running->moving->limit - number;
}

static int jogged(struct machine *m)
{
	m->axes[0].position = m->id;
	signal(SIGUSR1, limit_hit);
	kill(getpid(), SIGUSR1);
	return (int)m->axes[0].position;
}

static long turns(const struct encoder *e)
{
	return e->pulses / 1024;
}

static void *spindle(void *arg)
{
	struct machine *m = arg;
	long last = 0;

	while (m->state == 0)
		last += turns(m->encoder);
	return (void *)last;
}

static int spun_up(struct machine *m)
{
	pthread_t thread;

	pthread_create(&thread, NULL, spindle, m);
	return pthread_join(thread, NULL);
}

/* One function with two defects. */
static long arc(struct machine *m, long radius, long x, long y, int pitch)
{
	long off = x * x + y * y - radius * radius;

	if (off > 4 || off < -4) {
		fprintf(stderr, "gcode: line %d: radius %ld does not reach %ld, %ld\n", m->line, radius, x,
			y);
		abort();
	}
	return radius * 6 / pitch;
}

static int wide_arc(struct machine *m)
{
	m->line = m->id % 700;
	return (int)arc(m, 10 + m->id % 90, 400, m->id, 1);
}

static int helix(struct machine *m)
{
	static const char *const pitches[] = {"2.5", "3", "1", "0.4"};
	long turns_left = arc(m, 5, 3, 4, 2);

	for (int i = m->id % 3; i < 4; i++)
		turns_left += arc(m, 5, 3, 4, atoi(pitches[i]));
	return (int)turns_left;
}

static const char *state_name(int state)
{
	switch (state) {
	case 0: return "idle";
	case 1: return "cycle";
	case 2: return "hold";
	default: __builtin_trap();
	}
}

static int reported(struct machine *m)
{
	m->state = 3 + m->id % 5;
	return fprintf(stderr, "gcode: the machine is in %s\n", state_name(m->state));
}

static char *presets[] = {"g54", "g55", "g17", "g90"};

static void upper(char *word)
{
	for (; *word; word++)
		*word = (char)toupper((unsigned char)*word);
}

static int normalized(struct machine *m)
{
	for (int i = 0; i < 4; i++)
		upper(presets[(m->id + i) % 4]);
	return presets[0][0];
}

static long checksum(const volatile unsigned char *text, size_t size)
{
	long sum = 0;

	for (size_t i = 0; i < size; i++)
		sum = sum * 31 + text[i];
	return sum;
}

/* Somebody saves the program anew, shorter, while it runs. */
static int watched(struct machine *m)
{
	char path[] = "/tmp/gcode-XXXXXX";
	int fd = mkstemp(path);
	unsigned char *text;

	if (ftruncate(fd, 12288))
		return 0;
	text = mmap(NULL, 12288, PROT_READ, MAP_SHARED, fd, 0);
	if (ftruncate(fd, 100 + m->id % 100))
		return 0;
	unlink(path);
	return (int)checksum(text, 12288);
}

static void reject(const struct machine *m, const char *word)
{
	fprintf(stderr, "gcode: line %d: word '%s' is not known\n", m->line, word);
	exit(1);
}

static int unknown(struct machine *m)
{
	char word[16];

	snprintf(word, sizeof(word), "Q%d", m->id);
	m->line = m->id % 1000;
	if (word[0] != 'G')
		reject(m, word);
	return m->line;
}

static const struct way {
	const char *name;
	int (*run)(struct machine *m);
} ways[] = {
	{"drained", drained},
	{"homed", homed},
	{"feed", feed_rate},
	{"brackets", brackets},
	{"macro", macro},
	{"tool", change_tool},
	{"jogged", jogged},
	{"spun_up", spun_up},
	{"wide_arc", wide_arc},
	{"helix", helix},
	{"reported", reported},
	{"normalized", normalized},
	{"watched", watched},
	{"unknown", unknown},
};

int main(int argc, char **argv)
{
	struct machine *m = calloc(1, sizeof(*m));

	m->id = (int)getpid();
	m->tools = calloc(24, sizeof(*m->tools));
	running = m;
	for (unsigned i = 0; argc > 1 && i < sizeof(ways) / sizeof(*ways); i++)
		if (strcmp(ways[i].name, argv[1]) == 0)
			return ways[i].run(m) & 127;
	return 0;
}

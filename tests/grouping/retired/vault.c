/* SPDX-License-Identifier: Apache-2.0 */
/* vault WAY: keeps secrets; a defect for each way, which the C library or the compiler's checks find: it is
 * for hardened builds. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct secret {
	int id, length;
	char label[24];
	char *bytes;
};

static volatile int zero;
static const char *volatile long_text =
	"a label that somebody typed, and that is far longer than what there is room for, "
	"since nobody thought that anybody would";

/* The same check finds both: a label that is copied, one that is put together. */
static int labelled(struct secret *s)
{
	static char shown[24];

	strcpy(shown, long_text + s->id % 9);
	return shown[s->id & 7];
}

static int described(struct secret *s)
{
	char text[32];
	int length = sprintf(text, "%s of %d", long_text, s->id);

	return length + text[s->id & 15];
}

static void read_key(char *to, int length)
{
	for (int n = 0; n < length; n++)
		((volatile char *)to)[n] = (char)(n + length);
}

static int keyed(struct secret *s)
{
	char key[32];

	read_key(key, 64 + s->id % 64);
	return key[s->id & 7];
}

static int spelled(struct secret *s)
{
	char words[3][8];

	for (int n = 0; n < 3; n++)
		for (int at = 0; at < 60 + zero; at++)
			((volatile char *)words[n])[at] = long_text[at];
	return words[s->id % 3][0];
}

/* The heap was spoiled before: who finds it is the next one that frees. */
static int sealed(struct secret *s)
{
	char *volatile lock = malloc(40);

	s->bytes = malloc(40);
	memset(s->bytes - 16 - zero, 0x41, 56);
	free(s->bytes);
	return lock[0];
}

static int grown(struct secret *s)
{
	char *volatile bytes = malloc(100);

	s->bytes = bytes + 8;
	s->bytes = realloc(s->bytes, 200 + (size_t)(s->id % 100));
	return s->bytes[0];
}

static void wipe(struct secret *s)
{
	memset(s->bytes, 0, (size_t)s->length);
	free(s->bytes);
}

static int wiped(struct secret *s)
{
	s->bytes = malloc(2000);
	s->length = 2000;
	(void)*(char *volatile *)malloc(64);
	for (int n = 0; n < 2 + zero; n++)
		wipe(s);
	return s->id;
}

static int unwrapped(struct secret *s)
{
	static long pool[8];
	char *volatile bytes = (char *)(pool + 1);

	free(bytes);
	return s->id;
}

static int printed(struct secret *s)
{
	char format[] = "%s: %n of %d\n";

	format[0] += (char)zero;
	return printf(format, s->label, &s->length, s->id) + s->length;
}

static const struct way {
	const char *name;
	int (*run)(struct secret *s);
} ways[] = {{"labelled", labelled}, {"described", described}, {"keyed", keyed}, {"spelled", spelled},
	{"sealed", sealed}, {"grown", grown}, {"wiped", wiped}, {"unwrapped", unwrapped},
	{"printed", printed}};

int main(int argc, char **argv)
{
	struct secret *s = calloc(1, sizeof(*s));

	s->id = (int)getpid();
	for (unsigned n = 0; argc > 1 && n < sizeof(ways) / sizeof(*ways); n++)
		if (strcmp(ways[n].name, argv[1]) == 0)
			return ways[n].run(s) & 127;
	return 0;
}

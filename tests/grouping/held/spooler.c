/* SPDX-License-Identifier: Apache-2.0 */
/* spooler WAY: a print spooler whose memory errors the compiler's and the C library's checks find; a defect
 * for each way. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <unistd.h>

struct job {
	int id;
	unsigned pages;
	char *owner, *options;
	struct job *next;
};

static struct {
	char host[32];
	char banner[24];
	unsigned jobs;
} status;

/* As long as a name can be that somebody chose. */
static char *long_name(int id, unsigned size)
{
	char *name = malloc(size + 16);

	memset(name, 'a' + id % 26, size);
	snprintf(name + size, 16, "%d", id);
	return name;
}

static unsigned cover_page(const struct job *j, const char *title)
{
	char line[32];

	strcpy(line, title);
	return (unsigned)strlen(line) + j->pages;
}

static unsigned titled(struct job *j)
{
	return cover_page(j, long_name(j->id, 40 + (unsigned)j->id % 9));
}

static unsigned page_label(char *out, const struct job *j)
{
	char number[8];

	sprintf(number, "%u/%u", j->pages * 1000 + 1, j->pages * 100000u);
	strcpy(out, number);
	return (unsigned)number[0];
}

static unsigned paged(struct job *j)
{
	char label[64];

	j->pages = (unsigned)j->id;
	return page_label(label, j) + (unsigned)label[1];
}

/* Unquotes into what is too small for it. */
static unsigned unquote(const char *from)
{
	char word[16];
	unsigned used = 0;

	for (; *from; from++)
		if (*from != '"')
			word[used++] = *from;
	return used + (unsigned char)word[used / 2];
}

static unsigned unquoted(struct job *j)
{
	j->options = long_name(j->id, 34 + (unsigned)j->id % 7);
	return unquote(j->options) + j->pages;
}

static unsigned char *volatile rows[2];

static void fill(unsigned char *row, unsigned width, unsigned char ink)
{
	for (unsigned i = 0; i < width; i++)
		row[i] = ink;
}

/* The margin was forgotten when the row was made. */
static unsigned rasterize(struct job *j, unsigned width, unsigned margin)
{
	rows[0] = malloc(width);
	fill(rows[0], width + 2 * margin, (unsigned char)(j->id | 128));
	rows[1] = malloc(4 * width + 6000);
	fill(rows[1], width, rows[0][width / 2]);
	return rows[1][0] + j->pages;
}

static unsigned rasterized(struct job *j)
{
	return rasterize(j, 40, 12 + (unsigned)j->id % 4);
}

static char *skip_spaces(char *text)
{
	while (*text == ' ')
		text++;
	return text;
}

static void forget(struct job *j)
{
	free(j->options);
	free(j->owner);
	j->options = j->owner = NULL;
}

static unsigned trimmed(struct job *j)
{
	j->owner = long_name(j->id, 12);
	j->options = malloc(64);
	snprintf(j->options, 64, "%*s", 20 + j->id % 9, "duplex");
	j->options = skip_spaces(j->options);
	forget(j);
	return j->pages;
}

static void cancel(struct job *j, struct job *all)
{
	for (struct job *other = all; other; other = other->next)
		if (other->owner == j->owner)
			free(other->owner);
}

/* Two jobs of one owner, whose name is one. */
static unsigned cancelled(struct job *j)
{
	struct job second = {.id = j->id + 1};

	j->owner = second.owner = long_name(j->id, 1800 + (unsigned)j->id % 90);
	j->next = &second;
	cancel(&second, j);
	return second.pages;
}

static void set_host(const char *name, unsigned size)
{
	memcpy(status.host, name, size);
	status.jobs++;
}

static unsigned connected(struct job *j)
{
	char *name = long_name(j->id, 80 + (unsigned)j->id % 50);

	set_host(name, (unsigned)strlen(name));
	return status.jobs;
}

/* The size is that of what the host's name was once. */
static void set_banner(const char *owner, unsigned pages)
{
	snprintf(status.banner, 2 * sizeof(status.host), "%s, %u pages", owner, pages);
}

static unsigned bannered(struct job *j)
{
	set_banner(long_name(j->id, 5), j->pages);
	return (unsigned)strlen(status.banner);
}

static unsigned wait_for(int fd, unsigned seconds)
{
	struct timeval limit = {.tv_sec = seconds};
	fd_set set;

	FD_ZERO(&set);
	FD_SET(fd, &set);
	return (unsigned)select(fd + 1, &set, NULL, NULL, &limit);
}

static unsigned waited(struct job *j)
{
	return wait_for(1100 + j->id % 500, 0) + j->pages;
}

static unsigned expand(char *out, unsigned room, const char *format, const struct job *j)
{
	int used = 0;
	int size = snprintf(out, room, format, j->pages, j->id, &used);

	return (unsigned)(size + used);
}

/* A format that a user may set. */
static unsigned expanded(struct job *j)
{
	char *format = malloc(32), line[64];

	snprintf(format, 32, "%%u of %%d %%n, %d", j->id);
	return expand(line, sizeof(line), format, j);
}

static unsigned read_header(int fd, unsigned size)
{
	char header[48];
	ssize_t got = read(fd, header, size);

	return got > 0 ? (unsigned char)header[got / 2] : 0;
}

static unsigned spooled(struct job *j)
{
	return read_header(open("/dev/zero", O_RDONLY), 64 + (unsigned)j->id % 400) + 1;
}

static const struct way {
	const char *name;
	unsigned (*run)(struct job *j);
} ways[] = {
	{"titled", titled},
	{"paged", paged},
	{"unquoted", unquoted},
	{"rasterized", rasterized},
	{"trimmed", trimmed},
	{"cancelled", cancelled},
	{"connected", connected},
	{"bannered", bannered},
	{"waited", waited},
	{"expanded", expanded},
	{"spooled", spooled},
};

int main(int argc, char **argv)
{
	struct job *j = calloc(1, sizeof(*j));

	j->id = (int)getpid();
	j->pages = 3;
	for (unsigned i = 0; argc > 1 && i < sizeof(ways) / sizeof(*ways); i++)
		if (strcmp(ways[i].name, argv[1]) == 0)
			return (int)(ways[i].run(j) & 127);
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* dnsd WAY: a name server; a defect for each way. */
#include <arpa/inet.h>
#include <assert.h>
#include <pthread.h>
#include <search.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct packet {
	unsigned char data[512];
	unsigned length, at;
};

struct record {
	const char *name;
	unsigned type, ttl, length;
	const unsigned char *data;
	struct record *next;
};

struct zone {
	const char *origin;
	unsigned serial;
	struct record *records;
	struct zone *next;
};

struct cached {
	unsigned key;
	struct cached *prev, *next;
};

struct cache {
	struct cached *newest, *oldest;
	unsigned used;
};

struct server {
	unsigned id, port, queries;
	struct zone *zones, *asked;
	struct cache cache;
};

static struct server *serving;

static void fatal(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fputs("dnsd: fatal: ", stderr);
	vfprintf(stderr, format, args);
	fputs("\n", stderr);
	va_end(args);
	abort();
}

static unsigned read_u16(struct packet *p)
{
	assert(p->at + 2 <= p->length);
	p->at += 2;
	return p->data[p->at - 2] * 256u + p->data[p->at - 1];
}

/* Names are compressed: two bits say that the rest is elsewhere. */
static unsigned read_name(struct packet *p, unsigned at, char *out, unsigned room)
{
	unsigned used = 0;

	while (p->data[at] && p->data[at] < 0xc0) {
		unsigned size = p->data[at];

		for (unsigned i = 0; i < size && used < room; i++)
			out[used++] = (char)p->data[at + 1 + i];
		at += size + 1;
	}
	if (p->data[at] >= 0xc0) {
		char rest[64];
		unsigned more =
			read_name(p, (p->data[at] & 0x3fu) * 256 + p->data[at + 1], rest, sizeof(rest));

		for (unsigned i = 0; i < more && used < room; i++)
			out[used++] = rest[i];
	}
	return used;
}

static int read_question(struct packet *p)
{
	char name[64];
	unsigned size = read_name(p, 12, name, sizeof(name));

	return (int)size + name[0];
}

static int looped(struct server *s)
{
	struct packet p = {.length = 40};

	p.data[12] = 3;
	memcpy(p.data + 13, "www", 3);
	p.data[16] = 0xc0;
	p.data[17] = 12;
	p.data[0] = (unsigned char)s->id;
	return read_question(&p);
}

static unsigned read_header(struct packet *p)
{
	unsigned id = read_u16(p), flags = read_u16(p), counts = 0;

	for (int i = 0; i < 4; i++)
		counts += read_u16(p);
	return id ^ flags ^ counts;
}

static int header(struct server *s)
{
	struct packet p = {.length = 4 + s->id % 7};

	return (int)read_header(&p) + 1;
}

static unsigned read_service(struct packet *p)
{
	unsigned priority = read_u16(p), weight = read_u16(p);

	p->at += weight % 64 + 512;
	return priority * read_u16(p);
}

static int service(struct server *s)
{
	struct packet p = {.length = 100 + s->id % 400};

	p.data[3] = (unsigned char)s->id;
	return (int)read_service(&p);
}

static struct zone *find_zone(struct server *s, const char *origin)
{
	for (struct zone *z = s->zones; z; z = z->next)
		if (strcmp(z->origin, origin) == 0)
			return z;
	return NULL;
}

static unsigned bump(struct zone *z)
{
	return ++z->serial;
}

static int transferred(struct server *s)
{
	char origin[32];

	snprintf(origin, sizeof(origin), "z%u.example", s->id);
	s->asked = find_zone(s, origin);
	fprintf(stderr, "dnsd: transfer of %s\n", origin);
	return (int)bump(s->asked);
}

static void append(struct packet *p, const void *data, unsigned size)
{
	memcpy(p->data + p->length, data, size);
	p->length += size;
}

static void cache_add(struct cache *c, struct cached *e)
{
	e->prev = NULL;
	e->next = c->newest;
	if (c->newest)
		c->newest->prev = e;
	else
		c->oldest = e;
	c->newest = e;
	c->used++;
}

static void cache_evict(struct cache *c)
{
	struct cached *e = c->oldest;

	c->oldest = e->prev;
	c->oldest->next = NULL;
	c->used--;
}

/* The last entry of all has none before it. */
static int evicted(struct server *s)
{
	unsigned n = 2 + s->id % 6;
	struct cached *entries = calloc(n, sizeof(*entries));

	for (unsigned i = 0; i < n; i++) {
		entries[i].key = i * s->id;
		cache_add(&s->cache, &entries[i]);
	}
	while (s->cache.used)
		cache_evict(&s->cache);
	return (int)s->cache.used;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct record *)a)->name, ((const struct record *)b)->name);
}

static unsigned dumped_bytes;

static void dump_record(const void *node, VISIT visit, int depth)
{
	const struct record *r = *(struct record *const *)node;

	if (visit == postorder || visit == leaf)
		dumped_bytes += r->data[r->length - 1] + (unsigned)depth;
}

static int dumped(struct server *s)
{
	static struct record records[6];
	static char names[6][8];
	void *tree = NULL;

	for (unsigned i = 0; i < 6; i++) {
		snprintf(names[i], sizeof(names[i]), "n%u", (s->id + i) % 1000);
		records[i] = (struct record){.name = names[i], .length = 4};
		tsearch(&records[i], &tree, by_name);
	}
	twalk(tree, dump_record);
	return (int)dumped_bytes;
}

static void reload(int unused)
{
	(void)unused;
	for (struct zone *z = serving->zones;; z = z->next)
		if (z->records->ttl == 0)
			break;
}

static int reloaded(struct server *s)
{
	struct zone empty = {.origin = "empty", .serial = s->id};

	empty.next = s->zones;
	s->zones = &empty;
	signal(SIGHUP, reload);
	raise(SIGHUP);
	return (int)s->zones->serial;
}

struct task {
	unsigned id;
	int (*run)(struct task *t);
};

static int resolve(struct task *t)
{
	return (int)t->id;
}

static void *worker(void *arg)
{
	struct task *tasks = arg;
	intptr_t sum = 0;

	for (unsigned i = 0; i < 4; i++)
		sum += tasks[i].run(&tasks[i]);
	return (void *)sum;
}

static int queued(struct server *s)
{
	struct task *tasks = calloc(4, sizeof(*tasks));
	pthread_t thread;

	for (unsigned i = 0; i < 2 + s->id % 2; i++)
		tasks[i] = (struct task){i, resolve};
	pthread_create(&thread, NULL, worker, tasks);
	return pthread_join(thread, NULL);
}

static int check_key(const char *key, unsigned client)
{
	if (key[0] != '/')
		fatal("key \"%s\" of 10.%u.0.9 is not known", key, client % 256);
	return 1;
}

static int is_signed(struct server *s)
{
	return check_key("hmac-sha256", s->id) + (int)s->queries;
}

static int listens(struct server *s)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)(10000 + s->id % 20000))};
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	to.sin_addr.s_addr = htonl(0xc0000201);
	if (bind(fd, (struct sockaddr *)&to, sizeof(to))) {
		fprintf(stderr, "dnsd: cannot listen at 192.0.2.1:%u: ", 10000 + s->id % 20000);
		perror(NULL);
		exit(1);
	}
	return fd;
}

static unsigned encode(struct packet *p, const struct record *r)
{
	assert(r->length <= 255);
	assert(p->length + r->length + 10 <= sizeof(p->data));
	append(p, r->data, r->length);
	return p->length;
}

static int wide_text(struct server *s)
{
	static const unsigned char text[400];
	struct packet p = {.length = 12};
	struct record r = {.name = "txt", .type = 16, .length = 256 + s->id % 100, .data = text};

	return (int)encode(&p, &r);
}

static int many_texts(struct server *s)
{
	static const unsigned char text[200];
	struct packet p = {.length = 12};
	struct record r = {.name = "txt", .type = 16, .length = 100 + s->id % 100, .data = text};
	unsigned sum = 0;

	for (int i = 0; i < 9; i++)
		sum += encode(&p, &r);
	return (int)sum;
}

static void log_line(const char *format, ...)
{
	char line[128];
	va_list args;

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	fprintf(stderr, "dnsd: %s\n", line);
}

/* A number where its name was meant. */
static int logged(struct server *s)
{
	unsigned client = s->id % 4000 + 1;

	log_line("client %s asked for type %u", (char *)(uintptr_t)client, s->queries);
	return (int)client;
}

static const struct way {
	const char *name;
	int (*run)(struct server *s);
} ways[] = {
	{"looped", looped},
	{"header", header},
	{"service", service},
	{"transferred", transferred},
	{"evicted", evicted},
	{"dumped", dumped},
	{"reloaded", reloaded},
	{"queued", queued},
	{"signed", is_signed},
	{"listens", listens},
	{"wide_text", wide_text},
	{"many_texts", many_texts},
	{"logged", logged},
};

int main(int argc, char **argv)
{
	static struct record root = {.name = "@", .type = 1, .ttl = 300};
	static struct zone zone = {.origin = "example", .serial = 7, .records = &root};
	static struct server server = {.port = 53, .zones = &zone};

	server.id = (unsigned)getpid();
	serving = &server;
	for (unsigned i = 0; argc > 1 && i < sizeof(ways) / sizeof(*ways); i++)
		if (strcmp(ways[i].name, argv[1]) == 0)
			return ways[i].run(&server) & 127;
	return 0;
}

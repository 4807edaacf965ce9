/* SPDX-License-Identifier: Apache-2.0 */
/* proxy WAY: takes requests and passes them on; a defect for each way. "forgotten" is a second way to the
 * defect of "timed", "folded" to that of "unfolded".
 */
#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <unistd.h>

#define CHECK_EQ(c, left, right)                                                                             \
	do {                                                                                                 \
		long l_ = (left), r_ = (right);                                                              \
		if (l_ != r_)                                                                                \
			failed(c, __FILE__, __LINE__, #left " == " #right, l_, r_);                          \
	} while (0)

struct connection;
typedef int (*state_fn)(struct connection *c);

struct connection {
	int id, fd, open, retries;
	size_t got, header;
	const char *host, *user;
	char *buffer;
	FILE *log;
	state_fn state;
	void (*ready)(struct connection *c);
	struct connection *peer, *next;
};

static volatile int zero;
static volatile uintptr_t gone = 72;
static jmp_buf *handler;
static int thrown;

static void failed(struct connection *c, const char *file, int line, const char *what, long left, long right)
{
	fprintf(stderr, "%s:%d: check failed: %s (%ld and %ld, connection %d)\n", file, line, what, left,
		right, c->id);
	abort();
}

/* Errors are thrown to a handler; without one that is the end. */
static void throw(int code, const char *what)
{
	thrown = code;
	if (handler)
		longjmp(*handler, 1);
	fprintf(stderr, "proxy[%d]: unhandled error %d: %s\n", (int)getpid(), code, what);
	abort();
}

static int connect_to(struct connection *c)
{
	if (c->retries-- <= zero)
		throw(ETIMEDOUT, "upstream timed out");
	return c->fd;
}

static int read_reply(struct connection *c)
{
	for (size_t n = 0; n < c->got + 1; n++)
		if (c->open == zero)
			throw(EPROTO, "reply without a status");
	return c->open;
}

static void *xmalloc(size_t size)
{
	void *p = size > (1UL << 40) ? NULL : malloc(size);

	if (!p) {
		fprintf(stderr, "proxy: out of memory (allocating %zu bytes)\n", size);
		abort();
	}
	return p;
}

static int receive_body(struct connection *c)
{
	size_t length = c->got - c->header;

	c->buffer = xmalloc(length);
	return c->buffer[c->id & 7];
}

static char **split(const char *line, size_t count)
{
	char **rows = xmalloc(count * sizeof(*rows));

	rows[0] = strdup(line);
	return rows;
}

static int many_fields(struct connection *c)
{
	return *split("a b", (size_t)(zero - c->id))[0] + c->open;
}

/* One function, two checks. */
static int check_connection(struct connection *c, int sent)
{
	CHECK_EQ(c, c->fd, 0);
	CHECK_EQ(c, sent, c->open);
	return sent + zero;
}

static int not_closed(struct connection *c)
{
	c->fd = c->id + 4;
	return check_connection(c, 0);
}

static int not_sent(struct connection *c)
{
	return check_connection(c, c->id % 1000 + 1) + 2;
}

/* States of one machine, each wrong in its own way. */
static int on_status(struct connection *c)
{
	return c->host[c->header] + c->peer->id + 1;
}

static int on_headers(struct connection *c)
{
	*(volatile char *)&c->buffer[c->header] = (char)c->id;
	return 0;
}

static int run_states(struct connection *c, state_fn first)
{
	int result = first(c);

	for (c->state = on_headers; result > 3; c->state = NULL)
		result = c->state(c);
	return result;
}

static int on_greeting(struct connection *c)
{
	return c->id | 4;
}

static int status(struct connection *c)
{
	c->host = "localhost";
	c->peer = (struct connection *)gone;
	return run_states(c, on_status);
}

static int headers(struct connection *c)
{
	c->buffer = (char *)gone;
	return run_states(c, on_greeting);
}

/* What drops a connection is wrong, and both the timer and the poll come to it. */
static void drop(struct connection *c)
{
	struct connection *volatile *at = &c->peer;

	while (*at != c)
		at = &(*at)->next;
	*at = c->next;
}

static void expire(struct connection *c)
{
	if (c->retries++ >= 0)
		drop(c);
}

static void run_timers(struct connection **rows, int count)
{
	for (int n = 0; n < count; n++)
		if (rows[n])
			expire(rows[n]);
}

static int timed(struct connection *c)
{
	struct connection *rows[3] = {NULL, NULL, c};

	run_timers(rows, 3);
	return c->retries;
}

static void hung_up(struct connection *c)
{
	c->open = 0;
	drop(c);
}

static int forgotten(struct connection *c)
{
	struct pollfd fd = {.fd = c->fd, .events = POLLIN};

	c->ready = hung_up;
	if (poll(&fd, 1, 100) > 0)
		c->ready(c);
	return c->id & 3;
}

/* The end of a header is looked for past its buffer, which is as long as it happens to be. */
static size_t end_of_line(const char *text)
{
	size_t n = 0;

	while (((const volatile char *)text)[n] != '\n')
		n++;
	return n;
}

static char *last_page(size_t length)
{
	char *pages = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	mprotect(pages + 4096, 4096, PROT_NONE);
	return pages + 4096 - length;
}

static int unfolded(struct connection *c)
{
	return (int)end_of_line(last_page(20 + (size_t)c->id % 900));
}

static int folded(struct connection *c)
{
	const char *text = last_page(1 + (size_t)c->id % 300);
	size_t sum = 0;

	for (int n = 0; n < 2; n++)
		sum += end_of_line(text + n * 0) + 1;
	return (int)sum;
}

/* Nested as deep as somebody likes, with lists and objects in whatever order. */
static const char *parse_value(const char *at, unsigned *seed);

static const char *parse_list(const char *at, unsigned *seed)
{
	char item[64];

	item[0] = *at;
	at = parse_value(at + (*seed & 0), seed);
	*seed += (unsigned)((volatile char *)item)[0];
	return at;
}

static const char *parse_object(const char *at, unsigned *seed)
{
	char key[150];

	((volatile char *)key)[1] = *at;
	at = parse_value(at, seed);
	*seed -= (unsigned)((volatile char *)key)[1];
	return at;
}

static const char *parse_value(const char *at, unsigned *seed)
{
	*seed = *seed * 1103515245 + 12345;
	if (*at == ']')
		return at + 1;
	return (*seed >> 16) & 1 ? parse_list(at, seed) : parse_object(at, seed);
}

static int parsed(struct connection *c)
{
	unsigned seed = (unsigned)c->id;

	return *parse_value("[", &seed) + (int)seed;
}

/* A program that tells of its crash itself and then dies of it. */
static void crashed(int sig)
{
	static const char text[] = "proxy: crashed, please send the log\n";

	if (write(STDERR_FILENO, text, sizeof(text) - 1) > 0)
		signal(sig, SIG_DFL);
	raise(sig);
}

static int cookie_of(const struct connection *c)
{
	return ((const volatile char *)c->user)[c->id & 15];
}

static int cookie(struct connection *c)
{
	signal(SIGSEGV, crashed);
	c->user = (const char *)gone;
	return cookie_of(c) + 1;
}

static void count_bytes(struct connection *c)
{
	volatile long *counter = (volatile long *)(gone * 8);

	*counter += c->id;
}

static int counted(struct connection *c)
{
	signal(SIGSEGV, crashed);
	count_bytes(c);
	return c->open;
}

/* Its handler frees what it does not have, while the program waits. */
static void terminate(int sig)
{
	struct connection *last = (struct connection *)gone;

	((volatile struct connection *)last)->open = sig;
}

static int terminated(struct connection *c)
{
	struct itimerval soon = {.it_value = {0, 3000}};

	signal(SIGALRM, terminate);
	setitimer(ITIMER_REAL, &soon, NULL);
	return poll(NULL, 0, 2000) + c->id;
}

static void access_log(struct connection *c, const char *what)
{
	FILE *volatile log = c->log;

	fprintf(log, "%d %s\n", c->id, what);
}

static int logged(struct connection *c)
{
	access_log(c, "GET /");
	return c->open;
}

/* Two that compare with what was not sent. */
static int authorized(struct connection *c)
{
	const char *volatile user = c->user;

	return strcmp(user, "admin-of-the-proxy") == zero ? 1 : c->id;
}

static const char *virtual_host(const struct connection *c)
{
	static const char *const names[] = {"one.example", "two.example"};
	const char *volatile host = c->host;

	for (int n = 0; n < 2; n++)
		if (strcasecmp(names[n], host) == 0)
			return names[n];
	return "";
}

static int hosted(struct connection *c)
{
	return *virtual_host(c) + c->open;
}

static int shifted(struct connection *c)
{
	unsigned left = (unsigned)(c->got - c->header);
	char *volatile bytes = malloc(300);

	memmove(bytes, bytes + c->open + 3, left);
	return bytes[0];
}

static const struct way {
	const char *name;
	int (*run)(struct connection *c);
} ways[] = {{"connect", connect_to}, {"reply", read_reply}, {"body", receive_body}, {"fields", many_fields},
	{"not_closed", not_closed}, {"not_sent", not_sent}, {"status", status}, {"headers", headers},
	{"timed", timed}, {"forgotten", forgotten}, {"unfolded", unfolded}, {"folded", folded},
	{"parsed", parsed}, {"cookie", cookie}, {"counted", counted}, {"terminated", terminated},
	{"logged", logged}, {"authorized", authorized}, {"hosted", hosted}, {"shifted", shifted}};

int main(int argc, char **argv)
{
	struct connection c = {.id = (int)getpid(), .header = 64};

	for (unsigned n = 0; argc > 1 && n < sizeof(ways) / sizeof(*ways); n++)
		if (strcmp(ways[n].name, argv[1]) == 0)
			return ways[n].run(&c) & 127;
	return 0;
}

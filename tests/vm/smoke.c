/*
 * The programs of the smoke test, all in one static file: each sub-command fails in one way, on purpose, and
 * prints as name=value what it did ("pid=12 port=34"), so that the host can check the daemon's events.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

enum { RESETS = 5, REFUSED = 3, BAD_OPENS = 50 };

static sigjmp_buf back;

static void die(const char *what)
{
	perror(what);
	exit(99);
}

static void write_to_null(void)
{
	/* Volatile twice: the compiler must neither know that it is NULL nor leave the write out. */
	volatile char *volatile p = NULL;

	*p = 1;
}

static void say_files(void)
{
	int files = 0;

	for (int fd = 0; fd < 1024; fd++)
		files += fcntl(fd, F_GETFD) >= 0;
	printf("files=%d\n", files);
	fflush(stdout);
}

static int run_segv(void)
{
	/* Beyond the table that a process starts with. */
	for (int i = 0; i < 100; i++)
		open("/proc/version", O_RDONLY);
	say_files();
	write_to_null();
	return 99;
}

static __attribute__((noinline)) int inner(volatile int *p)
{
	*p = 1;
	return *p + 1;
}

static __attribute__((noinline)) int middle(int (*call)(volatile int *))
{
	return call(NULL) + 1;
}

/* Something fails, something is said, and then it dies some calls deep. */
static int run_witness(void)
{
	if (open("/proc/version/witness", O_RDONLY) >= 0)
		return 99;
	fprintf(stderr, "witness: these are my last words\n");
	return middle(inner) + 1;
}

static int run_abort(void)
{
	abort();
}

static int run_fpe(void)
{
	volatile int one = 1, zero = 0;

	return one / zero;
}

static volatile int depth; /* never below 0 */

static int recurse(int n)
{
	volatile char frame[1000];

	frame[n % 1000] = (char)n;
	return depth < 0 ? 0 : recurse(n + 1) + frame[n % 1000];
}

static int run_overflow(void)
{
	return recurse(1);
}

static int run_poison(void)
{
	long page = sysconf(_SC_PAGESIZE);
	volatile char *memory =
		mmap(NULL, (size_t)page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	memory[0] = 1;
	/* A kernel without CONFIG_MEMORY_FAILURE cannot. */
	if (madvise((void *)memory, (size_t)page, MADV_HWPOISON))
		return 0;
	return memory[0];
}

static void jump_back(int sig)
{
	(void)sig;
	siglongjmp(back, 1);
}

static int run_handled_segv(void)
{
	struct sigaction action = {.sa_handler = jump_back};

	sigaction(SIGSEGV, &action, NULL);
	if (sigsetjmp(back, 1) == 0)
		write_to_null();
	return 0;
}

static int run_sleep(void)
{
	sleep(600);
	return 99;
}

static int run_exit3(void)
{
	fprintf(stderr, "smoke: error: cannot go on\n");
	return 3;
}

static int run_oom(void)
{
	const size_t step = 1 << 20;

	for (;;) {
		char *memory = mmap(NULL, step, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		if (memory == MAP_FAILED)
			die("mmap");
		memset(memory, 1, step);
	}
	return 99;
}

/* Says so when it has its memory, and waits. */
static int run_hold(void)
{
	const size_t size = 40 << 20;
	char *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED)
		die("mmap");
	memset(memory, 1, size);
	printf("held\n");
	fflush(stdout);
	pause();
	return 99;
}

static struct sockaddr_in loopback(void)
{
	return (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

/* Binds to a free port, and leaves the port in *address. */
static int bound_socket(struct sockaddr_in *address)
{
	socklen_t size = sizeof(*address);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	*address = loopback();
	if (fd < 0 || bind(fd, (struct sockaddr *)address, size) ||
		getsockname(fd, (struct sockaddr *)address, &size))
		die("bind");
	return fd;
}

static int run_reset(void)
{
	struct linger no_linger = {.l_onoff = 1, .l_linger = 0};
	struct sockaddr_in address;
	int listener = bound_socket(&address), received = 0;
	char byte;

	if (listen(listener, RESETS))
		die("listen");
	for (int i = 0; i < RESETS; i++) {
		int client = socket(AF_INET, SOCK_STREAM, 0), server;

		if (connect(client, (struct sockaddr *)&address, sizeof(address)))
			die("connect");
		server = accept(listener, NULL, NULL);
		setsockopt(client, SOL_SOCKET, SO_LINGER, &no_linger, sizeof(no_linger));
		close(client);
		received += read(server, &byte, 1) < 0 && errno == ECONNRESET;
		close(server);
	}
	printf("port=%d sent=%d received=%d\n", ntohs(address.sin_port), RESETS, received);
	return 0;
}

static int run_refused(void)
{
	struct sockaddr_in address;
	int holder = bound_socket(&address), refused = 0;

	/* Bound and never listening: closed for sure, and nobody else can take it meanwhile. */
	for (int i = 0; i < REFUSED; i++) {
		int fd = socket(AF_INET, SOCK_STREAM, 0);

		refused += connect(fd, (struct sockaddr *)&address, sizeof(address)) && errno == ECONNREFUSED;
		close(fd);
	}
	close(holder);
	printf("port=%d refused=%d\n", ntohs(address.sin_port), refused);
	return 0;
}

#define SERVED 4242 /* port */

static const struct sockaddr_un served = {.sun_family = AF_UNIX, .sun_path = "\0smoke"};
#define SERVED_SIZE (offsetof(struct sockaddr_un, sun_path) + sizeof("\0smoke") - 1)

static int unix_socket(void)
{
	return socket(AF_UNIX, SOCK_STREAM, 0);
}

static int run_serve(void)
{
	struct sockaddr_in address = loopback();
	int listener = socket(AF_INET, SOCK_STREAM, 0), local = unix_socket();

	if (bind(local, (const struct sockaddr *)&served, SERVED_SIZE) || listen(local, 1))
		die("listen");
	address.sin_port = htons(SERVED);
	if (bind(listener, (struct sockaddr *)&address, sizeof(address)) || listen(listener, 1))
		die("listen");
	printf("port=%d\n", SERVED);
	fflush(stdout);
	close(accept(listener, NULL, NULL));
	return 0;
}

/* Fails after it has called, over both, and once nobody listens any more. */
static int run_client(void)
{
	struct sockaddr_in address = loopback();

	address.sin_port = htons(SERVED);
	if (connect(unix_socket(), (const struct sockaddr *)&served, SERVED_SIZE))
		die("connect");
	if (connect(socket(AF_INET, SOCK_STREAM, 0), (struct sockaddr *)&address, sizeof(address)))
		die("connect");
	while (connect(unix_socket(), (const struct sockaddr *)&served, SERVED_SIZE) == 0)
		;
	return 4;
}

#define POOLED 4243

/* Keeps what connects to it until that ends. */
static int run_keep(void)
{
	struct sockaddr_in address = loopback();
	int listener = socket(AF_INET, SOCK_STREAM, 0);
	char byte;

	address.sin_port = htons(POOLED);
	if (bind(listener, (struct sockaddr *)&address, sizeof(address)) || listen(listener, 1))
		die("listen");
	printf("port=%d\n", POOLED);
	fflush(stdout);
	return read(accept(listener, NULL, NULL), &byte, 1) != 0;
}

/* Connects, and fails when it is asked to. */
static int run_pool(void)
{
	struct sockaddr_in address = loopback();
	sigset_t asked;
	int signal;

	sigemptyset(&asked);
	sigaddset(&asked, SIGUSR1);
	sigprocmask(SIG_BLOCK, &asked, NULL);
	address.sin_port = htons(POOLED);
	if (connect(socket(AF_INET, SOCK_STREAM, 0), (struct sockaddr *)&address, sizeof(address)))
		die("connect");
	printf("connected=1\n");
	fflush(stdout);
	sigwait(&asked, &signal);
	return 5;
}

static int run_badopen(void)
{
	int failed = 0;

	/* ENOTDIR, because ENOENT is too common to be reported by default. */
	for (int i = 0; i < BAD_OPENS; i++)
		failed += open("/proc/version/x", O_RDONLY) < 0 && errno == ENOTDIR;
	printf("failed=%d\n", failed);
	return 0;
}

static void *crash_in_thread(void *unused)
{
	printf("tid=%ld\n", syscall(SYS_gettid));
	fflush(stdout);
	write_to_null();
	return unused;
}

static int run_thread_segv(void)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, crash_in_thread, NULL))
		die("pthread_create");
	pthread_join(thread, NULL);
	return 99;
}

static const struct {
	const char *name;
	int (*run)(void);
} cases[] = {
	{"segv", run_segv},
	{"abort", run_abort},
	{"witness", run_witness},
	{"fpe", run_fpe},
	{"overflow", run_overflow},
	{"poison", run_poison},
	{"handled-segv", run_handled_segv},
	{"sleep", run_sleep},
	{"exit3", run_exit3},
	{"oom", run_oom},
	{"hold", run_hold},
	{"reset", run_reset},
	{"refused", run_refused},
	{"serve", run_serve},
	{"client", run_client},
	{"keep", run_keep},
	{"pool", run_pool},
	{"badopen", run_badopen},
	{"thread-segv", run_thread_segv},
};

int main(int argc, char **argv)
{
	for (size_t i = 0; argc == 2 && i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (strcmp(argv[1], cases[i].name) == 0) {
			printf("pid=%d\n", getpid());
			fflush(stdout);
			return cases[i].run();
		}
	}
	fprintf(stderr, "usage: smoke CASE\n");
	return 2;
}

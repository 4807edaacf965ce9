/* SPDX-License-Identifier: Apache-2.0 */
/* Call records of a telephone exchange: cdr mediate PORT OUT [WORKERS] takes records "CALLER CALLEE SECONDS
 * CENTS KIND TRUNK", counts them by trunk and appends them to files of the folder OUT, in forked workers that
 * are replaced when they die. cdr exchange PORT SECONDS [TRUNKS] sends one each so many seconds, over the
 * trunks that the file TRUNKS names, and tells what was not taken. Compiled with the bug of the release:
 * -DBUG=1 reckons the price of a second, also of calls that nobody took; -DBUG=2 gives back twice what it
 * knows of a forwarded call. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <signal.h>
#include <unistd.h>

#ifndef BUG
#define BUG 0
#endif

struct trunk {
	const char *name;
	long calls, seconds;
};

struct call {
	char caller[20], callee[20], kind, trunk[20];
	int seconds, cents;
};

static struct trunk trunks[] = {{"T1"}, {"T2"}, {"T3"}};

static struct trunk *find_trunk(const char *name)
{
	for (size_t n = 0; n < sizeof(trunks) / sizeof(*trunks); n++)
		if (!strcmp(trunks[n].name, name))
			return &trunks[n];
	return NULL;
}

static void __attribute__((noinline)) count_call(struct trunk *trunk, const struct call *call)
{
	trunk->calls++;
	trunk->seconds += call->seconds;
}

static int __attribute__((noinline)) price_of_second(const struct call *call)
{
	return call->cents / call->seconds;
}

static void __attribute__((noinline)) forward(struct call *call)
{
	char *first = strdup(call->callee);

	if (BUG == 2 && call->kind == 'F')
		free(first);
	free(first);
}

static int store(const char *folder, const struct call *call)
{
	char path[200];

	snprintf(path, sizeof(path), "%s/%s.cdr", folder, call->trunk);
	FILE *file = fopen(path, "a");
	if (!file ||
		fprintf(file, "%s %s %d %d\n", call->caller, call->callee, call->seconds, call->cents) < 0 ||
		fflush(file)) {
		fprintf(stderr, "cdr: %s: %s\n", path, strerror(errno));
		if (file)
			fclose(file);
		return 0;
	}
	return !fclose(file);
}

static const char *take(const char *text, const char *folder)
{
	struct call call = {0};

	if (sscanf(text, "%19s %19s %d %d %c %19s", call.caller, call.callee, &call.seconds, &call.cents,
		    &call.kind, call.trunk) < 6)
		return "UNREADABLE\n";
	count_call(find_trunk(call.trunk), &call);
	if (BUG == 1 && price_of_second(&call) > 900)
		return "TOO DEAR\n";
	forward(&call);
	return store(folder, &call) ? "TAKEN\n" : "LATER\n";
}

static void work(int listener, const char *folder)
{
	char text[300];

	prctl(PR_SET_PDEATHSIG, SIGTERM);
	for (;;) {
		int exchange = accept(listener, NULL, NULL);
		ssize_t length = exchange < 0 ? -1 : read(exchange, text, sizeof(text) - 1);

		if (length > 0) {
			text[length] = 0;
			const char *answer = take(text, folder);
			send(exchange, answer, strlen(answer), MSG_NOSIGNAL);
		}
		close(exchange);
	}
}

static int mediate(struct sockaddr_in *address, const char *folder, int workers)
{
	int listener = socket(AF_INET, SOCK_STREAM, 0), status;

	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int));
	if (bind(listener, (struct sockaddr *)address, sizeof(*address)) || listen(listener, 50)) {
		perror("cdr: bind");
		return 1;
	}
	for (int running = 0;; running--) {
		for (; running < workers; running++)
			if (fork() == 0)
				work(listener, folder);
		pid_t ended = wait(&status);
		fprintf(stderr, "cdr: worker %d ended (status %x), another one is started\n", ended, status);
		usleep(200000);
	}
}

static void send_call(struct sockaddr_in *address, const char *text)
{
	char answer[20] = "";
	int mediation = socket(AF_INET, SOCK_STREAM, 0);
	struct timeval second = {1, 0};

	setsockopt(mediation, SOL_SOCKET, SO_RCVTIMEO, &second, sizeof(second));
	if (connect(mediation, (struct sockaddr *)address, sizeof(*address)))
		fprintf(stderr, "exchange: no mediation: %s\n", strerror(errno));
	else if (write(mediation, text, strlen(text)) < 0 ||
		 read(mediation, answer, sizeof(answer) - 1) <= 0 || *answer != 'T')
		fprintf(stderr, "exchange: not taken (%s): %s\n", answer, text);
	close(mediation);
}

/* The name of one of the trunks, T1 without a file. */
static void choose_trunk(const char *path, unsigned count, char *name)
{
	FILE *file = path ? fopen(path, "r") : NULL;
	char found[20];

	strcpy(name, "T1");
	for (unsigned n = 0; file && fscanf(file, "%19s", found) == 1; n++)
		if (n <= count % 4)
			strcpy(name, found);
	if (file)
		fclose(file);
}

static void ring(struct sockaddr_in *address, unsigned every, const char *path)
{
	char text[100], trunk[20];

	signal(SIGPIPE, SIG_IGN);
	for (unsigned count = 1;; count++) {
		usleep(every);
		choose_trunk(path, count, trunk);
		snprintf(text, sizeof(text), "0341%u 030%u %u %u %c %s", count % 9000, count * 7 % 9000,
			count % 5 ? count % 600 : 0, count % 90, count % 6 == 1 ? 'F' : 'N', trunk);
		send_call(address, text);
	}
}

int main(int argc, char **argv)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET, .sin_port = htons((unsigned short)atoi(argv[2]))};

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (!strcmp(argv[1], "mediate"))
		return mediate(&address, argv[3], argc > 4 ? atoi(argv[4]) : 3);
	ring(&address, (unsigned)(atof(argv[3]) * 1e6), argc > 4 ? argv[4] : NULL);
}

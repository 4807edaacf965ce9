/* SPDX-License-Identifier: Apache-2.0 */
/* Gates of a station: turnstile gate PORT TARIFF [WORKERS] opens for tickets "KIND PERSONS CENTS NAME...", in
 * forked workers that are replaced when they die. TARIFF has a line "least CENTS" and is read at the start
 * and at SIGHUP; without it the gate ends with status 65. turnstile rider PORT SECONDS [NOBODY] sends
 * tickets, after so many seconds some of which are for no persons. Compiled with the bug of the release:
 * -DBUG=1 prints the names of a group on a small ticket. */
#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#ifndef BUG
#define BUG 0
#endif

struct ticket {
	char kind;
	int persons, cents;
	char names[400];
};

static volatile sig_atomic_t hung_up;
static int least;

static void on_hangup(int number)
{
	hung_up = number;
}

static void read_tariff(const char *path)
{
	FILE *file = fopen(path, "r");

	if (!file || fscanf(file, "least %d", &least) != 1) {
		fprintf(stderr, "turnstile: %s tells no least fare, the gates stay closed\n", path);
		exit(65);
	}
	fclose(file);
}

static int __attribute__((noinline)) fare_of_each(const struct ticket *ticket)
{
	return ticket->cents / ticket->persons;
}

static void __attribute__((noinline)) print_names(const struct ticket *ticket)
{
	char line[64];

	strcpy(line, ticket->names);
	for (char *c = line; *c; c++)
		*c = *c == ',' ? ';' : *c;
}

static const char *judge(const char *text)
{
	struct ticket ticket = {0};

	if (sscanf(text, "%c %d %d %399[^\n]", &ticket.kind, &ticket.persons, &ticket.cents, ticket.names) <
		3)
		return "UNREADABLE\n";
	if (BUG == 1 && ticket.kind == 'G')
		print_names(&ticket);
	return fare_of_each(&ticket) < least ? "REFUSED\n" : "OPEN\n";
}

static void work(int listener)
{
	char text[500];

	signal(SIGHUP, SIG_IGN);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	for (;;) {
		int rider = accept(listener, NULL, NULL);
		ssize_t length = rider < 0 ? -1 : read(rider, text, sizeof(text) - 1);

		if (length > 0) {
			text[length] = 0;
			const char *answer = judge(text);
			send(rider, answer, strlen(answer), MSG_NOSIGNAL);
		}
		close(rider);
	}
}

static int gate(struct sockaddr_in *address, const char *tariff, int workers)
{
	int listener = socket(AF_INET, SOCK_STREAM, 0), status, running = 0;
	struct sigaction action = {.sa_handler = on_hangup};

	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int));
	if (bind(listener, (struct sockaddr *)address, sizeof(*address)) || listen(listener, 50)) {
		perror("turnstile: bind");
		return 1;
	}
	sigaction(SIGHUP, &action, NULL);
	for (read_tariff(tariff);;) {
		for (; running < workers; running++)
			if (fork() == 0)
				work(listener);
		pid_t ended = wait(&status);
		running -= ended > 0;
		if (ended > 0)
			fprintf(stderr, "turnstile: worker %d ended (status %x), another one is started\n",
				ended, status);
		if (hung_up)
			read_tariff(tariff);
		hung_up = 0;
		usleep(200000);
	}
}

static void present(struct sockaddr_in *address, const char *ticket)
{
	char answer[20] = "";
	int gate = socket(AF_INET, SOCK_STREAM, 0);
	struct timeval second = {1, 0};

	setsockopt(gate, SOL_SOCKET, SO_RCVTIMEO, &second, sizeof(second));
	if (connect(gate, (struct sockaddr *)address, sizeof(*address)))
		fprintf(stderr, "rider: no gate: %s\n", strerror(errno));
	else if (write(gate, ticket, strlen(ticket)) < 0 || read(gate, answer, sizeof(answer) - 1) <= 0)
		fprintf(stderr, "rider: the gate stays closed for %.20s\n", ticket);
	close(gate);
}

static void ride(struct sockaddr_in *address, unsigned every, unsigned nobody)
{
	static const char *kinds[] = {"S 1 290 Ada", "S 2 580 Ada, Bo", "S 1 180 Kim", "S 1 290 Cy",
		"G 9 2610 Adalbert, Bogdan, Cecilie, Dagobert, Edeltraut, Friedrich, Gottlieb, Hildegard, "
		"Ingeborg"};
	time_t begin = time(NULL);

	signal(SIGPIPE, SIG_IGN);
	for (unsigned count = 0;; count++) {
		usleep(every);
		present(address, nobody && time(NULL) >= begin + nobody && count % 8 == 7 ? "S 0 290 "
											  : kinds[count % 5]);
	}
}

int main(int argc, char **argv)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET, .sin_port = htons((unsigned short)atoi(argv[2]))};

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (!strcmp(argv[1], "gate"))
		return gate(&address, argv[3], argc > 4 ? atoi(argv[4]) : 2);
	ride(&address, (unsigned)(atof(argv[3]) * 1e6), argc > 4 ? (unsigned)atoi(argv[4]) : 0);
}

// SPDX-License-Identifier: Apache-2.0
// Beacons of people in avalanches: beacon base PORT FOLDER takes lines "MAKER NUMBER METRES" over TCP, has a
// child of its own answer each, and keeps a file of each beacon in FOLDER. beacon field PORT SECONDS MAKERS
// [TRIES] sends one of each maker of the file MAKERS, in turn, and tells what was not taken, tried so often
// again. Makers have 15 letters at most. Compiled with the bug of the release: -DBUG=1 waits for no child.
#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef BUG
#define BUG 0
#endif

struct beacon {
	char maker[16];
	const char *metres;
	int number;
};

static struct sockaddr_in address_of(const char *port)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((unsigned short)atoi(port))};

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return address;
}

static void __attribute__((noinline)) parse(struct beacon *beacon, char *line)
{
	char *maker = strtok(line, " "), *number = strtok(NULL, " ");

	beacon->metres = strtok(NULL, " \n");
	if (!beacon->metres)
		beacon->metres = "0";
	beacon->number = number ? atoi(number) : 0;
	strcpy(beacon->maker, maker);
}

static int __attribute__((noinline)) metres_of(const struct beacon *beacon)
{
	return beacon->metres[0] == '-' ? 0 : atoi(beacon->metres);
}

static int keep(const char *folder, const struct beacon *beacon, int metres)
{
	char path[300], text[24000];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s-%d", folder, beacon->maker, beacon->number % 600);
	memset(text, ' ', sizeof(text));
	snprintf(text, 20, "%d\n", metres);
	file = fopen(path, "w");
	if (!file || fwrite(text, 1, sizeof(text), file) != sizeof(text) || fflush(file)) {
		perror(path);
		return 1;
	}
	fclose(file);
	return 0;
}

static int answer(int client, const char *folder)
{
	char line[300] = "";
	struct beacon *beacon = calloc(1, sizeof(*beacon));
	int failed;

	if (recv(client, line, sizeof(line) - 1, 0) <= 0)
		return 0;
	parse(beacon, line);
	failed = keep(folder, beacon, metres_of(beacon));
	send(client, failed ? "full\n" : "kept\n", 5, MSG_NOSIGNAL);
	return failed ? 74 : 0;
}

static int serve(const char *port, const char *folder)
{
	struct sockaddr_in address = address_of(port);
	int server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;

	setsockopt(server, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(server, (struct sockaddr *)&address, sizeof(address)) || listen(server, 64)) {
		perror("beacon: port");
		return 1;
	}
	for (;;) {
		int client = accept(server, NULL, NULL);
		pid_t child = client < 0 ? -1 : fork();

		if (child == 0)
			_exit(answer(client, folder));
		if (child < 0) {
			perror("beacon: cannot take another one");
			return 71;
		}
		close(client);
		while (BUG != 1 && waitpid(-1, NULL, WNOHANG) > 0)
			;
	}
}

static int report(const char *port, const char *maker, unsigned count)
{
	struct sockaddr_in address = address_of(port);
	int base = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), kept;
	char line[300], told[20] = "";

	snprintf(line, sizeof(line), count % 6 == 5 ? "%s %u\n" : "%s %u %u\n", maker, count, count % 80);
	kept = connect(base, (struct sockaddr *)&address, sizeof(address)) == 0 &&
	       send(base, line, strlen(line), MSG_NOSIGNAL) > 0 &&
	       recv(base, told, sizeof(told) - 1, 0) > 0 && told[0] == 'k';
	if (!kept)
		fprintf(stderr, "field: %s %u is not kept: %s\n", maker, count,
			told[0] ? told : strerror(errno));
	close(base);
	return kept;
}

static void send_all(char **argv, int tries)
{
	for (unsigned count = 0;; count++) {
		FILE *file = fopen(argv[4], "r");
		char makers[40][100];
		unsigned many = 0;

		while (file && many < 40 && fscanf(file, "%99s", makers[many]) == 1)
			many++;
		if (file)
			fclose(file);
		usleep((useconds_t)(atof(argv[3]) * 1e6));
		for (int n = 0; many && n <= tries && !report(argv[2], makers[count % many], count); n++)
			usleep(400000);
	}
}

int main(int argc, char **argv)
{
	if (!strcmp(argv[1], "field"))
		send_all(argv, argc > 5 ? atoi(argv[5]) : 0);
	return serve(argv[2], argv[3]);
}

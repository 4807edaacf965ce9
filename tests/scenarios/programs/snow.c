// SPDX-License-Identifier: Apache-2.0
// Snow guns of a ski resort: snow hub PORT FOLDER takes readings, lines "GUN CELSIUS HUMIDITY" over TCP, a
// child for each, and tells how much water a gun gets. FOLDER/water, read for each, has words: "litres N" at
// how many degrees each ("step N"). FOLDER/wait, if any, has the seconds that the pumps take. Where it cannot
// fork it ends with status 71.
#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct water {
	int litres;
	int step;
};

/* Litres more for dry air, by tens of percent. */
static const char *const notes[] = {
	"dust", "dust", "dry", "dry", "good", "good", "wet", "wet", "rain", "rain", "fog"};

static struct water read_water(const char *folder)
{
	struct water water = {0, 0};
	char path[300], word[40];
	FILE *file;
	int value;

	snprintf(path, sizeof(path), "%s/water", folder);
	file = fopen(path, "r");
	if (!file) {
		perror(path);
		exit(66);
	}
	while (fscanf(file, "%39s %d", word, &value) == 2) {
		if (!strcmp(word, "litres"))
			water.litres = value;
		if (!strcmp(word, "step"))
			water.step = value;
	}
	fclose(file);
	return water;
}

static void pumps(const char *folder)
{
	char path[300];
	double seconds = 0;
	FILE *file;

	snprintf(path, sizeof(path), "%s/wait", folder);
	file = fopen(path, "r");
	if (file && fscanf(file, "%lf", &seconds) == 1)
		usleep((useconds_t)(seconds * 1e6));
	if (file)
		fclose(file);
}

static __attribute__((noinline)) int litres_of(struct water water, int celsius)
{
	return water.litres * (-celsius / water.step);
}

static __attribute__((noinline)) size_t note_of(int humidity, char *text, size_t size)
{
	const char *note = notes[humidity / 10];

	return strlen(strncpy(text, note, size - 1));
}

static void serve(int gun, const char *folder)
{
	char line[200] = "", name[100], text[100] = "", answer[300];
	int celsius = 0, humidity = 0;

	if (recv(gun, line, sizeof(line) - 1, 0) <= 0)
		_exit(0);
	sscanf(line, "%99s %d %d", name, &celsius, &humidity);
	pumps(folder);
	note_of(humidity, text, sizeof(text));
	snprintf(answer, sizeof(answer), "%d litres, %s\n", litres_of(read_water(folder), celsius), text);
	send(gun, answer, strlen(answer), MSG_NOSIGNAL);
	_exit(0);
}

int main(int argc, char **argv)
{
	const int server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
	struct sockaddr_in address = {.sin_family = AF_INET};

	(void)argc;
	address.sin_port = htons((unsigned short)atoi(argv[2]));
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	setsockopt(server, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(server, (const struct sockaddr *)&address, sizeof(address)) || listen(server, 64)) {
		perror("snow: port");
		return 1;
	}
	signal(SIGCHLD, SIG_IGN);
	for (;;) {
		const int gun = accept(server, NULL, NULL);
		const pid_t child = gun < 0 ? -1 : fork();
		if (child == 0) {
			close(server);
			serve(gun, argv[3]);
		}
		if (gun >= 0 && child < 0) {
			perror("snow: a reading is lost: fork");
			return 71;
		}
		close(gun);
	}
}

// SPDX-License-Identifier: Apache-2.0
// Subtitles of a cinema: projection serve SOCKET WORKERS is a master with so many workers, each of which
// takes lines over a unix socket, one for a connection, and answers how many letters are to be shown; [ ] are
// around what another language says, also within one another; a line of - shows nothing. A worker that ends
// is replaced, and each ends by itself after LINES lines, if that is given. projection screens SOCKET SECONDS
// FILE [TRIES] asks for the lines of the file, in turn, every so many seconds, and tells what was not
// answered, tried so often again. Compiled with the bug of a release: -DBUG=1 frees the text of a line that
// shows nothing twice.
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef BUG
#define BUG 0
#endif

struct cue {
	char *text;
	size_t letters;
};

static int at_socket(const char *path, int server)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	if (server)
		unlink(path);
	if (server ? bind(fd, (struct sockaddr *)&address, sizeof(address)) || listen(fd, 64)
		   : connect(fd, (struct sockaddr *)&address, sizeof(address))) {
		close(fd);
		return -1;
	}
	return fd;
}

// What is said in another language is laid out on a screen of its own.
static const char *__attribute__((noinline)) count_letters(const char *text, size_t *letters)
{
	char screen[60000];
	size_t used = 0;

	while (*text && *text != ']') {
		if (*text == '[') {
			text = count_letters(text + 1, letters);
			continue;
		}
		screen[used++ % sizeof(screen)] = *text++;
	}
	*letters += used ? strnlen(screen, used) : 0;
	return *text ? text + 1 : text;
}

static void __attribute__((noinline)) show(struct cue *cue)
{
	count_letters(cue->text, &cue->letters);
	if (BUG == 1 && !strcmp(cue->text, "-"))
		free(cue->text);
	free(cue->text);
}

static void work(int server, long lines)
{
	for (long n = 0; !lines || n < lines; n++) {
		char line[2000] = "", answer[30];
		int client = accept(server, NULL, NULL);
		struct cue cue = {0};

		if (client < 0 || recv(client, line, sizeof(line) - 1, 0) <= 0) {
			close(client);
			continue;
		}
		line[strcspn(line, "\n")] = 0;
		cue.text = strdup(line);
		show(&cue);
		snprintf(answer, sizeof(answer), "%zu\n", cue.letters);
		send(client, answer, strlen(answer), MSG_NOSIGNAL);
		close(client);
	}
}

static int serve(const char *path, int workers, long lines)
{
	int server = at_socket(path, 1);

	if (server < 0) {
		perror(path);
		return 1;
	}
	for (int running = 0;; running--) {
		while (running++ < workers)
			if (fork() == 0) {
				prctl(PR_SET_PDEATHSIG, SIGTERM);
				work(server, lines);
				_exit(0);
			}
		running--;
		wait(NULL);
	}
}

static int ask(const char *path, const char *line)
{
	char answer[30] = "";
	int server = at_socket(path, 0);
	int done = server >= 0 && send(server, line, strlen(line), MSG_NOSIGNAL) > 0 &&
		   recv(server, answer, sizeof(answer) - 1, 0) > 0;

	if (!done)
		fprintf(stderr, "screens: %.30s: %s\n", line, server < 0 ? strerror(errno) : "no answer");
	close(server);
	return done;
}

static void ask_all(char **argv, int tries)
{
	for (unsigned count = 0;; count++) {
		FILE *file = fopen(argv[4], "r");
		char lines[40][1500];
		unsigned many = 0;

		while (file && many < 40 && fgets(lines[many], sizeof(lines[0]), file))
			many++;
		if (file)
			fclose(file);
		usleep((useconds_t)(atof(argv[3]) * 1e6));
		for (int n = 0; many && n <= tries && !ask(argv[2], lines[count % many]); n++)
			usleep(400000);
	}
}

int main(int argc, char **argv)
{
	if (!strcmp(argv[1], "screens"))
		ask_all(argv, argc > 5 ? atoi(argv[5]) : 0);
	return serve(argv[2], atoi(argv[3]), argc > 4 ? atol(argv[4]) : 0);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Radio telegrams of meters: wmbus head PORT [SPOOL] takes them over TCP as hexadecimal text, decodes the
 * records of each and answers "ACK SUM"; it appends them to the file SPOOL. wmbus radio PORT SECONDS [KINDS]
 * sends one each so many seconds, of the kinds of records that the file KINDS names, and tells what was not
 * acknowledged. A telegram is length, kind, and as many bytes; kind 3 says for how many months there are
 * values. Compiled with the bug of the release: -DBUG=1 looks up the unit of kind 5, which has none; -DBUG=2
 * divides by the months of kind 3. */
#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#ifndef BUG
#define BUG 0
#endif

struct telegram {
	unsigned char bytes[64];
	unsigned count;
};

static const char *const units[] = {"", "m3", "kWh", "months", "C", NULL};

static unsigned decode_hex(const char *text, struct telegram *telegram)
{
	unsigned value;

	for (; telegram->count < sizeof(telegram->bytes) && sscanf(text, "%2x", &value) == 1; text += 2)
		telegram->bytes[telegram->count++] = (unsigned char)value;
	return telegram->count;
}

static size_t __attribute__((noinline)) width_of_unit(unsigned kind)
{
	return strlen(units[kind]);
}

static int __attribute__((noinline)) per_month(int sum, int months)
{
	return sum / months;
}

static int sum_of(const struct telegram *telegram)
{
	int sum = 0;

	for (unsigned at = 0; at + 2 <= telegram->count;) {
		unsigned length = telegram->bytes[at], kind = telegram->bytes[at + 1] % 6;

		for (unsigned n = 0; n < length && at + 2 + n < telegram->count; n++)
			sum += telegram->bytes[at + 2 + n];
		if (BUG == 1)
			sum += (int)width_of_unit(kind);
		if (BUG == 2 && kind == 3)
			sum = per_month(sum, telegram->bytes[at + 2]);
		at += 2 + length;
	}
	return sum;
}

static int spool(const char *path, const char *text)
{
	FILE *file = path ? fopen(path, "a") : NULL;
	int done = !path || (file && fputs(text, file) >= 0 && fflush(file) == 0);

	if (!done)
		fprintf(stderr, "wmbus: %s: %s\n", path, strerror(errno));
	if (file)
		fclose(file);
	return done;
}

static void take(int meter, const char *path)
{
	char text[200], answer[40];
	ssize_t length = read(meter, text, sizeof(text) - 1);
	struct telegram telegram = {.count = 0};

	if (length <= 0)
		return;
	text[length] = 0;
	decode_hex(text, &telegram);
	snprintf(answer, sizeof(answer), "%s %d\n", spool(path, text) ? "ACK" : "NAK", sum_of(&telegram));
	send(meter, answer, strlen(answer), MSG_NOSIGNAL);
}

static int head(struct sockaddr_in *address, const char *path)
{
	int listener = socket(AF_INET, SOCK_STREAM, 0);

	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int));
	if (bind(listener, (struct sockaddr *)address, sizeof(*address)) || listen(listener, 50)) {
		perror("wmbus: bind");
		return 1;
	}
	for (;;) {
		int meter = accept(listener, NULL, NULL);

		take(meter, path);
		close(meter);
	}
}

static unsigned choose_kind(const char *path, unsigned count)
{
	FILE *file = path ? fopen(path, "r") : NULL;
	unsigned kinds[16], found = 0;

	while (file && found < 16 && fscanf(file, "%u", &kinds[found]) == 1)
		found++;
	if (file)
		fclose(file);
	return found ? kinds[count % found] : 1 + count % 2;
}

static void send_telegram(struct sockaddr_in *address, const char *text)
{
	char answer[40] = "";
	int gateway = socket(AF_INET, SOCK_STREAM, 0);
	struct timeval second = {1, 0};

	setsockopt(gateway, SOL_SOCKET, SO_RCVTIMEO, &second, sizeof(second));
	if (connect(gateway, (struct sockaddr *)address, sizeof(*address)))
		fprintf(stderr, "radio: no head end: %s\n", strerror(errno));
	else if (write(gateway, text, strlen(text)) < 0 || read(gateway, answer, sizeof(answer) - 1) <= 0 ||
		 strncmp(answer, "ACK", 3) != 0)
		fprintf(stderr, "radio: not acknowledged (%s): %s", answer, text);
	close(gateway);
}

static void radio(struct sockaddr_in *address, unsigned every, const char *path)
{
	char text[100];

	signal(SIGPIPE, SIG_IGN);
	for (unsigned count = 1;; count++) {
		usleep(every);
		snprintf(text, sizeof(text), "03%02x%02x%02x%02x0101%02x\n", choose_kind(path, count),
			count % 12, count % 200, count * 7 % 256, count % 100);
		send_telegram(address, text);
	}
}

int main(int argc, char **argv)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET, .sin_port = htons((unsigned short)atoi(argv[2]))};

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (!strcmp(argv[1], "head"))
		return head(&address, argc > 3 ? argv[3] : NULL);
	radio(&address, (unsigned)(atof(argv[3]) * 1e6), argc > 4 ? argv[4] : NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* fill DIR COUNT: a database of that many events, 1000 incidents and 20000 issues; prints how many events
 * were added a second. Most events are of one service, which has never crashed. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/id.h"
#include "chance.h"
#include "store/finding.h"
#include "store/store.h"

#define SERVICES 60
#define BATCH    10000
#define STEP     400000000ull /* ns between events */

static const char *kind_of(unsigned n)
{
	static const struct {
		unsigned below; /* of 10000 */
		const char *kind;
	} kinds[] = {{7000, "syscall_errors"}, {8500, "tcp_reset"}, {9500, "connect_failure"},
		{9700, "exception"}, {9850, "crash"}, {9900, "exit_failure"}, {9950, "kill"},
		{9960, "oom_kill"}, {9999, "marker"}, {10000, "gap"}};
	unsigned i = 0;

	while (n >= kinds[i].below)
		i++;
	return kinds[i].kind;
}

#define FINDINGS 21000
#define BUSY     199 /* fingerprints of one issue, which has half of all failures */

static void fingerprint_of(unsigned number, char ret[20])
{
	snprintf(ret, 20, "4:%016x", number);
}

/* Of failures, what their bodies have. */
static void put_fingerprint(const char *kind, char *buf, size_t size)
{
	static const char *const failures[] = {"exception", "crash", "exit_failure", "kill", "oom_kill"};
	char fingerprint[20];

	buf[0] = '\0';
	fingerprint_of(chance(chance(2) ? BUSY : FINDINGS), fingerprint);
	for (size_t n = 0; n < sizeof(failures) / sizeof(*failures); n++)
		if (strcmp(kind, failures[n]) == 0)
			snprintf(buf, size, ",\"fingerprint\":\"%s\"", fingerprint);
}

static int add_event(struct store *store, uint64_t number, uint64_t time)
{
	char id[ID_SIZE], service[32], body[512], text[CLOCK_TEXT_SIZE], fingerprint[64];
	const char *kind = kind_of(chance(10000));
	bool busy = chance(10) < 6 && strcmp(kind, "crash") != 0;
	struct store_event event = {.id = id, .time = time, .kind = kind, .service = service, .body = body};

	id_make(time, id_hash(number, "", 0), id);
	snprintf(service, sizeof(service), "shop-%u", busy ? 0 : 1 + chance(SERVICES - 1));
	clock_format(time, text);
	put_fingerprint(kind, fingerprint, sizeof(fingerprint));
	snprintf(body, sizeof(body),
		"{\"schema\":1,\"id\":\"%s\",\"time\":\"%s\",\"kind\":\"%s\",\"service\":{\"name\":\"%s\"},"
		"\"process\":{"
		"\"pid\":%u,\"comm\":\"worker\",\"exe\":\"/srv/shop/current/worker\"},\"count\":%u%s}",
		id, text, kind, service, chance(30000), chance(100), fingerprint);
	return store_add(store, &event, NULL);
}

static int add_findings(struct store *store, uint64_t from, uint64_t step)
{
	char begin[CLOCK_TEXT_SIZE];

	clock_format(from, begin);
	for (unsigned n = 0; n < FINDINGS; n++) {
		bool incident = n % 21 == 0;
		char id[ID_SIZE], service[32], body[400], text[CLOCK_TEXT_SIZE], fingerprint[20];
		struct store_finding finding = {.id = id,
			.kind = incident ? "incident" : "issue",
			.state = incident ? "closed"
				 : n % 7  ? "ongoing"
					  : "resolved",
			.service = service,
			.time = from + n * step,
			.body = body};
		int r;

		id_make(finding.time, id_hash(n, "f", 1), id);
		snprintf(service, sizeof(service), "shop-%u", 1 + chance(SERVICES - 1));
		clock_format(finding.time, text);
		fingerprint_of(n, fingerprint);
		snprintf(body, sizeof(body),
			"{\"kind\":\"%s\",\"id\":\"%s\",\"state\":\"%s\",\"title\":\"KeyError\",\"last_"
			"seen\":\"%s\","
			"\"started\":\"%s\",\"first_seen\":\"%s\",\"count\":%u,\"fingerprint\":\"%s\"}",
			finding.kind, id, finding.state, text, text, begin, n, fingerprint);
		r = store_finding_set(store, &finding);
		for (unsigned k = 0; r == 0 && n == FINDINGS - 1 && k < BUSY; k++) {
			fingerprint_of(k, fingerprint);
			r = store_alias_set(store, fingerprint, id, from);
		}
		if (r < 0)
			return r;
	}
	return 0;
}

int main(int argc, char **argv)
{
	uint64_t count = argc > 2 ? strtoull(argv[2], NULL, 10) : 0, begin,
		 first = clock_realtime() - count * STEP;
	struct buf error = {0};
	struct store *store;
	int r;

	if (argc < 3 || store_open(&store, argv[1], STORE_OWN, &error) < 0) {
		fprintf(stderr, "fill DIR COUNT: %s\n", buf_text(&error));
		return 1;
	}
	begin = clock_boottime();
	for (uint64_t n = 0; n < count; n++) {
		r = add_event(store, n, first + n * STEP);
		if (r == 0 && n % BATCH == BATCH - 1)
			r = store_commit(store, NULL);
		if (r < 0)
			return 1;
	}
	printf("%.0f\n", (double)count / ((double)(clock_boottime() - begin) / 1e9));
	r = add_findings(store, first, count * STEP / FINDINGS);
	if (r == 0)
		r = store_commit(store, NULL);
	store_close(store);
	return r < 0;
}

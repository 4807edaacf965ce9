/* SPDX-License-Identifier: Apache-2.0 */
/* events COUNT [SEED]: writes that many events of a busy host, one JSON object a line, out of order by up to
 * some seconds: of 1000 events 700 are failed system calls, 250 of connections, 30 exceptions, 15 deaths. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "chance.h"

#define SERVICES 60
#define START    1700000000ull
#define RATE     40 /* events a second */

static void stamp(uint64_t ns, char *text)
{
	time_t second = (time_t)(ns / 1000000000);
	static time_t last;
	static char calendar[32];
	struct tm tm;

	if (second != last) {
		gmtime_r(&second, &tm);
		strftime(calendar, sizeof(calendar), "%Y-%m-%dT%H:%M:%S", &tm);
		last = second;
	}
	snprintf(text, 64, "%s.%09uZ", calendar, (unsigned)(ns % 1000000000));
}

static void head(uint64_t number, uint64_t time, const char *kind, unsigned service)
{
	char text[64], start[64];

	stamp(time, text);
	stamp(time - 3600000000000ull - service, start);
	printf("{\"schema\":1,\"id\":\"01HF7Y%020llu\",\"time\":\"%s\",\"kind\":\"%s\",\"host\":{\"name\":"
	       "\"web-17\","
	       "\"boot_id\":\"0a1b2c3d-1111-2222-3333-444455556666\"},\"service\":{\"name\":\"shop-%u\","
	       "\"unit\":"
	       "\"shop-%u.service\",\"cgroup\":\"/system.slice/"
	       "shop-%u.service\",\"version\":\"%u\"},\"process\":{"
	       "\"pid\":%u,\"tid\":%u,\"start\":\"%s\",\"ppid\":1,\"comm\":\"worker\",\"exe\":\"/srv/shop-%u/"
	       "current/worker\","
	       "\"cmdline\":[\"/srv/shop-%u/current/"
	       "worker\",\"--port\",\"80%02u\"],\"uid\":1000,\"gid\":1000,\"age\":%u.5}",
		(unsigned long long)number, text, kind, service, service, service, 40 + service % 3,
		1000 + service, 1000 + service, start, service, service, service, 3600 + service);
}

static void call(void)
{
	static const char *const failures[][2] = {{"openat", "ENOENT"}, {"recvfrom", "EAGAIN"},
		{"futex", "EAGAIN"}, {"access", "ENOENT"}, {"connect", "EINPROGRESS"}, {"ioctl", "ENOTTY"},
		{"readlink", "EINVAL"}};
	unsigned n = chance(7), count = 1 + chance(200);

	if (chance(500) == 0) {
		printf(",\"syscall\":\"write\",\"errno\":\"ENOSPC\",\"count\":%u,\"interval\":1.0,"
		       "\"subjects\":[{\"subject\":"
		       "\"/var/lib/shop/data.%u\",\"count\":%u}]}\n",
			count, chance(9), count);
		return;
	}
	printf(",\"syscall\":\"%s\",\"errno\":\"%s\",\"count\":%u,\"interval\":1.0,\"subjects\":[{"
	       "\"subject\":"
	       "\"/etc/shop/conf.d/%u.conf\",\"count\":%u},{\"subject\":\"/usr/lib/locale/"
	       "C.utf8\",\"count\":1}]}\n",
		failures[n][0], failures[n][1], count, chance(99), count);
}

static void connection(unsigned failed)
{
	printf(",\"local\":\"10.0.0.9:%u\",\"remote\":\"10.0.%u.%u:5432\",%s,\"count\":%u,\"interval\":1.0}"
	       "\n",
		30000 + chance(20000), chance(2), chance(30),
		failed ? "\"errno\":\"ECONNREFUSED\""
		       : (chance(2) ? "\"direction\":\"sent\",\"state\":\"ESTABLISHED\""
				    : "\"direction\":\"received\",\"state\":\"ESTABLISHED\""),
		1 + chance(5));
}

static void exception(void)
{
	unsigned n = chance(8);

	printf(",\"exception\":{\"language\":\"python\",\"type\":\"KeyError\",\"message\":\"'customer-%u'\","
	       "\"frames\":[",
		chance(100000));
	for (unsigned i = 0; i < 12; i++)
		printf("%s{\"function\":\"step_%u_%u\",\"file\":\"/srv/shop/app/module_%u.py\",\"line\":%u}",
			i ? "," : "", n, i, i, 10 + i);
	printf("]},\"fingerprint\":\"2:%016x\",\"fingerprint_step\":\"exception\",\"count\":%u}\n", 7000 + n,
		1 + chance(3));
}

static void death(unsigned service)
{
	unsigned n = chance(5);

	printf(",\"signal\":{\"name\":\"SIGSEGV\",\"number\":11,\"code\":\"SEGV_MAPERR\",\"address\":"
	       "\"0x10\"},\"exit\":{\"status"
	       "\":null,\"core_dumped\":false,\"no_core_reason\":\"RLIMIT_CORE is "
	       "0\"},\"stack\":{\"frames\":[");
	for (unsigned i = 0; i < 20; i++)
		printf("%s{\"index\":%u,\"address\":\"0x55d0c0de%04x\",\"module\":\"/srv/shop-%u/current/"
		       "worker\",\"build_id\":"
		       "\"66d3a0f0f6ad0a3d9a4b4a1e4f2d6c7b8a9f0e1d\",\"offset\":\"0x%x\",\"function\":\"shop:"
		       ":handler<int>::step_%u_%u\","
		       "\"file\":\"/build/shop/src/handler.cc\",\"line\":%u,\"trust\":\"cfi\"}",
			i ? "," : "", i, i * 64, service, 4096 + i * 64, n, i, 100 + i);
	printf("],\"truncated\":false},\"last_words\":{\"text\":\"order %u: \\\"no "
	       "lines\\\"\\n\",\"bytes\":30,\"truncated\":false},"
	       "\"fingerprint\":\"2:%016x\",\"fingerprint_step\":\"stack\"}\n",
		chance(100000), 100 * service + n);
}

int main(int argc, char **argv)
{
	uint64_t count = argc > 1 ? strtoull(argv[1], NULL, 10) : 1000, time = START * 1000000000;

	chance_seed = argc > 2 ? strtoull(argv[2], NULL, 10) * 2 + 1 : 1;
	for (uint64_t n = 0; n < count; n++) {
		unsigned kind = chance(1000), service = chance(SERVICES);
		uint64_t late = (uint64_t)chance(2000000000);

		time += chance(2 * 1000000000u / RATE);
		if (kind < 700) {
			head(n, time - late, "syscall_errors", service);
			call();
		} else if (kind < 950) {
			head(n, time - late, kind % 2 ? "connect_failure" : "tcp_reset", service);
			connection(kind % 2);
		} else if (kind < 980) {
			head(n, time - late, "exception", service % 4);
			exception();
		} else if (kind < 995) {
			head(n, time, "crash", service);
			death(service);
		} else {
			head(n, time, "marker", service);
			printf(",\"marker\":{\"kind\":\"%s\",\"service\":\"shop-%u\",\"version\":\"%u\","
			       "\"source\":\"inferred\","
			       "\"evidence\":\"another file at /srv/shop-%u/current/worker\"}}\n",
				n % 3 ? "deploy" : "restart", service, (unsigned)(n / 1000), service);
		}
	}
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Writes what the fuzz targets start from: `seeds DIR` makes DIR/TARGET/NAME. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "model/remains.h"
#include "probe/capture.h"
#include "unit/messages.h"

static const char *dir;

static void name_file(char path[256], const char *target, const char *name)
{
	snprintf(path, 256, "%s/%s", dir, target);
	mkdir(path, 0755);
	snprintf(path, 256, "%s/%s/%s", dir, target, name);
}

static void put(const char *target, const char *name, const void *bytes, size_t size)
{
	char path[256];
	FILE *file;

	name_file(path, target, name);
	file = fopen(path, "we");
	if (!file || fwrite(bytes, 1, size, file) != size || fclose(file) != 0) {
		perror(path);
		exit(1);
	}
}

#define TEXT(target, name, text) put(target, name, text, sizeof(text) - 1)

static void messages(void)
{
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = 0x1538};
	_cleanup_buf_ struct buf all = {0}, error = {0};
	struct capture *capture;
	struct message m;
	char name[32], path[256];

	name_file(path, "capture", "valid");
	unlink(path);
	if (capture_create(&capture, path, &error) < 0) {
		fprintf(stderr, "%s\n", buf_text(&error));
		exit(1);
	}
	/* Host and seed first, then all types: names are known when the failures come. */
	make_host(&m);
	buf_append(&all, &m, m.head.size);
	make_seed(&m);
	buf_append(&all, &m, m.head.size);
	for (size_t i = 0; i < MAKE_COUNT; i++) {
		make_each[i](&m);
		snprintf(name, sizeof(name), "type-%zu", i);
		put("decode", name, &m, m.head.size);
		buf_append(&all, &m, m.head.size);
		capture_add(capture, &m, m.head.size);
	}
	make_address_sample(&m, &in, sizeof(in));
	put("decode", "address", &m, m.head.size);
	make_death(&m);
	m.head.flags = LW_DEATH_DELIVERED;
	m.death.exit_code = 11;
	memset(&m.death.oom, 0, sizeof(m.death.oom));
	put("decode", "delivered", &m, m.head.size);
	put("decode", "all", all.data, all.len);
	capture_finish(capture, &error);
}

/* As the fuzzer takes it: not compressed. */
static void remains(void)
{
	static const uint8_t stack[256] = {1, 2, 3};
	static struct remains r = {
		.pid = 42, .signal = 11, .comm = "worker", .thread_count = 2, .map_count = 1};
	_cleanup_buf_ struct buf blob = {0};
	uLongf size = REMAINS_MAX;
	_cleanup_free_ uint8_t *plain = malloc(size);

	r.threads[0] =
		(struct remains_thread){.tid = 42, .stack_start = 4096, .stack_size = 256, .stack = stack};
	r.threads[1] =
		(struct remains_thread){.tid = 43, .stack_start = 4200, .stack_size = 256, .stack = stack};
	r.maps[0] = (struct remains_map){{.start = 8192, .end = 12288, .inode = 1}, "/srv/worker", "abcd"};
	if (plain && remains_encode(&r, &blob) == 0 &&
		uncompress(plain, &size, (const Bytef *)blob.data + 12, blob.len - 12) == Z_OK)
		put("remains", "two", plain, size);
}

int main(int argc, char **argv)
{
	if (argc != 2)
		return 2;
	dir = argv[1];
	mkdir(dir, 0755);
	messages();
	TEXT("control", "mark",
		"{\"mark\":{\"kind\":\"deploy\",\"service\":\"shop\",\"version\":\"42\",\"note\":\"n\","
		"\"link\":\"https://x\","
		"\"time\":\"2026-11-22T10:46:09Z\"}}");
	TEXT("control", "command",
		"{\"command\":\"mark\",\"kind\":\"deploy\",\"service\":\"shop\",\"at\":\"5m ago\"}");
	TEXT("control", "ping", "{\"command\":\"ping\"}");
	TEXT("conf", "all",
		"# a comment\n[probe]\ndeath_ring = 4M\n[syscalls]\nignore = openat:EACCES\n[exit]\nignore = "
		"worker:1,2\n"
		"[store]\nmax_age = 1h30m\nany = yesterday\n; end\n");
	TEXT("conf", "bad", "[store]\nmax_age = never\n");
	TEXT("identity", "unit", "/system.slice/shop.service\0/x\0/srv/shop\0shop");
	TEXT("identity", "pod",
		"/kubepods.slice/kubepods-burstable.slice/"
		"kubepods-burstable-pod1234abcd_1234_1234_1234_123456789abc.slice/"
		"cri-containerd-0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef.scope");
	TEXT("identity", "user",
		"/user.slice/user-1000.slice/user@1000.service/app.slice/app-a\\x2db@1.service\0");
	TEXT("report", "empty", "{}");
	TEXT("dns", "a",
		"\0\1\x81\x80\0\1\0\1\0\0\0\0\3pay\7example\0\0\1\0\1\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\xc0\0\2"
		"\7");
	TEXT("dns", "cname",
		"\0\1\x81\x80\0\1\0\2\0\0\0\0\3pay\7example\0\0\x1c\0\1\xc0\x0c\0\5\0\1\0\0\0\x3c\0\4\1x\xc0"
		"\x10"
		"\1x\xc0\x10\0\x1c\0\1\0\0\0\x3c\0\x10\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1");
	remains();
	return 0;
}

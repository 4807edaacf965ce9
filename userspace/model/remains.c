/* SPDX-License-Identifier: Apache-2.0 */
/* The blob of a dead process: version, size, and zlib's stream of numbers in little-endian order. */
#include "model/remains.h"

#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "base/cleanup.h"
#include "base/text.h"

#define MAGIC       0x4d52574cu  /* "LWRM" */
#define ADDRESS_MAX (1ull << 60) /* more than any program has */

struct head {
	uint32_t magic;
	uint32_t version;
	uint32_t size; /* unpacked */
};

static void put32(struct buf *out, uint32_t value)
{
	value = htole32(value);
	buf_append(out, &value, sizeof(value));
}

static void put64(struct buf *out, uint64_t value)
{
	value = htole64(value);
	buf_append(out, &value, sizeof(value));
}

static void put_words(struct buf *out, const uint64_t *words, size_t count)
{
	for (size_t i = 0; i < count; i++)
		put64(out, words[i]);
}

static void put_bytes(struct buf *out, const void *bytes, uint32_t size)
{
	put32(out, size);
	buf_append(out, bytes, size);
}

/* With its NUL, so that it can be read in place. */
static void put_text(struct buf *out, const char *text)
{
	put_bytes(out, text, (uint32_t)strlen(text) + 1);
}

static void put_process(struct buf *out, const struct remains *r)
{
	const uint32_t facts[] = {r->arch, r->pid, r->ppid, r->uid, r->gid, r->signal, (uint32_t)r->code};

	for (size_t i = 0; i < sizeof(facts) / sizeof(facts[0]); i++)
		put32(out, facts[i]);
	put64(out, r->address);
	put_text(out, r->comm);
	put_bytes(out, r->args, r->args_len);
	put_words(out, r->auxv, SNAPSHOT_AUXV);
}

static void put_thread(struct buf *out, const struct remains_thread *t)
{
	put32(out, t->tid);
	put_text(out, t->comm);
	put_words(out, t->registers, SNAPSHOT_REGISTERS);
	put_words(out, t->bases, 2);
	put64(out, t->stack_start);
	put_bytes(out, t->stack, t->stack_size);
}

static void put_map(struct buf *out, const struct remains_map *m)
{
	put64(out, m->map.start);
	put64(out, m->map.end);
	put64(out, m->map.offset);
	put64(out, m->map.inode);
	put32(out, m->map.device);
	put32(out, m->map.vdso);
	put_text(out, m->path);
	put_text(out, m->build_id);
}

static int pack(const struct buf *plain, struct buf *out)
{
	const struct head head = {htole32(MAGIC), htole32(REMAINS_VERSION), htole32((uint32_t)plain->len)};
	uLongf size = compressBound(plain->len);
	_cleanup_free_ void *packed = malloc(size);

	if (plain->failed || !packed ||
		compress2(packed, &size, (const Bytef *)plain->data, plain->len, 6) != Z_OK)
		return -ENOMEM;
	buf_append(out, &head, sizeof(head));
	buf_append(out, packed, size);
	return out->failed ? -ENOMEM : 0;
}

int remains_encode(const struct remains *r, struct buf *out)
{
	_cleanup_buf_ struct buf plain = {.max = REMAINS_MAX};

	put_process(&plain, r);
	put32(&plain, r->thread_count);
	for (unsigned i = 0; i < r->thread_count; i++)
		put_thread(&plain, &r->threads[i]);
	put32(&plain, r->map_count);
	for (unsigned i = 0; i < r->map_count; i++)
		put_map(&plain, &r->maps[i]);
	return pack(&plain, out);
}

/* Reading goes on with zeros once something did not fit; failed tells at the end. */
struct reader {
	const uint8_t *at;
	size_t left;
	bool failed;
};

static const void *get(struct reader *in, size_t size)
{
	const uint8_t *at = in->at;

	if (in->failed || size > in->left) {
		in->failed = true;
		return NULL;
	}
	in->at += size;
	in->left -= size;
	return at;
}

static uint32_t get32(struct reader *in)
{
	const void *at = get(in, sizeof(uint32_t));
	uint32_t value = 0;

	if (at)
		memcpy(&value, at, sizeof(value));
	return le32toh(value);
}

static uint64_t get64(struct reader *in)
{
	const void *at = get(in, sizeof(uint64_t));
	uint64_t value = 0;

	if (at)
		memcpy(&value, at, sizeof(value));
	return le64toh(value);
}

static void get_words(struct reader *in, uint64_t *words, size_t count)
{
	for (size_t i = 0; i < count; i++)
		words[i] = get64(in);
}

/* A count that is over max fails. */
static uint32_t get_count(struct reader *in, uint32_t max)
{
	uint32_t count = get32(in);

	if (count > max)
		in->failed = true;
	return in->failed ? 0 : count;
}

static const char *get_text(struct reader *in, uint32_t room)
{
	uint32_t size = get_count(in, room);
	const char *text = get(in, size);

	if (!text || !size || memchr(text, '\0', size) != text + size - 1) {
		in->failed = true;
		return "";
	}
	return text;
}

static void get_comm(struct reader *in, char comm[RECORD_COMM])
{
	text_copy(comm, RECORD_COMM, get_text(in, RECORD_COMM));
}

static void get_process(struct reader *in, struct remains *r)
{
	r->arch = (enum snapshot_arch)get_count(in, SNAPSHOT_AARCH64);
	r->pid = get32(in);
	r->ppid = get32(in);
	r->uid = get32(in);
	r->gid = get32(in);
	r->signal = get_count(in, 64);
	r->code = (int32_t)get32(in);
	r->address = get64(in);
	get_comm(in, r->comm);
	r->args_len = get_count(in, RECORD_ARGS - 1);
	const void *args = get(in, r->args_len);
	if (args)
		memcpy(r->args, args, r->args_len);
	get_words(in, r->auxv, SNAPSHOT_AUXV);
}

static void get_thread(struct reader *in, struct remains_thread *t)
{
	t->tid = get32(in);
	get_comm(in, t->comm);
	get_words(in, t->registers, SNAPSHOT_REGISTERS);
	get_words(in, t->bases, 2);
	t->stack_start = get64(in);
	t->stack_size = get_count(in, SNAPSHOT_STACK);
	t->stack = get(in, t->stack_size);
	if (t->stack_start > ADDRESS_MAX)
		in->failed = true;
}

static void get_map(struct reader *in, struct remains_map *m)
{
	m->map.start = get64(in);
	m->map.end = get64(in);
	m->map.offset = get64(in);
	m->map.inode = get64(in);
	m->map.device = get32(in);
	m->map.vdso = get32(in);
	m->path = get_text(in, RECORD_PATH);
	m->build_id = get_text(in, 2 * SNAPSHOT_BUILD_ID + 1);
	if (m->map.end <= m->map.start || m->map.end > ADDRESS_MAX)
		in->failed = true;
}

static int unpack(const void *blob, size_t size, void **ret, size_t *ret_size)
{
	struct head head;
	uLongf length;

	if (size < sizeof(head))
		return -EBADMSG;
	memcpy(&head, blob, sizeof(head));
	length = le32toh(head.size);
	if (le32toh(head.magic) != MAGIC || length > REMAINS_MAX)
		return -EBADMSG;
	if (le32toh(head.version) != REMAINS_VERSION)
		return -EPROTO;
	_cleanup_free_ void *plain = malloc(length + 1);
	if (!plain)
		return -ENOMEM;
	if (uncompress(plain, &length, (const Bytef *)blob + sizeof(head), size - sizeof(head)) != Z_OK ||
		length != le32toh(head.size))
		return -EBADMSG;
	*ret = plain;
	*ret_size = length;
	plain = NULL;
	return 0;
}

int remains_decode(const void *blob, size_t size, struct remains *ret, void **ret_bytes)
{
	_cleanup_free_ void *bytes = NULL;
	struct reader in = {.failed = false};
	int r = unpack(blob, size, &bytes, &in.left);

	if (r < 0)
		return r;
	in.at = bytes;
	memset(ret, 0, sizeof(*ret));
	get_process(&in, ret);
	ret->thread_count = get_count(&in, SNAPSHOT_THREADS);
	for (unsigned i = 0; i < ret->thread_count; i++)
		get_thread(&in, &ret->threads[i]);
	ret->map_count = get_count(&in, SNAPSHOT_MAPS);
	for (unsigned i = 0; i < ret->map_count; i++)
		get_map(&in, &ret->maps[i]);
	if (in.failed || in.left || !ret->thread_count)
		return -EBADMSG;
	*ret_bytes = bytes;
	bytes = NULL;
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* The parser of name servers' answers: no pointer is followed that does not lead back, so there are no loops.
 */
#include "enrich/dns.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "model/record.h"

#define HEADER     12
#define QR         0x80
#define OPCODE     0x78
#define RCODE      0x0f
#define POINTER    0xc0
#define LABEL_MAX  63
#define CLASS_IN   1
#define TYPE_A     1
#define TYPE_CNAME 5
#define TYPE_AAAA  28
#define RECORDS    32 /* of an answer that are looked at */

struct packet {
	const uint8_t *bytes;
	size_t size;
	size_t at;
};

static unsigned u16_at(const struct packet *p, size_t at)
{
	return (unsigned)p->bytes[at] << 8 | p->bytes[at + 1];
}

static bool take_label(const struct packet *p, size_t at, size_t len, char name[DNS_NAME], size_t *used)
{
	if (at + len > p->size || *used + len + 1 >= DNS_NAME)
		return false;
	if (*used)
		name[(*used)++] = '.';
	for (size_t i = 0; i < len; i++) {
		unsigned char c = p->bytes[at + i];

		if (c >= 0x80 || (!isalnum(c) && c != '-' && c != '_'))
			return false;
		name[(*used)++] = (char)tolower(c);
	}
	return true;
}

/* Takes a name at p->at and moves on behind it. Each pointer must lead to before the part that it ends. */
static bool take_name(struct packet *p, char name[DNS_NAME])
{
	size_t at = p->at, part = p->at, used = 0, end = 0;

	while (at < p->size && p->bytes[at] != 0) {
		unsigned len = p->bytes[at];

		if (len > LABEL_MAX) {
			size_t to;

			if ((len & POINTER) != POINTER || at + 2 > p->size)
				return false;
			to = u16_at(p, at) & 0x3fff;
			if (to >= part)
				return false;
			if (!end)
				end = at + 2;
			at = part = to;
			continue;
		}
		if (!take_label(p, at + 1, len, name, &used))
			return false;
		at += len + 1;
	}
	if (at >= p->size)
		return false;
	name[used] = '\0';
	p->at = end ? end : at + 1;
	return true;
}

struct record_head {
	char name[DNS_NAME];
	unsigned type;
	unsigned class;
	size_t data;
	size_t len;
};

static bool take_record(struct packet *p, struct record_head *ret)
{
	if (!take_name(p, ret->name) || p->at + 10 > p->size)
		return false;
	ret->type = u16_at(p, p->at);
	ret->class = u16_at(p, p->at + 2);
	ret->len = u16_at(p, p->at + 8);
	ret->data = p->at + 10;
	p->at = ret->data + ret->len;
	return p->at <= p->size;
}

static void add_address(struct dns_answer *ret, const uint8_t *address, int family)
{
	if (ret->count < DNS_ADDRESSES)
		record_address(ret->address[ret->count++], address, family);
}

/* alias is the name that the one asked for has in the end; servers put the records in that order. */
static void take_data(
	const struct packet *p, const struct record_head *r, char alias[DNS_NAME], struct dns_answer *ret)
{
	struct packet data = {.bytes = p->bytes, .size = r->data + r->len, .at = r->data};
	char name[DNS_NAME];

	if (r->class != CLASS_IN || strcmp(r->name, alias) != 0)
		return;
	if (r->type == TYPE_A && r->len == 4)
		add_address(ret, p->bytes + r->data, 4);
	else if (r->type == TYPE_AAAA && r->len == 16)
		add_address(ret, p->bytes + r->data, 6);
	else if (r->type == TYPE_CNAME && take_name(&data, name))
		memcpy(alias, name, sizeof(name));
}

int dns_answer_read(const uint8_t *bytes, size_t size, struct dns_answer *ret)
{
	struct packet p = {.bytes = bytes, .size = size, .at = HEADER};
	char alias[DNS_NAME] = "";
	struct record_head r;
	unsigned type, count;

	if (size < HEADER || (bytes[2] & (QR | OPCODE)) != QR || bytes[3] & RCODE || u16_at(&p, 4) != 1)
		return -EBADMSG;
	ret->count = 0;
	if (!take_name(&p, ret->name) || !ret->name[0] || p.at + 4 > size)
		return -EBADMSG;
	type = u16_at(&p, p.at);
	if ((type != TYPE_A && type != TYPE_AAAA) || u16_at(&p, p.at + 2) != CLASS_IN)
		return -EBADMSG;
	p.at += 4;
	memcpy(alias, ret->name, sizeof(alias));
	count = u16_at(&p, 6);
	for (unsigned i = 0; i < count && i < RECORDS && take_record(&p, &r); i++)
		take_data(&p, &r, alias, ret);
	return 0;
}

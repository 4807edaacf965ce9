/* SPDX-License-Identifier: Apache-2.0 */
/* Names of addresses, by the answers of name servers. A name is for people to read: who may send a datagram
 * from a name server's port to this host can make one up, so nothing is decided by it alone. */
#include "enrich/internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "enrich/dns.h"

#define NAMES_MAX 4096 /* addresses; the one that was asked for longest ago gives way */

/* No padding: it is compared byte by byte. */
struct name_key {
	uint8_t address[16];
	uint32_t netns;
};

struct remote_name {
	UT_hash_handle hh;
	struct name_key key;
	char name[];
};

struct remote_names {
	struct remote_name *by_key; /* in the order in which they were asked for */
};

int remote_names_new(struct remote_names **ret)
{
	*ret = calloc(1, sizeof(**ret));
	return *ret ? 0 : -ENOMEM;
}

static void name_drop(struct remote_names *names, struct remote_name *name)
{
	HASH_DEL(names->by_key, name);
	free(name);
}

void remote_names_free(struct remote_names *names)
{
	struct remote_name *name, *next;

	if (!names)
		return;
	HASH_ITER (hh, names->by_key, name, next)
		name_drop(names, name);
	free(names);
}

static struct remote_name *find(struct remote_names *names, uint32_t netns, const uint8_t address[16])
{
	struct name_key key = {.netns = netns};
	struct remote_name *found;

	memcpy(key.address, address, sizeof(key.address));
	HASH_FIND(hh, names->by_key, &key, sizeof(key), found);
	return found;
}

static void name_add(struct remote_names *names, uint32_t netns, const uint8_t address[16], const char *text)
{
	struct remote_name *name = find(names, netns, address);
	size_t size = strlen(text) + 1;

	if (name)
		name_drop(names, name);
	if (HASH_COUNT(names->by_key) >= NAMES_MAX)
		name_drop(names, names->by_key);
	name = calloc(1, sizeof(*name) + size);
	if (!name)
		return;
	name->key.netns = netns;
	memcpy(name->key.address, address, sizeof(name->key.address));
	memcpy(name->name, text, size);
	HASH_ADD(hh, names->by_key, key, sizeof(name->key), name);
}

void remote_names_record(struct enrich *e, const struct record *record)
{
	const struct record_dns_answer *r = &record->dns;
	struct dns_answer answer;

	e->tally[SOURCE_DNS].taken++;
	e->tally[SOURCE_DNS].used++;
	if (dns_answer_read(r->bytes, r->len, &answer) < 0)
		return;
	for (unsigned i = 0; i < answer.count; i++)
		name_add(e->remote_names, r->netns, answer.address[i], answer.name);
}

const char *remote_name_find(struct remote_names *names, uint32_t netns, const uint8_t address[16])
{
	const struct remote_name *name = find(names, netns, address);

	return name ? name->name : "";
}

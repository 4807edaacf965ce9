/* SPDX-License-Identifier: Apache-2.0 */
/* With whom the service of a failure has connections: services of this host, and peers elsewhere. */
#include <string.h>

#include "base/json_read.h"
#include "base/text.h"
#include "correlate/state.h"

struct call {
	char service[FACT_NAME];
	char remote[FACT_NAME];
	char name[FACT_NAME];
};

static void read_call(struct json_reader *reader, struct call *ret)
{
	struct json_key key;

	memset(ret, 0, sizeof(*ret));
	if (!json_enter(reader, '{'))
		return;
	while (json_next(reader, &key)) {
		if (json_key_is(&key, "service"))
			json_take_text(reader, ret->service, sizeof(ret->service));
		else if (json_key_is(&key, "remote"))
			json_take_text(reader, ret->remote, sizeof(ret->remote));
		else if (json_key_is(&key, "remote_name"))
			json_take_text(reader, ret->name, sizeof(ret->name));
		else
			json_skip(reader);
	}
}

/* Of the list that the reader is in; false at its end. */
static bool next_call(struct json_reader *reader, struct call *ret)
{
	struct json_key key;

	if (!json_next(reader, &key))
		return false;
	read_call(reader, ret);
	return true;
}

/* Those that are there already are no others; what there is no room for is left out. */
static void add(uint64_t *keys, const char *service)
{
	uint64_t key = key_of(service);

	for (unsigned n = 0; n < FACT_CALLS && keys[n] != key; n++)
		if (!keys[n]) {
			keys[n] = key;
			return;
		}
}

/* Nobody speaks HTTP with these. Debian's units have a version and a cluster behind the name. */
static bool is_database(const char *service)
{
	static const char *const names[] = {"postgres", "mysql", "mariadb", "redis", "memcached", "mongo",
		"rabbitmq", "mosquitto", "beanstalkd"};

	for (size_t n = 0; n < sizeof(names) / sizeof(*names); n++)
		if (strncmp(service, names[n], strlen(names[n])) == 0)
			return true;
	return false;
}

void fact_calls_read(struct json_reader *reader, struct fact *ret)
{
	struct call call;

	if (!json_enter(reader, '['))
		return;
	while (next_call(reader, &call)) {
		if (call.service[0]) {
			add(ret->callees, call.service);
			ret->near_count += !is_database(call.service);
			continue;
		}
		if (!call.remote[0] || (call.name[0] && strcmp(call.name, ret->far_name) == 0))
			continue;
		if (!ret->far_count++) {
			text_copy(ret->far, sizeof(ret->far), call.remote);
			text_copy(ret->far_name, sizeof(ret->far_name), call.name);
		}
	}
}

void fact_callers_read(struct json_reader *reader, struct fact *ret)
{
	struct call call;

	if (!json_enter(reader, '['))
		return;
	while (next_call(reader, &call))
		if (call.service[0])
			add(ret->callers, call.service);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Keys beside other keys, and sinks beside other sinks. */
#include "sink/options_check.h"

#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/http_listen.h"
#include "base/path.h"
#include "host/host.h"
#include "sink/kinds.h"
#include "sink/options_file.h"
#include "sink/options_pem.h"

static const char *say(struct sink_list *list, const char *key, const char *what)
{
	snprintf(list->message, sizeof(list->message), "%s %s", key, what);
	return list->message;
}

static const char *check_required(struct sink_list *list, const struct sink_options *options)
{
	const char *word = options->kind->keys;
	char key[32];

	while (*word) {
		size_t len = strcspn(word, " !="), all = strcspn(word, " ");

		snprintf(key, sizeof(key), "%.*s", (int)len, word);
		if (word[len] == '!' && !options_given(options, key)) {
			snprintf(list->message, sizeof(list->message),
				"the key %s, without which a sink of type %s cannot be", key,
				options->kind->name);
			return list->message;
		}
		word += all + strspn(word + all, " ");
	}
	return NULL;
}

static const char *check_identity(struct sink_list *list, const struct sink_options *options)
{
	const char *password = options_given(options, "password"), *token = options_given(options, "token");

	if (password && !options->user)
		return say(list, password, "only with user");
	if (token && options->user)
		return say(list, token, "or user, not both");
	return NULL;
}

static const char *check_pair(const struct sink_options *options)
{
	_cleanup_free_ char *cert = options_file_read(options->cert), *key = options_file_read(options->key);

	return cert && key && !options_pem_pair(cert, key) ? "key = the private key of cert" : NULL;
}

/* Where the address says whether there is TLS. */
static const char *check_tls(struct sink_list *list, const struct sink_options *options)
{
	const char *address = options->url ? options->url : options->dsn;
	const char *file = options->ca ? "ca" : options->cert ? "cert" : options->key ? "key" : NULL;

	if (file && address && strncmp(address, "https://", 8) != 0 && !strstr(address, "tls://"))
		return say(list, file, "only with an address that begins with https:// or tls://");
	if (options->cert && !options->key)
		return "cert only together with key";
	if (options->key && !options->cert)
		return "key only together with cert";
	return options->cert ? check_pair(options) : NULL;
}

/* Where another machine answers for the files they are compared by the letter. */
static bool is_same_file(const char *one, const char *other)
{
	return host_may_hang(one) || host_may_hang(other) ? strcmp(one, other) == 0 : path_same(one, other);
}

/* The key that two sinks of a kind cannot have alike; NULL: they may be. "" is the whole section. */
static const char *find_shared(const struct sink_options *one, const struct sink_options *other)
{
	if (one->kind != other->kind)
		return NULL;
	if (one->kind == &sink_file && is_same_file(one->path, other->path))
		return "path";
	if (one->kind == &sink_prometheus && http_listen_same(one->listen, other->listen))
		return "listen";
	return one->kind == &sink_stdout ? "" : NULL;
}

static const char *check_others(struct sink_list *list, const struct sink_options *options)
{
	for (const struct sink_options *other = list->sinks; other < options; other++) {
		const char *key = find_shared(options, other);

		if (!key)
			continue;
		snprintf(list->message, sizeof(list->message),
			*key ? "%s = another one than that of [sink %s]"
			     : "%sone sink of this type: [sink %s] is one",
			key, other->name);
		return list->message;
	}
	return NULL;
}

const char *options_check(struct sink_list *list)
{
	const struct sink_options *options = &list->sinks[list->count - 1];
	const char *expected = check_required(list, options);

	if (!expected)
		expected = check_identity(list, options);
	if (!expected)
		expected = check_tls(list, options);
	if (!expected && options->kind->check)
		expected = options->kind->check(options);
	return expected ? expected : check_others(list, options);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses of sinks. libcurl has a parser, too, but is loaded only where something is sent. */
#include "sink/options_url.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "sink/options_words.h"

static bool parse_port(const char *text, size_t len, uint16_t *ret)
{
	char digits[6];
	uint64_t port;

	if (len == 0 || len >= sizeof(digits))
		return false;
	memcpy(digits, text, len);
	digits[len] = '\0';
	if (text_parse_u64(digits, UINT16_MAX, &port) < 0 || port == 0)
		return false;
	*ret = (uint16_t)port;
	return true;
}

/* "HOST", "HOST:PORT", "[V6]:PORT" */
static bool parse_authority(const char *text, size_t len, struct sink_url *url)
{
	bool bracket = len && *text == '[';
	const char *end = bracket ? memchr(text, ']', len) : memchr(text, ':', len);
	size_t host, rest;

	if (bracket && !end)
		return false;
	host = end ? (size_t)(end - text) : len;
	rest = host + (bracket ? 1 : 0);
	text += bracket ? 1 : 0;
	host -= bracket ? 1 : 0;
	if (!host || host >= sizeof(url->host))
		return false;
	for (size_t i = 0; i < host; i++)
		if (!isalnum((unsigned char)text[i]) && !strchr(bracket ? ":.%" : "-._", text[i]))
			return false;
	memcpy(url->host, text, host);
	url->host[host] = '\0';
	text -= bracket ? 1 : 0;
	if (rest == len)
		return true;
	return text[rest] == ':' && parse_port(text + rest + 1, len - rest - 1, &url->port);
}

bool options_url_parse(const char *text, struct sink_url *ret)
{
	const char *colon = strchr(text, ':');
	size_t scheme = colon ? (size_t)(colon - text) : 0, authority;

	*ret = (struct sink_url){.path = ""};
	if (!scheme || scheme >= sizeof(ret->scheme))
		return false;
	for (const char *c = text; *c; c++)
		if (isspace((unsigned char)*c) || iscntrl((unsigned char)*c))
			return false;
	memcpy(ret->scheme, text, scheme);
	if (strcmp(ret->scheme, "unix") == 0) {
		ret->path = colon + 1;
		return *ret->path == '/' && ret->path[1];
	}
	if (strncmp(colon, "://", 3) != 0)
		return false;
	authority = strcspn(colon + 3, "/?#");
	ret->path = colon + 3 + authority;
	return !strpbrk(ret->path, "#") && parse_authority(colon + 3, authority, ret);
}

/* Where one server of a cluster stands for all, several may be named. */
static bool are_urls(const char *text, const char *schemes)
{
	struct sink_url url;
	char one[320];

	for (;;) {
		size_t len = strcspn(text, ",");

		if (len >= sizeof(one))
			return false;
		memcpy(one, text, len);
		one[len] = '\0';
		if (!options_url_parse(one, &url) || !options_word(schemes, url.scheme) || *url.path)
			return false;
		if (!text[len])
			return true;
		text += len + 1;
	}
}

const char *options_url_check(const char *text, const char *schemes)
{
	static const struct {
		const char *scheme;
		const char *expected;
	} examples[] = {
		{"https", "an address such as https://HOST:PORT/PATH or http://127.0.0.1:PORT, without a "
			  "name or password "
			  "in it (user, password_file)"},
		{"tcp", "an address such as unix:/dev/log, udp://HOST:514, tcp://HOST:601 or "
			"tls://HOST:6514"},
		{"nats", "addresses such as nats://HOST:4222 or tls://HOST:4222, more of them behind commas "
			 "without blanks"},
	};
	struct sink_url url;

	if (options_word(schemes, "nats")
			? are_urls(text, schemes)
			: options_url_parse(text, &url) && options_word(schemes, url.scheme))
		return NULL;
	for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++)
		if (options_word(schemes, examples[i].scheme))
			return examples[i].expected;
	return "an address that this type of sink knows";
}

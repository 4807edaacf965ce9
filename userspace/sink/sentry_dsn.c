/* SPDX-License-Identifier: Apache-2.0 */
/* A DSN, taken apart. */
#include "sink/sentry_dsn.h"

#include <stdio.h>
#include <string.h>

#include "sink/options_url.h"

#define WORD "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-"

/* SCHEME://KEY[:SECRET]@HOST[:PORT][/PATH]/PROJECT; the secret is of old servers, and not needed any more. */
bool sentry_dsn_parse(const char *text, struct sentry_dsn *ret)
{
	const char *key = strstr(text, "://"), *at = strchr(text, '@'), *project = strrchr(text, '/');
	char address[sizeof(ret->url)];
	struct sink_url url;
	size_t len, scheme;
	int n;

	if (!key || !at || at < key || !project || project < at || strpbrk(text, "?#"))
		return false;
	key += 3;
	scheme = (size_t)(key - text);
	len = strcspn(key, ":@");
	n = snprintf(
		address, sizeof(address), "%.*s%.*s", (int)scheme, text, (int)(project - at - 1), at + 1);
	if (n < 0 || (size_t)n >= sizeof(address) || !options_url_parse(address, &url) ||
		(strcmp(url.scheme, "https") != 0 && strcmp(url.scheme, "http") != 0))
		return false;
	if (!len || len >= sizeof(ret->key) || strspn(key, WORD) != len || !project[1] ||
		project[1 + strspn(project + 1, WORD)])
		return false;
	snprintf(ret->key, sizeof(ret->key), "%.*s", (int)len, key);
	n = snprintf(ret->url, sizeof(ret->url), "%s/api/%s/envelope/", address, project + 1);
	return n > 0 && (size_t)n < sizeof(ret->url);
}

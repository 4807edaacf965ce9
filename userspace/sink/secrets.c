/* SPDX-License-Identifier: Apache-2.0 */
/* Secrets are looked for where one could begin. */
#include "sink/secrets.h"

#include <stdio.h>
#include <string.h>

#include "sink/sentry_dsn.h"

#define WHOLE_MIN 4u /* bytes of what is hidden: anything may be in a text by chance */
#define PIECE_MIN 8u /* the same of the begin of a longer one */
#define BASIC_MAX 768u

static const char hidden[] = "***";

static void hide(char *text, const char *secret)
{
	size_t len = secret ? strlen(secret) : 0, same;

	if (len < WHOLE_MIN)
		return;
	for (char *at = text; *at; at++) {
		for (same = 0; same < len && at[same] == secret[same];)
			same++;
		if (same < len && same < PIECE_MIN)
			continue;
		memcpy(at, hidden, sizeof(hidden) - 1);
		memmove(at + sizeof(hidden) - 1, at + same, strlen(at + same) + 1);
		at += sizeof(hidden) - 2;
	}
}

/* As HTTP shows the two. */
static void hide_basic(char *text, const char *user, const char *password)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	unsigned char plain[BASIC_MAX + 3] = {0};
	char packed[BASIC_MAX / 3 * 4 + 8];
	int len = snprintf((char *)plain, BASIC_MAX, "%s:%s", user, password);
	size_t n = 0;

	if (len < 0 || len >= (int)BASIC_MAX)
		return;
	for (int i = 0; i < len; i += 3) {
		unsigned bits = (unsigned)plain[i] << 16 | (unsigned)plain[i + 1] << 8 | plain[i + 2];

		for (int shift = 18; shift >= 0; shift -= 6)
			packed[n++] = digits[bits >> shift & 63];
	}
	packed[n] = '\0';
	for (int over = (3 - len % 3) % 3; over; over--)
		packed[n - (size_t)over] = '=';
	hide(text, packed);
}

void secrets_hide(const struct sink_options *options, char *text)
{
	const char *value = options->header ? strchr(options->header, ':') : NULL;
	struct sentry_dsn dsn;

	if (!*text)
		return;
	if (options->user && options->password)
		hide_basic(text, options->user, options->password);
	hide(text, options->password);
	hide(text, options->token);
	if (value)
		hide(text, value + 1 + strspn(value + 1, " \t"));
	if (options->dsn && sentry_dsn_parse(options->dsn, &dsn))
		hide(text, dsn.key);
}

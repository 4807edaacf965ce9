/* SPDX-License-Identifier: Apache-2.0 */
/* Finds secrets inside of one argument in one pass: whatever is looked at twice is either appended at once,
 * or remembered. */
#include "enrich/redact_text.h"

#include <ctype.h>
#include <string.h>

#include "enrich/redact.h"
#include "enrich/redact_name.h"

#define ALNUM      "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
#define BEARER_MIN 8

/* Secrets that are known by their look. */
static const struct shape {
	const char *prefix;
	const char *set; /* the characters that follow */
	size_t min;      /* at least so many */
	bool keep;       /* the prefix is a place, and stays */
	bool mixed;      /* a digit or an upper case letter is among them: else it may be words */
} shapes[] = {
	{"AKIA", "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", 12, false, false},
	{"ASIA", "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", 12, false, false},
	{"AIza", ALNUM "-_", 20, false, false},
	{"SG.", ALNUM "-_.", 20, false, true},
	{"dop_v1_", ALNUM, 20, false, false},
	{"eyJ", ALNUM "-_.=", 17, false, false},
	{"ghp_", ALNUM, 16, false, false},
	{"gho_", ALNUM, 16, false, false},
	{"ghu_", ALNUM, 16, false, false},
	{"ghs_", ALNUM, 16, false, false},
	{"ghr_", ALNUM, 16, false, false},
	{"github_pat_", ALNUM "_", 16, false, false},
	{"glpat-", ALNUM "-_.", 12, false, false},
	{"hf_", ALNUM, 20, false, false},
	{"hvs.", ALNUM "-_", 16, false, false},
	{"npm_", ALNUM, 20, false, false},
	{"pypi-", ALNUM "-_", 20, false, true},
	{"rk_live_", ALNUM, 10, false, false},
	{"rk_test_", ALNUM, 10, false, false},
	{"sk_live_", ALNUM, 10, false, false},
	{"sk_test_", ALNUM, 10, false, false},
	{"sk-", ALNUM "-_", 16, false, true},
	{"tskey-", ALNUM "-", 12, false, true},
	{"xapp-", ALNUM "-", 10, false, false},
	{"xoxa-", ALNUM "-", 10, false, false},
	{"xoxb-", ALNUM "-", 10, false, false},
	{"xoxe.", ALNUM "-.", 10, false, false},
	{"xoxp-", ALNUM "-", 10, false, false},
	{"xoxr-", ALNUM "-", 10, false, false},
	{"xoxs-", ALNUM "-", 10, false, false},
	{"ya29.", ALNUM "-_", 16, false, false},
	{"hooks.slack.com/services/", ALNUM "/", 8, true, false},
	{"discord.com/api/webhooks/", ALNUM "-_/", 8, true, false},
	{"api.telegram.org/bot", ALNUM ":-_", 8, true, false},
};

bool redact_is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

bool redact_is_quote(char c)
{
	return c == '"' || c == '\'' || c == '`';
}

bool redact_is_name(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '-' || c == '.';
}

bool redact_is_scheme(const char *word, size_t len)
{
	static const char *const schemes[] = {"bearer", "basic", "token", "digest", "apikey"};

	for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
		if (strlen(schemes[i]) == len && strncasecmp(word, schemes[i], len) == 0)
			return true;
	}
	return false;
}

/* Offset of needle from at on, or len. */
static size_t find(const struct redact_text *t, size_t at, const char *needle)
{
	const char *found = memmem(t->s + at, t->len - at, needle, strlen(needle));

	return found ? (size_t)(found - t->s) : t->len;
}

bool redact_text_at(const struct redact_text *t, size_t at, const char *text)
{
	size_t len = strlen(text);

	return at < t->len && t->len - at >= len && memcmp(t->s + at, text, len) == 0;
}

void redact_text_begin(struct redact_text *text, struct buf *out, const char *s, size_t len)
{
	*text = (struct redact_text){.out = out, .s = s, .len = len};
	while (text->space < len && !redact_is_space(s[text->space]))
		text->space++;
	text->login = find(text, 0, "@tcp(");
	if (text->login == len)
		text->login = find(text, 0, "@unix(");
	if (text->login == len)
		text->login = 0;
}

/* Whether a name, or a secret without one, can begin at offset at. */
static bool is_boundary(const struct redact_text *text, size_t at)
{
	return redact_is_name(text->s[at]) && (!at || !redact_is_name(text->s[at - 1]));
}

size_t redact_text_hide(struct redact_text *t, size_t from, size_t to, size_t end)
{
	buf_append(t->out, t->s + from, to - from);
	buf_str(t->out, REDACTED);
	return end - from;
}

static size_t shape_at(struct redact_text *t, size_t at)
{
	for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
		size_t start = at + strlen(shapes[i].prefix), end = start;
		bool mixed = !shapes[i].mixed;

		if (!redact_text_at(t, at, shapes[i].prefix))
			continue;
		for (; end < t->len && t->s[end] && strchr(shapes[i].set, t->s[end]); end++)
			mixed |= isdigit((unsigned char)t->s[end]) || isupper((unsigned char)t->s[end]);
		if (mixed && end - start >= shapes[i].min)
			return redact_text_hide(t, at, shapes[i].keep ? start : at, end);
	}
	return 0;
}

/* A private key goes up to its last line, or to the end. */
static size_t pem_at(struct redact_text *t, size_t at)
{
	const char *label = "PRIVATE KEY-----";
	size_t key;

	if (!redact_text_at(t, at, "-----BEGIN "))
		return 0;
	for (key = at; key < at + 48 && !redact_text_at(t, key, label); key++)
		;
	if (!redact_text_at(t, key, label))
		return 0;
	key += strlen(label);
	return redact_text_hide(t, at, key, find(t, key, "-----END"));
}

static size_t bearer_at(struct redact_text *t, size_t at)
{
	size_t start = at + strlen("bearer"), end;

	if (t->len <= start || strncasecmp(t->s + at, "bearer", 6) != 0 || !redact_is_space(t->s[start]))
		return 0;
	while (start < t->len && redact_is_space(t->s[start]))
		start++;
	for (end = start; end < t->len && !redact_is_space(t->s[end]) && !redact_is_quote(t->s[end]); end++)
		;
	return end - start >= BEARER_MIN ? redact_text_hide(t, at, start, end) : 0;
}

/* The '@' behind the credentials of a URL's authority at from, or len. A password may hold '@', and even '/':
 * what stands before that is then no number of a port. */
static size_t url_at(struct redact_text *t, size_t from)
{
	size_t slash = from, at = t->len, colon = t->len, end;

	for (; slash < t->len && !strchr("/?#", t->s[slash]) && !redact_is_space(t->s[slash]) &&
		!redact_is_quote(t->s[slash]);
		slash++) {
		if (t->s[slash] == '@')
			at = slash;
		if (t->s[slash] == ':' && colon == t->len)
			colon = slash;
	}
	if (at < t->len || colon + 1 >= slash || t->s[from] == '[' || slash < t->no_at)
		return at;
	while (++colon < slash && isdigit((unsigned char)t->s[colon]))
		;
	if (colon == slash)
		return at;
	for (end = slash; end < t->len && !redact_is_space(t->s[end]) && !redact_is_quote(t->s[end]); end++) {
		if (t->s[end] == '@')
			at = end;
	}
	t->no_at = end;
	return at;
}

/* The kernel cut the arguments within the password: what stands at the end is no number of a port. */
static size_t url_cut(struct redact_text *t, size_t at, size_t authority)
{
	const char *colon = memchr(t->s + authority, ':', t->len - authority);
	size_t password = colon ? (size_t)(colon - t->s) + 1 : t->len, digits = 0;

	if (t->len - password < 2 || t->s[authority] == '[')
		return 0;
	for (size_t i = authority; i < t->len; i++) {
		if (!redact_is_name(t->s[i]) && !strchr("!$%&'()*+,;=:~", t->s[i]))
			return 0;
		digits += i >= password && isdigit((unsigned char)t->s[i]);
	}
	if (digits == t->len - password || redact_value_plain(0, t->s + password, t->len - password))
		return 0;
	return redact_text_hide(t, at, password, t->len);
}

/* "SCHEME://": the part up to the '@' is taken. A user without a password is one when it is long and the
 * scheme is HTTP. */
static size_t url_credentials(struct redact_text *t, size_t at, size_t authority)
{
	size_t end = url_at(t, authority), colon = authority;

	if (end == t->len)
		return url_cut(t, at, authority);
	while (colon < end && t->s[colon] != ':')
		colon++;
	if (colon + 1 < end)
		return redact_text_hide(t, at, colon + 1, end);
	if (colon - authority >= 20 && strncmp(t->s + at, "http", 4) == 0)
		return redact_text_hide(t, at, authority, end);
	return 0;
}

/* "USER:PASSWORD@tcp(HOST)", the way of Go's MySQL driver; colon is behind the user. */
static size_t login_at(struct redact_text *t, size_t at, size_t colon)
{
	size_t end = t->login;

	if (!end || colon + 1 >= end)
		return 0;
	t->login = 0;
	for (size_t i = colon; i < end; i++) {
		if (redact_is_space(t->s[i]))
			return 0;
	}
	return redact_text_hide(t, at, colon + 1, end);
}

size_t redact_text_step(struct redact_text *t, size_t at)
{
	size_t end = at, used = 0;

	if (!is_boundary(t, at)) {
		buf_char(t->out, t->s[at]);
		return 1;
	}
	if ((used = shape_at(t, at)) || (used = pem_at(t, at)) || (used = bearer_at(t, at)))
		return used;
	while (end < t->len && redact_is_name(t->s[end]))
		end++;
	if (redact_text_at(t, end, "://"))
		used = url_credentials(t, at, end + 3);
	else if (redact_text_at(t, end, ":"))
		used = login_at(t, at, end);
	if (!used)
		used = redact_pair(t, at, end);
	if (used)
		return used;
	buf_append(t->out, t->s + at, end - at);
	return end - at;
}

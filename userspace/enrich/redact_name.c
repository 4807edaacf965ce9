/* SPDX-License-Identifier: Apache-2.0 */
/* Names of options, variables and headers that hold secrets, as tables. */
#include "enrich/redact_name.h"

#include <ctype.h>
#include <string.h>

#define NAME_SIZE     128 /* of a longer name the end counts */
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* A name without separators in lower case. */
struct flat {
	char text[NAME_SIZE];
	size_t len;
	size_t first; /* length of the first word */
	size_t last;  /* start of the last word */
};

enum where { ANYWHERE, END, LAST_WORD };

static const struct {
	const char *text;
	enum where where;
	unsigned flags;
} secrets[] = {
	{"password", ANYWHERE, 0},
	{"passwd", ANYWHERE, 0},
	{"passphrase", ANYWHERE, 0},
	{"passcode", ANYWHERE, 0},
	{"secret", ANYWHERE, 0},
	{"pwd", ANYWHERE, NAME_PATH},
	{"pw", LAST_WORD, 0},
	{"pass", END, 0},
	{"passin", LAST_WORD, 0},
	{"passout", LAST_WORD, 0},
	{"tokens", ANYWHERE, NAME_COUNT},
	{"token", ANYWHERE, 0},
	{"bearer", ANYWHERE, 0},
	{"jwt", LAST_WORD, 0},
	{"otp", LAST_WORD, 0},
	{"credential", ANYWHERE, NAME_PATH},
	{"cookie", ANYWHERE, NAME_PATH},
	{"auth", END, NAME_PATH},
	{"authorization", END, 0},
	{"session", END, 0},
	{"sessionid", END, 0},
	{"sessid", END, 0},
	{"amzsignature", END, 0},
	{"apikey", ANYWHERE, NAME_PATH},
	{"accesskey", ANYWHERE, NAME_PATH},
	{"accountkey", ANYWHERE, NAME_PATH},
	{"authkey", ANYWHERE, NAME_PATH},
	{"encryptionkey", ANYWHERE, NAME_PATH},
	{"masterkey", ANYWHERE, NAME_PATH},
	{"presharedkey", ANYWHERE, NAME_PATH},
	{"privatekey", ANYWHERE, NAME_PATH},
	{"sessionkey", ANYWHERE, NAME_PATH},
	{"sharedkey", ANYWHERE, NAME_PATH},
	{"signingkey", ANYWHERE, NAME_PATH},
};

/* "token-ttl", "password-file": about a secret, without it. */
static const char *const harmless_ends[] = {"address", "age", "agent", "alg", "algorithm", "audience",
	"authentication", "cache", "check", "class", "claim", "cmd", "command", "count", "desktop", "dir",
	"directory", "domain", "duration", "enabled", "endpoint", "env", "expiration", "expires", "expiry",
	"file", "files", "folder", "format", "group", "helper", "host", "interval", "issuer", "jar", "len",
	"length", "lifetime", "limit", "manager", "max", "method", "min", "mode", "mount", "name", "path",
	"policy", "port", "prefix", "prompt", "provider", "realm", "required", "rotation", "scheme", "scope",
	"server", "service", "size", "stdin", "store", "suffix", "template", "timeout", "ttl", "type", "uri",
	"url", "user", "username", "version", "volume"};

/* "no-password", "max-tokens". */
static const char *const harmless_starts[] = {"allow", "ask", "dbus", "disable", "enable", "has", "max",
	"min", "no", "num", "require", "skip", "use", "xdg"};

/* Words that only look like one. */
static const char *const lookalikes[] = {"tokeniz", "tokenis", "bypass", "compass", "multipass", "secretar"};

static const char *const plain_values[] = {"true", "false", "yes", "no", "on", "off", "none", "null", "nil",
	"auto", "prompt", "stdin", "optional", "required", "undefined"};

static void flatten(struct flat *flat, const char *name, size_t len)
{
	char before = '\0';

	*flat = (struct flat){0};
	if (len >= NAME_SIZE) {
		name += len - NAME_SIZE + 1;
		len = NAME_SIZE - 1;
	}
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)name[i];
		bool word =
			!isalnum((unsigned char)before) || (isupper(c) && !isupper((unsigned char)before));

		before = name[i];
		if (!isalnum(c))
			continue;
		if (word && flat->len) {
			flat->last = flat->len;
			if (!flat->first)
				flat->first = flat->len;
		}
		flat->text[flat->len++] = (char)tolower(c);
	}
	if (!flat->first)
		flat->first = flat->len;
}

static bool ends_with(const struct flat *flat, const char *end)
{
	size_t len = strlen(end);

	return flat->len >= len && memcmp(flat->text + flat->len - len, end, len) == 0;
}

static bool is_harmless(const struct flat *flat)
{
	for (size_t i = 0; i < ARRAY_SIZE(harmless_ends); i++) {
		if (ends_with(flat, harmless_ends[i]))
			return true;
	}
	for (size_t i = 0; i < ARRAY_SIZE(harmless_starts); i++) {
		if (strlen(harmless_starts[i]) == flat->first &&
			memcmp(flat->text, harmless_starts[i], flat->first) == 0)
			return true;
	}
	for (size_t i = 0; i < ARRAY_SIZE(lookalikes); i++) {
		if (strstr(flat->text, lookalikes[i]))
			return true;
	}
	return false;
}

unsigned redact_name(const char *name, size_t len)
{
	struct flat flat;

	flatten(&flat, name, len);
	for (size_t i = 0; i < ARRAY_SIZE(secrets); i++) {
		const char *text = secrets[i].text;

		if (secrets[i].where == ANYWHERE  ? strstr(flat.text, text) != NULL
			: secrets[i].where == END ? ends_with(&flat, text)
						  : strcmp(flat.text + flat.last, text) == 0)
			return is_harmless(&flat) ? 0 : NAME_SECRET | secrets[i].flags;
	}
	return 0;
}

/* $NAME, ${NAME} or $(NAME) for the shell or Kubernetes to fill in. */
static bool is_reference(const char *value, size_t len)
{
	size_t i = 1;

	if (len < 2 || value[0] != '$')
		return false;
	if (value[1] == '{' || value[1] == '(') {
		if (value[len - 1] != (value[1] == '{' ? '}' : ')'))
			return false;
		i++;
		len--;
	}
	for (; i < len; i++) {
		if (!isupper((unsigned char)value[i]) && !isdigit((unsigned char)value[i]) && value[i] != '_')
			return false;
	}
	return true;
}

bool redact_value_is_path(unsigned name, const char *value, size_t len)
{
	return (name & NAME_PATH) && len &&
	       (*value == '/' || *value == '@' || (len > 1 && strchr(".~", *value) && value[1] == '/') ||
		       (len > 2 && memcmp(value, "../", 3) == 0));
}

bool redact_value_plain(unsigned name, const char *value, size_t len)
{
	size_t digits = 0;

	while (digits < len && isdigit((unsigned char)value[digits]))
		digits++;
	if (!len || (len == 1 && (digits || *value == '-')) || is_reference(value, len))
		return true;
	if ((name & NAME_COUNT) && digits == len)
		return true;
	if (redact_value_is_path(name, value, len))
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(plain_values); i++) {
		if (strlen(plain_values[i]) == len && strncasecmp(value, plain_values[i], len) == 0)
			return true;
	}
	return false;
}

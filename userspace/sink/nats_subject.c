/* SPDX-License-Identifier: Apache-2.0 */
/* Subjects of NATS, and what can be said of the sink's keys without a server. */
#include <ctype.h>
#include <string.h>

#include "sink/nats.h"

static bool put(char *ret, size_t size, size_t *len, char c)
{
	if (*len + 1 >= size)
		return false;
	ret[(*len)++] = c;
	return true;
}

/* Bytes that are not of a name become %XX: dots, blanks and wildcards mean something in a subject. */
static bool put_token(char *ret, size_t size, size_t *len, const char *text)
{
	static const char digits[] = "0123456789ABCDEF";
	bool fits = *text || put(ret, size, len, '-');

	for (; *text && fits; text++) {
		unsigned char c = (unsigned char)*text;

		if ((c < 0x80 && isalnum(c)) || c == '-' || c == '_')
			fits = put(ret, size, len, (char)c);
		else
			fits = put(ret, size, len, '%') && put(ret, size, len, digits[c >> 4]) &&
			       put(ret, size, len, digits[c & 15]);
	}
	return fits;
}

bool nats_subject(const char *pattern, const char *kind, const char *service, char *ret, size_t size)
{
	size_t len = 0;
	bool fits = true;

	while (*pattern && fits) {
		if (strncmp(pattern, "{kind}", 6) == 0) {
			fits = put_token(ret, size, &len, kind);
			pattern += 6;
		} else if (strncmp(pattern, "{service}", 9) == 0) {
			fits = put_token(ret, size, &len, service);
			pattern += 9;
		} else {
			fits = put(ret, size, &len, *pattern++);
		}
	}
	ret[fits ? len : 0] = '\0';
	return fits;
}

static bool is_subject(const char *pattern)
{
	char text[512] = "";
	size_t len;

	if (!nats_subject(pattern, "k", "s", text, sizeof(text)))
		return false;
	len = strlen(text);
	for (size_t i = 0; i < len; i++)
		if (!isgraph((unsigned char)text[i]) || strchr("*>{}", text[i]))
			return false;
	return len && *text != '.' && *text != '$' && text[len - 1] != '.' && !strstr(text, "..");
}

const char *nats_check(const struct sink_options *options)
{
	if (options->subject && !is_subject(options->subject))
		return "subject = tokens with dots between them, such as lastwords.{kind}.{service}";
	if (options->stream && strpbrk(options->stream, ".*> \t/\\"))
		return "stream = the name of a stream, without '.', '*', '>', '/' and blanks";
	if (!options->user != !options->password)
		return "user and password_file (or password_env) together";
	return NULL;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Secrets that a name stands before: options, variables, headers, JSON, query parameters, connection strings.
 */
#include <string.h>

#include "enrich/redact_name.h"
#include "enrich/redact_text.h"

/* Where a name ends, its separator and its value. */
struct pair {
	size_t start;
	size_t end;   /* of the name */
	size_t value; /* start of the value, behind its quote */
	char separator;
	char quote;       /* the value's opening quote, or '\0' */
	size_t escapes;   /* backslashes before it */
	char name_quote;  /* the name's closing quote, or '\0' */
	char outer_quote; /* a quote that was opened right before the name and closes behind the value */
};

static size_t skip(const struct redact_text *t, size_t at, char c)
{
	while (at < t->len && t->s[at] == c)
		at++;
	return at;
}

/* Whether "NAME:VALUE" without a space is a pair: in a header, an option, or a map without quotes. Elsewhere
 * it may be an image and its tag, or a volume and its place. */
static bool colon_joins(const struct redact_text *t, const struct pair *p)
{
	static const char *const headers[] = {
		"x-", "authorization:", "proxy-authorization:", "private-token:", "cookie:", "password:"};
	const char *name = t->s + p->start;
	char before = p->start ? name[-1] : '\0';

	for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
		if (t->len - p->start >= strlen(headers[i]) &&
			strncasecmp(name, headers[i], strlen(headers[i])) == 0)
			return true;
	}
	return before == '{' || (before == '/' && p->start == 1) || (!before && (t->header || *name == '-'));
}

/* Reads what follows the name at start..end. Returns false when that is no value. */
static bool read_pair(const struct redact_text *t, struct pair *p)
{
	size_t i = skip(t, p->end, '\\'), spaces;

	if (i < t->len && redact_is_quote(t->s[i]))
		p->name_quote = t->s[i++];
	else
		i = p->end;
	if (p->start && redact_is_quote(t->s[p->start - 1]) && !p->name_quote)
		p->outer_quote = t->s[p->start - 1];
	spaces = i;
	i = skip(t, i, ' ');
	spaces = i - spaces;
	if (i >= t->len || (t->s[i] != '=' && t->s[i] != ':'))
		return false;
	p->separator = t->s[i++];
	if (p->separator == ':' && redact_text_at(t, i, "=")) {
		p->separator = '=';
		i++;
	}
	if (p->separator == ':' && !p->name_quote && i < t->len && !redact_is_space(t->s[i]) &&
		!colon_joins(t, p))
		return false;
	if (p->separator == '=' && spaces)
		i += redact_text_at(t, i, ">") || redact_text_at(t, i, "=");
	if (p->separator == ':' || spaces || p->name_quote)
		i = skip(t, i, ' ');
	p->value = skip(t, i, '\\');
	p->escapes = p->value - i;
	if (p->value < t->len && redact_is_quote(t->s[p->value]))
		p->quote = t->s[p->value++];
	else
		p->value = i;
	return true;
}

/* Whether another "NAME=" begins right behind the delimiter at at. */
static bool pair_follows(const struct redact_text *t, size_t at)
{
	size_t end = ++at;

	while (end < t->len && redact_is_name(t->s[end]))
		end++;
	return end > at && end < t->len && t->s[end] == '=';
}

static size_t quoted_end(const struct redact_text *t, const struct pair *p)
{
	size_t escapes = 0;

	for (size_t i = p->value; i < t->len; i++) {
		if (t->s[i] == p->quote && (p->escapes ? escapes == p->escapes : escapes % 2 == 0))
			return i - p->escapes;
		escapes = t->s[i] == '\\' ? escapes + 1 : 0;
	}
	return t->len;
}

static size_t value_end(const struct redact_text *t, const struct pair *p)
{
	bool whole = p->start <= t->space; /* else the argument is a command line of its own */
	bool query = p->start && strchr("?&", t->s[p->start - 1]);
	size_t i;

	if (p->start == 0 && t->s[0] == '-')
		return t->len;
	if (p->quote)
		return quoted_end(t, p);
	for (i = p->value; i < t->len; i++) {
		char c = t->s[i];

		if (p->outer_quote ? c == p->outer_quote : redact_is_quote(c) && !whole)
			break;
		if (p->outer_quote || (p->separator == ':' && !p->name_quote))
			continue;
		if (p->name_quote && strchr(",} \n", c))
			break;
		if ((query && strchr("&#", c)) || (!whole && redact_is_space(c)))
			break;
		if ((strchr(",;&", c) || redact_is_space(c)) && pair_follows(t, i))
			break;
	}
	return i;
}

size_t redact_pair(struct redact_text *t, size_t start, size_t name_end)
{
	struct pair pair = {.start = start, .end = name_end}, *p = &pair;
	unsigned name;
	size_t end, len;

	if (!read_pair(t, p))
		return 0;
	name = redact_name(t->s + p->start, p->end - p->start);
	/* The signature of a link that Azure or AWS signed. */
	if (p->end - p->start == 3 && p->start && strchr("?&", t->s[p->start - 1]) &&
		strncasecmp(t->s + p->start, "sig", 3) == 0)
		name = NAME_SECRET;
	/* Of a value that is kept more is read as pairs: its end must not be looked for each time. */
	if (!name || redact_value_is_path(name, t->s + p->value, t->len - p->value))
		return 0;
	end = value_end(t, p);
	len = end - p->value;
	if (p->separator == ':' && end == t->len &&
		(len ? redact_is_scheme(t->s + p->value, len) : colon_joins(t, p))) {
		t->value_follows = true;
		return 0;
	}
	return redact_value_plain(name, t->s + p->value, len) ? 0
							      : redact_text_hide(t, p->start, p->value, end);
}

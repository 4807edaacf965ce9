/* SPDX-License-Identifier: Apache-2.0 */
/* The formats of journald (systemd.io/JOURNAL_NATIVE_PROTOCOL) and of syslog (RFC 3164 as libc writes it). */
#include "enrich/datagram.h"

#include <ctype.h>
#include <stddef.h>
#include <string.h>
#include <sys/types.h>

#define TIME     "Mmm dd hh:mm:ss "
#define TIME_LEN (sizeof(TIME) - 1)
#define TAG_MAX  96

struct part {
	const char *s;
	size_t len;
};

static bool is_key(struct part key, const char *name)
{
	return key.len == strlen(name) && memcmp(key.s, name, key.len) == 0;
}

/* The next field of the native format: "KEY=value\n", or "KEY\n", a little-endian length, value, "\n". A
 * value whose end is not there is cut. */
static bool next_field(struct part *rest, struct part *ret_key, struct part *ret_value)
{
	const char *newline = memchr(rest->s, '\n', rest->len), *equals;
	size_t line = newline ? (size_t)(newline - rest->s) : rest->len, used, room;
	uint64_t size = 0;

	if (!rest->len)
		return false;
	equals = memchr(rest->s, '=', line);
	*ret_key = (struct part){rest->s, equals ? (size_t)(equals - rest->s) : line};
	if (equals) {
		*ret_value = (struct part){equals + 1, line - ret_key->len - 1};
		used = line + (newline != NULL);
	} else {
		room = rest->len - line;
		if (room < 1 + sizeof(size))
			return false;
		for (size_t i = 0; i < sizeof(size); i++)
			size |= (uint64_t)(unsigned char)newline[1 + i] << (8 * i);
		room -= 1 + sizeof(size);
		*ret_value = (struct part){newline + 1 + sizeof(size), size < room ? size : room};
		used = line + 1 + sizeof(size) + ret_value->len + (size < room);
	}
	*rest = (struct part){rest->s + used, rest->len - used};
	return true;
}

/* The message is behind at least "MESSAGE=", so that there is room for the priority before it. */
static size_t write_journal(char *out, struct part datagram)
{
	struct part key, value, message = {0}, priority = {0};
	char level;

	while (next_field(&datagram, &key, &value)) {
		if (is_key(key, "MESSAGE"))
			message = value;
		else if (is_key(key, "PRIORITY"))
			priority = value;
	}
	if (!message.s)
		return 0;
	level = priority.len == 1 ? priority.s[0] : '\0';
	if (level >= '0' && level <= '7') {
		memmove(out + 3, message.s, message.len);
		out[0] = '<';
		out[1] = level;
		out[2] = '>';
		return message.len + 3;
	}
	memmove(out, message.s, message.len);
	return message.len;
}

/* The length of "<13>", or 0. */
static size_t priority_of(struct part d)
{
	size_t at = 1;

	if (d.len < 3 || d.s[0] != '<')
		return 0;
	while (at < d.len && at < 4 && isdigit((unsigned char)d.s[at]))
		at++;
	return at > 1 && at < d.len && d.s[at] == '>' ? at + 1 : 0;
}

/* "Mmm dd hh:mm:ss tag[pid]: " of the text behind the priority, as far as it is there. */
static size_t syslog_head(struct part text)
{
	const char *s = text.s, *colon;
	size_t at = 0;

	if (text.len >= TIME_LEN && s[3] == ' ' && s[6] == ' ' && s[9] == ':' && s[12] == ':' && s[15] == ' ')
		at = TIME_LEN;
	colon = memchr(s + at, ':', text.len - at < TAG_MAX ? text.len - at : TAG_MAX);
	if (!at || !colon || memchr(s + at, ' ', (size_t)(colon - s) - at))
		return at;
	at = (size_t)(colon + 1 - s);
	return at + (at < text.len && s[at] == ' ');
}

static size_t write_datagram(char *out, struct part d)
{
	size_t skip = priority_of(d);

	if (!skip && d.len && (isupper((unsigned char)d.s[0]) || d.s[0] == '_'))
		return write_journal(out, d);
	d = (struct part){d.s + skip, d.len - skip};
	skip = skip ? syslog_head(d) : 0;
	d = (struct part){d.s + skip, d.len - skip};
	while (d.len && (d.s[d.len - 1] == '\0' || d.s[d.len - 1] == '\n'))
		d.len--;
	memmove(out, d.s, d.len);
	return d.len;
}

bool datagram_unwrap(char *text, uint32_t *len)
{
	size_t at = 0, out = 0, plain;
	bool partial = false;
	uint32_t size;
	char *mark;

	while ((mark = memmem(text + at, *len - at, DATAGRAM_MARK, DATAGRAM_MARK_SIZE)) &&
		(size_t)(text + *len - mark) >= DATAGRAM_END_SIZE) {
		memcpy(&size, mark + DATAGRAM_MARK_SIZE, sizeof(size));
		plain = (size_t)(mark - text) - at;
		if (size > plain) {
			partial |= at == 0;
		} else {
			plain -= size;
			memmove(text + out, text + at, plain);
			out += plain;
			out += write_datagram(text + out, (struct part){mark - size, size});
			text[out++] = '\n';
		}
		at = (size_t)(mark - text) + DATAGRAM_END_SIZE;
	}
	memmove(text + out, text + at, *len - at);
	*len = (uint32_t)(out + *len - at);
	return partial;
}

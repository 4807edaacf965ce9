/* SPDX-License-Identifier: Apache-2.0 */
/* What varies in length inside a message: tails, paths, texts; and addresses, which become text. */
#include "probe/decode_tail.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

const char *decode_tail(const void *message, size_t size, size_t fixed, struct lw_tail t, size_t max)
{
	if (t.size > max || t.offset < fixed || (size_t)t.offset + t.size > size)
		return NULL;
	return (const char *)message + t.offset;
}

int decode_path(const void *message, size_t size, size_t fixed, struct lw_tail t, char dst[RECORD_PATH])
{
	const char *names, *end, *name;
	size_t used = RECORD_PATH;

	dst[0] = '\0';
	if (t.size == 0)
		return 0;
	names = decode_tail(message, size, fixed, t, LW_PATH);
	if (!names || names[t.size - 1] != '\0')
		return -EBADMSG;
	end = names + t.size;
	/* Filled from the back: the leaf comes first. */
	dst[--used] = '\0';
	for (name = names; name < end;) {
		size_t len = strlen(name);

		if (len == 0 && t.size > 1)
			return -EBADMSG;
		if (len + 1 > used)
			return -EBADMSG;
		used -= len;
		memcpy(dst + used, name, len);
		dst[--used] = '/';
		name += len + 1;
	}
	memmove(dst, dst + used, RECORD_PATH - used);
	return 0;
}

int decode_text(const void *message, size_t size, size_t fixed, struct lw_tail t, char *dst, size_t room)
{
	const char *text;

	dst[0] = '\0';
	if (t.size == 0)
		return 0;
	text = decode_tail(message, size, fixed, t, room - 1);
	if (!text || memchr(text, '\0', t.size))
		return -EBADMSG;
	memcpy(dst, text, t.size);
	dst[t.size] = '\0';
	return 0;
}

void decode_end(char out[RECORD_END], const uint8_t address[16], int family, unsigned port, bool any_address,
	bool any_port)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
	char text[INET6_ADDRSTRLEN] = "*", port_text[8] = "*";
	bool v6 = family == 6;

	if (v6 && memcmp(address, mapped, sizeof(mapped)) == 0) {
		address += sizeof(mapped);
		v6 = false;
	}
	if (any_address)
		v6 = false;
	else
		inet_ntop(v6 ? AF_INET6 : AF_INET, address, text, sizeof(text));
	if (!any_port)
		snprintf(port_text, sizeof(port_text), "%u", port & 0xffff);
	snprintf(out, RECORD_END, v6 ? "[%s]:%s" : "%s:%s", text, port_text);
}

void decode_unix_path(char *out, size_t room, const char *path, size_t len)
{
	size_t at = 0;

	if (len && path[0] == '\0') {
		out[at++] = '@';
		path++;
		len--;
	}
	len = strnlen(path, len);
	if (len > room - at - 1)
		len = room - at - 1;
	memcpy(out + at, path, len);
	out[at + len] = '\0';
}

void decode_sockaddr(char *out, size_t room, const char *bytes, size_t size)
{
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
	uint8_t address[16] = {0};
	sa_family_t family;

	out[0] = '\0';
	if (size < sizeof(family))
		return;
	memcpy(&family, bytes, sizeof(family));
	if (family == AF_INET && size >= sizeof(in)) {
		memcpy(&in, bytes, sizeof(in));
		memcpy(address, &in.sin_addr, sizeof(in.sin_addr));
		decode_end(out, address, 4, ntohs(in.sin_port), false, false);
	} else if (family == AF_INET6 && size >= offsetof(struct sockaddr_in6, sin6_scope_id)) {
		memset(&in6, 0, sizeof(in6));
		memcpy(&in6, bytes, size < sizeof(in6) ? size : sizeof(in6));
		decode_end(out, in6.sin6_addr.s6_addr, 6, ntohs(in6.sin6_port), false, false);
	} else if (family == AF_UNIX && size > sizeof(family)) {
		decode_unix_path(out, room, bytes + sizeof(family), size - sizeof(family));
	}
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses of HTTP endpoints: told apart, bound, listened on. */
#include "base/http_listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "base/cleanup.h"
#include "base/path.h"
#include "base/text.h"

#define BACKLOG 64

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
	struct sockaddr_un file;
};

static int fail(struct buf *error, int r, const char *what)
{
	buf_printf(error, "%s: %s", what, strerror(-r));
	return r;
}

/* Returns the size of the address, 0 when the text is none. */
static socklen_t parse_inet(const char *text, union address *ret)
{
	const char *colon = strrchr(text, ':');
	char host[INET6_ADDRSTRLEN + 2];
	size_t len = colon ? (size_t)(colon - text) : sizeof(host);
	uint64_t port;

	if (len >= sizeof(host) || text_parse_u64(colon + 1, 65535, &port) < 0)
		return 0;
	text_copy(host, len + 1, text);
	if (inet_pton(AF_INET, host, &ret->v4.sin_addr) == 1) {
		ret->v4.sin_family = AF_INET;
		ret->v4.sin_port = htons((uint16_t)port);
		return sizeof(ret->v4);
	}
	if (len < 2 || host[0] != '[' || host[len - 1] != ']')
		return 0;
	host[len - 1] = '\0';
	if (inet_pton(AF_INET6, host + 1, &ret->v6.sin6_addr) != 1)
		return 0;
	ret->v6.sin6_family = AF_INET6;
	ret->v6.sin6_port = htons((uint16_t)port);
	return sizeof(ret->v6);
}

static bool is_loopback(const union address *a)
{
	if (a->any.sa_family == AF_INET)
		return ntohl(a->v4.sin_addr.s_addr) >> 24 == 127;
	return IN6_IS_ADDR_LOOPBACK(&a->v6.sin6_addr);
}

static const char expected_inet[] = "unix:/PATH, 127.0.0.1:PORT or [::1]:PORT";

const char *http_listen_check(const char *listen, bool anywhere)
{
	union address address = {0};

	if (strncmp(listen, "unix:", 5) == 0)
		return listen[5] == '/' && strlen(listen + 5) < sizeof(address.file.sun_path)
			       ? NULL
			       : "unix:/PATH of at most 107 bytes";
	if (!parse_inet(listen, &address))
		return expected_inet;
	return is_loopback(&address) || anywhere ? NULL
						 : "an address of this host alone, such as 127.0.0.1:PORT";
}

/* One of IPv4 as IPv6 has it. */
static struct in6_addr host_of(const union address *a)
{
	struct in6_addr host = {0};

	if (a->any.sa_family == AF_INET6)
		return a->v6.sin6_addr;
	memset(host.s6_addr + 10, 0xff, 2);
	memcpy(host.s6_addr + 12, &a->v4.sin_addr, 4);
	return host;
}

/* "[::]" takes IPv4 as well, unless net.ipv6.bindv6only says otherwise. */
static bool takes(const struct in6_addr *one, const struct in6_addr *other)
{
	static const struct in6_addr any4 = {.s6_addr = {[10] = 0xff, [11] = 0xff}};

	return IN6_ARE_ADDR_EQUAL(one, other) || IN6_IS_ADDR_UNSPECIFIED(one) ||
	       (IN6_ARE_ADDR_EQUAL(one, &any4) && IN6_IS_ADDR_V4MAPPED(other));
}

static in_port_t port_of(const union address *a)
{
	return a->any.sa_family == AF_INET ? a->v4.sin_port : a->v6.sin6_port;
}

bool http_listen_same(const char *one, const char *other)
{
	bool files[] = {strncmp(one, "unix:", 5) == 0, strncmp(other, "unix:", 5) == 0};
	union address a = {0}, b = {0};
	struct in6_addr hosts[2];

	if (files[0] || files[1])
		return files[0] && files[1] && path_same(one + 5, other + 5);
	if (!parse_inet(one, &a) || !parse_inet(other, &b) || port_of(&a) != port_of(&b) || !port_of(&a))
		return false;
	hosts[0] = host_of(&a);
	hosts[1] = host_of(&b);
	return takes(&hosts[0], &hosts[1]) || takes(&hosts[1], &hosts[0]);
}

static int listen_inet(const struct http_place *place, struct buf *error)
{
	union address address = {0};
	socklen_t size = parse_inet(place->listen, &address);
	int on = 1, fd, r;

	fd = socket(address.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return fail(error, -errno, place->listen);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, &address.any, size) == 0 && listen(fd, BACKLOG) == 0)
		return fd;
	r = -errno;
	close(fd);
	return fail(error, r, place->listen);
}

int listen_unix(const char *path, mode_t mode, gid_t group, int backlog)
{
	union address address = {.file.sun_family = AF_UNIX};
	struct stat st;
	bool bound;
	int fd, r;

	if (strlen(path) >= sizeof(address.file.sun_path))
		return -ENAMETOOLONG;
	text_copy(address.file.sun_path, sizeof(address.file.sun_path), path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	if (lstat(path, &st) == 0 && S_ISSOCK(st.st_mode))
		unlink(path);
	bound = bind(fd, &address.any, sizeof(address.file)) == 0;
	if (bound && (group == (gid_t)-1 || lchown(path, (uid_t)-1, group) == 0) && chmod(path, mode) == 0 &&
		listen(fd, backlog) == 0)
		return fd;
	r = -errno;
	close(fd);
	if (bound)
		unlink(path);
	return r;
}

/* Whether somebody does now, or takes datagrams. A socket alone tells nothing: it stays when its owner is
 * killed. */
static bool is_listened_on(const char *path)
{
	union address address = {.file.sun_family = AF_UNIX};
	_cleanup_close_ int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	text_copy(address.file.sun_path, sizeof(address.file.sun_path), path);
	return fd >= 0 && (connect(fd, &address.any, sizeof(address.file)) == 0 || errno == EAGAIN ||
				  errno == EPROTOTYPE);
}

static int listen_file(const char *path, const struct http_place *place, struct buf *error)
{
	int fd = is_listened_on(path)
			 ? -EADDRINUSE
			 : listen_unix(path, place->mode ? place->mode : 0600, place->group, BACKLOG);

	return fd < 0 ? fail(error, fd, path) : fd;
}

int http_listen(const struct http_place *place, struct buf *error)
{
	const char *expected = http_listen_check(place->listen, place->anywhere);

	if (expected) {
		buf_printf(error, "expected %s", expected);
		return -EINVAL;
	}
	if (strncmp(place->listen, "unix:", 5) == 0)
		return listen_file(place->listen + 5, place, error);
	return listen_inet(place, error);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* The address and the token of the HTTP endpoint. */
#include "marker/http_listen.h"

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
#include "base/text.h"

#define BACKLOG   64
#define TOKEN_MIN 16

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

static int listen_inet(const struct http_config *config, struct buf *error)
{
	union address address = {0};
	socklen_t size = parse_inet(config->listen, &address);
	int on = 1, fd, r;

	if (!size) {
		buf_str(error, "[http] listen: expected unix:/PATH, 127.0.0.1:PORT or [::1]:PORT");
		return -EINVAL;
	}
	if (!is_loopback(&address) && !config->anywhere) {
		buf_str(error,
			"[http] listen: not an address of this host alone: say listen_anywhere = yes if "
			"others shall reach it, in clear text");
		return -EPERM;
	}
	fd = socket(address.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return fail(error, -errno, config->listen);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, &address.any, size) == 0 && listen(fd, BACKLOG) == 0)
		return fd;
	r = -errno;
	close(fd);
	return fail(error, r, config->listen);
}

/* Binds in such an order that nobody can connect before mode and group are right. */
static int listen_file(const char *path, const struct control_config *file, struct buf *error)
{
	union address address = {.file.sun_family = AF_UNIX};
	struct stat st;
	bool bound;
	int fd, r;

	if (path[0] != '/' || strlen(path) >= sizeof(address.file.sun_path)) {
		buf_str(error, "[http] listen: expected unix:/PATH of at most 107 bytes");
		return -EINVAL;
	}
	text_copy(address.file.sun_path, sizeof(address.file.sun_path), path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return fail(error, -errno, path);
	if (lstat(path, &st) == 0 && S_ISSOCK(st.st_mode))
		unlink(path);
	bound = bind(fd, &address.any, sizeof(address.file)) == 0;
	if (bound && chmod(path, file->mode ? file->mode : 0600) == 0 &&
		(file->group == (gid_t)-1 || lchown(path, (uid_t)-1, file->group) == 0) &&
		listen(fd, BACKLOG) == 0)
		return fd;
	r = -errno;
	close(fd);
	if (bound)
		unlink(path);
	return fail(error, r, path);
}

int http_listen(const struct http_config *config, const struct control_config *file, struct buf *error)
{
	if (strncmp(config->listen, "unix:", 5) == 0)
		return listen_file(config->listen + 5, file, error);
	return listen_inet(config, error);
}

int http_token(const char *path, char token[HTTP_TOKEN_MAX], struct buf *error)
{
	_cleanup_close_ int fd = path[0] ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	struct stat st;
	ssize_t len;

	if (!path[0]) {
		buf_str(error, "[http] needs token_file: a file with at least 16 characters");
		return -EINVAL;
	}
	if (fd < 0 || fstat(fd, &st) < 0)
		return fail(error, -errno, path);
	if (st.st_mode & S_IROTH) {
		buf_printf(error, "%s: others may read it: chmod o-r", path);
		return -EPERM;
	}
	len = read(fd, token, HTTP_TOKEN_MAX);
	if (len < 0)
		return fail(error, -errno, path);
	while (len > 0 && strchr("\r\n", token[len - 1]))
		len--;
	if (len == HTTP_TOKEN_MAX)
		len = 0;
	token[len] = '\0';
	for (ssize_t n = 0; n < len; n++)
		if (token[n] <= ' ' || token[n] > '~')
			len = 0;
	if (len < TOKEN_MIN) {
		buf_printf(error, "%s: a token has 16 to 255 printable characters and no blanks", path);
		return -EINVAL;
	}
	return 0;
}

bool http_token_is(const char *token, const char *shown)
{
	size_t len = strlen(token), shown_len = strlen(shown);
	volatile unsigned char differs = len != shown_len;

	for (size_t n = 0; n < len; n++)
		differs |= (unsigned char)(token[n] ^ (n < shown_len ? shown[n] : 0));
	return !differs;
}

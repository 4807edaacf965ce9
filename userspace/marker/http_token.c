/* SPDX-License-Identifier: Apache-2.0 */
/* The token of the endpoint for markers. */
#include "marker/http_token.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"

#define TOKEN_MIN 16

static int fail(struct buf *error, int r, const char *what)
{
	buf_printf(error, "%s: %s", what, strerror(-r));
	return r;
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

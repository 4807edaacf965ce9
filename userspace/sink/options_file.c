/* SPDX-License-Identifier: Apache-2.0 */
/* Files that options name. */
#include "sink/options_file.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "sink/options_pem.h"

#define FILE_MAX   (1u << 20)
#define SECRET_MAX 4096

static const char not_readable[] = "the absolute path of a file that can be read";

char *options_file_read(const char *path)
{
	struct stat st;
	/* Of a pipe nobody may ever open the other end. */
	bool regular = *path == '/' && stat(path, &st) == 0 && S_ISREG(st.st_mode);
	_cleanup_fclose_ FILE *file = regular ? fopen(path, "re") : NULL;
	_cleanup_free_ char *text = file ? malloc(FILE_MAX + 1) : NULL;
	size_t len;

	if (!text)
		return NULL;
	len = fread(text, 1, FILE_MAX, file);
	if (ferror(file))
		return NULL;
	text[len] = '\0';
	char *exact = realloc(text, len + 1);
	if (exact)
		text = NULL;
	return exact;
}

const char *options_file_readable(const char *path)
{
	_cleanup_free_ char *text = options_file_read(path);

	return text ? NULL : not_readable;
}

const char *options_file_pem(const char *path, const char *what)
{
	_cleanup_free_ char *text = options_file_read(path);
	char *begin = text ? strstr(text, "-----BEGIN ") : NULL;

	if (!text)
		return not_readable;
	for (; begin; begin = strstr(begin + 1, "-----BEGIN ")) {
		size_t line = strcspn(begin, "\n");
		char *found = strstr(begin, what);

		if (found && found < begin + line)
			return NULL;
	}
	return *what == 'C' ? "a file with a certificate in PEM" : "a file with a private key in PEM";
}

const char *options_file_certificates(const char *path)
{
	_cleanup_free_ char *text = options_file_read(path);

	if (!text)
		return not_readable;
	return options_pem_certificates(text) ? NULL : "a file with certificates in PEM, all of them whole";
}

const char *options_file_plain_key(const char *path)
{
	_cleanup_free_ char *text = options_file_read(path);

	if (!text)
		return not_readable;
	return strstr(text, "-----BEGIN ENCRYPTED PRIVATE KEY") || strstr(text, "Proc-Type: 4,ENCRYPTED")
		       ? "a private key without a passphrase"
		       : NULL;
}

const char *options_file_private(const char *path)
{
	struct stat st;

	if (*path != '/' || stat(path, &st) < 0 || !S_ISREG(st.st_mode))
		return not_readable;
	return st.st_mode & (S_IROTH | S_IWOTH | S_IWGRP)
		       ? "a file that others may not read or write (chmod 0600)"
		       : NULL;
}

void options_file_usable(const char *path, struct buf *why)
{
	_cleanup_free_ char *copy = strdup(path);
	const char *at = path;

	if (!copy || faccessat(AT_FDCWD, path, R_OK | W_OK, AT_EACCESS) == 0)
		return;
	if (errno == ENOENT) {
		at = dirname(copy);
		if (faccessat(AT_FDCWD, at, W_OK | X_OK, AT_EACCESS) == 0)
			return;
	}
	buf_printf(why, "%s: %s", at, strerror(errno));
	if (errno == EACCES)
		buf_printf(why, " for uid %u without capabilities, as sinks run", (unsigned)geteuid());
}

const char *options_file_secret(const char *path, char **secret)
{
	const char *expected = options_file_private(path);
	_cleanup_free_ char *text = expected ? NULL : options_file_read(path);
	size_t len = text ? strcspn(text, "\r\n") : 0;

	if (expected || !text)
		return expected ? expected : not_readable;
	if (!len || len > SECRET_MAX)
		return "a file whose first line is the secret";
	char *line = strndup(text, len);
	if (!line)
		return "more memory";
	free(*secret);
	*secret = line;
	return NULL;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* What [sink NAME] may say, and what is answered to the rest. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sink/kind.h"
#include "sink/options_file.h"
#include "sink/options_pem.h"
#include "sink/options_url.h"

static void a_section_is_read(void **state)
{
	struct sink_list list = {0};

	(void)state;
	assert_null(sink_options_set(&list, "a", "type", "file"));
	assert_null(sink_options_set(&list, "a", "path", "/x"));
	assert_null(sink_options_set(&list, "a", "fsync", "batch"));
	assert_null(sink_options_set(&list, "a", "timeout", "5s"));
	assert_null(sink_options_set(&list, "a", NULL, NULL));
	assert_null(sink_options_set(&list, "b", "type", "stdout"));
	assert_null(sink_options_set(&list, "b", NULL, NULL));
	assert_int_equal(list.count, 2);
	assert_string_equal(list.sinks[0].path, "/x");
	assert_true(list.sinks[0].timeout == 5000000000ull);
	assert_string_equal(list.sinks[1].kind->name, "stdout");
	sink_options_free(&list);
}

static void refuses(const char *name, const char *key, const char *value, const char *expected)
{
	struct sink_list list = {0};
	const char *said;

	assert_null(sink_options_set(&list, "a", "type", "file"));
	if (strcmp(name, "a") != 0)
		list.open = false;
	said = sink_options_set(&list, name, key, value);
	assert_non_null(said);
	if (!strstr(said, expected))
		fail_msg("'%s' is not in '%s'", expected, said);
	sink_options_free(&list);
}

static void what_is_wrong_is_told(void **state)
{
	struct sink_list list = {0};

	(void)state;
	refuses("a", "paht", "/x", "one of the keys of a sink of type file: kinds");
	refuses("a", "url", "http://x", "one of the keys of a sink of type file");
	refuses("a", "path", "x", "an absolute path");
	refuses("a", "fsync", "always", "one of no|second|batch");
	refuses("a", "severity", "high", "one of debug|info|warn|error|fatal");
	refuses("a", "batch", "0", "a number of events from 1 to 10000");
	refuses("a", "batch_size", "1G", "a size from 4K to 8M");
	refuses("a", "timeout", "1ms", "a duration from 10ms to 1h");
	refuses("a", "type", "file", "one type in a section");
	refuses("a", NULL, NULL, "the key path, without which a sink of type file cannot be");
	assert_null(sink_options_set(&list, "m", "type", "file"));
	assert_null(sink_options_set(&list, "m", "path", "/x"));
	assert_null(sink_options_set(&list, "m", "mode", "rw-r--"));
	assert_non_null(strstr(sink_options_set(&list, "m", NULL, NULL), "an octal mode"));
	assert_null(sink_options_set(&list, "h", "type", "http"));
	assert_non_null(strstr(sink_options_set(&list, "h", "proxy", "a proxy"), "such as http://HOST:PORT"));
	sink_options_free(&list);
	refuses("b c", "type", "file", "a name of letters, digits");
	assert_non_null(strstr(sink_options_set(&list, "x", "path", "/x"), "type = KIND as the first key"));
	assert_non_null(strstr(sink_options_set(&list, "x", "type", "carrier-pigeon"), "type = one of"));
	assert_non_null(strstr(sink_options_set(&list, "x", NULL, NULL), "type = one of"));
	assert_non_null(
		strstr(sink_options_set(&list, "x", "type", "file"), "that no section before it has"));
	sink_options_free(&list);
}

static void urls_are_taken_apart(void **state)
{
	static const char *const wrong[] = {"", "http", "http://", "http:///x", "http://h:0",
		"http://h:65536", "http://h:1x", "http://user:password@h/", "http://[::1", "http://h h/",
		"http://h/#x", "ftp://h", "unix:x", "http://h:"};
	struct sink_url url;

	(void)state;
	assert_true(options_url_parse("https://[::1]:8443/a?b", &url));
	assert_string_equal(url.host, "::1");
	assert_int_equal(url.port, 8443);
	assert_string_equal(url.path, "/a?b");
	assert_true(options_url_parse("unix:/run/x", &url));
	assert_string_equal(url.path, "/run/x");
	assert_null(options_url_check("http://localhost:1/x", "http https"));
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		if (!options_url_check(wrong[i], "http https"))
			fail_msg("'%s' was taken", wrong[i]);
}

static void write_file(const char *path, const char *text, mode_t mode)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
	assert_int_equal(chmod(path, mode), 0);
}

static void files_are_looked_at(void **state)
{
	char path[] = "/tmp/lastwords-secret-XXXXXX", *secret = NULL;
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	close(fd);
	write_file(path, "s3cret\nrest", 0600);
	assert_null(options_file_secret(path, &secret));
	assert_string_equal(secret, "s3cret");
	assert_non_null(strstr(options_file_pem(path, "CERTIFICATE"), "a certificate in PEM"));
	write_file(path, "\n", 0600);
	assert_non_null(options_file_secret(path, &secret));
	write_file(path, "x", 0644);
	assert_non_null(strstr(options_file_secret(path, &secret), "chmod 0600"));
	write_file(path, "-----BEGIN CERTIFICATE-----\n", 0644);
	assert_null(options_file_pem(path, "CERTIFICATE"));
	assert_non_null(options_file_pem(path, "PRIVATE KEY"));
	assert_non_null(options_file_secret("/nowhere", &secret));
	assert_string_equal(secret, "s3cret");
	free(secret);
	unlink(path);
}

/* Made for this test; the second key is of another certificate. */
static const char certificate[] = "-----BEGIN CERTIFICATE-----\n"
				  "MIIBbTCCAROgAwIBAgIUG13b+IQ1NcpNxYhpf8OlTmoh5qMwCgYIKoZIzj0EAwIw\n"
				  "DDEKMAgGA1UEAwwBYTAeFw0yNjExMjkxMTUyMTVaFw0zNjExMjYxMTUyMTVaMAwx\n"
				  "CjAIBgNVBAMMAWEwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAASdZfkF3nmpL6Bg\n"
				  "LShQ0qDJio7qD/jcilbrf/epuXhnLevWXs+FeqTJMJnSWyldOxTV21X4Nju0PwXA\n"
				  "AWCRZbcCo1MwUTAdBgNVHQ4EFgQUqGF/GZskzX/V1vH98z9id4AMGSswHwYDVR0j\n"
				  "BBgwFoAUqGF/GZskzX/V1vH98z9id4AMGSswDwYDVR0TAQH/BAUwAwEB/zAKBggq\n"
				  "hkjOPQQDAgNIADBFAiAwRZE1/eap2ntsrR13g3/hFYbGmxRp7UXdf7uM/rSLQwIh\n"
				  "AMzqyknpgOKogGLPTVypjZro1GNeVKa55+wAkjJgGo97\n"
				  "-----END CERTIFICATE-----\n";
static const char its_key[] = "-----BEGIN PRIVATE KEY-----\n"
			      "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgaqgQwE0zcnWwqAw3\n"
			      "UpTxEJ/g4WbNRoqbu7oiL0w8KZ2hRANCAASdZfkF3nmpL6BgLShQ0qDJio7qD/jc\n"
			      "ilbrf/epuXhnLevWXs+FeqTJMJnSWyldOxTV21X4Nju0PwXAAWCRZbcC\n"
			      "-----END PRIVATE KEY-----\n";
static const char other_key[] = "-----BEGIN PRIVATE KEY-----\n"
				"MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgxNWHvqJRCuZPmmTp\n"
				"IhfKaMGaN5Fkq7FId67ITocCARahRANCAASM/BhVNBvdTr/pTai72makRAQ53KlQ\n"
				"sKKt66QUSz/gC41acTZqkIKarovro/CSzBHPmKeyfDLLZkJBGJxdPEuV\n"
				"-----END PRIVATE KEY-----\n";

/* Copies, so that a byte that is read behind the end is one too many. */
static char *cut(const char *text, size_t len)
{
	char *copy = strndup(text, len);

	assert_non_null(copy);
	return copy;
}

static void certificates_are_looked_at(void **state)
{
	size_t end = sizeof(certificate) - 2; /* without the last line's end it is whole */

	(void)state;
	assert_true(options_pem_certificates(certificate));
	assert_true(options_pem_pair(certificate, its_key));
	assert_false(options_pem_pair(certificate, other_key));
	assert_false(options_pem_certificates(its_key));
	assert_false(options_pem_certificates(""));
	for (size_t len = 0; len < end; len++) {
		char *part = cut(certificate, len);

		if (options_pem_certificates(part))
			fail_msg("%zu bytes of a certificate are taken for one", len);
		options_pem_pair(part, its_key);
		free(part);
	}
	for (size_t len = 0; len < sizeof(its_key); len++) {
		char *part = cut(its_key, len);

		assert_true(options_pem_pair(certificate, part));
		free(part);
	}
}

static void damaged_certificates_do_no_harm(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(certificate) + sizeof(its_key) - 2; i++) {
		char *damaged[] = {cut(certificate, sizeof(certificate)), cut(its_key, sizeof(its_key))};
		size_t first = sizeof(certificate) - 1;

		damaged[i >= first][i >= first ? i - first : i] ^= 1;
		options_pem_certificates(damaged[0]);
		options_pem_pair(damaged[0], damaged[1]);
		free(damaged[0]);
		free(damaged[1]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_section_is_read),
		cmocka_unit_test(what_is_wrong_is_told),
		cmocka_unit_test(urls_are_taken_apart),
		cmocka_unit_test(files_are_looked_at),
		cmocka_unit_test(certificates_are_looked_at),
		cmocka_unit_test(damaged_certificates_do_no_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Asks for /metrics as Prometheus would: whether the sink answers. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/curl_library.h"
#include "base/text.h"
#include "sink/prometheus.h"

static size_t on_bytes(char *bytes, size_t unit, size_t count, void *context)
{
	struct buf *answer = context;

	buf_append(answer, bytes, unit * count);
	return answer->failed ? 0 : unit * count;
}

static CURLcode get(const struct curl_library *curl, CURL *easy, const struct sink_options *options,
	struct buf *answer, char *detail)
{
	_cleanup_buf_ struct buf url = {0};
	const char *path = strncmp(options->listen, "unix:", 5) == 0 ? options->listen + 5 : NULL;
	typeof(curl_easy_setopt) *set = curl->easy_setopt;

	buf_printf(&url, "http://%s/metrics", path ? "localhost" : options->listen);
	if (set(easy, CURLOPT_URL, buf_text(&url)) == CURLE_OK &&
		set(easy, CURLOPT_UNIX_SOCKET_PATH, path) == CURLE_OK &&
		set(easy, CURLOPT_PROXY, "") == CURLE_OK && set(easy, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
		set(easy, CURLOPT_TIMEOUT_MS, (long)(options->timeout / NS_PER_MS)) == CURLE_OK &&
		set(easy, CURLOPT_ERRORBUFFER, detail) == CURLE_OK &&
		set(easy, CURLOPT_WRITEFUNCTION, on_bytes) == CURLE_OK &&
		set(easy, CURLOPT_WRITEDATA, answer) == CURLE_OK)
		return curl->easy_perform(easy);
	return CURLE_FAILED_INIT;
}

int prometheus_ask(const struct sink_options *options, char reason[SINK_REASON])
{
	const struct curl_library *curl = curl_library();
	CURL *easy = curl && curl->global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK ? curl->easy_init() : NULL;
	_cleanup_buf_ struct buf answer = {0};
	char detail[CURL_ERROR_SIZE] = "";
	long status = 0, error = 0;
	CURLcode code;

	if (!easy) {
		text_copy(reason, SINK_REASON, "libcurl cannot be loaded (libcurl.so.4), so it is not asked");
		return -ELIBACC;
	}
	code = get(curl, easy, options, &answer, detail);
	curl->easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
	curl->easy_getinfo(easy, CURLINFO_OS_ERRNO, &error);
	curl->easy_cleanup(easy);
	if (code == CURLE_OK && status == 200 && strstr(buf_text(&answer), "\nlastwords_build_info{"))
		return 0;
	if (code == CURLE_COULDNT_CONNECT && error > 0)
		snprintf(reason, SINK_REASON, "%s (does the daemon run?)", strerror((int)error));
	else if (code != CURLE_OK)
		text_copy(reason, SINK_REASON, *detail ? detail : curl->easy_strerror(code));
	else
		snprintf(reason, SINK_REASON, "HTTP %ld, and not the metrics of lastwords", status);
	return -ECOMM;
}

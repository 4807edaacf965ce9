/* SPDX-License-Identifier: Apache-2.0 */
/* Connections of libcurl for protocols that are not HTTP: it looks names up, connects and checks
 * certificates, in the loop; the bytes are the caller's. */
#include <errno.h>

#include "sink/http_internal.h"

static bool set_options(struct sink *sink, const char *url)
{
	const struct sink_options *options = sink->options;
	struct http_call *call = sink->call;
	typeof(curl_easy_setopt) *set = call->client->curl->easy_setopt;

	http_set_tuning(call);
	return set(call->easy, CURLOPT_URL, url) == CURLE_OK &&
	       set(call->easy, CURLOPT_PROTOCOLS_STR, "http,https") == CURLE_OK &&
	       set(call->easy, CURLOPT_CONNECT_ONLY, 1L) == CURLE_OK &&
	       set(call->easy, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
	       set(call->easy, CURLOPT_PRIVATE, sink) == CURLE_OK &&
	       set(call->easy, CURLOPT_ERRORBUFFER, call->detail) == CURLE_OK &&
	       set(call->easy, CURLOPT_CONNECTTIMEOUT_MS, HTTP_CONNECT_MS) == CURLE_OK &&
	       /* Of the environment: it is for HTTP. */
	       set(call->easy, CURLOPT_PROXY, "") == CURLE_OK &&
	       set(call->easy, CURLOPT_SSL_ENABLE_ALPN, 0L) == CURLE_OK &&
	       (!options->ca || set(call->easy, CURLOPT_CAINFO, options->ca) == CURLE_OK) &&
	       (!options->cert || set(call->easy, CURLOPT_SSLCERT, options->cert) == CURLE_OK) &&
	       (!options->key || set(call->easy, CURLOPT_SSLKEY, options->key) == CURLE_OK) &&
	       set(call->easy, CURLOPT_KEYPASSWD, HTTP_NO_PASSPHRASE) == CURLE_OK;
}

void http_connect(struct sink *sink, const char *url, http_answer_fn fn)
{
	struct http_answer answer = {
		.body = "", .error = "libcurl cannot be loaded (libcurl.so.4), or there is no memory"};
	struct http_call *call;

	if (!http_make_call(sink)) {
		fn(sink, &answer);
		return;
	}
	call = sink->call;
	call->fn = fn;
	call->stays = true;
	call->detail[0] = '\0';
	if (!set_options(sink, url) ||
		call->client->curl->multi_add_handle(call->client->multi, call->easy) != CURLM_OK) {
		answer.error = "libcurl does not take the connection (too old, or no memory)";
		fn(sink, &answer);
		return;
	}
	call->running = true;
}

int http_socket(struct sink *sink)
{
	curl_socket_t fd = CURL_SOCKET_BAD;

	if (sink->call)
		sink->call->client->curl->easy_getinfo(sink->call->easy, CURLINFO_ACTIVESOCKET, &fd);
	return fd;
}

static ssize_t result(CURLcode code, size_t n)
{
	return code == CURLE_OK ? (ssize_t)n : code == CURLE_AGAIN ? -EAGAIN : -ECONNRESET;
}

ssize_t http_write(struct sink *sink, const void *bytes, size_t len)
{
	size_t n = 0;
	CURLcode code = sink->call->client->curl->easy_send(sink->call->easy, bytes, len, &n);

	return result(code, n);
}

ssize_t http_read(struct sink *sink, void *bytes, size_t len)
{
	size_t n = 0;
	CURLcode code = sink->call->client->curl->easy_recv(sink->call->easy, bytes, len, &n);

	return result(code, n);
}

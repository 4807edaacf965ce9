/* SPDX-License-Identifier: Apache-2.0 */
/* HTTP on libcurl's multi interface, in the loop. */
#include "sink/http.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "base/clock.h"
#include "base/gzip.h"
#include "base/text.h"
#include "sink/http_internal.h"

#define RETRY_AFTER_MAX (3600 * NS_PER_SEC)
#define HEADERS_MAX     (256u << 10) /* bytes, of all that come with an answer */

/* A failure that goes on is told once a minute, and is known by its words: without how long it took. */
static void cut_duration(char *detail)
{
	char *after = strstr(detail, " after ");
	int len = 0;

	if (after && sscanf(after, " after %*u m%*[ilsecond]%n", &len) == 0 && len)
		memmove(after, after + len, strlen(after + len) + 1);
}

/* libcurl says that it could not connect, and not always why. */
static void add_errno(const struct http_client *client, struct http_call *call)
{
	size_t len = strlen(call->detail);
	long error = 0;

	client->curl->easy_getinfo(call->easy, CURLINFO_OS_ERRNO, &error);
	if (len && error > 0 && !strstr(call->detail, strerror((int)error)))
		snprintf(call->detail + len, sizeof(call->detail) - len, " (%s)", strerror((int)error));
}

static void set_answer(
	const struct http_client *client, struct http_call *call, CURLcode code, struct http_answer *ret)
{
	curl_off_t wait = 0;

	*ret = (struct http_answer){.body = buf_text(&call->answer), .len = call->answer.len};
	if (code != CURLE_OK) {
		cut_duration(call->detail);
		if (code == CURLE_COULDNT_CONNECT)
			add_errno(client, call);
		ret->too_long = call->answer.failed;
		ret->error = call->answer.failed || call->headers_len > HEADERS_MAX ? "its answer has no end"
			     : *call->detail                                        ? call->detail
					     : client->curl->easy_strerror(code);
		return;
	}
	ret->header = call->header.len ? buf_text(&call->header) : NULL;
	client->curl->easy_getinfo(call->easy, CURLINFO_RESPONSE_CODE, &ret->status);
	if (client->curl->easy_getinfo(call->easy, CURLINFO_RETRY_AFTER, &wait) == CURLE_OK && wait > 0)
		ret->retry_after = (uint64_t)wait < RETRY_AFTER_MAX / NS_PER_SEC ? (uint64_t)wait * NS_PER_SEC
										 : RETRY_AFTER_MAX;
}

static void take_answers(struct http_client *client)
{
	CURLMsg *message;
	int left;

	while ((message = client->curl->multi_info_read(client->multi, &left))) {
		CURLcode code = message->data.result;
		CURL *easy = message->easy_handle;
		struct http_answer answer;
		struct sink *sink;

		if (message->msg != CURLMSG_DONE)
			continue;
		client->curl->easy_getinfo(easy, CURLINFO_PRIVATE, (char **)&sink);
		if (!sink->call->stays) {
			client->curl->multi_remove_handle(client->multi, easy);
			sink->call->running = false;
		}
		set_answer(client, sink->call, code, &answer);
		sink->call->fn(sink, &answer);
	}
}

static void on_socket_ready(void *context, int fd, uint32_t events)
{
	struct http_client *client = context;
	int mask = (events & EPOLLIN ? CURL_CSELECT_IN : 0) | (events & EPOLLOUT ? CURL_CSELECT_OUT : 0) |
		   (events & (EPOLLERR | EPOLLHUP) ? CURL_CSELECT_ERR : 0);
	int running;

	client->curl->multi_socket_action(client->multi, fd, mask, &running);
	take_answers(client);
}

static void on_alarm(void *context)
{
	struct http_client *client = context;
	int running;

	client->curl->multi_socket_action(client->multi, CURL_SOCKET_TIMEOUT, 0, &running);
	take_answers(client);
}

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *context, void *socket_context)
{
	struct http_client *client = context;
	uint32_t events = (what & CURL_POLL_IN ? EPOLLIN : 0u) | (what & CURL_POLL_OUT ? EPOLLOUT : 0u);

	(void)easy;
	(void)socket_context;
	loop_remove_fd(client->loop, fd);
	return what == CURL_POLL_REMOVE || loop_add_fd(client->loop, fd, events, on_socket_ready, client) == 0
		       ? 0
		       : -1;
}

static int on_timer(CURLM *multi, long ms, void *context)
{
	struct http_client *client = context;

	(void)multi;
	loop_set_alarm(client->alarm, ms < 0 ? UINT64_MAX : (uint64_t)ms * NS_PER_MS);
	return 0;
}

int http_client_new(struct http_client **ret, struct loop *loop)
{
	const struct curl_library *curl = curl_library();
	struct http_client *client = curl ? calloc(1, sizeof(*client)) : NULL;

	if (!client)
		return curl ? -ENOMEM : -ELIBACC;
	client->curl = curl;
	client->loop = loop;
	client->alarm = loop_add_alarm(loop, on_alarm, client);
	if (client->alarm >= 0 && gzip_new(&client->gzip) == 0 &&
		curl->global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK)
		client->multi = curl->multi_init();
	if (!client->multi ||
		curl->multi_setopt(client->multi, CURLMOPT_SOCKETFUNCTION, on_socket) != CURLM_OK ||
		curl->multi_setopt(client->multi, CURLMOPT_SOCKETDATA, client) != CURLM_OK ||
		curl->multi_setopt(client->multi, CURLMOPT_TIMERFUNCTION, on_timer) != CURLM_OK ||
		curl->multi_setopt(client->multi, CURLMOPT_TIMERDATA, client) != CURLM_OK) {
		http_client_free(client);
		return -ENOMEM;
	}
	*ret = client;
	return 0;
}

void http_client_free(struct http_client *client)
{
	if (!client)
		return;
	if (client->multi)
		client->curl->multi_cleanup(client->multi);
	gzip_free(client->gzip);
	free(client);
}

static size_t on_bytes(char *bytes, size_t unit, size_t count, void *context)
{
	struct buf *answer = context;

	buf_append(answer, bytes, unit * count);
	return answer->failed ? 0 : unit * count;
}

static size_t on_header(char *bytes, size_t unit, size_t count, void *context)
{
	struct http_call *call = context;
	size_t len = unit * count, name = call->wanted ? strlen(call->wanted) : 0;

	call->headers_len += len;
	/* Also those behind the body, of which libcurl keeps as many as come. */
	if (call->headers_len > HEADERS_MAX)
		return 0;
	if (name && len > name && bytes[name] == ':' && strncasecmp(bytes, call->wanted, name) == 0) {
		buf_reset(&call->header);
		buf_append(&call->header, bytes + name + 1, len - name - 1);
	}
	return len;
}

static bool add_header(struct http_call *call, const char *format, ...) __attribute__((format(printf, 2, 3)));
static bool add_header(struct http_call *call, const char *format, ...)
{
	struct curl_slist *list;
	char *text = NULL;
	va_list ap;
	int n;

	va_start(ap, format);
	n = vasprintf(&text, format, ap);
	va_end(ap);
	list = n < 0 ? NULL : call->client->curl->slist_append(call->headers, text);
	if (n >= 0)
		free(text);
	if (list)
		call->headers = list;
	return list != NULL;
}

static bool set_headers(struct sink *sink, const struct http_request *request)
{
	const struct sink_options *options = sink->options;
	struct http_call *call = sink->call;
	bool good = add_header(call, "Content-Type: %s", request->content_type) &&
		    /* Else libcurl waits for a leave to send. */
		    add_header(call, "Expect:");

	if (request->gzip)
		good = good && add_header(call, "Content-Encoding: gzip");
	if (options->token)
		good = good &&
		       add_header(call, "Authorization: %s %s",
			       request->token_scheme ? request->token_scheme : "Bearer", options->token);
	if (options->header)
		good = good && add_header(call, "%s", options->header);
	for (size_t i = 0; i < HTTP_HEADERS && request->headers[i]; i++)
		good = good && add_header(call, "%s", request->headers[i]);
	return good;
}

static bool set_text(struct http_call *call, CURLoption option, const char *value)
{
	return !value || call->client->curl->easy_setopt(call->easy, option, value) == CURLE_OK;
}

/* One that this libcurl does not know, before 7.87, is left out: it would be the better for it, and is right
 * without. */
void http_set_tuning(struct http_call *call)
{
	typeof(curl_easy_setopt) *set = call->client->curl->easy_setopt;

	/* Else libcurl waits for the thread that asks a silent name server, and all sinks with it. */
	set(call->easy, CURLOPT_QUICK_EXIT, 1L);
	/* Else an authority that was replaced would be trusted for a day. */
	set(call->easy, CURLOPT_CA_CACHE_TIMEOUT, 60L);
}

/* Whatever option this libcurl does not know makes it fail: none of them may be left out. */
static bool set_options(struct sink *sink, const void *body, size_t len)
{
	const struct sink_options *options = sink->options;
	struct http_call *call = sink->call;
	typeof(curl_easy_setopt) *set = call->client->curl->easy_setopt;

	http_set_tuning(call);
	return set(call->easy, CURLOPT_URL, buf_text(&call->url)) == CURLE_OK &&
	       set(call->easy, CURLOPT_PROTOCOLS_STR, "http,https") == CURLE_OK &&
	       set(call->easy, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
	       set(call->easy, CURLOPT_PRIVATE, sink) == CURLE_OK &&
	       set(call->easy, CURLOPT_ERRORBUFFER, call->detail) == CURLE_OK &&
	       set(call->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)len) == CURLE_OK &&
	       set(call->easy, CURLOPT_POSTFIELDS, body) == CURLE_OK &&
	       set(call->easy, CURLOPT_HTTPHEADER, call->headers) == CURLE_OK &&
	       set(call->easy, CURLOPT_CONNECTTIMEOUT_MS, HTTP_CONNECT_MS) == CURLE_OK &&
	       set(call->easy, CURLOPT_TIMEOUT_MS, (long)(options->timeout / NS_PER_MS)) == CURLE_OK &&
	       set(call->easy, CURLOPT_USERAGENT, "lastwords/" LW_VERSION) == CURLE_OK &&
	       set(call->easy, CURLOPT_WRITEFUNCTION, on_bytes) == CURLE_OK &&
	       set(call->easy, CURLOPT_WRITEDATA, &call->answer) == CURLE_OK &&
	       set(call->easy, CURLOPT_HEADERFUNCTION, on_header) == CURLE_OK &&
	       set(call->easy, CURLOPT_HEADERDATA, call) == CURLE_OK &&
	       set_text(call, CURLOPT_CAINFO, options->ca) &&
	       set_text(call, CURLOPT_SSLCERT, options->cert) &&
	       set_text(call, CURLOPT_SSLKEY, options->key) &&
	       set_text(call, CURLOPT_KEYPASSWD, HTTP_NO_PASSPHRASE) &&
	       set_text(call, CURLOPT_PROXY, options->proxy) &&
	       set_text(call, CURLOPT_USERNAME, options->user) &&
	       set_text(call, CURLOPT_PASSWORD, options->password);
}

bool http_make_call(struct sink *sink)
{
	struct http_client *client = sink_http(sink);

	if (sink->call || !client)
		return sink->call != NULL;
	sink->call = calloc(1, sizeof(*sink->call));
	if (!sink->call)
		return false;
	sink->call->client = client;
	sink->call->answer.max = HTTP_ANSWER;
	sink->call->easy = client->curl->easy_init();
	return sink->call->easy != NULL;
}

void http_post(struct sink *sink, const struct http_request *request)
{
	const void *body = request->body;
	size_t len = request->len;
	struct http_call *call;

	if (!http_make_call(sink)) {
		sink_done(sink, SINK_RETRY, 0,
			"libcurl cannot be loaded (libcurl.so.4), or there is no memory");
		return;
	}
	call = sink->call;
	/* The connection stays with the handle. */
	call->client->curl->easy_reset(call->easy);
	call->client->curl->slist_free_all(call->headers);
	call->headers = NULL;
	call->detail[0] = '\0';
	buf_reset(&call->answer);
	buf_reset(&call->url);
	buf_printf(&call->url, "%s%s", request->url ? request->url : sink->options->url,
		request->path ? request->path : "");
	call->wanted = request->wanted;
	buf_reset(&call->header);
	call->headers_len = 0;
	if (request->gzip && gzip_pack(call->client->gzip, request->body, request->len, &call->packed) == 0) {
		body = call->packed.data;
		len = call->packed.len;
	}
	call->fn = request->answer;
	if (!set_headers(sink, request) || !set_options(sink, body, len) ||
		call->client->curl->multi_add_handle(call->client->multi, call->easy) != CURLM_OK) {
		sink_done(sink, SINK_RETRY, 0, "libcurl does not take the request (too old, or no memory)");
		return;
	}
	call->running = true;
}

void http_cancel(struct sink *sink)
{
	struct http_call *call = sink->call;

	if (!call)
		return;
	if (call->running)
		call->client->curl->multi_remove_handle(call->client->multi, call->easy);
	if (call->easy)
		call->client->curl->easy_cleanup(call->easy);
	call->client->curl->slist_free_all(call->headers);
	buf_free(&call->url);
	buf_free(&call->packed);
	buf_free(&call->answer);
	buf_free(&call->header);
	free(call);
	sink->call = NULL;
}

bool http_gzip(const struct sink *sink, bool by_default)
{
	const char *compression = sink_options(sink)->compression;

	return compression ? strcmp(compression, "gzip") == 0 : by_default;
}

const char *http_check(const struct sink_options *options)
{
	return strchr(options->url, '?') ? "url = an address without '?'" : NULL;
}

void http_reason(const struct http_answer *answer, char reason[SINK_REASON])
{
	_cleanup_buf_ struct buf text = {0};
	size_t line = strcspn(answer->body, "\r\n");

	if (answer->error) {
		/* It may quote a certificate of the other side. */
		text_escape(&text, answer->error, strlen(answer->error));
	} else {
		buf_printf(&text, "HTTP %ld%s", answer->status, line ? ": " : "");
		text_escape(&text, answer->body, line < 160 ? line : 160);
		if (answer->status >= 300 && answer->status < 400)
			buf_str(&text,
				" (redirects are not followed: put the address that it moved to into url)");
		else if (answer->status == 401 || answer->status == 403)
			buf_str(&text,
				" (look at the token or the user and password; SIGHUP reads them anew)");
		else if (answer->status == 404)
			buf_str(&text, " (look at the path of url)");
	}
	text_copy(reason, SINK_REASON, buf_text(&text));
}

void http_finish(struct sink *sink, const struct http_answer *answer)
{
	char reason[SINK_REASON];
	long status = answer->status;

	if (status >= 200 && status < 300) {
		sink_done(sink, SINK_DELIVERED, 0, NULL);
		return;
	}
	http_reason(answer, reason);
	if (status == 400 || status == 413 || status == 415 || status == 422)
		sink_done(sink, SINK_REFUSED, 0, reason);
	else
		sink_done(sink, SINK_RETRY, answer->retry_after, reason);
}

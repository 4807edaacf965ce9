/* SPDX-License-Identifier: Apache-2.0 */
/* The HTTP endpoint on libmicrohttpd, run from the daemon's own loop. */
#include "marker/http.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "marker/http_library.h"
#include "marker/http_listen.h"
#include "marker/signature.h"

#define CONNECTIONS   32
#define CONNECTION_NS (15 * NS_PER_SEC) /* for all of a request, however its bytes trickle in */
#define QUIET_S       5                 /* without a byte */
#define HEADERS_MAX   16384
#define ROUNDS        64 /* of libmicrohttpd before others have their turn */
#define RATE          5  /* markers a second */
#define BURST         300

struct http {
	struct loop *loop;
	http_mark_fn mark;
	void *context;
	struct MHD_Daemon *daemon;
	int epoll; /* of the daemon */
	bool added;
	char token[HTTP_TOKEN_MAX];
	char path[HTTP_TEXT_MAX]; /* of the unix socket; empty: none */
	double allowance;         /* markers that may come at once */
	uint64_t refilled;        /* ns of clock_boottime */
	struct client {
		int fd; /* -1: free */
		uint64_t deadline;
	} clients[CONNECTIONS];
};

/* What came of a request's body so far. */
struct request {
	struct buf body;
	bool too_long;
	char signature[80]; /* that the body has to have; empty: none */
};

static enum MHD_Result answer(struct MHD_Connection *c, unsigned status, const char *key, const char *value)
{
	json_t *object = json_pack("{s:s+}", key, value, "");
	char *text = json_dumps(object, JSON_COMPACT);
	struct MHD_Response *response;
	enum MHD_Result r;

	json_decref(object);
	if (!text)
		return MHD_NO;
	response = http_library()->create_response_from_buffer(strlen(text), text, MHD_RESPMEM_MUST_FREE);
	if (!response)
		return MHD_NO;
	http_library()->add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, "application/json");
	http_library()->add_response_header(response, MHD_HTTP_HEADER_CONNECTION, "close");
	if (status == MHD_HTTP_UNAUTHORIZED)
		http_library()->add_response_header(response, MHD_HTTP_HEADER_WWW_AUTHENTICATE, "Bearer");
	if (status == MHD_HTTP_TOO_MANY_REQUESTS)
		http_library()->add_response_header(response, MHD_HTTP_HEADER_RETRY_AFTER, "10");
	if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
		http_library()->add_response_header(response, MHD_HTTP_HEADER_ALLOW, "POST");
	r = http_library()->queue_response(c, status, response);
	http_library()->destroy_response(response);
	return r;
}

/* GitHub shows no token, but signs the body with it: more can be said when that is there. */
static const char *signature_of(struct MHD_Connection *c)
{
	return http_library()->lookup_connection_value(c, MHD_HEADER_KIND, "X-Hub-Signature-256");
}

/* "Authorization: Bearer TOKEN", the header of GitLab, or the password of basic authentication: each CI
 * system can send one of them. */
static bool may(const struct http *http, struct MHD_Connection *c)
{
	const char *bearer =
		http_library()->lookup_connection_value(c, MHD_HEADER_KIND, MHD_HTTP_HEADER_AUTHORIZATION);
	const char *gitlab = http_library()->lookup_connection_value(c, MHD_HEADER_KIND, "X-Gitlab-Token");
	char *password = NULL, *user;
	bool yes;

	if (bearer && strncasecmp(bearer, "Bearer ", 7) == 0)
		return http_token_is(http->token, bearer + 7);
	if (gitlab)
		return http_token_is(http->token, gitlab);
	user = http_library()->basic_auth_get_username_password(c, &password);
	yes = password && http_token_is(http->token, password);
	http_library()->free(user);
	http_library()->free(password);
	return yes;
}

static bool within_rate(struct http *http)
{
	uint64_t now = clock_boottime();

	http->allowance += (double)(now - http->refilled) / (double)NS_PER_SEC * RATE;
	if (http->allowance > BURST)
		http->allowance = BURST;
	http->refilled = now;
	if (http->allowance < 1)
		return false;
	http->allowance--;
	return true;
}

static enum MHD_Result take(struct http *http, struct MHD_Connection *c, const struct request *request)
{
	_cleanup_buf_ struct buf why = {0};
	struct webhook webhook;
	char id[ID_SIZE];
	int r;

	if (request->too_long)
		return answer(c, MHD_HTTP_CONTENT_TOO_LARGE, "error", "a body has at most 65536 bytes");
	if (request->signature[0] &&
		!signature_is(http->token, buf_text(&request->body), request->body.len, request->signature))
		return answer(c, MHD_HTTP_UNAUTHORIZED, "error", "the signature is not that of the token");
	if (!within_rate(http))
		return answer(c, MHD_HTTP_TOO_MANY_REQUESTS, "error", "too many markers: try again later");
	r = webhook_read(request->body.len ? request->body.data : "", request->body.len, clock_realtime(),
		&webhook, &why);
	if (r == -ENODATA)
		return answer(c, MHD_HTTP_ACCEPTED, "ignored", buf_text(&why));
	if (r < 0)
		return answer(c, MHD_HTTP_BAD_REQUEST, "error", buf_text(&why));
	r = http->mark(http->context, &webhook, id);
	if (r < 0)
		return answer(c, MHD_HTTP_SERVICE_UNAVAILABLE, "error", "the marker was not stored");
	return answer(c, MHD_HTTP_CREATED, "id", id);
}

/* What can be said from the headers alone; 0: go on. */
static unsigned refusal(const struct http *http, struct MHD_Connection *c, const char *url,
	const char *method, const char **ret_why)
{
	const char *length =
		http_library()->lookup_connection_value(c, MHD_HEADER_KIND, MHD_HTTP_HEADER_CONTENT_LENGTH);

	if (!signature_of(c) && !may(http, c)) {
		*ret_why = "show the token: Authorization: Bearer TOKEN";
		return MHD_HTTP_UNAUTHORIZED;
	}
	if (strcmp(url, "/markers") != 0) {
		*ret_why = "there is /markers only";
		return MHD_HTTP_NOT_FOUND;
	}
	if (strcmp(method, MHD_HTTP_METHOD_POST) != 0) {
		*ret_why = "POST a marker";
		return MHD_HTTP_METHOD_NOT_ALLOWED;
	}
	if (length && strtoull(length, NULL, 10) > WEBHOOK_MAX) {
		*ret_why = "a body has at most 65536 bytes";
		return MHD_HTTP_CONTENT_TOO_LARGE;
	}
	return 0;
}

/* Called once with the headers, then with each piece of the body, then once with none. */
static enum MHD_Result on_request(void *context, struct MHD_Connection *c, const char *url,
	const char *method, const char *version, const char *data, size_t *size, void **state)
{
	struct request *request = *state;
	const char *why, *signature;
	unsigned status;

	(void)version;
	if (!request) {
		status = refusal(context, c, url, method, &why);
		if (status)
			return answer(c, status, "error", why);
		*state = request = calloc(1, sizeof(*request));
		if (!request)
			return MHD_NO;
		request->body.max = WEBHOOK_MAX;
		signature = signature_of(c);
		if (signature)
			snprintf(request->signature, sizeof(request->signature), "%s",
				signature[0] ? signature : "none");
		return MHD_YES;
	}
	if (!*size)
		return take(context, c, request);
	if (request->body.len + *size > WEBHOOK_MAX)
		request->too_long = true;
	else if (!request->too_long)
		buf_append(&request->body, data, *size);
	*size = 0;
	return request->body.failed ? MHD_NO : MHD_YES;
}

static void on_completed(
	void *context, struct MHD_Connection *c, void **state, enum MHD_RequestTerminationCode code)
{
	struct request *request = *state;

	(void)context;
	(void)c;
	(void)code;
	if (!request)
		return;
	buf_free(&request->body);
	free(request);
	*state = NULL;
}

static void on_connection(
	void *context, struct MHD_Connection *c, void **state, enum MHD_ConnectionNotificationCode code)
{
	const union MHD_ConnectionInfo *info =
		http_library()->get_connection_info(c, MHD_CONNECTION_INFO_CONNECTION_FD);
	struct http *http = context;
	struct client *client = *state;

	if (code == MHD_CONNECTION_NOTIFY_CLOSED) {
		if (client)
			client->fd = -1;
		return;
	}
	for (unsigned n = 0; info && n < CONNECTIONS; n++) {
		if (http->clients[n].fd >= 0)
			continue;
		http->clients[n] = (struct client){info->connect_fd, clock_boottime() + CONNECTION_NS};
		*state = &http->clients[n];
		return;
	}
}

/* libmicrohttpd's epoll tells of edges: it runs until it has nothing left to do at once. */
static void run(struct http *http)
{
	MHD_UNSIGNED_LONG_LONG wait;
	unsigned rounds = 0;

	do
		http_library()->run(http->daemon);
	while (++rounds < ROUNDS && http_library()->get_timeout(http->daemon, &wait) == MHD_YES && wait == 0);
}

static void on_ready(void *context, int fd, uint32_t events)
{
	(void)fd;
	(void)events;
	run(context);
}

/* Who sends a byte now and then is never quiet, but has no more time than others. */
static void on_second(void *context)
{
	struct http *http = context;
	uint64_t now = clock_boottime();

	for (unsigned n = 0; n < CONNECTIONS; n++)
		if (http->clients[n].fd >= 0 && now > http->clients[n].deadline)
			shutdown(http->clients[n].fd, SHUT_RDWR);
	run(http);
}

static int start(struct http *http, int fd)
{
	const union MHD_DaemonInfo *info;

	http->daemon = http_library()->start_daemon(MHD_USE_EPOLL, 0, NULL, NULL, on_request, http,
		MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS,
		MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)QUIET_S, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
		(size_t)HEADERS_MAX, MHD_OPTION_NOTIFY_COMPLETED, on_completed, http,
		MHD_OPTION_NOTIFY_CONNECTION, on_connection, http, MHD_OPTION_END);
	if (!http->daemon) {
		close(fd);
		return -ENOMEM;
	}
	info = http_library()->get_daemon_info(http->daemon, MHD_DAEMON_INFO_EPOLL_FD);
	if (!info)
		return -ENOSYS;
	http->epoll = info->epoll_fd;
	if (loop_add_fd(http->loop, http->epoll, EPOLLIN, on_ready, http) < 0)
		return -ENOMEM;
	http->added = true;
	return loop_add_timer(http->loop, NS_PER_SEC, on_second, http);
}

int http_open(struct http **ret, struct loop *loop, const struct http_config *config,
	const struct control_config *file, http_mark_fn fn, void *context, struct buf *error)
{
	struct http *http = calloc(1, sizeof(*http));
	int r = http ? http_token(config->token_file, http->token, error) : -ENOMEM, fd;

	if (r == 0 && !http_library()) {
		buf_str(error, "the HTTP endpoint needs libmicrohttpd (Debian: libmicrohttpd12)");
		r = -ELIBACC;
	}
	fd = r < 0 ? r : http_listen(config, file, error);
	if (fd < 0) {
		free(http);
		return fd;
	}
	http->loop = loop;
	http->mark = fn;
	http->context = context;
	http->allowance = BURST;
	http->refilled = clock_boottime();
	for (unsigned n = 0; n < CONNECTIONS; n++)
		http->clients[n].fd = -1;
	if (strncmp(config->listen, "unix:", 5) == 0)
		memcpy(http->path, config->listen + 5, sizeof(http->path) - 5);
	r = start(http, fd);
	if (r < 0) {
		buf_printf(error, "the HTTP endpoint does not start: %s", strerror(-r));
		http_close(http);
		return r;
	}
	*ret = http;
	return 0;
}

void http_close(struct http *http)
{
	if (!http)
		return;
	if (http->added)
		loop_remove_fd(http->loop, http->epoll);
	if (http->daemon)
		http_library()->stop_daemon(http->daemon);
	if (http->path[0])
		unlink(http->path);
	free(http);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* The HTTP endpoint on libmicrohttpd, run from the daemon's own loop. */
#include "marker/http.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/http_server.h"
#include "marker/http_token.h"
#include "marker/signature.h"

#define RATE  5 /* markers a second */
#define BURST 300

struct http {
	http_mark_fn mark;
	void *context;
	struct http_server *server;
	char token[HTTP_TOKEN_MAX];
	double allowance;  /* markers that may come at once */
	uint64_t refilled; /* ns of clock_boottime */
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
	/* What some statuses want beside the type. */
	static const struct {
		unsigned status;
		const char *name, *value;
	} rows[] = {
		{MHD_HTTP_UNAUTHORIZED, MHD_HTTP_HEADER_WWW_AUTHENTICATE, "Bearer"},
		{MHD_HTTP_TOO_MANY_REQUESTS, MHD_HTTP_HEADER_RETRY_AFTER, "10"},
		{MHD_HTTP_METHOD_NOT_ALLOWED, MHD_HTTP_HEADER_ALLOW, "POST"},
	};
	const char *headers[5] = {MHD_HTTP_HEADER_CONTENT_TYPE, "application/json"};

	json_decref(object);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].status != status)
			continue;
		headers[2] = rows[i].name;
		headers[3] = rows[i].value;
	}
	return http_server_answer(c, status, text, headers);
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

static int check_listen(const struct http_config *config, struct buf *error)
{
	const char *expected = http_listen_check(config->listen, config->anywhere);

	if (!expected)
		return 0;
	buf_printf(error, "[http] listen: expected %s", expected);
	if (!http_listen_check(config->listen, true))
		buf_str(error, "; say listen_anywhere = yes if others shall reach it, in clear text");
	return -EINVAL;
}

int http_config_check(const struct http_config *config, struct buf *error)
{
	char token[HTTP_TOKEN_MAX];
	int r;

	if (!config->listen[0])
		return 0;
	r = http_token(config->token_file, token, error);
	explicit_bzero(token, sizeof(token));
	return r < 0 ? r : check_listen(config, error);
}

int http_open(struct http **ret, struct loop *loop, const struct http_config *config,
	const struct control_config *file, http_mark_fn fn, void *context, struct buf *error)
{
	const struct http_place place = {config->listen, config->anywhere, file->mode, file->group};
	struct http *http = calloc(1, sizeof(*http));
	const struct http_handler handler = {on_request, on_completed, http};
	int r = http ? http_token(config->token_file, http->token, error) : -ENOMEM;

	if (r == 0)
		r = check_listen(config, error);
	if (r < 0) {
		free(http);
		return r;
	}
	http->mark = fn;
	http->context = context;
	http->allowance = BURST;
	http->refilled = clock_boottime();
	r = http_server_new(&http->server, loop, &place, &handler, error);
	if (r < 0) {
		free(http);
		return r;
	}
	*ret = http;
	return 0;
}

void http_close(struct http *http)
{
	if (!http)
		return;
	http_server_free(http->server);
	free(http);
}

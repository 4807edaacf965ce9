/* SPDX-License-Identifier: Apache-2.0 */
/* HTTP for sinks: one libcurl multi handle in the loop, one request at a time for each sink. Answers are read
 * to HTTP_ANSWER bytes, redirects are not followed, certificates are verified. */
#ifndef LW_SINK_HTTP_H
#define LW_SINK_HTTP_H

#include "sink/kind.h"

#define HTTP_ANSWER  (1u << 20)
#define HTTP_HEADERS 16

struct http_client;

/* Returns 0, -ELIBACC without libcurl, or another -errno. */
int http_client_new(struct http_client **ret, struct loop *loop);
void http_client_free(struct http_client *client);

struct http_answer {
	long status;      /* 0: there was none */
	const char *body; /* ended by NUL; what it holds is the other side's */
	size_t len;
	uint64_t retry_after; /* ns; 0: not said */
	const char *header;   /* what follows the name of the one that was wanted; NULL: it was not there */
	const char *error;    /* for people, when there was no answer */
	bool too_long;        /* error: it was over HTTP_ANSWER */
};

typedef void (*http_answer_fn)(struct sink *sink, const struct http_answer *answer);

struct http_request {
	const char *url;  /* NULL: that of the options */
	const char *path; /* behind the url; NULL: nothing */
	const char *content_type;
	const char *token_scheme;          /* of Authorization; NULL: Bearer */
	const char *headers[HTTP_HEADERS]; /* "NAME: VALUE", beside what the options say; ended by NULL */
	const void *body;                  /* lives until the answer */
	size_t len;
	const char *wanted; /* the name of a header of the answer; NULL: none */
	bool gzip;          /* compressed here, with Content-Encoding */
	/* Calls sink_done; usually http_finish after a look at the body. */
	http_answer_fn answer;
};

/* Sends. Token, user, password, header, proxy, ca, cert, key, timeout are the options'. What fails at once
 * goes through sink_done, too. */
void http_post(struct sink *sink, const struct http_request *request);
/* For cancel and close. */
void http_cancel(struct sink *sink);
/* The key compression, whose values are gzip and none; by_default: what holds without it. */
bool http_gzip(const struct sink *sink, bool by_default);
/* For check: a path is put behind url. Returns what is expected
 * instead, or NULL. */
const char *http_check(const struct sink_options *options);
/* What a status means for most receivers: 2xx delivered; 400, 413, 415 and 422 refused; everything else again
 * later, with what it said. */
void http_finish(struct sink *sink, const struct http_answer *answer);
/* "HTTP 503: the first line of the body" for people, escaped. */
void http_reason(const struct http_answer *answer, char reason[SINK_REASON]);

/* Connects for another protocol, over TCP (url http://HOST:PORT) or TLS (https://), with the options' ca,
 * cert and key and no proxy. fn is told once, from here or later: error is NULL when it is connected.
 * http_cancel ends it. */
void http_connect(struct sink *sink, const char *url, http_answer_fn fn);
/* Of the connection: for epoll, and libcurl's own. */
int http_socket(struct sink *sink);
/* Both return bytes, 0 read at the end, -EAGAIN or another -errno. What did not fit is written again with the
 * same bytes. */
ssize_t http_write(struct sink *sink, const void *bytes, size_t len);
ssize_t http_read(struct sink *sink, void *bytes, size_t len);

#endif

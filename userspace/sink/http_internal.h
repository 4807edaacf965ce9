/* SPDX-License-Identifier: Apache-2.0 */
/* What http.c and connection.c share. */
#ifndef LW_SINK_HTTP_INTERNAL_H
#define LW_SINK_HTTP_INTERNAL_H

#include "base/curl_library.h"
#include "sink/internal.h"

#define HTTP_CONNECT_MS 10000L
/* Of an encrypted key: without any it would be asked for at the terminal, in the loop. */
#define HTTP_NO_PASSPHRASE ""

struct http_client {
	const struct curl_library *curl;
	CURLM *multi;
	struct gzip *gzip;
	struct loop *loop;
	int alarm;
};

/* What a sink keeps between its requests: the handle holds the connection. */
struct http_call {
	struct http_client *client;
	CURL *easy;
	bool running; /* it is the multi handle's */
	bool stays;   /* and remains so when it is connected */
	struct curl_slist *headers;
	size_t headers_len; /* bytes of those of the answer so far */
	struct buf url;
	struct buf packed;
	struct buf answer;
	const char *wanted; /* the header of the answer that is kept */
	struct buf header;
	char detail[CURL_ERROR_SIZE]; /* of what failed in the last request */
	http_answer_fn fn;
};

/* For each new request or connection. */
void http_set_tuning(struct http_call *call);
/* Returns false without libcurl or memory. */
bool http_make_call(struct sink *sink);

#endif

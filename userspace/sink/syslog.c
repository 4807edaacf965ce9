/* SPDX-License-Identifier: Apache-2.0 */
/* The sink syslog: RFC 5424, over unix sockets, UDP (RFC 5426), TCP with counted octets (RFC 6587) and TLS
 * (RFC 5425). The whole event is in it: as structured data behind a line for people, or as the message
 * itself. */
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/text.h"
#include "report/report.h"
#include "sink/kinds.h"
#include "sink/link.h"

/* The number is the one that RFC 5612 sets aside for documentation: lastwords has none of its own. */
#define SD_ID "lastwords@32473"
#define BOM   "\xEF\xBB\xBF"

#define DATAGRAM_MAX 65507 /* bytes in one of UDP */
#define HOSTNAME_MAX 255
#define DAEMON       3

static const char *const facilities[] = {"kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news",
	"uucp", "cron", "authpriv", "ftp", "ntp", "audit", "alert", "clock", "local0", "local1", "local2",
	"local3", "local4", "local5", "local6", "local7"};

static unsigned facility(const struct sink_options *options)
{
	for (unsigned i = 0; options->facility && i < sizeof(facilities) / sizeof(facilities[0]); i++)
		if (strcmp(facilities[i], options->facility) == 0)
			return i;
	return DAEMON;
}

static bool is_scheme(const struct sink_options *options, const char *scheme)
{
	return options->url && strncmp(options->url, scheme, strlen(scheme)) == 0;
}

static const char *check(const struct sink_options *options)
{
	const char *path = is_scheme(options, "unix:") ? NULL : strstr(options->url, "://");

	if (path && path[3 + strcspn(path + 3, "/?")])
		return "url = an address without a path, such as tcp://HOST:601";
	return NULL;
}

static int open_sink(struct sink *sink, struct buf *error)
{
	const struct sink_options *options = sink_options(sink);
	const struct link_target target = {
		.url = options->url,
		.port = is_scheme(options, "udp:")   ? 514
			: is_scheme(options, "tcp:") ? 601
						     : 6514,
	};

	return link_make(sink, &target, error);
}

/* Printable ASCII without blanks, which is all that a header may hold; "-" for nothing. */
static void put_word(struct buf *out, const char *word, size_t max)
{
	size_t len = word ? strlen(word) : 0;

	if (!len)
		buf_char(out, '-');
	for (size_t i = 0; i < len && i < max; i++)
		buf_char(out, word[i] > ' ' && word[i] < 0x7f ? word[i] : '_');
}

static void put_parameter(struct buf *out, const char *name, const char *value, size_t len)
{
	buf_printf(out, " %s=\"", name);
	for (size_t i = 0; i < len; i++) {
		size_t plain = strcspn(value + i, "\"\\]");

		buf_append(out, value + i, plain);
		i += plain;
		if (i < len) {
			buf_char(out, '\\');
			buf_char(out, value[i]);
		}
	}
	buf_char(out, '"');
}

static void put_header(struct sink *sink, const struct sink_item *item, struct buf *out)
{
	const char *host = json_string_value(json_object_get(json_object_get(item->object, "host"), "name"));
	const json_t *pid = json_object_get(json_object_get(item->object, "process"), "pid");
	char time[CLOCK_TEXT_SIZE];

	clock_format(item->time, time);
	/* Six decimals at most are allowed. */
	memcpy(time + strlen("2026-11-22T10:46:09.123456"), "Z", sizeof("Z"));
	buf_printf(out, "<%u>1 %s ", facility(sink_options(sink)) * 8 + item->severity.syslog, time);
	put_word(out, host ? host : sink_host(sink), HOSTNAME_MAX);
	buf_str(out, " lastwords ");
	if (json_is_integer(pid))
		buf_printf(out, "%lld ", (long long)json_integer_value(pid));
	else
		buf_str(out, "- ");
	put_word(out, item->kind, 32);
}

static void put_message(struct sink *sink, const struct sink_item *item, struct buf *out)
{
	const char *format = sink_options(sink)->format;
	bool json = format && strcmp(format, "json") == 0;

	put_header(sink, item, out);
	buf_str(out, " [" SD_ID);
	put_parameter(out, "id", item->id, strlen(item->id));
	if (item->service) {
		_cleanup_buf_ struct buf service = {0};

		/* A line's end in it would be one in the files of many receivers. */
		text_escape(&service, item->service, strlen(item->service));
		put_parameter(out, "service", buf_text(&service), service.len);
	}
	if (!json)
		put_parameter(out, "event", item->body, item->len);
	buf_str(out, "] ");
	if (json) {
		/* Readers of JSON do not expect a byte order mark. */
		buf_append(out, item->body, item->len);
	} else {
		buf_str(out, BOM);
		report_message(item->object, out);
	}
}

static int encode(struct sink *sink, const struct sink_item *item, struct buf *body)
{
	_cleanup_buf_ struct buf message = {0};

	put_message(sink, item, &message);
	if (message.len > DATAGRAM_MAX && is_scheme(sink_options(sink), "udp:"))
		return -EMSGSIZE;
	link_frame(body, &message);
	return 0;
}

const struct sink_kind sink_syslog = {
	.name = "syslog",
	.keys = "url! ca cert key format=text|json "
		"facility=kern|user|mail|daemon|auth|syslog|lpr|news|uucp|cron|authpriv|ftp|"
		"ntp|audit|alert|clock|local0|local1|local2|local3|local4|local5|local6|local7",
	.schemes = "unix udp tcp tls",
	.check = check,
	.open = open_sink,
	.close = link_close,
	.encode = encode,
	.send = link_send,
	.cancel = link_cancel,
};

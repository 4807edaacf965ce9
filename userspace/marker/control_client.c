/* SPDX-License-Identifier: Apache-2.0 */
/* Control socket, the command's side: one request, one answer. */
#include "marker/control.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/text.h"

#define ANSWER_MAX     4096 /* bytes */
#define ANSWER_TIMEOUT 10   /* seconds, more than the daemon itself allows */

static int connect_daemon(const char *state_dir)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct timeval patience = {.tv_sec = ANSWER_TIMEOUT};
	int n = snprintf(address.sun_path, sizeof(address.sun_path), "%s/control.sock", state_dir);
	int fd, r;

	/* No daemon can listen at a path that is too long for an address. */
	if (n < 0 || (size_t)n >= sizeof(address.sun_path))
		return -ENOENT;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0)
		return fd;
	r = errno == ENOTDIR ? -ENOENT : errno == EAGAIN ? -ETIMEDOUT : -errno;
	close(fd);
	return r;
}

int control_listens(const char *state_dir)
{
	_cleanup_close_ int fd = connect_daemon(state_dir);

	return fd < 0 ? fd : 0;
}

/* Takes the request. */
static int write_object(json_t *request, struct buf *out)
{
	_cleanup_free_ char *line = json_dumps(request, JSON_COMPACT);

	json_decref(request);
	if (!line)
		return -EINVAL;
	buf_str(out, line);
	buf_char(out, '\n');
	return out->failed ? -ENOMEM : 0;
}

/* Empty texts are left out. */
static int write_request(const struct event_marker *marker, uint64_t time_ns, struct buf *out)
{
	char when[CLOCK_TEXT_SIZE] = "";
	const char *texts[][2] = {
		{"kind", marker->kind},
		{"service", marker->service},
		{"version", marker->version},
		{"note", marker->note},
		{"link", marker->link},
		{"time", when},
	};
	json_t *request = json_pack("{s:s}", "op", "mark");
	int r = 0;

	if (time_ns)
		clock_format(time_ns, when);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]) && r == 0; i++) {
		if (texts[i][1][0])
			r = json_object_set_new(request, texts[i][0], json_string(texts[i][1]));
	}
	if (r == 0)
		return write_object(request, out);
	json_decref(request);
	return -EINVAL;
}

static int read_line(int fd, struct buf *out)
{
	char chunk[512];

	out->max = ANSWER_MAX;
	while (!out->len || out->data[out->len - 1] != '\n') {
		ssize_t n = recv(fd, chunk, sizeof(chunk), 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n == 0 ? -EPROTO : errno == EAGAIN ? -ETIMEDOUT : -errno;
		buf_append(out, chunk, (size_t)n);
		if (out->failed)
			return -EPROTO;
	}
	return 0;
}

static int take_answer(const struct buf *line, char id[ID_SIZE], struct buf *error)
{
	json_t *answer = json_loadb(line->data, line->len, 0, NULL);
	const char *new_id = json_string_value(json_object_get(answer, "id"));
	const char *message = json_string_value(json_object_get(answer, "error"));
	const char *warning = json_string_value(json_object_get(answer, "warning"));
	int r = -EPROTO;

	if (new_id && id_valid(new_id)) {
		text_copy(id, ID_SIZE, new_id);
		buf_str(error, warning ? warning : "");
		r = 0;
	} else if (message) {
		buf_str(error, message);
		r = -EREMOTEIO;
	}
	json_decref(answer);
	return r;
}

static int ask(const char *state_dir, const struct buf *request, char id[ID_SIZE], struct buf *error)
{
	_cleanup_buf_ struct buf line = {0};
	_cleanup_close_ int fd = connect_daemon(state_dir);
	int r;

	if (fd < 0)
		return fd;
	/* A daemon that refuses this user answers without reading: its words matter, not the broken pipe. */
	if (send(fd, request->data, request->len, MSG_NOSIGNAL) < 0 && errno != EPIPE && errno != ECONNRESET)
		return errno == EAGAIN ? -ETIMEDOUT : -errno;
	r = read_line(fd, &line);
	return r < 0 ? r : take_answer(&line, id, error);
}

int control_send_mark(const char *state_dir, const struct event_marker *marker, uint64_t time_ns,
	char id[ID_SIZE], struct buf *error)
{
	_cleanup_buf_ struct buf request = {0};
	int r = write_request(marker, time_ns, &request);

	return r < 0 ? r : ask(state_dir, &request, id, error);
}

int control_send_decision(const char *state_dir, const struct event_decision *decision, struct buf *error)
{
	_cleanup_buf_ struct buf request = {0};
	char id[ID_SIZE];
	int r = write_object(
		json_pack("{s:s, s:s, s:s, s:s*}", "op", "decide", "action", decision->action, "issue",
			decision->issue, "into", decision->into[0] ? decision->into : NULL),
		&request);

	return r < 0 ? r : ask(state_dir, &request, id, error);
}

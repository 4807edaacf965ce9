/* SPDX-License-Identifier: Apache-2.0 */
/* lastwords deliver: the process that runs the sinks. The daemon starts it and speaks with it over a socket;
 * it has no capabilities, and only reads the store. */
#include "command/command.h"

#include <errno.h>
#include <linux/capability.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "command/config.h"
#include "command/delivery.h"
#include "sink/options_pass.h"

#define FINISH_TIME (2500 * NS_PER_MS)

enum { OPTION_AFTER_HALF = OPTION_OWN + 1 };

struct deliver {
	struct loop *loop;
	struct store *store;
	struct sinks *sinks;
	struct sink_list list;
	bool finishing;
};

static void tell(const struct delivery_message *message)
{
	/* Waits for the daemon: what is not told would be delivered twice. */
	send(DELIVERY_FD, message, sizeof(*message), MSG_NOSIGNAL);
}

static void check_finished(struct deliver *d)
{
	if (d->finishing && sinks_idle(d->sinks))
		loop_stop(d->loop, EXIT_DONE);
}

static void on_progress(void *context, const char *sink, const struct sink_progress *progress)
{
	struct delivery_message message = {.type = DELIVERY_PROGRESS, .progress = *progress};

	(void)context;
	text_copy(message.sink, sizeof(message.sink), sink);
	tell(&message);
}

static void on_refused(void *context, const char *sink, const char *event, const char *reason)
{
	struct delivery_message message = {.type = DELIVERY_REFUSED};

	(void)context;
	text_copy(message.sink, sizeof(message.sink), sink);
	text_copy(message.event, sizeof(message.event), event);
	text_copy(message.reason, sizeof(message.reason), reason);
	tell(&message);
}

static void on_deadline(void *context)
{
	struct deliver *d = context;

	loop_stop(d->loop, EXIT_DONE);
}

static void on_round(void *context)
{
	check_finished(context);
}

static void on_message(void *context, int fd, uint32_t events)
{
	struct deliver *d = context;
	struct delivery_message message;
	bool wake = false;
	ssize_t n;

	(void)events;
	while ((n = recv(fd, &message, sizeof(message), MSG_DONTWAIT)) == sizeof(message)) {
		wake = true;
		if (message.type == DELIVERY_FINISH && !d->finishing) {
			d->finishing = true;
			loop_set_alarm(loop_add_alarm(d->loop, on_deadline, d), FINISH_TIME);
		}
	}
	if (wake)
		sinks_wake(d->sinks);
	if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
		loop_stop(d->loop, EXIT_DONE); /* the daemon is gone */
}

int delivery_drop_rights(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct none[2] = {{0}};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || syscall(SYS_capset, &header, none) < 0)
		return -errno;
	return 0;
}

static int load_cursors(struct deliver *d, struct sink_cursor *cursors)
{
	int r = 0;

	for (size_t i = 0; i < d->list.count && r == 0; i++) {
		struct delivery_account account;
		bool known;

		r = delivery_load(d->store, d->list.sinks[i].name, &account, &known);
		cursors[i] = account.cursor;
	}
	return r;
}

static int read_options(struct sink_list *list, const char *config, struct buf *error)
{
	return config ? config_read_sinks(list, config, error) : sink_options_take(list, DELIVERY_OPTIONS_FD);
}

static int open_all(struct deliver *d, const char *state, const char *config, struct buf *error)
{
	static const struct sink_listener listener = {on_progress, on_refused, NULL};
	struct sink_cursor cursors[SINKS_MAX];
	int r = read_options(&d->list, config, error);

	/* The name in ps, and in what others trace. */
	prctl(PR_SET_NAME, "lw-deliver");
	if (r == 0)
		r = delivery_drop_rights();
	if (r == 0)
		r = store_open(&d->store, state, STORE_READ, error);
	if (r == 0)
		r = load_cursors(d, cursors);
	if (r == 0)
		r = loop_new(&d->loop);
	if (r == 0)
		r = sinks_open(&d->sinks, d->loop, d->store, &d->list, cursors, &listener);
	if (r == 0)
		r = loop_add_fd(d->loop, DELIVERY_FD, EPOLLIN, on_message, d);
	if (r == 0)
		loop_on_round(d->loop, on_round, d);
	return r;
}

int command_deliver(int argc, char **argv)
{
	static const struct option options[] = {COMMON_LONG_OPTIONS,
		{"config", required_argument, NULL, OPTION_OWN},
		{"after-half", no_argument, NULL, OPTION_AFTER_HALF}, {NULL, 0, NULL, 0}};
	struct common_options common = COMMON_OPTIONS_INIT;
	_cleanup_buf_ struct buf error = {0};
	const char *config = NULL; /* the daemon passes what it has accepted; tests have no daemon */
	struct deliver d = {0};
	bool after_half = false;
	int c, r;

	while ((c = getopt_long(argc, argv, ":o:", options, NULL)) != -1) {
		if (c == OPTION_AFTER_HALF)
			after_half = true;
		else if (c == OPTION_OWN)
			config = optarg;
		else if (common_option(&common, c, argv) < 0)
			return EXIT_USAGE;
	}
	/* Those for the whole group are for the daemon, which says when it is time; its end is the end of the
	 * socket. */
	signal(SIGTERM, SIG_IGN);
	signal(SIGINT, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	r = open_all(&d, common.state, config, &error);
	if (r == 0 && after_half)
		sinks_after_half(d.sinks);
	if (r < 0)
		log_error("delivery: %s", error.len ? buf_text(&error) : strerror(-r));
	else
		r = loop_run(d.loop);
	if (sinks_close(d.sinks))
		r = EXIT_FAILED;
	loop_free(d.loop);
	store_close(d.store);
	sink_options_free(&d.list);
	return r < 0 ? EXIT_FAILED : r;
}

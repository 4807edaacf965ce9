/* SPDX-License-Identifier: Apache-2.0 */
/* The look at the connections that live, in the running kernel, with told time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "probe/internal.h"

#define POOL 40

struct look {
	struct probe *probe;
	unsigned made, accepted; /* messages of this process */
	uint16_t port;           /* that listens */
};

static int set_up(void **state)
{
	static const struct probe_config config = {.families = 1u << FAMILY_ESTABLISHED};
	static struct look look;
	_cleanup_buf_ struct buf error = {0};

	look = (struct look){0};
	if (geteuid() == 0)
		assert_int_equal(probe_open(&look.probe, &config, &error), 0);
	*state = &look;
	return 0;
}

static int tear_down(void **state)
{
	struct look *look = *state;

	probe_close(look->probe);
	return 0;
}

static int listen_at(struct look *look, int backlog)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof(at);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&at, size), 0);
	assert_int_equal(listen(fd, backlog), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &size), 0);
	look->port = ntohs(at.sin_port);
	return fd;
}

static int connect_to(const struct look *look)
{
	struct sockaddr_in at = {.sin_family = AF_INET,
		.sin_port = htons(look->port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(connect(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	return fd;
}

static void on_message(void *context, const void *message, size_t size)
{
	struct look *look = context;
	const struct lw_connected *m = message;

	if (m->head.type == LW_UNIX) /* of other programs of this host */
		return;
	assert_int_equal(size, sizeof(*m));
	assert_int_equal(m->head.type, LW_CONNECTED);
	assert_int_equal(m->head.size, sizeof(*m));
	if (m->pid != (uint32_t)getpid())
		return;
	assert_true(m->start > 0 && m->start < clock_boottime());
	assert_true(m->local);
	assert_int_equal(m->family, 4);
	assert_memory_equal(m->remote, "\x7f\0\0\1", 4);
	if (m->port == look->port)
		look->made++;
	else if (m->local_port == look->port)
		look->accepted++;
}

/* All that is due by then; never more at a time than a piece. */
static void looks(struct look *look, uint64_t now)
{
	look->made = look->accepted = 0;
	do
		assert_int_equal(established_read(look->probe, now, on_message, look), 0);
	while (look->probe->established.look);
}

static void told_while_they_live(void **state)
{
	struct look *look = *state;
	uint64_t now = clock_boottime();
	int server, made[POOL], accepted[POOL];

	if (!look->probe) {
		print_message("skip - needs root: BPF programs\n");
		skip();
	}
	server = listen_at(look, 8);
	for (unsigned i = 0; i < POOL; i++) {
		made[i] = connect_to(look);
		accepted[i] = accept(server, NULL, NULL);
		assert_true(accepted[i] >= 0);
	}
	close(server);
	looks(look, now);
	assert_int_equal(look->made, 1);
	assert_int_equal(look->accepted, 0);
	looks(look, now + 1799 * NS_PER_SEC);
	assert_int_equal(look->made, 0);
	looks(look, now + 1800 * NS_PER_SEC);
	assert_int_equal(look->made, 1);
	for (unsigned i = 0; i < POOL; i++) {
		close(accepted[i]);
		/* The peer has closed: not established any more. */
		if (i % 2)
			close(made[i]);
	}
	looks(look, now + 3600 * NS_PER_SEC);
	assert_int_equal(look->made, 0);
	for (unsigned i = 0; i < POOL; i += 2)
		close(made[i]);
}

/* The kernel's own way to tell who accepted fails here: user space has the port that listens. */
static void without_backlog(void **state)
{
	struct look *look = *state;
	int server, made, accepted;

	if (!look->probe) {
		print_message("skip - needs root: BPF programs\n");
		skip();
	}
	server = listen_at(look, 0);
	made = connect_to(look);
	accepted = accept(server, NULL, NULL);
	looks(look, clock_boottime());
	assert_int_equal(look->made, 1);
	assert_int_equal(look->accepted, 1);
	close(accepted);
	close(made);
	close(server);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(told_while_they_live, set_up, tear_down),
		cmocka_unit_test_setup_teardown(without_backlog, set_up, tear_down)};

	return cmocka_run_group_tests_name("probe_established", tests, NULL, NULL);
}

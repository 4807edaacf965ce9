/* SPDX-License-Identifier: Apache-2.0 */
/* Programs that are another one than before, and facts of the host: what is noticed as a change, and what is
 * not. */
#include "unit/infer_test.h"

static void another_binary_is_a_deploy(void **state)
{
	struct seen *s = *state;

	start(s, "app.service", "/srv/app", 1, "app", true);
	assert_int_equal(s->count, 0);
	start(s, "app.service", "/srv/app", 2, "app", true);
	assert_last(s, 1, "deploy", "app", "");
	start(s, "app.service", "/srv/app", 2, "app", false);
	assert_int_equal(s->count, 1);
}

/* As above, of a file that the caller describes; an hour after the last one. */
static void start_file(struct seen *s, uint64_t inode, uint64_t mtime, uint64_t content)
{
	struct event_service service = {.name = "app", .unit = "app.service"};

	infer_started(s->infer, &(struct infer_start){.time = s->now += 3600 * NS_PER_SEC,
					.service = &service,
					.exe = "/srv/app",
					.args = "app",
					.args_len = 4,
					.inode = inode,
					.mtime = mtime,
					.content = content,
					.supervised = true});
}

/* Written in place, or with a time that is set; a container's files have other inodes when it comes again. */
static void content_tells_files_apart(void **state)
{
	struct seen *s = *state;

	start_file(s, 1, 1, 7);
	start_file(s, 1, 1, 8);
	assert_last(s, 1, "deploy", "app", "");
	assert_non_null(strstr(s->markers[0].evidence, "another file than it was, though its time"));
	start_file(s, 2, 1, 8);
	assert_last(s, 2, "restart", "app", "");
	start_file(s, 2, 1, 0);
	assert_last(s, 3, "restart", "app", "");
	start_file(s, 3, 1, 8);
	assert_last(s, 4, "deploy", "app", "");
	/* People read it: nanoseconds only where seconds are not enough. */
	start_file(s, 3, 1700000000 * NS_PER_SEC, 9);
	assert_non_null(strstr(
		s->markers[4].evidence, ": written 2023-11-14T22:13:20Z, before 1970-01-01T00:00:00Z"));
	start_file(s, 3, 1700000000 * NS_PER_SEC + 5, 10);
	assert_non_null(strstr(s->markers[5].evidence, ": written 2023-11-14T22:13:20.000000005Z, before "));
}

/* A later daemon, which has read what the one before saved. */
static void begin_again(struct seen *s)
{
	_cleanup_buf_ struct buf bytes = {0};

	assert_true(infer_is_changed(s->infer));
	assert_false(infer_is_changed(s->infer));
	infer_save(s->infer, &bytes);
	infer_free(s->infer);
	assert_int_equal(infer_new(&s->infer, on_marker, s), 0);
	assert_int_equal(infer_load(s->infer, buf_text(&bytes), bytes.len - 1), -22);
	assert_int_equal(infer_load(s->infer, buf_text(&bytes), bytes.len), 0);
}

/* What a daemon finds to run when it starts, started at that second. */
static void finds(struct seen *s, uint64_t inode, uint64_t second)
{
	struct event_service service = {.name = "app", .unit = "app.service"};

	s->now = second * NS_PER_SEC;
	infer_started(s->infer, &(struct infer_start){.time = s->now,
					.service = &service,
					.exe = "/srv/app",
					.args = "app",
					.args_len = 4,
					.inode = inode,
					.mtime = 1,
					.before = true,
					.supervised = true});
}

static void it_is_known_after_a_restart_of_the_daemon(void **state)
{
	const struct infer_container c = {"web", "nginx:1.25", "a"}, other = {"web", "nginx:1.26", "b"};
	struct seen *s = *state;

	start_file(s, 1, 1, 0);
	infer_image(s->infer, &c, "0123456789ab", true, s->now);
	begin_again(s);
	/* Another file is a deploy; the first start of all that this daemon sees is none, and no restart. */
	start_file(s, 1, 1, 0);
	assert_int_equal(s->count, 0);
	start_file(s, 2, 1, 0);
	assert_last(s, 1, "deploy", "app", "");
	infer_image(s->infer, &other, "0123456789ab", false, s->now);
	assert_last(s, 2, "deploy", "0123456789ab", "1.26");
}

static void a_deploy_while_no_daemon_ran(void **state)
{
	const struct infer_container c = {"web", "nginx:1.25", "a"}, other = {"web", "nginx:1.26", "b"};
	struct seen *s = *state;

	finds(s, 1, 1000);
	finds(s, 2, 900); /* an old worker */
	infer_image(s->infer, &c, "0123456789ab", true, s->now = 1000 * NS_PER_SEC);
	begin_again(s);
	finds(s, 2, 900);
	finds(s, 1, 1000);
	assert_int_equal(s->count, 0);
	finds(s, 3, 2000);
	assert_last(s, 1, "deploy", "app", "");
	finds(s, 3, 2000);
	infer_image(s->infer, &c, "0123456789ab", true, s->now = 1000 * NS_PER_SEC);
	assert_int_equal(s->count, 1);
	infer_image(s->infer, &other, "ba9876543210", true, s->now = 2000 * NS_PER_SEC);
	assert_last(s, 2, "deploy", "ba9876543210", "1.26");
	start_file(s, 3, 1, 0);
	assert_last(s, 3, "restart", "app", "");
}

static void the_same_binary_again_is_a_restart(void **state)
{
	struct seen *s = *state;

	start(s, "app.service", "/srv/app", 1, "app", true);
	start(s, "app.service", "/srv/app", 1, "app", true);
	assert_last(s, 1, "restart", "app", "");
	/* Not more than one a minute. */
	for (int i = 0; i < 100; i++) {
		s->now -= 3600 * NS_PER_SEC;
		start(s, "app.service", "/srv/app", 1, "app", true);
	}
	assert_int_equal(s->count, 1);
}

static void services_that_are_known(void **state)
{
	struct seen *s = *state;

	start(s, "app.service", "/srv/app", 1, "app", true);
	start(s, "worker@1.service", "/srv/worker", 1, "worker", true);
	assert_true(infer_knows(s->infer, "app"));
	assert_true(infer_knows(s->infer, "app.service"));
	assert_true(infer_knows(s->infer, "worker"));
	assert_true(infer_knows(s->infer, "worker@1"));
	assert_true(infer_knows(s->infer, "host"));
	assert_false(infer_knows(s->infer, "ap"));
	assert_false(infer_knows(s->infer, "apps"));
	assert_false(infer_knows(s->infer, "worker@2"));
}

static void a_release_folder_names_the_version(void **state)
{
	struct seen *s = *state;

	start(s, "app.service", "/usr/bin/ruby", 1, "ruby /srv/app/releases/41/bin/app", true);
	start(s, "app.service", "/usr/bin/ruby", 1, "ruby /srv/app/releases/42/bin/app", true);
	assert_last(s, 1, "deploy", "app", "42");
	assert_string_equal(s->markers[0].before, "41");
}

/* A shell of the release's becomes the program. */
static void a_deploy_is_no_restart_too(void **state)
{
	struct seen *s = *state;

	for (int release = 41; release <= 42; release++) {
		start(s, "app.service", "/usr/bin/sh", 1,
			release == 41 ? "sh /srv/app/releases/41/run" : "sh /srv/app/releases/42/run", true);
		s->now -= 3600 * NS_PER_SEC;
		start(s, "app.service", "/usr/bin/node", 2, "node server.js", true);
	}
	assert_last(s, 1, "deploy", "app", "42");
	start(s, "app.service", "/usr/bin/node", 2, "node server.js", true);
	assert_last(s, 2, "restart", "app", "");
}

static void what_a_person_runs_is_no_service(void **state)
{
	struct seen *s = *state;

	start(s, "session-3.scope", "/usr/bin/vi", 1, "vi", false);
	start(s, "session-3.scope", "/usr/bin/vi", 2, "vi", false);
	start(s, "user@1000.service", "/usr/bin/vi", 3, "vi", false);
	start(s, "user@1000.service", "/usr/bin/vi", 4, "vi", false);
	assert_int_equal(s->count, 0);
}

static void limits_of_a_service(void **state)
{
	struct seen *s = *state;

	infer_limit(s->infer, "shop", "shop", "memory.max", "512M", "64M", s->now);
	assert_last(s, 1, "infra", "shop", "");
	assert_string_equal(s->markers[0].evidence, "memory.max of shop from 512M to 64M");
	/* What tunes it every second is told once a minute, another limit at once. */
	infer_limit(s->infer, "shop", "shop", "memory.max", "64M", "65M", s->now += NS_PER_SEC);
	assert_int_equal(s->count, 1);
	infer_limit(s->infer, "shop", "shop", "pids.max", "max", "10", s->now);
	assert_last(s, 2, "infra", "shop", "");
}

static void another_image_is_a_deploy(void **state)
{
	static const struct {
		const char *name, *image, *digest;
		bool before;
		const char *version; /* NULL: no change */
		const char *version_before;
		const char *evidence;
	} starts[] = {
		{"web", "nginx:1.25", "sha256:a", true, NULL, NULL, NULL},
		{"web", "nginx:1.25", "sha256:a", false, NULL, NULL, NULL},
		{"web", "nginx:1.26", "sha256:b", false, "1.26", "1.25",
			"container web runs nginx:1.26, before nginx:1.25"},
		{"web", "nginx:1.26", "sha256:c", false, "1.26", "",
			"container web runs another image that is called nginx:1.26"},
		{"db", "registry:5000/x/postgres", "", false, NULL, NULL, NULL},
		{"db", "registry:5000/x/postgres@sha256:d", "", false, "", "",
			"container db runs registry:5000/x/postgres@sha256:d, before "
			"registry:5000/x/postgres"},
	};
	struct seen *s = *state;
	unsigned count = 0;

	for (size_t n = 0; n < sizeof(starts) / sizeof(*starts); n++) {
		const struct infer_container c = {starts[n].name, starts[n].image, starts[n].digest};

		s->now += 3600 * NS_PER_SEC;
		infer_image(s->infer, &c, "0123456789ab", starts[n].before, s->now);
		if (!starts[n].evidence) {
			assert_int_equal(s->count, count);
			continue;
		}
		assert_last(s, ++count, "deploy", "0123456789ab", starts[n].version);
		assert_string_equal(s->markers[count - 1].before, starts[n].version_before);
		assert_string_equal(s->markers[count - 1].evidence, starts[n].evidence);
	}
}

static void facts_of_the_host(void **state)
{
	struct seen *s = *state;

	infer_booted(s->infer, "a", "", "6.1", "", s->now);
	infer_booted(s->infer, "a", "a", "6.1", "6.1", s->now);
	infer_clock(s->infer, 1000, s->now);
	assert_int_equal(s->count, 0);
	infer_booted(s->infer, "b", "a", "6.2", "6.1", s->now);
	assert_last(s, 2, "infra", "host", "6.2");
	infer_clock(s->infer, -3600 * (int64_t)NS_PER_SEC, s->now);
	assert_last(s, 3, "infra", "host", "");
}

/* What was told on a clock that went ahead is no reason to be silent until the right one is as far. */
static void the_clock_is_set_back(void **state)
{
	struct seen *s = *state;

	s->now += 3600 * NS_PER_SEC;
	infer_clock(s->infer, 3600 * (int64_t)NS_PER_SEC, s->now);
	infer_file(s->infer, "/etc/nginx/nginx.conf", INFER_WRITTEN, NULL, s->now);
	assert_int_equal(s->count, 2);
	s->now -= 3599 * NS_PER_SEC;
	infer_clock(s->infer, -3600 * (int64_t)NS_PER_SEC, s->now);
	assert_last(s, 3, "infra", "host", "");
	infer_file(s->infer, "/etc/nginx/nginx.conf", INFER_WRITTEN, NULL, s->now);
	assert_last(s, 4, "config", "nginx", "");
	infer_file(s->infer, "/etc/nginx/nginx.conf", INFER_WRITTEN, NULL, s->now);
	assert_int_equal(s->count, 4);
}

static void each_can_be_switched_off(void **state)
{
	struct seen *s = *state;

	for (unsigned n = 0; infer_name(n); n++)
		assert_int_equal(infer_switch(s->infer, infer_name(n), false), 0);
	assert_int_equal(infer_switch(s->infer, "nonsense", false), -2);
	start(s, "app.service", "/srv/app", 1, "app", true);
	start(s, "app.service", "/srv/app", 2, "app", true);
	start(s, "app.service", "/usr/bin/dpkg", 2, "dpkg -i x", true);
	infer_file(s->infer, "/etc/nginx/nginx.conf", INFER_WRITTEN, NULL, s->now);
	infer_booted(s->infer, "b", "a", "6.2", "6.1", s->now);
	infer_clock(s->infer, (int64_t)NS_PER_SEC * 9, s->now);
	infer_limit(s->infer, "a", "a", "memory.max", "1", "2", s->now);
	infer_image(s->infer, &(struct infer_container){"a", "b:1", ""}, "a", true, s->now);
	infer_image(s->infer, &(struct infer_container){"a", "b:2", ""}, "a", false, s->now);
	infer_package(s->infer,
		&(struct infer_package){.name = "a", .path = "", .users = {"a"}, .user_count = 1}, s->now);
	infer_unused(s->infer, "a", s->now);
	assert_int_equal(s->count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(another_binary_is_a_deploy),
		CASE(content_tells_files_apart),
		CASE(it_is_known_after_a_restart_of_the_daemon),
		CASE(a_deploy_while_no_daemon_ran),
		CASE(the_same_binary_again_is_a_restart),
		CASE(services_that_are_known),
		CASE(a_release_folder_names_the_version),
		CASE(a_deploy_is_no_restart_too),
		CASE(what_a_person_runs_is_no_service),
		CASE(limits_of_a_service),
		CASE(another_image_is_a_deploy),
		CASE(facts_of_the_host),
		CASE(the_clock_is_set_back),
		CASE(each_can_be_switched_off),
	};

	return cmocka_run_group_tests_name("marker_infer", tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Files of configuration that are written, removed or given to somebody else. */
#include "unit/infer_test.h"

/* Some of the files that are written together tell enough. */
static void files_within_seconds(void **state)
{
	struct seen *s = *state;
	char path[64];

	infer_file(s->infer, "/etc/nginx/nginx.conf", INFER_WRITTEN, NULL, s->now);
	infer_file(s->infer, "/etc/nginx/nginx.conf", INFER_WRITTEN, NULL, s->now);
	assert_int_equal(s->count, 1);
	infer_file(s->infer, "/etc/nginx/conf.d/shop.conf", INFER_WRITTEN, NULL, s->now);
	assert_string_equal(s->markers[1].evidence, "/etc/nginx/conf.d/shop.conf was written");
	for (int n = 0; n < 100; n++) {
		snprintf(path, sizeof(path), "/etc/nginx/conf.d/%d.conf", n);
		infer_file(s->infer, path, INFER_WRITTEN, NULL, s->now);
	}
	assert_int_equal(s->count, 4);
	infer_file(s->infer, "/etc/redis/redis.conf", INFER_WRITTEN, NULL, s->now);
	assert_last(s, 5, "config", "redis", "");
}

static void what_becomes_of_files(void **state)
{
	struct seen *s = *state;

	infer_file(s->infer, "/etc/nginx/sites-enabled/shop", INFER_REMOVED, NULL, s->now);
	assert_last(s, 1, "config", "nginx", "");
	assert_string_equal(s->markers[0].evidence, "/etc/nginx/sites-enabled/shop was removed");
	infer_file(s->infer, "/etc/nginx/sites-enabled/shop", INFER_WRITTEN, NULL, s->now);
	assert_int_equal(s->count, 2);
	infer_file(s->infer, "/etc/nginx/sites-enabled/shop", INFER_OWNED, NULL, s->now);
	assert_int_equal(s->count, 2);
	infer_file(s->infer, "/etc/redis/redis.conf", INFER_OWNED, NULL, s->now);
	assert_last(s, 3, "config", "redis", "");
	assert_string_equal(
		s->markers[2].evidence, "owner, permissions or times of /etc/redis/redis.conf were changed");
}

static void files_that_a_service_reads(void **state)
{
	struct seen *s = *state;

	infer_file(s->infer, "/srv/app/app.conf", INFER_WRITTEN, NULL, s->now);
	assert_int_equal(s->count, 0);
	infer_reads(s->infer, "/srv/app/app.conf", "app");
	infer_reads(s->infer, "/srv/app/tls.pem", "app");
	infer_file(s->infer, "/srv/app/app.conf", INFER_WRITTEN, NULL, s->now);
	assert_last(s, 1, "config", "app", "");
	infer_switch(s->infer, "certificate", false);
	infer_file(s->infer, "/srv/app/tls.pem", INFER_WRITTEN, NULL, s->now);
	assert_int_equal(s->count, 1);
	infer_switch(s->infer, "certificate", true);
	infer_file(s->infer, "/srv/app/tls.pem", INFER_REMOVED, NULL, s->now);
	assert_last(s, 2, "config", "app", "");
}

static void files_that_two_services_read(void **state)
{
	struct seen *s = *state;

	for (unsigned turn = 0; turn < 2; turn++) {
		infer_reads(s->infer, "/srv/shop/.env", "web");
		infer_reads(s->infer, "/srv/shop/.env", "worker");
	}
	infer_file(s->infer, "/srv/shop/.env", INFER_WRITTEN, NULL, s->now);
	assert_int_equal(s->count, 2);
	assert_string_equal(s->markers[0].service, "web");
	assert_last(s, 2, "config", "worker", "");
}

static void files_of_configuration(void **state)
{
	static const struct {
		const char *path;
		const char *kind; /* NULL: no change */
		const char *service;
	} files[] = {
		{"/etc/nginx/nginx.conf", "config", "nginx"},
		{"/etc/redis/redis.conf", "config", "redis"},
		{"/etc/default/cron", "config", "cron"},
		{"/etc/systemd/system/app.service", "config", "app"},
		{"/etc/systemd/system/web.service.d/limits.conf", "config", "web"},
		{"/etc/systemd/system/php8.1-fpm.service", "config", "php8.1-fpm"},
		{"/etc/systemd/system/multi-user.target.wants/job@1.service", "config", "job@1"},
		{"/etc/nginx/tls/shop.crt", "config", "nginx"},
		{"/etc/ssl/private/shop.key", "config", "host"},
		{"/etc/letsencrypt/archive/shop/fullchain2.pem", "config", "host"},
		{"/etc/modprobe.d/net.conf", "infra", "host"},
		{"/etc/sysctl.d/99-x.conf", "infra", "host"},
		{"/etc/nginx/.nginx.conf.swp", NULL, NULL},
		{"/etc/nginx/nginx.conf~", NULL, NULL},
		{"/etc/apt/x.dpkg-new", NULL, NULL},
		{"/srv/data", NULL, NULL},
	};
	struct seen *s = *state;

	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
		unsigned before = s->count;

		s->now += 3600 * NS_PER_SEC;
		infer_file(s->infer, files[i].path, INFER_WRITTEN, NULL, s->now);
		if (s->count - before != (files[i].kind ? 1 : 0))
			fail_msg("%s: %u markers", files[i].path, s->count - before);
		if (files[i].kind)
			assert_last(s, s->count, files[i].kind, files[i].service, "");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(files_within_seconds),
		CASE(what_becomes_of_files),
		CASE(files_that_a_service_reads),
		CASE(files_that_two_services_read),
		CASE(files_of_configuration),
	};

	return cmocka_run_group_tests_name("marker_infer_file", tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* The configuration: each key with good and bad values, where a bad line is, what conf.d adds. */
#include "unit/store_test.h"
#include "command/config.h"

struct files {
	char *dir;
	char path[128];
	struct enrich *enrich;
	struct config config;
	struct buf error;
};

static void no_event(void *context, struct event *event)
{
	(void)context;
	(void)event;
}

static int files_setup(void **state)
{
	struct files *f = calloc(1, sizeof(*f));
	void *dir;

	assert_non_null(f);
	dir_make(&dir);
	f->dir = dir;
	path_of(f->path, sizeof(f->path), f->dir, "lastwords.conf");
	assert_int_equal(enrich_new(&f->enrich, no_event, NULL), 0);
	*state = f;
	return 0;
}

static int files_teardown(void **state)
{
	struct files *f = *state;
	void *dir = f->dir;

	config_free(&f->config);
	enrich_free(f->enrich);
	buf_free(&f->error);
	dir_remove(&dir);
	free(f);
	return 0;
}

static int read_text(struct files *f, const char *text)
{
	write_whole(f->path, text, strlen(text));
	config_free(&f->config);
	buf_reset(&f->error);
	return config_read(&f->config, f->path, true, f->enrich, &f->error);
}

static void defaults(void **state)
{
	struct files *f = *state;

	assert_int_equal(config_read(&f->config, f->path, false, f->enrich, &f->error), 0);
	assert_int_equal(f->error.len, 0);
	assert_ptr_equal(f->config.probe.policy, f->config.policy);
	assert_int_equal(f->config.probe.death_ring, 0);
	assert_int_equal(f->config.retention.max_age, STORE_MAX_AGE_DEFAULT);
	assert_int_equal(f->config.retention.max_size, STORE_MAX_SIZE_DEFAULT);
	assert_int_equal(f->config.repeat, 60 * 1000000000ull);
	assert_int_equal(f->config.control.mode, 0600);
	assert_int_equal(f->config.control.group, (gid_t)-1);
	config_free(&f->config);
	assert_int_equal(config_read(&f->config, f->path, true, f->enrich, &f->error), -ENOENT);
	assert_non_null(strstr(buf_text(&f->error), f->path));
}

static void good_values(void **state)
{
	struct files *f = *state;

	assert_int_equal(
		read_text(f, "# all keys\n[probe]\ndeath_ring = 4K\nactivity_ring = 1G\n"
			     "[syscalls]\nignore = openat:EACCES *:EPERM\nreport = openat:ENOENT none\n"
			     "[exit]\nignore = worker:3,4 none\n"
			     "[output]\nrepeat = 2s\n"
			     "[store]\nmax_age = 12h\nmax_size = 1M\n"
			     "[control]\nmode = 0660\ngroup = 0\n"),
		0);
	assert_int_equal(f->config.probe.death_ring, 4096);
	assert_int_equal(f->config.probe.activity_ring, 1u << 30);
	assert_int_equal(f->config.repeat, 2 * 1000000000ull);
	assert_int_equal(f->config.retention.max_age, 12 * 3600 * 1000000000ull);
	assert_int_equal(f->config.retention.max_size, 1u << 20);
	assert_int_equal(f->config.control.mode, 0660);
	assert_int_equal(f->config.control.group, 0);
	assert_int_equal(read_text(f, "[control]\ngroup = root\nmode = 600\n"), 0);
	assert_int_equal(f->config.control.group, 0);
	assert_int_equal(read_text(f, "[output]\nrepeat = 0\n"), 0);
	assert_int_equal(f->config.repeat, 0);
	assert_int_equal(read_text(f, "[control]\nmode = 777\n"), 0);
	assert_int_equal(read_text(f, "[names]\ndebuginfod_urls = https://host http://[::1]:8002/a\n"
				      "debuginfod_size = 1M\n"),
		0);
	assert_string_equal(f->config.debuginfo.urls, "https://host http://[::1]:8002/a");
	assert_int_equal(f->config.debuginfo.size, 1u << 20);
	config_free(&f->config);
	assert_int_equal(read_text(f, "[names]\ndebuginfod_urls = http://a\ndebuginfod_urls =\n"), 0);
	assert_null(f->config.debuginfo.urls);
}

/* Each on line 3, where the message says it is. */
static void bad_values(void **state)
{
	static const char *const bad[] = {"[names]\n\ndebuginfod_urls = ftp://host",
		"[names]\n\ndebuginfod_urls = http://host https://",
		"[names]\n\ndebuginfod_urls = http://host/?a", "[names]\n\ndebuginfod_size = 1023K",
		"[probe]\n\ndeath_ring = 2K", "[probe]\n\ndeath_ring = 5000", "[probe]\n\ndeath_ring = 2G",
		"[probe]\n\ndeath_ring =", "[probe]\n\nactivity_ring = x", "[probe]\n\nactivity_ring = -4K",
		"[probe]\n\nring = 4K", "[syscalls]\n\nignore = openat",
		"[syscalls]\n\nignore = openat:EACCES opena:EPERM", "[syscalls]\n\nreport = openat:X",
		"[exit]\n\nignore = worker", "[exit]\n\nignore = worker:256", "[exit]\n\nignore = a:1 b:x",
		"[exit]\n\nreport = a:1", "[store]\n\nmax_age = 0", "[store]\n\nmax_age = soon",
		"[store]\n\nmax_size = 1023K", "[store]\n\nmax_size = 99999999999999999999",
		"[store]\n\nmax_size =", "[control]\n\nmode = 0060", "[control]\n\nmode = 01777",
		"[control]\n\nmode = 0688", "[control]\n\nmode = rw",
		"[control]\n\nmode =", "[control]\n\ngroup = no-such-group-here",
		"[control]\n\ngroup = 4294967295", "[output]\n\nrepeat = often", "[stor]\n\nmax_age = 1d",
		"\n\nmax_age = 1d", "[store]\n\nmax_age", "[store]\n\n[control"};
	struct files *f = *state;
	char where[160];

	snprintf(where, sizeof(where), "%s:3: ", f->path);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		if (read_text(f, bad[i]) != -EINVAL)
			fail_msg("'%s' was taken", bad[i]);
		if (strncmp(buf_text(&f->error), where, strlen(where)) != 0 ||
			strchr(buf_text(&f->error), '\n'))
			fail_msg("'%s' gives '%s'", bad[i], buf_text(&f->error));
	}
}

static void add_conf(struct files *f, const char *name, const char *text)
{
	char path[160];

	path_of(path, sizeof(path), f->dir, "conf.d");
	mkdir(path, 0755);
	path_of(path, sizeof(path), f->dir, name);
	write_whole(path, text, strlen(text));
}

/* The file first, then conf.d in the order of names: the last word counts. */
static void conf_d(void **state)
{
	struct files *f = *state;

	add_conf(f, "conf.d/20-b.conf", "[store]\nmax_age = 2h\n");
	add_conf(f, "conf.d/10-a.conf", "[store]\nmax_age = 1h\nmax_size = 2M\n");
	add_conf(f, "conf.d/30-c.conf.off", "[store]\nmax_age = 3h\n");
	assert_int_equal(read_text(f, "[store]\nmax_age = 9h\nmax_size = 9M\n[control]\nmode = 0640\n"), 0);
	assert_int_equal(f->config.retention.max_age, 2 * 3600 * 1000000000ull);
	assert_int_equal(f->config.retention.max_size, 2u << 20);
	assert_int_equal(f->config.control.mode, 0640);
	unlink(f->path);
	config_free(&f->config);
	assert_int_equal(config_read(&f->config, f->path, false, f->enrich, &f->error), 0);
	assert_int_equal(f->config.retention.max_age, 2 * 3600 * 1000000000ull);
	add_conf(f, "conf.d/40-d.conf", "[store]\nmax_age = never\n");
	config_free(&f->config);
	assert_int_equal(config_read(&f->config, f->path, false, f->enrich, &f->error), -EINVAL);
	assert_non_null(strstr(buf_text(&f->error), "/conf.d/40-d.conf:2: "));
}

#define FILES_TEST(f) cmocka_unit_test_setup_teardown(f, files_setup, files_teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		FILES_TEST(defaults), FILES_TEST(good_values), FILES_TEST(bad_values), FILES_TEST(conf_d)};

	return cmocka_run_group_tests_name("command_config", tests, NULL, NULL);
}

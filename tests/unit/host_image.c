/* SPDX-License-Identifier: Apache-2.0 */
/* Images of containers, from files as the engines write them (their relevant keys), below a made root. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/image.h"

#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static void put(const char *root, const char *path, const char *text)
{
	char command[640], file[512];
	FILE *out;

	snprintf(file, sizeof(file), "%s/%s", root, path);
	snprintf(command, sizeof(command), "mkdir -p $(dirname %s)", file);
	assert_int_equal(system(command), 0);
	out = fopen(file, "w");
	assert_non_null(out);
	fputs(text, out);
	fclose(out);
}

#define BUNDLE   "run/containerd/io.containerd.runtime.v2.task/k8s.io/" ID "/config.json"
#define DOCKER   "var/lib/docker/containers/" ID "/config.v2.json"
#define LIST     "var/lib/containers/storage/overlay-containers/containers.json"
#define VOLATILE "var/lib/containers/storage/vfs-containers/volatile-containers.json"
#define POD(name)                                                                                            \
	"{\"annotations\":{\"io.kubernetes.cri.container-name\":\"app\",\"io.kubernetes.cri.image-name\":"   \
	"\"ghcr.io/x/app:7\",\"io.kubernetes.cri.sandbox-name\":\"" name                                     \
	"\",\"io.kubernetes.cri.sandbox-namespace\":\"shop\"}}"

static const struct {
	const char *path, *text;
	const char *name, *image, *digest; /* name NULL: not known */
} engines[] = {
	{DOCKER,
		"{\"ID\":\"" ID
		"\",\"Name\":\"/web\",\"Image\":\"sha256:aa\",\"Config\":{\"Image\":\"nginx:1.25\"}}",
		"web", "nginx:1.25", "sha256:aa"},
	{DOCKER, "{\"Name\":7,\"Config\":[]}", NULL, NULL, NULL},
	{DOCKER, "{\"Name\":\"/web\"", NULL, NULL, NULL},
	{BUNDLE, POD("web-5d78c9869d-abcde"), "shop/web/app", "ghcr.io/x/app:7", ""},
	{BUNDLE, POD("db-0"), "shop/db/app", "ghcr.io/x/app:7", ""},
	{BUNDLE, POD("node-agent-x7k2p"), "shop/node-agent/app", "ghcr.io/x/app:7", ""},
	{BUNDLE, "{\"annotations\":{}}", NULL, NULL, NULL},
	{LIST,
		"[{\"id\":\"ff\"},{\"id\":\"" ID "\",\"names\":[\"db\"],\"image\":\"bb\",\"metadata\":"
		"\"{\\\"image-name\\\":\\\"docker.io/library/postgres:16\\\",\\\"name\\\":\\\"db\\\"}\"}]",
		"db", "docker.io/library/postgres:16", "bb"},
	{VOLATILE,
		"[{\"id\":\"" ID
		"\",\"names\":[\"web\"],\"metadata\":\"{\\\"image-name\\\":\\\"web:2\\\"}\"}]",
		"web", "web:2", ""},
	{LIST,
		"[{\"id\":\"" ID "\",\"metadata\":\"{\\\"image-name\\\":\\\"app:7\\\",\\\"name\\\":"
		"\\\"k8s_app_web-5d78c9869d-abcde_shop_3f1c9a0e_0\\\"}\"}]",
		"shop/web/app", "app:7", ""},
	{LIST, "[{\"id\":\"ff\"}]", NULL, NULL, NULL},
	{LIST, "{}", NULL, NULL, NULL},
};

static void test_engines(void **state)
{
	(void)state;
	for (size_t n = 0; n < sizeof(engines) / sizeof(*engines); n++) {
		char root[] = "/tmp/lastwords-image-XXXXXX", command[64];
		struct host_image image;
		int r;

		assert_non_null(mkdtemp(root));
		put(root, engines[n].path, engines[n].text);
		r = host_image(root, ID, &image);
		snprintf(command, sizeof(command), "rm -r %s", root);
		assert_int_equal(system(command), 0);
		assert_int_equal(r, engines[n].name ? 0 : -ENOENT);
		if (r < 0)
			continue;
		assert_string_equal(image.name, engines[n].name);
		assert_string_equal(image.image, engines[n].image);
		assert_string_equal(image.digest, engines[n].digest);
	}
}

static void test_no_id(void **state)
{
	static const char *const ids[] = {"", "..", "../../etc", "a/b"};
	struct host_image image;

	(void)state;
	for (size_t n = 0; n < sizeof(ids) / sizeof(*ids); n++)
		assert_int_equal(host_image("", ids[n], &image), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_engines),
		cmocka_unit_test(test_no_id),
	};

	return cmocka_run_group_tests_name("host_image", tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Attaches nothing, the empty program, or the project's own probes through the project's own loader. */
#include "attach.h"

#include <err.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "probe/internal.h"

struct attached {
	struct bpf_object *object;
	struct bpf_link *link;
	struct probe *probe;
	struct syscall_policy *policy;
};

static void attach_empty(struct attached *a, const char *path)
{
	struct bpf_program *program;

	a->object = bpf_object__open_file(path, NULL);
	if (!a->object || bpf_object__load(a->object) < 0)
		err(1, "%s", path);
	program = bpf_object__next_program(a->object, NULL);
	a->link = bpf_program__attach(program);
	if (!a->link)
		err(1, "cannot attach %s", path);
}

static void attach_probe(struct attached *a)
{
	struct probe_config config = {.families = 1u << FAMILY_SYSCALL};
	_cleanup_buf_ struct buf error = {0};

	if (policy_new(&a->policy) < 0)
		errx(1, "out of memory");
	config.policy = a->policy;
	if (probe_open(&a->probe, &config, &error) < 0)
		errx(1, "%s", buf_text(&error));
}

struct attached *attach(enum setup setup, const char *object)
{
	struct attached *a = calloc(1, sizeof(*a));

	if (!a)
		errx(1, "out of memory");
	if (setup == SETUP_EMPTY)
		attach_empty(a, object);
	if (setup == SETUP_LASTWORDS)
		attach_probe(a);
	return a;
}

static void ignore(void *context, const void *message, size_t size)
{
	(void)context;
	(void)message;
	(void)size;
}

void attach_fresh(struct attached *a)
{
	for (int i = 0; a->probe && i < 2; i++)
		if (probe_tick(a->probe, ignore, NULL) < 0)
			errx(1, "cannot read the probes");
}

void detach(struct attached *a)
{
	bpf_link__destroy(a->link);
	bpf_object__close(a->object);
	probe_close(a->probe);
	policy_free(a->policy);
	free(a);
}

bool attach_alone(void)
{
	unsigned id = 0;
	bool alone = true;

	while (alone && bpf_link_get_next_id(id, &id) == 0) {
		char name[32] = "";
		struct bpf_link_info info = {
			.raw_tracepoint = {.tp_name = (uintptr_t)name, .tp_name_len = sizeof(name)}};
		unsigned size = sizeof(info);
		int fd = bpf_link_get_fd_by_id(id);

		if (fd < 0)
			continue;
		if (bpf_obj_get_info_by_fd(fd, &info, &size) == 0 &&
			info.type == BPF_LINK_TYPE_RAW_TRACEPOINT)
			alone = strcmp(name, "sys_exit") != 0 && strcmp(name, "sys_enter") != 0;
		close(fd);
	}
	return alone;
}

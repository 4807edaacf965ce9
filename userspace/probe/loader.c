/* SPDX-License-Identifier: Apache-2.0 */
/* Opens, loads and attaches the BPF programs. The kernel accepts or refuses an object as a whole, so when it
 * refuses, each family is tried alone, and then those that pass are loaded together. */
#include "probe/internal.h"

#include <bpf/btf.h>
#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/text.h"
#include "bpf/syscall.h"
#include "probes.skel.h"

static const struct family {
	const char *name;
	const char *gives;
	enum lw_source source;
} families[FAMILIES] = {
	[FAMILY_LIFECYCLE] = {"lifecycle", "names of processes: executable, arguments, start",
		LW_SRC_LIFECYCLE},
	[FAMILY_CRASH] = {"crash", "crash, kill, exit_failure", LW_SRC_DEATH},
	[FAMILY_OOM] = {"oom", "oom_kill", LW_SRC_DEATH},
	[FAMILY_SYSCALL] = {"syscall", "syscall_errors, connections over unix sockets", LW_SRC_SYSCALL},
	[FAMILY_TCP] = {"tcp", "tcp_reset, connect_failure, listen", LW_SRC_TCP},
	[FAMILY_ESTABLISHED] = {"established",
		"calls: connections from before the start, or made over an hour ago", LW_SRC_TCP},
	[FAMILY_DNS] = {"dns", "names of remote ends", LW_SRC_DNS},
};

/* The last warning of libbpf: the reason that a user can do something with. libbpf has one print callback a
 * process. */
static char libbpf_said[256];

static int on_libbpf_print(enum libbpf_print_level level, const char *format, va_list args)
{
	if (level == LIBBPF_WARN && !libbpf_said[0])
		vsnprintf(libbpf_said, sizeof(libbpf_said), format, args);
	return 0;
}

static const char *said(int error)
{
	libbpf_said[strcspn(libbpf_said, "\n")] = '\0';
	return libbpf_said[0] ? libbpf_said : strerror(-error);
}

static const char *fix_for(int error)
{
	switch (-error) {
	case EPERM: return "run as root, or with CAP_SYS_ADMIN (and CAP_SYS_RESOURCE before 5.11)";
	case ENOENT:
	case ESRCH: return "a kernel that has this tracepoint (5.10 or newer)";
	case ENOMEM: return "free memory, or smaller rings in [probe]";
	default: return "please report this kernel, with `lastwords doctor -o json`";
	}
}

/* A program belongs to the family that its name starts with. */
static int family_of(const struct bpf_program *program)
{
	const char *name = bpf_program__name(program);

	for (int i = 0; i < FAMILIES; i++) {
		size_t len = strlen(families[i].name);

		if (strncmp(name, families[i].name, len) == 0 && name[len] == '_')
			return i;
	}
	return -1;
}

static void status_set(struct probe_status *status, enum probe_state state, int error)
{
	status->state = state;
	snprintf(status->why, sizeof(status->why), "%s", said(error));
	status->fix = fix_for(error);
}

unsigned probe_status_none(struct probe_status *rows, unsigned room, const char *why, const char *fix)
{
	unsigned i;

	for (i = 0; i < FAMILIES && i < room; i++) {
		rows[i] = (struct probe_status){.name = families[i].name,
			.gives = families[i].gives,
			.state = PROBE_MISSING,
			.fix = fix};
		text_copy(rows[i].why, sizeof(rows[i].why), why);
	}
	return i;
}

/* The names of enum sk_rst_reason in this kernel, from value 0 on; empty when the kernel has no such reasons.
 */
static void read_reset_reasons(const struct btf *btf, struct buf *names)
{
	int id = btf ? btf__find_by_name_kind(btf, "sk_rst_reason", BTF_KIND_ENUM) : -1;
	const struct btf_type *type = id > 0 ? btf__type_by_id(btf, (uint32_t)id) : NULL;

	for (int value = 0, i = 0; type && i < btf_vlen(type); value++) {
		const struct btf_enum *e = btf_enum(type) + i;

		if (e->val == value) {
			buf_str(names, btf__name_by_offset(btf, e->name_off));
			i++;
		}
		buf_char(names, '\0');
		if (e->val < value)
			break; /* not in rising order: the rest stays numbers */
	}
}

static void *read_types(void *context)
{
	struct probe *probe = context;
	struct btf *btf = btf__load_vmlinux_btf();

	read_reset_reasons(btf, &probe->reset_reasons);
	probe->no_unix = btf && btf__find_by_name_kind(btf, "unix_sock", BTF_KIND_STRUCT) < 0;
	btf__free(btf);
	return NULL;
}

static int open_and_load(const struct probe_config *config, uint32_t mask, struct probes **ret)
{
	struct bpf_program *program;
	struct probes *s;
	const void *rows;
	size_t size;
	int r;

	libbpf_said[0] = '\0';
	s = probes__open();
	if (!s)
		return -errno;
	s->rodata->self_pid = (uint32_t)getpid();
	s->rodata->nursery_pid = config->nursery_pid;
	s->rodata->own_children = config->own_children;
	s->rodata->page_shift = (uint32_t)__builtin_ctzl((unsigned long)sysconf(_SC_PAGESIZE));
	if (config->death_ring)
		s->rodata->snapshot_room = config->death_ring / 2;
	if (config->activity_ring) /* the default is that of the default size */
		s->rodata->activity_wake = config->activity_ring / 4;
	bpf_map__set_max_entries(
		s->maps.deaths, config->death_ring ? config->death_ring : PROBE_RING_DEFAULT);
	bpf_map__set_max_entries(
		s->maps.activity, config->activity_ring ? config->activity_ring : PROBE_RING_DEFAULT);
	s->rodata->keep_words = !config->words_off;
	s->rodata->measure_cost = config->measure_cost;
	if (!config->measure_cost)
		bpf_map__set_max_entries(s->maps.costs, 1);
	bpf_map__set_max_entries(s->maps.words, config->words_off         ? 1
						: config->words_processes ? config->words_processes
									  : PROBE_WORDS_DEFAULT);
	if (config->policy) {
		rows = policy_rows(config->policy, &size);
		memcpy(s->bss->call_policy, rows, size);
	}
	for (unsigned i = 0; i < LW_CALLS && config->words_off; i++)
		if (s->bss->call_policy[i].writes < LW_WRITES_CONNECT)
			s->bss->call_policy[i].writes = LW_WRITES_NONE;
	for (unsigned i = 0; i < LOG_SENDERS; i++)
		s->bss->log_senders[i] = LOG_LOOKS;
	bpf_object__for_each_program(program, s->obj)
	{
		int family = family_of(program);

		bpf_program__set_autoload(program, family >= 0 && mask & (1u << family));
	}
	r = probes__load(s);
	if (r < 0) {
		probes__destroy(s);
		return r;
	}
	*ret = s;
	return 0;
}

/* Finds the families that the kernel takes, notes why for the others. Returns the first error when none is
 * left. */
static int load_families(struct probe *probe, const struct probe_config *config, uint32_t mask)
{
	struct probes *alone = NULL;
	uint32_t good = 0;
	int r, first = -ENOENT;

	r = open_and_load(config, mask, &probe->skeleton);
	if (r == 0)
		return 0;
	if (r == -EPERM) /* EACCES is what the verifier says */
		return r;
	for (unsigned i = 0; i < FAMILIES; i++) {
		if (!(mask & (1u << i)))
			continue;
		r = open_and_load(config, 1u << i, &alone);
		if (r == 0) {
			good |= 1u << i;
			probes__destroy(alone);
			continue;
		}
		if (first == -ENOENT)
			first = r;
		status_set(&probe->status[i], PROBE_MISSING, r);
	}
	return good ? open_and_load(config, good, &probe->skeleton) : first;
}

static void detach_family(struct probe *probe, unsigned family)
{
	for (unsigned i = 0; i < probe->program_count; i++) {
		struct probe_program *p = &probe->programs[i];

		if (p->family == family && p->link) {
			bpf_link__destroy(p->link);
			p->link = NULL;
		}
	}
}

static int attach_families(struct probe *probe)
{
	struct bpf_program *program;
	int attached = 0, r = -ENOENT;

	bpf_object__for_each_program(program, probe->skeleton->obj)
	{
		int family = family_of(program);

		if (family < 0 || !bpf_program__autoload(program) || probe->program_count == PROGRAMS_MAX)
			continue;
		probe->programs[probe->program_count++] = (struct probe_program){
			.program = program, .family = (unsigned)family, .source = families[family].source};
	}
	for (unsigned i = 0; i < probe->program_count; i++) {
		struct probe_program *p = &probe->programs[i];

		if (probe->status[p->family].state == PROBE_MISSING)
			continue;
		libbpf_said[0] = '\0';
		p->link = bpf_program__attach(p->program);
		if (!p->link) {
			r = -errno;
			status_set(&probe->status[p->family], PROBE_MISSING, r);
			detach_family(probe, p->family);
		} else if (p->family == FAMILY_ESTABLISHED) {
			probe->established.link = bpf_link__fd(p->link);
		}
	}
	for (unsigned i = 0; i < FAMILIES; i++)
		attached += probe->status[i].state != PROBE_MISSING;
	return attached ? 0 : r;
}

static int find_maps(struct probe *probe, const struct probe_config *config)
{
	struct probes *s = probe->skeleton;
	const int rings[2] = {bpf_map__fd(s->maps.deaths), bpf_map__fd(s->maps.activity)};
	int r = rings_open(probe, rings);

	if (r < 0)
		return r;
	probe->maps_calls[0] = bpf_map__fd(s->maps.calls_a);
	probe->maps_calls[1] = bpf_map__fd(s->maps.calls_b);
	probe->maps_tcp[0] = bpf_map__fd(s->maps.tcp_a);
	probe->maps_tcp[1] = bpf_map__fd(s->maps.tcp_b);
	probe->map_stats = bpf_map__fd(s->maps.stats);
	probe->map_costs = bpf_map__fd(s->maps.costs);
	probe->active_buffer = &s->bss->active_buffer;
	probe->tcp_exact_left = &s->data->tcp_exact_left;
	probe->dns_left = &s->data->dns_left;
	probe->connected_left = &s->data->connected_left;
	probe->connected_far_left = &s->data->connected_far_left;
	probe->unix_left = &s->data->unix_left;
	probe->map_unix_paths = bpf_map__fd(s->maps.unix_paths);
	probe->words_epoch = &s->data->words_epoch;
	probe->words_untold = &s->bss->words_untold;
	probe->words_room = &s->data->words_room;
	probe->reader_polls = &s->bss->reader_polls;
	probe->established.left = &s->bss->established_left;
	probe->established.since = &s->bss->established_since;
	probe->cpus = (unsigned)libbpf_num_possible_cpus();
	probe->last_tick = clock_boottime();
	if (config->words_off)
		return 0;
	return output_new(&probe->output, bpf_map__fd(s->maps.words), bpf_map__max_entries(s->maps.words));
}

/* What an attached family cannot see on this kernel. */
static void note_degraded(struct probe *probe)
{
	struct probe_status *tcp = &probe->status[FAMILY_TCP], *calls = &probe->status[FAMILY_SYSCALL];

	if (tcp->state == PROBE_ATTACHED && probe->reset_reasons.len == 0) {
		tcp->state = PROBE_DEGRADED;
		snprintf(tcp->why, sizeof(tcp->why),
			"before 6.10 the kernel gives no reason of a reset, and does not tell of resets sent "
			"without a socket");
		tcp->fix = "a kernel from 6.10 on";
	}
	if (calls->state == PROBE_ATTACHED && probe->no_unix) {
		calls->state = PROBE_DEGRADED;
		snprintf(calls->why, sizeof(calls->why),
			"this kernel has unix sockets as a module, and does not tell of connections over "
			"them");
		calls->fix = "a kernel with CONFIG_UNIX=y";
	}
}

int probe_open(struct probe **ret, const struct probe_config *config, struct buf *error)
{
	uint32_t all = (1u << FAMILIES) - 1, off = config->dns_off ? 1u << FAMILY_DNS : 0;
	uint32_t mask = (config->families ? config->families : all) & ~off;
	struct probe *probe;
	pthread_t reader;
	bool beside;
	int r;

	if (access("/sys/kernel/btf/vmlinux", R_OK) < 0) {
		buf_printf(error, "this kernel has no BTF (/sys/kernel/btf/vmlinux): the probes need a "
				  "kernel built with "
				  "CONFIG_DEBUG_INFO_BTF=y, as those of Debian 11 and later are");
		return -ENOENT;
	}
	probe = calloc(1, sizeof(*probe));
	if (!probe)
		return -ENOMEM;
	probe->epoll = -1;
	libbpf_set_print(on_libbpf_print);
	/* To read all types of the kernel takes 20 ms, and libbpf does it for itself, too. */
	beside = pthread_create(&reader, NULL, read_types, probe) == 0;
	for (unsigned i = 0; i < FAMILIES; i++) {
		probe->status[i] =
			(struct probe_status){.name = families[i].name, .gives = families[i].gives};
		if (!(mask & (1u << i)))
			probe->status[i].state = PROBE_MISSING;
	}
	r = load_families(probe, config, mask);
	if (r == 0)
		r = attach_families(probe);
	if (r == 0)
		r = find_maps(probe, config);
	if (beside)
		pthread_join(reader, NULL);
	else
		read_types(probe);
	if (r < 0) {
		buf_printf(error, "cannot load the probes: %s; %s", said(r), fix_for(r));
		probe_close(probe);
		return r;
	}
	note_degraded(probe);
	*ret = probe;
	return 0;
}

void probe_close(struct probe *probe)
{
	if (!probe)
		return;
	established_close(probe);
	for (unsigned i = 0; i < FAMILIES; i++)
		detach_family(probe, i);
	for (int i = 0; i < 2; i++)
		ring_buffer__free(probe->rings[i]);
	if (probe->epoll >= 0)
		close(probe->epoll);
	if (probe->skeleton)
		probes__destroy(probe->skeleton);
	output_free(probe->output);
	buf_free(&probe->deaths);
	buf_free(&probe->reset_reasons);
	free(probe);
}

const struct probe_status *probe_status(const struct probe *probe, unsigned *ret_count)
{
	*ret_count = FAMILIES;
	return probe->status;
}

void probe_unix_listener(struct probe *probe, const struct record_unix *listener)
{
	uint8_t path[LW_UNIX_PATH], one = 1;

	if (unix_path_of(listener, path) > 0)
		bpf_map_update_elem(probe->map_unix_paths, path, &one, BPF_ANY);
}

int probe_fd(const struct probe *probe)
{
	return probe->epoll;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Classes of killers, and the sentence to each. */
#include "unit/enrich_test.h"

#include "enrich/internal.h"

#define KILLER 9

struct killer_case {
	const char *class;
	const char *reason;
	const char *comm;
	const char *kin;
	const char *cgroup;
	const char *tty;
	uint32_t pid;
	uint32_t signal;
	uint32_t asked; /* signal that the same sender sent 90 s before */
	enum sender_kind from;
	uint32_t ns_pid;
	bool exiting;
	bool login;
};

static const struct killer_case cases[] = {
	{"kernel", "runc ended, the first process of the PID namespace", "runc", .pid = KILLER,
		.signal = SIGKILL, .from = SENDER_PRIVILEGED, .ns_pid = 1, .exiting = true},
	{"kernel", "gdb ended, its tracer (PTRACE_O_EXITKILL)", "gdb", .pid = KILLER, .signal = SIGKILL,
		.from = SENDER_PRIVILEGED, .ns_pid = 9, .exiting = true},
	{"kernel", "bwrap ended, its parent (PR_SET_PDEATHSIG)", "bwrap", .pid = KILLER, .signal = SIGKILL,
		.from = SENDER_KERNEL, .exiting = true},
	{"kernel", "hang-up of its terminal, or end of the session's leader", "bash", "sshd", .pid = KILLER,
		.signal = SIGHUP, .from = SENDER_PRIVILEGED},
	{"kernel", "a key at its terminal (ctrl-C, ctrl-\\)", "kworker/0:1", .pid = KILLER, .signal = SIGINT,
		.from = SENDER_PRIVILEGED},
	{"kernel", "cgroup.kill, written by thing", "thing", .pid = KILLER, .signal = SIGKILL,
		.from = SENDER_KERNEL},
	{"supervisor", "systemd: SIGKILL with no other signal before, by cgroup.kill", "systemd", .pid = 1,
		.signal = SIGKILL, .from = SENDER_KERNEL},
	{"kernel", "the kernel", "thing", .pid = KILLER, .signal = SIGKILL, .from = SENDER_PRIVILEGED},
	{"userspace_oom", "earlyoom", "earlyoom", .pid = KILLER, .signal = SIGTERM},
	{"userspace_oom", "systemd-oomd, by cgroup.kill", "systemd-oomd", .pid = KILLER, .signal = SIGKILL,
		.from = SENDER_KERNEL},
	{"supervisor", "systemd stop", "systemd", .pid = 1, .signal = SIGTERM},
	{"supervisor", "systemd stop", "systemd", .pid = KILLER, .signal = SIGTERM, .ns_pid = 1},
	{"supervisor", "systemd stop (user manager)", "systemd", .pid = KILLER, .signal = SIGTERM,
		.cgroup = "/user.slice/user-1000.slice/user@1000.service/init.scope"},
	{"supervisor", "systemd: stop timed out, SIGKILL 90 s after SIGTERM", "systemd", .pid = 1,
		.signal = SIGKILL, .asked = SIGTERM},
	{"supervisor", "systemd: watchdog (SIGABRT by PID 1)", "systemd", .pid = 1, .signal = SIGABRT},
	{"supervisor", "systemd: watchdog, SIGKILL 90 s after SIGABRT", "systemd", .pid = 1,
		.signal = SIGKILL, .asked = SIGABRT},
	{"supervisor", "systemd: SIGKILL with no other signal before", "systemd", .pid = 1,
		.signal = SIGKILL},
	{"supervisor", "kubelet", "kubelet", .pid = KILLER, .signal = SIGKILL},
	{"supervisor", "container runtime containerd-shim", "containerd-shim", .pid = KILLER,
		.signal = SIGKILL},
	{"supervisor", "container runtime runc, SIGKILL 90 s after SIGTERM", "runc", "containerd-shim",
		.pid = KILLER, .signal = SIGKILL, .asked = SIGTERM},
	{"supervisor", "supervisor runsv", "runsv", .pid = KILLER, .signal = SIGTERM},
	{"supervisor", "supervisor s6-supervise", "s6-supervise", .pid = KILLER, .signal = SIGTERM},
	{"supervisor", "supervisor supervisord", "supervisord", "sshd", .pid = KILLER, .signal = SIGTERM},
	{"parent", "timeout(1), SIGKILL 90 s after SIGTERM", "timeout", .pid = LOGIN, .signal = SIGKILL,
		.asked = SIGTERM, .tty = "pts/1"},
	{"parent", "its parent, gunicorn", "gunicorn", .pid = LOGIN, .signal = SIGKILL},
	{"parent", "its parent, bash", "bash", "init", .pid = LOGIN, .signal = SIGTERM},
	{"unknown", "sh, a job of cron or at", "sh", "cron", "/user.slice/user-0.slice/session-3.scope",
		.pid = KILLER, .signal = SIGKILL, .login = true},
	{"operator", "bash with tty pts/3, login uid 1000", "bash", "sshd",
		"/user.slice/user-1000.slice/session-2.scope", "pts/3", .pid = KILLER, .signal = SIGKILL,
		.login = true},
	{"operator", "bash, login uid 1000", "bash", "init", "/user.slice/user-1000.slice/session-2.scope",
		.pid = KILLER, .signal = SIGKILL, .login = true},
	{"operator", "bash, below a login or terminal", "bash", "sshd", .pid = KILLER, .signal = SIGTERM},
	/* A uid, and one that once logged in, are no person. */
	{"unknown", "", "helper", "init", "/system.slice/x.service", .pid = KILLER, .signal = SIGTERM,
		.login = true},
	{"unknown", "", "kill", "sudo", .pid = KILLER, .signal = SIGKILL},
};

static void classes(void **state)
{
	struct world *w = *state;

	for (unsigned i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const struct killer_case *c = &cases[i];
		struct record d = death_of(w, 42, "worker", c->signal);
		struct record_sender *s = &d.death.sender;
		struct event_killer k = {0};

		*s = sender_of(c->pid, c->comm, c->signal, T0);
		s->from = c->from;
		text_copy(s->kin[0].comm, RECORD_COMM, c->kin ? c->kin : "");
		text_copy(s->origin.tty, sizeof(s->origin.tty), c->tty ? c->tty : "");
		s->origin.has_login = c->login;
		s->origin.login_uid = c->login ? 1000 : 0;
		s->origin.ns_pid = c->ns_pid;
		s->origin.exiting = c->exiting;
		k.origin = s->origin;
		if (c->asked) {
			d.death.request = (struct record_request){
				.time = T0 - 90 * SECOND, .key = s->key, .signal = c->asked};
			/* A runtime sends each signal from a new process. */
			text_copy(d.death.request.comm, RECORD_COMM, c->comm);
			d.death.request.key.pid += strcmp(c->comm, "runc") == 0;
		}
		killer_classify(&d.death, c->signal, c->cgroup ? c->cgroup : "", &k);
		assert_string_equal(k.reason, c->reason);
		assert_string_equal(k.class, c->class);
	}
}

/* Asked by somebody else, or long ago: no stop that timed out. */
static void asked_by_others(void **state)
{
	struct world *w = *state;
	struct record d = death_of(w, 42, "worker", SIGKILL);
	struct event_killer k = {0};

	d.death.sender = sender_of(1, "systemd", SIGKILL, T0);
	d.death.request =
		(struct record_request){.time = T0 - 90 * SECOND, .key = key_of(8), .signal = SIGTERM};
	killer_classify(&d.death, SIGKILL, "", &k);
	assert_string_equal(k.reason, "systemd: SIGKILL with no other signal before");
}

static void oneself(void **state)
{
	static const struct {
		uint32_t signal;
		int32_t code;
		const char *class;
	} selves[] = {{SIGABRT, SI_TKILL, "self"}, {SIGSEGV, SI_TKILL, "self"}, {SIGKILL, SI_USER, "self"},
		{SIGTERM, SI_QUEUE, "self"}, {SIGUSR1, SI_TIMER, "self"}, {SIGALRM, SI_KERNEL, "self"},
		{SIGXCPU, SI_KERNEL, "kernel"}, {SIGKILL, SI_KERNEL, "kernel"},
		{SIGXFSZ, SI_KERNEL, "kernel"}, {SIGSYS, 1, "kernel"}, {SIGBUS, BUS_MCEERR_AR, "hardware"},
		{SIGBUS, BUS_MCEERR_AO, "hardware"}, {SIGSEGV, SEGV_MAPERR, ""}, {SIGBUS, BUS_ADRERR, ""},
		{SIGFPE, FPE_INTDIV, ""}};
	struct world *w = *state;

	for (unsigned i = 0; i < sizeof(selves) / sizeof(*selves); i++) {
		struct record d = death_of(w, 42, "worker", selves[i].signal);
		const struct event_killer *k;

		d.death.last = fault_of(42, selves[i].signal, selves[i].code, T0);
		send_death(w, &d);
		k = &w->events[i].death.killer;
		assert_int_equal(w->events[i].kind, EVENT_CRASH);
		assert_int_equal(k->known, selves[i].class[0] != '\0');
		assert_int_equal(k->key.pid, 0);
		assert_string_equal(k->class ? k->class : "", selves[i].class);
		assert_int_equal(k->reason[0] != '\0', selves[i].class[0] != '\0');
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		WORLD_TEST(classes), WORLD_TEST(asked_by_others), WORLD_TEST(oneself)};

	return cmocka_run_group_tests_name("enrich_killer", tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Who ended it: one table of rules, the first that fits gives the class and the sentence. */
#include "enrich/internal.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "enrich/exit_rules.h"
#include "model/names.h"

/* A stop that took longer than this is another matter. */
#define SAME_STOP (3600 * NS_PER_SEC)

/* What a rule looks at. */
struct suspect {
	const struct record_death *death;
	const struct record_sender *sender;
	const char *comm;
	const char *cgroup; /* of the sender, as far as it is known; else empty */
	uint32_t signal;
};

static const char *const oom_daemons[] = {"systemd-oomd", "earlyoom", "oomd", "nohang"};
static const char *const runtimes[] = {"containerd-shim", "containerd", "runc", "crun", "youki", "conmon",
	"crio-conmon", "dockerd", "docker-proxy", "docker-init", "podman", "crio", "lxc-start", "lxc-stop",
	"catatonit", "tini", "tini-static", "dumb-init"};
/* Where a person sits at the end of the chain. */
static const char *const sessions[] = {"sshd", "sshd-session", "login", "screen", "tmux: server", "tmux",
	"mosh-server", "gnome-terminal-", "konsole", "xterm"};
static const char *const jobs[] = {"cron", "crond", "anacron", "atd", "fcron"};
static const char *const shells[] = {
	"ash", "bash", "csh", "dash", "fish", "ksh", "mksh", "sh", "tcsh", "zsh"};

static bool is_one_of(const char *const *names, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

#define ONE_OF(names, name) is_one_of(names, sizeof(names) / sizeof(*(names)), name)

static bool has_kin(const struct suspect *s, const char *const *names, size_t count)
{
	for (uint32_t i = 0; i < s->sender->kin_count; i++)
		if (is_one_of(names, count, s->sender->kin[i].comm))
			return true;
	return false;
}

/* A request to end that the same sender made before. */
static bool asked_before(const struct suspect *s)
{
	const struct record_request *q = &s->death->request;

	return q->signal && q->signal != s->signal && s->sender->time >= q->time &&
	       s->sender->time - q->time < SAME_STOP &&
	       (process_key_equal(q->key, s->sender->key) ||
		       (ONE_OF(runtimes, s->comm) && strcmp(q->comm, s->comm) == 0));
}

static bool oom_cgroup(const struct suspect *s)
{
	return s->death->oom.scope == OOM_CGROUP;
}

static bool oom_host(const struct suspect *s)
{
	return s->death->oom.scope == OOM_HOST;
}

static bool from_privileged(const struct suspect *s, uint32_t signal)
{
	return s->sender->from == SENDER_PRIVILEGED && s->signal == signal;
}

static bool namespace_end(const struct suspect *s)
{
	return from_privileged(s, SIGKILL) && s->sender->origin.exiting && s->sender->origin.ns_pid == 1;
}

static bool tracer_end(const struct suspect *s)
{
	return from_privileged(s, SIGKILL) && s->sender->origin.exiting;
}

static bool parent_end(const struct suspect *s)
{
	return s->sender->from == SENDER_KERNEL && s->sender->origin.exiting;
}

static bool hang_up(const struct suspect *s)
{
	return from_privileged(s, SIGHUP);
}

static bool key_pressed(const struct suspect *s)
{
	return from_privileged(s, SIGINT) || from_privileged(s, SIGQUIT);
}

/* By cgroup.kill the writer is who did it. */
static bool kernel_other(const struct suspect *s)
{
	return s->sender->from != SENDER_PROCESS && s->signal != SIGKILL;
}

static bool oom_daemon(const struct suspect *s)
{
	return ONE_OF(oom_daemons, s->comm);
}

static bool systemd_first(const struct suspect *s)
{
	return strcmp(s->comm, "systemd") == 0 && (s->sender->key.pid == 1 || s->sender->origin.ns_pid == 1);
}

static bool systemd_user(const struct suspect *s)
{
	return strcmp(s->comm, "systemd") == 0 && strstr(s->cgroup, "/user@");
}

static bool systemd_watchdog(const struct suspect *s)
{
	return systemd_first(s) && s->signal == SIGABRT;
}

static bool user_watchdog(const struct suspect *s)
{
	return systemd_user(s) && s->signal == SIGABRT;
}

static bool asked_by(const struct suspect *s, bool abort)
{
	return s->signal == SIGKILL && asked_before(s) && (s->death->request.signal == SIGABRT) == abort;
}

static bool systemd_watchdog_kill(const struct suspect *s)
{
	return (systemd_first(s) || systemd_user(s)) && asked_by(s, true);
}

static bool systemd_timeout(const struct suspect *s)
{
	return systemd_first(s) && asked_by(s, false);
}

static bool user_timeout(const struct suspect *s)
{
	return systemd_user(s) && asked_by(s, false);
}

static bool systemd_kill(const struct suspect *s)
{
	return (systemd_first(s) || systemd_user(s)) && s->signal == SIGKILL;
}

static bool kubelet(const struct suspect *s)
{
	return strcmp(s->comm, "kubelet") == 0;
}

static bool runtime(const struct suspect *s)
{
	return ONE_OF(runtimes, s->comm);
}

static bool supervisor(const struct suspect *s)
{
	return exit_parent_is_supervisor(s->sender->key.pid, s->comm);
}

static bool is_parent(const struct suspect *s)
{
	return s->sender->key.pid == s->death->task.ppid;
}

static bool timeout_tool(const struct suspect *s)
{
	return strcmp(s->comm, "timeout") == 0;
}

/* A shell at a terminal has children, and a person may be behind it. */
static bool parent_program(const struct suspect *s)
{
	return is_parent(s) && !ONE_OF(shells, s->comm);
}

static bool has_tty(const struct suspect *s)
{
	return s->sender->origin.tty[0] != '\0';
}

static bool job(const struct suspect *s)
{
	return !has_tty(s) && has_kin(s, jobs, sizeof(jobs) / sizeof(*jobs));
}

static bool login_session(const struct suspect *s)
{
	return s->sender->origin.has_login && strstr(s->cgroup, "/session-");
}

static bool below_session(const struct suspect *s)
{
	return has_kin(s, sessions, sizeof(sessions) / sizeof(*sessions));
}

static bool cgroup_kill(const struct suspect *s)
{
	return s->sender->from == SENDER_KERNEL && s->signal == SIGKILL && !s->sender->origin.exiting;
}

static bool kernel_kill(const struct suspect *s)
{
	return from_privileged(s, SIGKILL);
}

static bool anybody(const struct suspect *s)
{
	(void)s;
	return true;
}

/* In the text % stands for the sender's name. */
static const struct rule {
	bool (*fits)(const struct suspect *s);
	const char *class;
	const char *text;
} rules[] = {
	{oom_cgroup, "kernel", "the kernel's OOM killer: a control group is at its limit"},
	{oom_host, "kernel", "the kernel's OOM killer: the host is out of memory"},
	{namespace_end, "kernel", "% ended, the first process of the PID namespace"},
	{tracer_end, "kernel", "% ended, its tracer (PTRACE_O_EXITKILL)"},
	{parent_end, "kernel", "% ended, its parent (PR_SET_PDEATHSIG)"},
	{hang_up, "kernel", "hang-up of its terminal, or end of the session's leader"},
	{key_pressed, "kernel", "a key at its terminal (ctrl-C, ctrl-\\)"},
	{kernel_other, "kernel", "the kernel"},
	{oom_daemon, "userspace_oom", "%"},
	{systemd_watchdog, "supervisor", "systemd: watchdog (SIGABRT by PID 1)"},
	{user_watchdog, "supervisor", "systemd: watchdog (SIGABRT by a user manager)"},
	{systemd_watchdog_kill, "supervisor", "systemd: watchdog"},
	{systemd_timeout, "supervisor", "systemd: stop timed out"},
	{user_timeout, "supervisor", "systemd (user manager): stop timed out"},
	{systemd_kill, "supervisor", "systemd: SIGKILL with no other signal before"},
	{systemd_first, "supervisor", "systemd stop"},
	{systemd_user, "supervisor", "systemd stop (user manager)"},
	{kubelet, "supervisor", "kubelet"},
	{runtime, "supervisor", "container runtime %"},
	{supervisor, "supervisor", "supervisor %"},
	{timeout_tool, "parent", "timeout(1)"},
	{parent_program, "parent", "its parent, %"},
	{job, "unknown", "%, a job of cron or at"},
	{has_tty, "operator", "%"},
	{login_session, "operator", "%"},
	{below_session, "operator", "%, below a login or terminal"},
	{is_parent, "parent", "its parent, %"},
	{cgroup_kill, "kernel", "cgroup.kill, written by %"},
	{kernel_kill, "kernel", "the kernel"},
	{anybody, "unknown", ""},
};

static void add(struct event_killer *k, const char *text)
{
	size_t used = strlen(k->reason);

	text_copy(k->reason + used, sizeof(k->reason) - used, text);
}

static void add_text(struct event_killer *k, const char *text, const char *name)
{
	const char *percent = strchr(text, '%');
	char part[sizeof(k->reason)];

	if (!percent) {
		add(k, text);
		return;
	}
	snprintf(part, sizeof(part), "%.*s%s%s", (int)(percent - text), text, name, percent + 1);
	add(k, part);
}

/* "SIGKILL 90 s after SIGTERM" */
static void add_before(struct event_killer *k, const struct suspect *s)
{
	uint64_t ms = (s->sender->time - s->death->request.time) / NS_PER_MS;
	char now[16], then[16], part[80];

	name_signal(s->signal, now, sizeof(now));
	name_signal(s->death->request.signal, then, sizeof(then));
	if (ms < 10000)
		snprintf(part, sizeof(part), ", %s %" PRIu64 ".%" PRIu64 " s after %s", now, ms / 1000,
			ms % 1000 / 100, then);
	else
		snprintf(part, sizeof(part), ", %s %" PRIu64 " s after %s", now, ms / 1000, then);
	add(k, part);
}

static void add_login(struct event_killer *k)
{
	char part[80];

	if (k->origin.tty[0]) {
		snprintf(part, sizeof(part), " with tty %s", k->origin.tty);
		add(k, part);
	}
	if (k->origin.has_login) {
		snprintf(part, sizeof(part), ", login uid %u", k->origin.login_uid);
		add(k, part);
	}
}

void killer_classify(
	const struct record_death *death, uint32_t signal, const char *cgroup, struct event_killer *k)
{
	const struct suspect s = {.death = death,
		.sender = &death->sender,
		.comm = death->sender.comm,
		.cgroup = cgroup,
		.signal = death->sender.signal ? death->sender.signal : signal};
	const struct rule *rule = rules;

	while (!rule->fits(&s))
		rule++;
	k->class = rule->class;
	k->reason[0] = '\0';
	add_text(k, rule->text, s.comm);
	if (strcmp(rule->class, "operator") == 0)
		add_login(k);
	if (k->reason[0] && s.signal == SIGKILL && s.sender->from == SENDER_PROCESS && asked_before(&s))
		add_before(k, &s);
	if (k->reason[0] && cgroup_kill(&s) && rule->fits != cgroup_kill &&
		strcmp(rule->class, "kernel") != 0)
		add(k, ", by cgroup.kill");
}

void killer_fill(struct enrich *e, const struct record_death *d, struct event_killer *k)
{
	const struct record_sender *s = &d->sender;
	const struct process *known = table_find(e->table, s->key);
	const char *cgroup = "";

	k->known = true;
	k->key = s->key;
	k->uid = s->uid;
	text_copy(k->comm, sizeof(k->comm), s->comm);
	k->origin = s->origin;
	if (known && known->image) {
		text_copy(k->exe, sizeof(k->exe), known->image->exe);
		cgroup = known->image->cgroup2;
	}
	k->kin_count = s->kin_count;
	memcpy(k->kin, s->kin, sizeof(k->kin));
	killer_classify(d, d->exit_code & 0x7f, cgroup, k);
}

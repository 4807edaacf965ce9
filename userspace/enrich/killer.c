/* SPDX-License-Identifier: Apache-2.0 */
/* Who ended it, as far as names can tell. */
#include "enrich/internal.h"

#include <string.h>

#include "enrich/exit_rules.h"

static const char *const oom_daemons[] = {"systemd-oomd", "earlyoom", "oomd", "nohang"};
/* Where a person sits at the end of the chain. */
static const char *const sessions[] = {"sshd", "sshd-session", "login", "screen", "tmux: server", "tmux",
	"mosh-server", "gnome-terminal-", "konsole", "xterm", "agetty", "su", "sudo"};

static bool is_one_of(const char *const *names, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

#define ONE_OF(names, name) is_one_of(names, sizeof(names) / sizeof(*(names)), name)

const char *killer_class(const struct record_death *death, const struct event_killer *killer)
{
	const struct record_sender *s = &death->sender;

	if (death->oom.scope != OOM_NONE)
		return "kernel";
	if (ONE_OF(oom_daemons, killer->comm))
		return "userspace_oom";
	if (s->from_kernel && s->signal != 9)
		return "kernel";
	if (exit_parent_is_supervisor(s->key.pid, killer->comm))
		return "supervisor";
	for (uint32_t i = 0; i < killer->kin_count; i++)
		if (ONE_OF(sessions, killer->kin[i].comm))
			return "operator";
	if (s->key.pid == death->task.ppid)
		return "parent";
	return "unknown";
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Exit statuses that are answers: tables by program name. */
#include "enrich/exit_rules.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"

#define STATUSES     256
#define RULES_MAX    256 /* of the user's own */
#define PROGRAM_ROOM 64  /* bytes of a program's name */

struct rule {
	char program[PROGRAM_ROOM];
	uint64_t answers[STATUSES / 64]; /* set of statuses */
};

struct exit_rules {
	bool no_defaults;
	unsigned count;
	struct rule rules[RULES_MAX];
};

/* From the programs' manuals: the status that says "no", not "it went wrong". */
static const struct {
	const char *program;
	uint8_t max; /* statuses 1..max */
} answers[] = {
	{"[", 1},
	{"ag", 1},
	{"apt-config", 1},
	{"awk", 1},
	{"bzgrep", 1},
	{"cmp", 1},
	{"diff", 1},
	{"diff3", 1},
	{"dpkg", 1},
	{"dpkg-query", 1},
	{"egrep", 1},
	{"expr", 1},
	{"false", 1},
	{"fgrep", 1},
	{"findmnt", 1},
	{"fuser", 1},
	{"gawk", 1},
	{"getent", 2},
	{"git", 1},
	{"grep", 1},
	{"groups", 1},
	{"id", 1},
	{"ischroot", 2},
	{"kill", 1},
	{"killall", 1},
	{"look", 1},
	{"lsblk", 1},
	{"lsof", 1},
	{"mawk", 1},
	{"mesg", 1},
	{"mountpoint", 32},
	{"pgrep", 1},
	{"pidof", 1},
	{"pkg-config", 1},
	{"pkill", 1},
	{"rg", 1},
	{"readlink", 1},
	{"realpath", 1},
	{"runlevel", 1},
	{"sdiff", 1},
	{"systemctl", 4},
	{"systemd-detect-virt", 1},
	{"tabs", 1},
	{"test", 1},
	{"tput", 4},
	{"tty", 1},
	{"uuidparse", 1},
	{"which", 1},
	{"whereis", 1},
	{"xzgrep", 1},
	{"zcmp", 1},
	{"zdiff", 1},
	{"zgrep", 1},
	{"zstdgrep", 1},
};

static const char *const wrappers[] = {
	"ash",
	"bash",
	"busybox",
	"chroot",
	"chrt",
	"csh",
	"dash",
	"doas",
	"env",
	"fakeroot",
	"fish",
	"flock",
	"ionice",
	"ksh",
	"login",
	"make",
	"mksh",
	"newgrp",
	"nice",
	"nohup",
	"nsenter",
	"numactl",
	"parallel",
	"runuser",
	"script",
	"setarch",
	"setpriv",
	"setsid",
	"sh",
	"sshd",
	"stdbuf",
	"strace",
	"su",
	"sudo",
	"systemd-run",
	"taskset",
	"tcsh",
	"time",
	"timeout",
	"unshare",
	"watch",
	"xargs",
	"zsh",
};

static const char *const supervisors[] = {
	"catatonit",
	"conmon",
	"containerd-shim",
	"crio-conmon",
	"docker-init",
	"dumb-init",
	"god",
	"lxc-start",
	"monit",
	"pm2",
	"runit",
	"runsv",
	"s6-supervise",
	"s6-svscan",
	"supervise",
	"supervisord",
	"systemd",
	"tini",
	"tini-static",
};

static bool in_names(const char *const *names, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	return false;
}

int exit_rules_new(struct exit_rules **ret)
{
	*ret = calloc(1, sizeof(**ret));
	return *ret ? 0 : -ENOMEM;
}

void exit_rules_free(struct exit_rules *rules)
{
	free(rules);
}

static const char *parse_statuses(char *list, struct rule *rule)
{
	static const char expected[] = "statuses from 1 to 255 behind the colon, separated by commas, or *";
	char *save = NULL;
	bool any = false;

	if (strcmp(list, "*") == 0) {
		memset(rule->answers, 0xff, sizeof(rule->answers));
		return NULL;
	}
	for (char *item = strtok_r(list, ",", &save); item; item = strtok_r(NULL, ",", &save)) {
		uint64_t status;

		if (text_parse_u64(item, STATUSES - 1, &status) < 0 || status == 0)
			return expected;
		rule->answers[status / 64] |= 1ull << (status % 64);
		any = true;
	}
	return any ? NULL : expected;
}

const char *exit_rules_add(struct exit_rules *rules, const char *text)
{
	const char *colon = strrchr(text, ':'), *expected;
	struct rule *rule = &rules->rules[rules->count];
	_cleanup_free_ char *list = NULL;

	if (strcmp(text, "none") == 0) {
		rules->no_defaults = true;
		return NULL;
	}
	if (!colon || colon == text || (size_t)(colon - text) >= PROGRAM_ROOM || !colon[1])
		return "PROGRAM:STATUS such as grep:1, PROGRAM:*, or none";
	if (rules->count == RULES_MAX)
		return "at most 256 programs";
	list = strdup(colon + 1);
	if (!list)
		return "more memory";
	memset(rule, 0, sizeof(*rule));
	memcpy(rule->program, text, (size_t)(colon - text));
	expected = parse_statuses(list, rule);
	if (!expected)
		rules->count++;
	return expected;
}

bool exit_is_answer(const struct exit_rules *rules, const char *program, uint32_t status)
{
	for (unsigned i = 0; i < rules->count; i++)
		if (strcmp(rules->rules[i].program, program) == 0 && status < STATUSES &&
			rules->rules[i].answers[status / 64] & (1ull << (status % 64)))
			return true;
	if (rules->no_defaults)
		return false;
	for (size_t i = 0; i < sizeof(answers) / sizeof(*answers); i++)
		if (strcmp(answers[i].program, program) == 0)
			return status <= answers[i].max;
	return false;
}

bool exit_is_wrapper(const char *program)
{
	return in_names(wrappers, sizeof(wrappers) / sizeof(*wrappers), program);
}

bool exit_parent_is_supervisor(uint32_t ppid, const char *parent)
{
	/* The shim's name is cut by the kernel: "containerd-shim" of "containerd-shim-runc-v2" is just 15
	 * bytes. */
	return ppid == 1 || in_names(supervisors, sizeof(supervisors) / sizeof(*supervisors), parent);
}

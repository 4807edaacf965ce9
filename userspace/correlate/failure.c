/* SPDX-License-Identifier: Apache-2.0 */
/* Which events are failures, and of what sort. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "correlate/internal.h"

#define LONG_LIFE (5 * MINUTE) /* no command any more, but as good as a service */
#define LEAST     2            /* failures in a minute are more than none */
#define CHILDREN  6            /* the same of what its parent killed */

/* Errors that tell of something that is used up; call NULL means any. */
static const struct {
	const char *error;
	const char *call;
} exhausted[] = {
	{"ENOSPC", NULL},
	{"EDQUOT", NULL},
	{"EMFILE", NULL},
	{"ENFILE", NULL},
	{"ENOMEM", NULL},
	{"EADDRNOTAVAIL", NULL},
	{"EAGAIN", "clone"},
	{"EAGAIN", "clone3"},
	{"EAGAIN", "fork"},
	{"EAGAIN", "vfork"},
};

static bool is_exhausted(const struct fact *f)
{
	for (size_t i = 0; i < sizeof(exhausted) / sizeof(*exhausted); i++)
		/* All begin with an E. */
		if (f->error[1] == exhausted[i].error[1] && strcmp(f->error, exhausted[i].error) == 0 &&
			(!exhausted[i].call || strcmp(f->syscall, exhausted[i].call) == 0))
			return true;
	return false;
}

static bool is(const char *text, const char *value)
{
	return strcmp(text, value) == 0;
}

/* Asked to go, the usual way. */
static bool is_polite(const struct fact *f)
{
	return is(f->signal, "SIGTERM") || is(f->signal, "SIGINT") || is(f->signal, "SIGHUP");
}

/* Another program that one of the service ran, which lives on and was told how it ended. */
static bool is_command(const struct fact *f)
{
	return is(f->role, "command") && f->has_alive && f->alive;
}

static void oom_kill(const struct fact *f, struct failure *ret)
{
	(void)f;
	ret->mechanism = MECHANISM_OOM;
	ret->certain = true;
	ret->resource = "memory";
}

/* A supervisor that stops what it supervises, and a parent its children, do their daily work. */
static void kill_by(const struct fact *f, struct failure *ret)
{
	if (is(f->killer_class, "userspace_oom")) {
		oom_kill(f, ret);
		return;
	}
	ret->mechanism = MECHANISM_KILL;
	ret->certain = is(f->killer_class, "operator") || (is(f->killer_class, "unknown") && !is_polite(f));
	if (!ret->certain && is_polite(f))
		ret->mechanism = 0;
	if (is(f->killer_class, "parent"))
		ret->least = CHILDREN;
}

/* Who ran it was told how it ended: a script, or the rest of the service where nobody knows who that was. */
static bool is_collected(const struct fact *f)
{
	if (f->role[0])
		return is(f->role, "script") || is_command(f);
	/* Of whom not even that is known its start was not seen. */
	return (!f->has_alive || f->alive) && !f->exception[0];
}

static bool told_of_connection(const struct fact *f, struct failure *ret)
{
	enum told_connection told = told_connection(f);

	ret->lost = told == TOLD_LOST;
	ret->lookup = told == TOLD_LOOKUP;
	return told != TOLD_NONE;
}

/* A status that is collected, or that a program ends with which nobody supervises, is an answer as often as a
 * failure; not so that of a service and of its workers. */
static void exit_failure(const struct fact *f, struct failure *ret)
{
	bool answer = ret->by_hand || (is_collected(f) && (!f->exception[0] || f->age < LONG_LIFE));

	ret->mechanism = MECHANISM_EXIT;
	ret->echo = told_of_connection(f, ret);
	ret->resource = told_exhausted(f);
	ret->certain = (f->unit[0] || f->exception[0]) && !answer;
	if (answer && ret->echo && !f->exception[0])
		ret->mechanism = MECHANISM_PEER;
	else if (answer && !f->exception[0])
		ret->least = UINT64_MAX;
}

static void crash(const struct fact *f, struct failure *ret)
{
	/* Who ends itself by a signal that leaves nothing to see means to, as timeout(1) does. */
	if (is(f->killer_class, "self") && (is_polite(f) || is(f->signal, "SIGKILL"))) {
		exit_failure(f, ret);
		return;
	}
	ret->mechanism = is(f->code, "BUS_MCEERR_AR") || is(f->code, "BUS_MCEERR_AO") ? MECHANISM_HARDWARE
										      : MECHANISM_CRASH;
	ret->certain = true;
}

static void exception(const struct fact *f, struct failure *ret)
{
	ret->mechanism = MECHANISM_EXCEPTION;
	ret->resource = told_exhausted(f);
	if (told_of_connection(f, ret)) {
		ret->mechanism = MECHANISM_PEER;
		ret->echo = true;
	}
}

static void syscall_errors(const struct fact *f, struct failure *ret)
{
	if (!is_exhausted(f))
		return;
	ret->mechanism = MECHANISM_RESOURCE;
	ret->resource = f->error;
}

/* Ports that systems choose for who connects, Linux and IANA's; where they were many, they are folded. */
static bool is_client(const char *remote)
{
	const char *port = strrchr(remote, ':');

	return port && (is(port, ":*") || strtoul(port + 1, NULL, 10) >= 32768);
}

static void peer(const struct fact *f, struct failure *ret)
{
	/* A reset that this host sent is as a rule the answer to something unwanted; a client that goes away
	 * in the middle has its reasons. */
	if (is(f->direction, "sent") || (is(f->direction, "received") && is_client(f->remote)))
		return;
	/* The other side had said all that it had to, and was told something more: TLS takes its leave. */
	if (is(f->tcp_state, "CLOSE_WAIT"))
		return;
	ret->mechanism = MECHANISM_PEER;
	ret->lost = peer_is_local(f->remote);
	ret->counts = !ret->lost;
	if (is(f->error, "EADDRNOTAVAIL")) {
		ret->mechanism = MECHANISM_RESOURCE;
		ret->resource = f->error;
	}
}

/* A service that does not serve any more is as good as ended. */
static void stopped_listening(const struct fact *f, struct failure *ret)
{
	if (!is(f->listen, "stopped"))
		return;
	ret->mechanism = MECHANISM_EXIT;
	ret->certain = true;
}

static void (*const meanings[EVENT_KINDS])(const struct fact *f, struct failure *ret) = {
	[EVENT_CRASH] = crash,
	[EVENT_OOM_KILL] = oom_kill,
	[EVENT_KILL] = kill_by,
	[EVENT_EXIT_FAILURE] = exit_failure,
	[EVENT_EXCEPTION] = exception,
	[EVENT_SYSCALL_ERRORS] = syscall_errors,
	[EVENT_TCP_RESET] = peer,
	[EVENT_CONNECT_FAILURE] = peer,
	[EVENT_LISTEN] = stopped_listening,
};

/* In a scope that a login, a terminal or systemd-run made: whoever started it waits for it, no supervisor
 * does. */
static bool is_by_hand(const struct fact *f)
{
	size_t len = strlen(f->unit);

	return len > 6 && is(f->unit + len - 6, ".scope") && (f->user[0] || strncmp(f->unit, "run-", 4) == 0);
}

/* Commands, builds and tests fail and are killed before the eyes of who runs them; what has run for a while
 * is as good as a service. */
static bool is_seen(const struct fact *f, const struct failure *failure)
{
	const unsigned never = MECHANISM_OOM | MECHANISM_HARDWARE;

	if (failure->mechanism & never)
		return false;
	return f->age < LONG_LIFE ||
	       (failure->mechanism == MECHANISM_KILL && is(f->killer_class, "operator"));
}

bool failure_is(const struct fact *f)
{
	struct failure failure;

	memset(&failure, 0, sizeof(failure));
	if (f->kind < EVENT_KINDS && meanings[f->kind])
		meanings[f->kind](f, &failure);
	return failure.mechanism != 0;
}

void failure_of(const struct fact *f, struct failure *ret)
{
	memset(ret, 0, sizeof(*ret));
	if (f->kind >= EVENT_KINDS || !meanings[f->kind])
		return;
	ret->by_hand = is_by_hand(f);
	ret->least = LEAST;
	meanings[f->kind](f, ret);
	ret->aside = ret->by_hand && is_seen(f, ret);
	if (ret->mechanism == MECHANISM_PEER && !ret->echo)
		text_copy(ret->detail, sizeof(ret->detail), f->remote);
	else if (ret->mechanism == MECHANISM_RESOURCE)
		snprintf(ret->detail, sizeof(ret->detail), "%s", f->error);
	else if (f->fingerprint[0])
		text_copy(ret->detail, sizeof(ret->detail), f->fingerprint);
	else if (f->exception[0])
		snprintf(ret->detail, sizeof(ret->detail), "%s", f->exception);
	else
		snprintf(ret->detail, sizeof(ret->detail), "%s %llu %s", f->signal,
			(unsigned long long)f->status, f->exe);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Which events are failures, and of what sort. */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "correlate/internal.h"

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
		if (strcmp(f->error, exhausted[i].error) == 0 &&
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

static void crash(const struct fact *f, struct failure *ret)
{
	ret->mechanism = is(f->code, "BUS_MCEERR_AR") || is(f->code, "BUS_MCEERR_AO") ? MECHANISM_HARDWARE
										      : MECHANISM_CRASH;
	ret->certain = true;
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
}

/* How programs call a connection that failed, in their exceptions' types and messages. */
static const char *const connection_words[] = {
	"timed out",
	"timeout",
	"connection refused",
	"connection reset",
	"connection aborted",
	"no route to host",
	"unreachable",
	"econnrefused",
	"econnreset",
	"etimedout",
};

/* How programs call what is used up: the C library's words, and the names that Node.js prints. */
static const struct {
	const char *words;
	const char *error;
} exhausted_words[] = {
	{"no space left on device", "ENOSPC"},
	{"ENOSPC", "ENOSPC"},
	{"disk quota exceeded", "EDQUOT"},
	{"EDQUOT", "EDQUOT"},
	{"too many open files in system", "ENFILE"},
	{"ENFILE", "ENFILE"},
	{"too many open files", "EMFILE"},
	{"EMFILE", "EMFILE"},
	{"cannot allocate memory", "ENOMEM"},
	{"cannot assign requested address", "EADDRNOTAVAIL"},
};

static const char *told_exhausted(const struct fact *f)
{
	for (size_t i = 0; i < sizeof(exhausted_words) / sizeof(*exhausted_words); i++)
		if (strcasestr(f->message, exhausted_words[i].words))
			return exhausted_words[i].error;
	return NULL;
}

static bool tells_of_connection(const struct fact *f)
{
	for (size_t i = 0; i < sizeof(connection_words) / sizeof(*connection_words); i++)
		if (strcasestr(f->message, connection_words[i]) ||
			strcasestr(f->exception, connection_words[i]))
			return true;
	return false;
}

/* One of a program that nobody supervises is an answer as often as a failure. */
static void exit_failure(const struct fact *f, struct failure *ret)
{
	ret->mechanism = MECHANISM_EXIT;
	ret->certain = f->unit[0] || f->exception[0];
	ret->echo = tells_of_connection(f);
	ret->resource = told_exhausted(f);
}

static void exception(const struct fact *f, struct failure *ret)
{
	ret->mechanism = MECHANISM_EXCEPTION;
	ret->resource = told_exhausted(f);
	if (tells_of_connection(f)) {
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

static void peer(const struct fact *f, struct failure *ret)
{
	/* A reset that this host sent is as a rule the answer to something unwanted. */
	if (is(f->direction, "sent"))
		return;
	ret->mechanism = MECHANISM_PEER;
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

bool failure_is(const struct fact *f)
{
	struct failure failure;

	failure.mechanism = 0;
	if (f->kind < EVENT_KINDS && meanings[f->kind])
		meanings[f->kind](f, &failure);
	return failure.mechanism != 0;
}

void failure_of(const struct fact *f, struct failure *ret)
{
	memset(ret, 0, sizeof(*ret));
	if (f->kind >= EVENT_KINDS || !meanings[f->kind])
		return;
	meanings[f->kind](f, ret);
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

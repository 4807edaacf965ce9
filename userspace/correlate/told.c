/* SPDX-License-Identifier: Apache-2.0 */
/* What programs say of their failures in their own words: a connection that is lost, a resource that is used
 * up. */
#include <string.h>

#include "correlate/internal.h"

/* How programs call a connection that failed, in their exceptions' types and messages. Lost: the other end is
 * gone, it is not merely slow or far. */
static const struct {
	const char *words;
	bool lost;
} connection_words[] = {
	{"connection refused", true},
	{"connection reset", true},
	{"connection aborted", true},
	{"connection closed", true},
	{"connection lost", true},
	{"connectionbad", true},
	{"closed the connection", true},
	{"closed connection", true},
	{"terminating connection", true},
	{"lost connection", true},
	{"gone away", true},
	{"socket hang up", true},
	{"broken pipe", true},
	{"bad gateway", true},
	{"timed out", false},
	{"timeout", false},
	{"no route to host", false},
	{"unreachable", false},
	{"service unavailable", false},
	{"name resolution", false},
	{"name or service not known", false},
	{"could not translate host name", false},
};

/* Names of errors, as Node.js prints them. Words of other case may hold their letters. */
static const struct {
	const char *name;
	bool lost;
} connection_errors[] = {
	{"ECONNREFUSED", true},
	{"ECONNRESET", true},
	{"ECONNABORTED", true},
	{"EPIPE", true},
	{"ETIMEDOUT", false},
	{"EHOSTUNREACH", false},
	{"ENETUNREACH", false},
	{"ENOTFOUND", false},
	{"EAI_AGAIN", false},
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
	{"start new thread", "EAGAIN"},
	{"create new native thread", "EAGAIN"},
	{"create native thread", "EAGAIN"},
	{"create new OS thread", "EAGAIN"},
	{"can't create thread", "EAGAIN"},
	{"fork: retry", "EAGAIN"},
};

/* EAGAIN is an everyday answer of sockets; of who makes a process or a thread it is the end of a limit. */
static const char *const making[] = {"fork", "spawn", "clone", "execute_child", "thread"};

static bool makes_process(const struct fact *f)
{
	for (size_t i = 0; i < sizeof(making) / sizeof(*making); i++)
		if (strcasestr(f->message, making[i]) || strcasestr(f->raised, making[i]))
			return true;
	return false;
}

const char *told_exhausted(const struct fact *f)
{
	for (size_t i = 0; i < sizeof(exhausted_words) / sizeof(*exhausted_words); i++)
		if (strcasestr(f->message, exhausted_words[i].words))
			return exhausted_words[i].error;
	if ((strcasestr(f->message, "resource temporarily unavailable") ||
		    strcasestr(f->message, "EAGAIN")) &&
		makes_process(f))
		return "EAGAIN";
	return NULL;
}

bool told_connection(const struct fact *f, bool *ret_lost)
{
	for (size_t i = 0; i < sizeof(connection_words) / sizeof(*connection_words); i++)
		if (strcasestr(f->message, connection_words[i].words) ||
			strcasestr(f->exception, connection_words[i].words)) {
			*ret_lost = connection_words[i].lost;
			return true;
		}
	for (size_t i = 0; i < sizeof(connection_errors) / sizeof(*connection_errors); i++)
		if (strstr(f->message, connection_errors[i].name) ||
			strstr(f->exception, connection_errors[i].name)) {
			*ret_lost = connection_errors[i].lost;
			return true;
		}
	return false;
}

bool told_address_taken(const struct fact *f)
{
	return strcasestr(f->message, "address already in use") || strstr(f->message, "EADDRINUSE");
}

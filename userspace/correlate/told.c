/* SPDX-License-Identifier: Apache-2.0 */
/* What programs say of their failures in their own words: a connection that is lost, a resource that is used
 * up. */
#include <ctype.h>
#include <string.h>

#include "correlate/internal.h"

/* How programs call a connection that failed, in their exceptions' types and messages; of two rows that fit
 * the first counts. */
static const struct {
	const char *words;
	enum told_connection how;
} connection_words[] = {
	{"statement timeout", TOLD_NONE}, /* of databases, which were reached */
	{"lock timeout", TOLD_NONE},
	{"lock wait timeout", TOLD_NONE},
	{"name resolution", TOLD_LOOKUP},
	{"name or service not known", TOLD_LOOKUP},
	{"could not translate host name", TOLD_LOOKUP},
	{"no address associated with hostname", TOLD_LOOKUP},
	{"nodename nor servname", TOLD_LOOKUP},
	{"no such host", TOLD_LOOKUP},
	{"server misbehaving", TOLD_LOOKUP},
	{"unknownhostexception", TOLD_LOOKUP},
	{"unknown host", TOLD_LOOKUP},
	{"could not resolve host", TOLD_LOOKUP},
	{"couldn't resolve host", TOLD_LOOKUP},
	{"host not found", TOLD_LOOKUP},
	{"getaddrinfo failed", TOLD_LOOKUP},
	{"bad hostname", TOLD_LOOKUP},
	{"connection refused", TOLD_LOST},
	{"connection reset", TOLD_LOST},
	{"connection aborted", TOLD_LOST},
	{"connection closed", TOLD_LOST},
	{"connection lost", TOLD_LOST},
	{"connectionbad", TOLD_LOST},
	{"closed the connection", TOLD_LOST},
	{"closed connection", TOLD_LOST},
	{"remote end closed", TOLD_LOST},
	{"terminating connection", TOLD_LOST},
	{"lost connection", TOLD_LOST},
	{"gone away", TOLD_LOST},
	{"socket hang up", TOLD_LOST},
	{"broken pipe", TOLD_LOST},
	{"bad gateway", TOLD_LOST},
	{"connect failed", TOLD_LOST},
	/* Unix sockets: MySQL, PHP, nginx, Go, redis-py, Node.js. */
	{"mysql server through socket", TOLD_LOST},
	{"[2002] no such file", TOLD_LOST},
	{"connect() to unix:", TOLD_LOST},
	{"dial unix ", TOLD_LOST},
	{"connecting to unix", TOLD_LOST},
	{"connect enoent ", TOLD_LOST},
	{"timed out", TOLD_FAR},
	{"timeout", TOLD_FAR},
	{"execution expired", TOLD_FAR},
	{"deadline exceeded", TOLD_FAR},
	{"no route to host", TOLD_FAR},
	{"unreachable", TOLD_FAR},
	{"service unavailable", TOLD_FAR},
	{"no answer", TOLD_FAR},
	{"no response", TOLD_FAR},
	{"not respond", TOLD_FAR},
	{"could not connect", TOLD_FAR},
	{"couldn't connect", TOLD_FAR},
	{"unable to connect", TOLD_FAR},
	{"failed to connect", TOLD_FAR},
};

/* Names of errors, as Node.js prints them. Words of other case may hold their letters. */
static const struct {
	const char *name;
	enum told_connection how;
} connection_errors[] = {
	{"ENOTFOUND", TOLD_LOOKUP},
	{"EAI_AGAIN", TOLD_LOOKUP},
	{"ECONNREFUSED", TOLD_LOST},
	{"ECONNRESET", TOLD_LOST},
	{"ECONNABORTED", TOLD_LOST},
	{"EPIPE", TOLD_LOST},
	{"ETIMEDOUT", TOLD_FAR},
	{"EHOSTUNREACH", TOLD_FAR},
	{"ENETUNREACH", TOLD_FAR},
};

/* How programs call what is used up: the C library's words, the names that Node.js prints, and those of
 * runtimes and servers that have limits of their own. */
static const struct {
	const char *words;
	const char *error;
} exhausted_words[] = {
	{"no space left on device", "ENOSPC"},
	{"enospc", "ENOSPC"},
	{"disk is full", "ENOSPC"},
	{"disk quota exceeded", "EDQUOT"},
	{"edquot", "EDQUOT"},
	{"too many open files in system", "ENFILE"},
	{"enfile", "ENFILE"},
	{"too many open files", "EMFILE"},
	{"emfile", "EMFILE"},
	{"start new thread", "EAGAIN"},
	{"create new native thread", "EAGAIN"},
	{"create native thread", "EAGAIN"},
	{"create new os thread", "EAGAIN"},
	{"can't create thread", "EAGAIN"},
	{"fork: retry", "EAGAIN"},
	{"cannot allocate memory", "ENOMEM"},
	{"outofmemoryerror", "ENOMEM"},
	{"java heap space", "ENOMEM"},
	{"javascript heap out of memory", "ENOMEM"},
	{"allowed memory size of", "ENOMEM"},
	{"failed to allocate memory", "ENOMEM"},
	{"bad_alloc", "ENOMEM"},
	{"cannot assign requested address", "EADDRNOTAVAIL"},
	{"too many connections", "connections"},
	{"too many clients", "connections"},
	{"connection slots are reserved", "connections"},
	{"max number of clients", "connections"},
	{"worker_connections are not enough", "connections"},
};

/* EAGAIN is an everyday answer of sockets; of who makes a process or a thread it is the end of a limit. */
static const char *const making[] = {"fork", "spawn", "clone", "execute_child", "thread"};

void lower_text(char *ret, const char *text, size_t size)
{
	size_t n = 0;

	for (; n + 1 < size && text[n]; n++)
		ret[n] = (char)tolower((unsigned char)text[n]);
	ret[n] = 0;
}

/* Of two letters; others may have the same. */
static unsigned pair(const char *text)
{
	return (unsigned)(text[0] & 31) << 5 | (unsigned)(text[1] & 31);
}

static void add_pairs(uint64_t *pairs, const char *text)
{
	for (; text[0] && text[1]; text++)
		pairs[pair(text) / 64] |= 1ull << pair(text) % 64;
}

void lower_of(const struct fact *f, struct lower *ret)
{
	lower_text(ret->message, f->message, sizeof(ret->message));
	lower_text(ret->exception, f->exception, sizeof(ret->exception));
	memset(ret->pairs, 0, sizeof(ret->pairs));
	add_pairs(ret->pairs, ret->message);
	add_pairs(ret->pairs, ret->exception);
}

bool lower_says(const struct lower *said, const char *word)
{
	if (!(said->pairs[pair(word) / 64] & 1ull << pair(word) % 64))
		return false;
	return strstr(said->message, word) || strstr(said->exception, word);
}

static bool makes_process(const struct fact *f, const struct lower *said)
{
	for (size_t i = 0; i < sizeof(making) / sizeof(*making); i++)
		if (strstr(said->message, making[i]) || strcasestr(f->raised, making[i]))
			return true;
	return false;
}

const char *told_exhausted(const struct fact *f)
{
	struct lower said;

	lower_of(f, &said);
	for (size_t i = 0; i < sizeof(exhausted_words) / sizeof(*exhausted_words); i++)
		if (lower_says(&said, exhausted_words[i].words))
			return exhausted_words[i].error;
	if (strcmp(f->exception, "MemoryError") == 0 || strcmp(f->exception, "NoMemoryError") == 0)
		return "ENOMEM";
	if ((strstr(said.message, "resource temporarily unavailable") || strstr(said.message, "eagain")) &&
		makes_process(f, &said))
		return "EAGAIN";
	return NULL;
}

/* What clients tell by their status to the script that runs them. */
static const struct {
	const char *program;
	unsigned status;
	enum told_connection how;
} statuses[] = {
	{"curl", 5, TOLD_LOOKUP},
	{"curl", 6, TOLD_LOOKUP},
	{"curl", 7, TOLD_LOST},
	{"curl", 28, TOLD_FAR},
	{"curl", 35, TOLD_FAR},
	{"curl", 52, TOLD_LOST},
	{"curl", 56, TOLD_LOST},
	{"curl", 60, TOLD_FAR},
	{"wget", 4, TOLD_FAR},
	{"wget", 5, TOLD_FAR},
};

static enum told_connection told_by_status(const struct fact *f)
{
	const char *slash = strrchr(f->exe, '/'), *program = slash ? slash + 1 : f->exe;

	for (size_t i = 0; f->has_status && i < sizeof(statuses) / sizeof(*statuses); i++)
		if (f->status == statuses[i].status && strcmp(program, statuses[i].program) == 0)
			return statuses[i].how;
	return TOLD_NONE;
}

/* Statuses of HTTP that the server is to blame for, or that it is asked too much. */
static bool is_bad_status(const char *digits)
{
	static const char *const blamed[] = {"429", "500", "502", "503", "504", "52"};

	for (size_t i = 0; i < sizeof(blamed) / sizeof(*blamed); i++)
		if (strncmp(digits, blamed[i], strlen(blamed[i])) == 0)
			return true;
	return false;
}

/* As a word of its own beside one that says what it is; with `first` any that begins with that digit. */
static bool told_http_status(const struct lower *said, char first)
{
	static const char *const words[] = {"http", "status", "answer", "respon", "returned"};
	bool about = false;
	size_t len;

	for (size_t i = 0; i < sizeof(words) / sizeof(*words) && !about; i++)
		about = lower_says(said, words[i]);
	for (const char *p = said->message; about && *p; p += len + !len) {
		len = strspn(p, "0123456789abcdefghijklmnopqrstuvwxyz_");
		if (len == 3 && (first ? *p == first && strspn(p, "0123456789") >= 3 : is_bad_status(p)))
			return true;
	}
	return false;
}

/* An answer that no server means to give, in words. */
static const char *const bad_answers[] = {"internal server error", "unavailable", "too many requests",
	"rate limit", "overloaded", "token <", "token '<", "at '<", "character '<'", "character ('<'",
	"expecting value: line 1 column 1"};

static bool told_bad_answer(const struct lower *said)
{
	for (size_t i = 0; i < sizeof(bad_answers) / sizeof(*bad_answers); i++)
		if (lower_says(said, bad_answers[i]))
			return true;
	return told_http_status(said, 0);
}

/* A certificate that the only peer shows. */
static bool told_certificate(const struct lower *said)
{
	return lower_says(said, "certificate") &&
	       (lower_says(said, "verify failed") || lower_says(said, "expired") ||
		       lower_says(said, "unable to find valid") || lower_says(said, "unknown authority") ||
		       lower_says(said, "self-signed"));
}

bool told_host(const struct fact *f, char ret[FACT_NAME])
{
	const char *begin = strstr(f->message, "://");
	size_t len = begin ? strcspn(begin += 3, ":/?# \"'>)],") : 0;

	if (!len || len >= FACT_NAME)
		return false;
	memcpy(ret, begin, len);
	ret[len] = 0;
	return strchr(ret, '.') && strncmp(ret, "127.", 4) != 0;
}

/* Whether an answer can only have come from elsewhere. */
static bool is_about_far(const struct fact *f)
{
	return (f->far_count == 1 && !f->near_count) || told_host(f, (char[FACT_NAME]){0});
}

/* Whether it names the peer elsewhere that the service has connections with, and not that this one was asked
 * wrongly. */
static bool names_far(const struct fact *f, const struct lower *said)
{
	char far[FACT_NAME];

	if (!f->far_count)
		return false;
	if (!(peer_host(f->far, far) && strstr(f->message, far)) &&
		!(f->far_name[0] && strstr(f->message, f->far_name)))
		return false;
	return !told_http_status(said, '4') || told_http_status(said, 0);
}

/* As libpq says it, which says the same begin of a database that answers. */
static bool told_missing_socket(const struct lower *said)
{
	return lower_says(said, "connection to server on socket") && lower_says(said, "no such file");
}

enum told_connection told_connection(const struct fact *f)
{
	struct lower said;

	if (!f->message[0] && !f->exception[0])
		return told_by_status(f);
	lower_of(f, &said);
	for (size_t i = 0; i < sizeof(connection_words) / sizeof(*connection_words); i++)
		if (lower_says(&said, connection_words[i].words))
			return connection_words[i].how;
	for (size_t i = 0; i < sizeof(connection_errors) / sizeof(*connection_errors); i++)
		if (strstr(f->message, connection_errors[i].name) ||
			strstr(f->exception, connection_errors[i].name))
			return connection_errors[i].how;
	if (told_missing_socket(&said))
		return TOLD_LOST;
	if (is_about_far(f) && (told_certificate(&said) || told_bad_answer(&said)))
		return TOLD_FAR;
	if (names_far(f, &said))
		return TOLD_FAR;
	return told_by_status(f);
}

bool told_address_taken(const struct fact *f)
{
	return strcasestr(f->message, "address already in use") || strstr(f->message, "EADDRINUSE");
}

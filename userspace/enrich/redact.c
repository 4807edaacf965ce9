/* SPDX-License-Identifier: Apache-2.0 */
/* Command lines: options whose value is a secret, whether that is in the same argument, in the next one, or
 * in a command line inside of an argument ("sh -c"). Everything else is left to redact_text.c. */
#include "enrich/redact.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#include "base/buf.h"
#include "enrich/redact_name.h"
#include "enrich/redact_text.h"

/* What of a value is secret. */
enum form {
	FORM_NONE,
	FORM_NAMED, /* all of it, unless it is an option, or plain for its name */
	FORM_ALL,
	FORM_USER,   /* what is behind the first ':', or before it when nothing is */
	FORM_SMB,    /* what is behind the first '%' */
	FORM_LFTP,   /* what is behind the first ',' */
	FORM_PROXY,  /* what is between ':' and '@' */
	FORM_COOKIE, /* all, unless it is the name of a file */
	FORM_PASS,   /* what is behind "pass:" */
	FORM_HEADER, /* what its name says */
};

/* Where the value is: the next word, the rest of this one; CLUSTER: the option may end a word of several. */
enum { NEXT = 1, JOINED = 2, CLUSTER = 4 };

/* Short options and others that do not name what they hold. A '*' ends the name of a family of programs. */
static const struct option {
	const char *program;
	const char *option;
	enum form form;
	unsigned places;
} options[] = {
	{"*", "-H", FORM_HEADER, NEXT},
	{"*", "--header", FORM_HEADER, NEXT},
	{"curl", "-H", FORM_HEADER, NEXT | CLUSTER},
	{"mysql*", "-p", FORM_ALL, JOINED},
	{"mariadb*", "-p", FORM_ALL, JOINED},
	{"curl", "-u", FORM_USER, NEXT | JOINED | CLUSTER},
	{"curl", "-U", FORM_USER, NEXT | JOINED},
	{"curl", "--user", FORM_USER, NEXT | JOINED},
	{"curl", "--proxy-user", FORM_USER, NEXT | JOINED},
	{"curl", "-E", FORM_USER, NEXT | JOINED},
	{"curl", "--cert", FORM_USER, NEXT | JOINED},
	{"curl", "-x", FORM_PROXY, NEXT | JOINED},
	{"curl", "--proxy", FORM_PROXY, NEXT | JOINED},
	{"curl", "-b", FORM_COOKIE, NEXT | JOINED},
	{"curl", "--cookie", FORM_COOKIE, NEXT | JOINED},
	{"sshpass", "-p", FORM_ALL, NEXT | JOINED},
	{"redis-cli", "-a", FORM_ALL, NEXT},
	{"valkey-cli", "-a", FORM_ALL, NEXT},
	{"keydb-cli", "-a", FORM_ALL, NEXT},
	{"ldap*", "-w", FORM_ALL, NEXT | JOINED | CLUSTER},
	{"ldappasswd", "-a", FORM_ALL, NEXT | JOINED},
	{"ldappasswd", "-s", FORM_ALL, NEXT | JOINED},
	{"openssl", "-k", FORM_ALL, NEXT},
	{"openssl", "-K", FORM_ALL, NEXT},
	{"openssl", "-pass", FORM_PASS, NEXT},
	{"openssl", "-passin", FORM_PASS, NEXT},
	{"openssl", "-passout", FORM_PASS, NEXT},
	{"mongo*", "-p", FORM_ALL, NEXT | JOINED},
	{"smbclient", "-U", FORM_SMB, NEXT | JOINED},
	{"rpcclient", "-U", FORM_SMB, NEXT | JOINED},
	{"sqlcmd", "-P", FORM_ALL, NEXT | JOINED},
	{"bcp", "-P", FORM_ALL, NEXT | JOINED},
	{"tsql", "-P", FORM_ALL, NEXT | JOINED},
	{"zip", "-P", FORM_ALL, NEXT | JOINED},
	{"unzip", "-P", FORM_ALL, NEXT | JOINED},
	{"7z*", "-p", FORM_ALL, JOINED},
	{"login", "-p", FORM_NAMED, NEXT | JOINED}, /* of docker, podman, helm, oc, az */
	{"useradd", "-p", FORM_ALL, NEXT},
	{"usermod", "-p", FORM_ALL, NEXT},
	{"ipmitool", "-P", FORM_ALL, NEXT},
	{"snmp*", "-A", FORM_ALL, NEXT | JOINED},
	{"snmp*", "-X", FORM_ALL, NEXT | JOINED},
	{"snmp*", "-c", FORM_ALL, NEXT | JOINED},
	{"lftp", "-u", FORM_LFTP, NEXT | JOINED},
	{"mysqladmin", "password", FORM_ALL, NEXT},
	{"nmcli", "password", FORM_ALL, NEXT},
	{"aws", "aws_secret_access_key", FORM_ALL, NEXT},
	{"aws", "aws_session_token", FORM_ALL, NEXT},
	{"xfreerdp", "/p:", FORM_ALL, JOINED},
};

#define OPTIONS (sizeof(options) / sizeof(options[0]))

struct redactor {
	struct buf out;
	bool active[OPTIONS]; /* the row's program was named */
	enum form next;       /* what the next word is */
	unsigned next_name;   /* for FORM_NAMED: what redact_name said */
};

static bool is_program(const char *name, size_t len, const char *program)
{
	size_t n = strlen(program);

	if (program[n - 1] == '*')
		return len >= n - 1 && memcmp(name, program, n - 1) == 0;
	return len == n && memcmp(name, program, n) == 0;
}

/* A command's name, with the folder it is in or without: wrappers (sudo, env, docker exec) may stand before
 * it. */
static void note_program(struct redactor *r, const char *word, size_t len)
{
	const char *slash = memrchr(word, '/', len);
	const char *name = slash ? slash + 1 : word;

	if (slash && (slash - word < 3 || memcmp(slash - 3, "bin", 3) != 0))
		return;
	for (size_t i = 0; i < OPTIONS; i++)
		r->active[i] |= is_program(name, len - (size_t)(name - word), options[i].program);
}

/* What no option tells about. */
static void emit_text(struct redactor *r, const char *s, size_t len)
{
	struct redact_text text;

	redact_text_begin(&text, &r->out, s, len);
	for (size_t at = 0; at < len;)
		at += redact_text_step(&text, at);
}

/* REDACTED for what is behind the first mark, or for what is before it when nothing is behind. */
static void emit_behind(struct redactor *r, const char *value, size_t len, char mark)
{
	const char *at = memchr(value, mark, len);
	size_t before = at ? (size_t)(at - value) + 1 : len;

	if (!at) {
		emit_text(r, value, len);
	} else if (before < len) {
		buf_append(&r->out, value, before);
		buf_str(&r->out, REDACTED);
	} else {
		buf_str(&r->out, REDACTED);
		buf_char(&r->out, mark);
	}
}

/* "USER:PASSWORD@HOST" without a scheme; with one it is a URL like others. */
static void emit_proxy(struct redactor *r, const char *value, size_t len)
{
	const char *colon = memchr(value, ':', len), *at = memrchr(value, '@', len);

	if (!at || !colon || colon > at || memmem(value, len, "://", 3)) {
		emit_text(r, value, len);
		return;
	}
	buf_append(&r->out, value, (size_t)(colon - value) + 1);
	buf_str(&r->out, REDACTED);
	buf_append(&r->out, at, len - (size_t)(at - value));
}

/* openssl(1), "Pass Phrase Options". */
static bool is_pass_elsewhere(const char *value, size_t len)
{
	static const char *const places[] = {"file:", "env:", "fd:", "stdin"};

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		if (len >= strlen(places[i]) && memcmp(value, places[i], strlen(places[i])) == 0)
			return true;
	}
	return false;
}

static void emit_value(struct redactor *r, enum form form, const char *value, size_t len)
{
	bool plain = !len;

	switch (form) {
	case FORM_USER: emit_behind(r, value, len, ':'); return;
	case FORM_SMB: emit_behind(r, value, len, '%'); return;
	case FORM_LFTP: emit_behind(r, value, len, ','); return;
	case FORM_PROXY: emit_proxy(r, value, len); return;
	case FORM_COOKIE: plain = plain || !memchr(value, '=', len); break;
	case FORM_PASS: plain = plain || is_pass_elsewhere(value, len); break;
	case FORM_NAMED:
		if (redact_is_scheme(value, len)) {
			r->next = FORM_ALL;
			plain = true;
		}
		plain = plain || redact_value_plain(r->next_name, value, len);
		break;
	case FORM_NONE:
	case FORM_HEADER:
	case FORM_ALL: break;
	}
	if (plain)
		buf_append(&r->out, value, len);
	else
		buf_str(&r->out, REDACTED);
}

/* Where the shell's word from at on ends. */
static size_t word_end(const struct redact_text *t, size_t at)
{
	while (at < t->len && !redact_is_space(t->s[at]) && !redact_is_quote(t->s[at]) &&
		!strchr("(;|&)", t->s[at]))
		at++;
	return at;
}

/* A value from start on: up to the end of the argument, or of the word or quoted text when that is a command
 * line of its own. Returns the offset behind it. */
static size_t take_value(
	struct redactor *r, const struct redact_text *t, enum form form, size_t start, bool whole)
{
	size_t end = t->len;
	const char *quote;

	if (!whole && start < t->len && redact_is_quote(t->s[start])) {
		buf_char(&r->out, t->s[start++]);
		quote = memchr(t->s + start, t->s[start - 1], t->len - start);
		if (quote)
			end = (size_t)(quote - t->s);
	} else if (!whole) {
		while (start < t->len && redact_is_space(t->s[start]))
			buf_char(&r->out, t->s[start++]);
		for (end = start; end < t->len && !redact_is_space(t->s[end]) && !redact_is_quote(t->s[end]);)
			end++;
	}
	emit_value(r, form, t->s + start, end - start);
	return end;
}

static bool is_cluster(const char *word, size_t len, const char *option)
{
	if (len < 3 || word[0] != '-' || word[len - 1] != option[1])
		return false;
	for (size_t i = 1; i < len; i++) {
		if (!isalpha((unsigned char)word[i]))
			return false;
	}
	return true;
}

/* An option of the table at at..end. Returns the offset behind it and its value, or at. */
static size_t known_option(struct redactor *r, const struct redact_text *t, size_t at, size_t end)
{
	const char *word = t->s + at;

	for (size_t i = 0; i < OPTIONS; i++) {
		const struct option *o = &options[i];
		size_t len = end - at, n = strlen(o->option);
		bool match = len >= n && memcmp(word, o->option, n) == 0;

		if (!r->active[i] && o->program[0] != '*')
			continue;
		if ((o->places & NEXT && match && len == n) ||
			(o->places & CLUSTER && is_cluster(word, len, o->option))) {
			buf_append(&r->out, word, len);
			r->next = o->form;
			r->next_name = NAME_SECRET;
			return end;
		}
		if (!match || !(o->places & JOINED) || at + n >= t->len || redact_is_space(word[n]))
			continue;
		if (o->option[1] == '-' && word[n++] != '=')
			continue;
		buf_append(&r->out, word, n);
		return take_value(r, t, o->form, at + n, at == 0);
	}
	return at;
}

/* "--password" alone: the secret is the next word. */
static size_t named_option(struct redactor *r, const struct redact_text *t, size_t at, size_t end)
{
	unsigned name =
		t->s[at] == '-' && !memchr(t->s + at, '=', end - at) && !memchr(t->s + at, ':', end - at)
			? redact_name(t->s + at, end - at)
			: 0;

	if (!name || (end < t->len && !redact_is_space(t->s[end])))
		return at;
	buf_append(&r->out, t->s + at, end - at);
	r->next = FORM_NAMED;
	r->next_name = name;
	return end;
}

static bool is_option(const char *word, size_t len)
{
	return len >= 2 && word[0] == '-' &&
	       (word[1] == '-' || (len == 2 && isalpha((unsigned char)word[1])));
}

/* What the word at at is for the words around it. Returns the offset behind what it appended. */
static size_t word_at(struct redactor *r, struct redact_text *t, size_t at)
{
	size_t end = word_end(t, at), next;
	enum form form = r->next;

	if (redact_is_space(t->s[at]))
		return at;
	r->next = FORM_NONE;
	if (form == FORM_HEADER)
		t->header = at == 0;
	else if (form != FORM_NONE && !(form == FORM_NAMED && is_option(t->s + at, end - at)))
		return take_value(r, t, form, at, at == 0);
	next = known_option(r, t, at, end);
	if (next == at)
		next = named_option(r, t, at, end);
	if (next == at && t->s[at] != '-')
		note_program(r, t->s + at, end - at);
	return next;
}

static bool starts_word(const char *s, size_t at)
{
	return !at || redact_is_space(s[at - 1]) || redact_is_quote(s[at - 1]) || strchr("(;|&", s[at - 1]);
}

static void redact_arg(struct redactor *r, const char *s, size_t len)
{
	struct redact_text text;

	redact_text_begin(&text, &r->out, s, len);
	if (!len)
		r->next = FORM_NONE;
	for (size_t at = 0; at < len;) {
		size_t next = starts_word(s, at) ? word_at(r, &text, at) : at;

		at = next > at ? next : at + redact_text_step(&text, at);
	}
	if (text.value_follows) {
		r->next = FORM_NAMED;
		r->next_name = NAME_SECRET;
	}
}

void redact_args(char *args, size_t size, uint32_t *len)
{
	struct redactor r = {0};
	size_t n = 0;

	for (size_t at = 0, end; at < *len; at = end + 1) {
		const char *nul = memchr(args + at, '\0', *len - at);

		end = nul ? (size_t)(nul - args) : *len;
		redact_arg(&r, args + at, end - at);
		if (nul)
			buf_char(&r.out, '\0');
	}
	/* Without memory nothing of it may be kept. */
	if (size && !r.out.failed)
		n = r.out.len < size ? r.out.len : size - 1;
	if (n)
		memcpy(args, r.out.data, n);
	if (size)
		args[n] = '\0';
	*len = (uint32_t)n;
	buf_free(&r.out);
}

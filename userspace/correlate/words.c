/* SPDX-License-Identifier: Apache-2.0 */
/* Words by which a failure names what failed, and a change what it changed. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "correlate/internal.h"

#define WORD_MIN     4
#define WORD_MAX     64
#define WORD_NETWORK "=network"

/* They are in too many messages to tell anything. */
static const char *const common[] = {"error", "failed", "failure", "cannot", "could", "open", "file", "with",
	"from", "this", "that", "does", "exist", "such", "directory", "null", "none", "true", "false",
	"exception", "deploy", "release", "version", "update", "changed", "change", "service", "main", "home",
	"bin", "local", "share", "conf", "config", "space", "left", "device", "many", "files", "connection",
	"refused", "closed", "reset", "timed", "java", "lang", "python", "python3", "node", "ruby", "perl",
	"runtime", "unix", "sock"};

static bool is_common(const char *word, size_t len)
{
	for (size_t i = 0; i < sizeof(common) / sizeof(*common); i++)
		if (strlen(common[i]) == len && memcmp(common[i], word, len) == 0)
			return true;
	return false;
}

static unsigned add_token(uint64_t token, uint64_t *tokens, unsigned count, unsigned max)
{
	for (unsigned i = 0; i < count; i++)
		if (tokens[i] == token)
			return count;
	if (count < max)
		tokens[count++] = token;
	return count;
}

static unsigned add(const char *word, size_t len, uint64_t *tokens, unsigned count, unsigned max)
{
	return add_token(id_hash(0, word, len), tokens, count, max);
}

unsigned words_merge(
	uint64_t *tokens, unsigned count, unsigned max, const uint64_t *more, unsigned more_count)
{
	for (unsigned n = 0; n < more_count; n++)
		count = add_token(more[n], tokens, count, max);
	return count;
}

unsigned words_add(const char *text, uint64_t *tokens, unsigned count, unsigned max)
{
	char word[WORD_MAX];
	bool letters = false;
	size_t len = 0;

	for (;; text++) {
		unsigned char c = (unsigned char)*text;

		if (isalnum(c) || c == '_' || c == '-' || c >= 0x80) {
			if (len < sizeof(word))
				word[len++] = (char)tolower(c);
			letters |= isalpha(c) || c >= 0x80;
			continue;
		}
		if (len >= WORD_MIN && letters && !is_common(word, len))
			count = add(word, len, tokens, count, max);
		len = 0;
		letters = false;
		if (!c)
			return count;
	}
}

/* How the libraries of clients call themselves in their exceptions, and the servers they speak to. */
static const struct {
	const char *client; /* their type or message begins with it */
	const char *servers[2];
	bool database; /* with a schema */
} clients[] = {
	{"psycopg", {"postgresql", "postgres"}, true},
	{"pg::", {"postgresql", "postgres"}, true},
	{"org.postgresql", {"postgresql", "postgres"}, true},
	{"pgconn", {"postgresql", "postgres"}, true},
	{"pq:", {"postgresql", "postgres"}, true},
	{"asyncpg", {"postgresql", "postgres"}, true},
	{"dbd::pg", {"postgresql", "postgres"}, true},
	{"mysql", {"mysql", "mariadb"}, true},
	{"pymysql", {"mysql", "mariadb"}, true},
	{"com.mysql", {"mysql", "mariadb"}, true},
	{"dbd::mysql", {"mysql", "mariadb"}, true},
	{"sqlstate", {"postgresql", "mysql"}, true},
	{"sqlalchemy", {"postgresql", "mysql"}, true},
	{"activerecord", {"postgresql", "mysql"}, true},
	{"sequelize", {"postgresql", "mysql"}, true},
	{"java.sql", {"postgresql", "mysql"}, true},
	{"pdoexception", {"postgresql", "mysql"}, true},
	{"redis", {"redis", "redis-server"}, false},
	{"pymongo", {"mongod", "mongodb"}, false},
	{"mongo", {"mongod", "mongodb"}, false},
	{"pika", {"rabbitmq", "rabbitmq-server"}, false},
	{"amqp", {"rabbitmq", "rabbitmq-server"}, false},
	{"bunny", {"rabbitmq", "rabbitmq-server"}, false},
	{"kafka", {"kafka", "kafka"}, false},
	{"memcache", {"memcached", "memcached"}, false},
	{"dalli", {"memcached", "memcached"}, false},
	{"elasticsearch", {"elasticsearch", "elasticsearch"}, false},
};

/* What failures and changes call by different words, in lower case. */
static const struct {
	const char *token;
	const char *failure[8];
	const char *change[14];
} topics[] = {
	{"=certificate", {"certificate", "x509", "ssl", "tls", "pkix", "handshake"},
		{".pem", ".crt", ".cer", ".key", "/ssl/", "/tls/", "/pki/", "/certs/", "certificate",
			"letsencrypt", "openssl"}},
	{"=names", {"name resolution", "no such host", "not known", "resolve", "enotfound", "eai_again"},
		{"resolv", "name server", "nameserver", "dns", "/hosts", "nsswitch", "unbound", "bind9",
			"/named", "/zones/"}},
	{"=clock", {"not yet valid", "expired", "in the future", "clock", "skew"}, {"clock"}},
	{WORD_NETWORK, {"connection refused", "timed out", "unreachable", "no route"},
		{"firewall", "iptables", "nftables", "ufw ", "security group", "network polic", "outgoing",
			"egress", "routing table", "vlan", "vpn", "wireguard"}},
	{"=permission", {"permission denied", "eacces", "permissionerror", "access denied"},
		{"chmod", "chown", "setfacl", "umask", "permission"}},
	{"=schema",
		{"relation \"", "column \"", "unknown column", "no such column", "no such table",
			"undefinedtable", "undefinedcolumn", "doesn't exist"},
		{"alembic", "migrat", "flyway", "liquibase", "prisma", "knex", "goose", "alter table",
			"drop table", "drop column", "rename column", "rename to"}},
};

static bool has_one_of(const char *text, const char *const *words, size_t count)
{
	for (size_t n = 0; n < count && words[n]; n++)
		if (strstr(text, words[n]))
			return true;
	return false;
}

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

/* Whether a change speaks of a topic. */
static bool is_about(const struct marker *m, unsigned char ret[COUNT(topics)])
{
	char note[FACT_TEXT], evidence[FACT_TEXT];
	bool any = false;

	lower_text(note, m->note, sizeof(note));
	lower_text(evidence, m->evidence, sizeof(evidence));
	for (size_t n = 0; n < COUNT(topics); n++) {
		ret[n] = has_one_of(note, topics[n].change, COUNT(topics[n].change)) ||
			 has_one_of(evidence, topics[n].change, COUNT(topics[n].change));
		any |= ret[n];
	}
	return any;
}

bool words_share_topic(const struct marker *m, const uint64_t *tokens, unsigned count)
{
	unsigned char about[COUNT(topics)];
	bool any = is_about(m, about);

	for (size_t n = 0; any && n < COUNT(topics); n++)
		if (about[n] && words_have(topics[n].token, tokens, count))
			return true;
	return false;
}

/* Its own name and the singular of that: a service is in its messages and the paths of its files whatever
 * fails, and place.c weighs where a change was. */
static unsigned leave_out_name(const struct marker *m, uint64_t *tokens, unsigned count)
{
	char name[FACT_NAME];
	size_t len;
	uint64_t own[2];
	unsigned left = 0;

	lower_text(name, m->name, sizeof(name));
	len = strlen(name);
	own[0] = id_hash(0, name, len);
	own[1] = len && name[len - 1] == 's' ? id_hash(0, name, len - 1) : own[0];
	for (unsigned n = 0; n < count; n++)
		if (tokens[n] != own[0] && tokens[n] != own[1])
			tokens[left++] = tokens[n];
	return left;
}

unsigned words_of_change(const struct marker *m, uint64_t *tokens, unsigned max)
{
	unsigned count = words_add(m->evidence, tokens, words_add(m->note, tokens, 0, max), max);
	unsigned char about[COUNT(topics)];

	count = leave_out_name(m, tokens, count);
	is_about(m, about);
	for (size_t n = 0; n < COUNT(topics); n++)
		if (about[n])
			count = add(topics[n].token, strlen(topics[n].token), tokens, count, max);
	return count;
}

static bool begins(const char *text, const char *word)
{
	return tolower((unsigned char)*text) == *word && strncasecmp(text, word, strlen(word)) == 0;
}

static bool is_said(const struct lower *said, const char *const *words, size_t count)
{
	for (size_t n = 0; n < count && words[n]; n++)
		if (lower_says(said, words[n]))
			return true;
	return false;
}

/* The servers of the client's library that it speaks of, and its topics. */
static unsigned words_told(const struct fact *f, uint64_t *tokens, unsigned count, unsigned max)
{
	struct lower said;

	for (size_t n = 0; n < sizeof(clients) / sizeof(*clients); n++) {
		if (!begins(f->exception, clients[n].client) && !begins(f->message, clients[n].client))
			continue;
		for (unsigned k = 0; k < 2; k++) {
			char word[WORD_MAX];
			int len = snprintf(word, sizeof(word), WORD_SERVER "%s", clients[n].servers[k]);

			count = add(word, (size_t)len, tokens, count, max);
		}
		if (clients[n].database)
			count = add(WORD_DATABASE, strlen(WORD_DATABASE), tokens, count, max);
	}
	lower_of(f, &said);
	for (size_t n = 0; n < COUNT(topics); n++)
		if (is_said(&said, topics[n].failure, COUNT(topics[n].failure)))
			count = add(topics[n].token, strlen(topics[n].token), tokens, count, max);
	return count;
}

unsigned words_of_failure(const struct fact *f, uint64_t *tokens, unsigned count, unsigned max)
{
	const char *texts[] = {f->message, f->subject, f->exception, f->function, f->remote};

	if (count == max)
		return count;
	if (f->kind == EVENT_CONNECT_FAILURE)
		count = add(WORD_NETWORK, strlen(WORD_NETWORK), tokens, count, max);
	/* Beyond that connections and calls that fail say nothing. */
	if (f->message[0] || f->exception[0])
		count = words_told(f, tokens, count, max);
	for (size_t n = 0; n < sizeof(texts) / sizeof(*texts); n++)
		count = words_add(texts[n], tokens, count, max);
	return count;
}

bool words_have(const char *word, const uint64_t *tokens, unsigned count)
{
	uint64_t token = id_hash(0, word, strlen(word));

	for (unsigned n = 0; n < count; n++)
		if (tokens[n] == token)
			return true;
	return false;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* The keys of [sink NAME]: one row each. */
#include "sink/options.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "sink/kind.h"
#include "sink/options_check.h"
#include "sink/options_file.h"
#include "sink/options_url.h"
#include "sink/options_words.h"
#include "sink/sentry_dsn.h"

#define BATCH_MAX      10000u
#define BATCH_SIZE     (1u << 20)
#define BATCH_SIZE_MAX (8u << 20)
#define TIMEOUT        (30 * NS_PER_SEC)
#define RETRY_MAX      (60 * NS_PER_SEC)

/* Sets to, a char * or uint64_t of the options. Returns NULL or what was expected. */
typedef const char *(*set_fn)(const struct sink_options *options, void *to, const char *value);

static const char *set_text(const struct sink_options *options, void *to, const char *value)
{
	char **text = to;
	char *copy = *value ? strdup(value) : NULL;

	(void)options;
	if (!copy)
		return "a value";
	free(*text);
	*text = copy;
	return NULL;
}

static const char *set_url(const struct sink_options *options, void *to, const char *value)
{
	const char *expected = options_url_check(value, options->kind->schemes);

	return expected ? expected : set_text(options, to, value);
}

static const char *check_proxy(const char *value)
{
	return options_url_check(value, "http https socks5 socks5h") ? "an address such as http://HOST:PORT"
								     : NULL;
}

static const char *check_path(const char *value)
{
	return *value == '/' ? NULL : "an absolute path";
}

static const char *check_key(const char *value)
{
	const char *expected = options_file_private(value);

	if (!expected)
		expected = options_file_pem(value, "PRIVATE KEY");
	return expected ? expected : options_file_plain_key(value);
}

static const char *set_secret_file(const struct sink_options *options, void *to, const char *value)
{
	(void)options;
	return options_file_secret(value, to);
}

static const char *set_secret_env(const struct sink_options *options, void *to, const char *value)
{
	const char *secret = getenv(value);

	return secret && *secret ? set_text(options, to, secret)
				 : "the name of a variable of the daemon's environment";
}

static const char expected_dsn[] = "a DSN as Sentry shows it, https://KEY@HOST/PROJECT";

/* After a secret was read, or why not. */
static const char *check_dsn(const char *expected, char *const *dsn)
{
	struct sentry_dsn parsed;

	if (expected)
		return expected;
	return sentry_dsn_parse(*dsn, &parsed) ? NULL : expected_dsn;
}

static const char *set_dsn_file(const struct sink_options *options, void *to, const char *value)
{
	return check_dsn(set_secret_file(options, to, value), to);
}

static const char *set_dsn_env(const struct sink_options *options, void *to, const char *value)
{
	return check_dsn(set_secret_env(options, to, value), to);
}

static const char *set_duration(const struct sink_options *options, void *to, const char *value)
{
	(void)options;
	if (clock_parse_duration(value, to) < 0 || *(uint64_t *)to < 10 * NS_PER_MS ||
		*(uint64_t *)to > 3600 * NS_PER_SEC)
		return "a duration from 10ms to 1h, such as 30s";
	return NULL;
}

static const char *set_backlog(const struct sink_options *options, void *to, const char *value)
{
	(void)options;
	return text_parse_u64(value, UINT64_MAX >> 1, to) < 0
		       ? "a number of events; 0 for as many as the store keeps"
		       : NULL;
}

static const char *set_batch(const struct sink_options *options, void *to, const char *value)
{
	(void)options;
	if (text_parse_u64(value, BATCH_MAX, to) < 0 || !*(uint64_t *)to)
		return "a number of events from 1 to 10000";
	return NULL;
}

static const char *set_batch_size(const struct sink_options *options, void *to, const char *value)
{
	uint64_t size;

	(void)options;
	if (text_parse_size(value, &size) < 0 || size < 4096 || size > BATCH_SIZE_MAX)
		return "a size from 4K to 8M, such as 1M";
	*(uint64_t *)to = size;
	return NULL;
}

#define AT(member) offsetof(struct sink_options, member)

/* Those with common are of every sink; the others of the kinds that name them. */
static const struct row {
	const char *key;
	size_t offset;
	set_fn set;
	const char *(*check)(const char *value); /* returns NULL or what was expected; NULL: any will do */
	const char *choices;                     /* NULL: any */
	bool common;
} rows[] = {
	{"kinds", AT(kinds), set_text, options_words_kinds, NULL, true},
	{"services", AT(services), set_text, options_words_services, NULL, true},
	{"remove", AT(remove), set_text, options_words_remove, NULL, true},
	{"severity", AT(severity), set_text, NULL, "debug|info|warn|error|fatal", true},
	{"start", AT(start), set_text, NULL, "now|oldest", true},
	{"backlog", AT(backlog), set_backlog, NULL, NULL, true},
	{"batch", AT(batch), set_batch, NULL, NULL, true},
	{"batch_size", AT(batch_size), set_batch_size, NULL, NULL, true},
	{"timeout", AT(timeout), set_duration, NULL, NULL, true},
	{"retry_max", AT(retry_max), set_duration, NULL, NULL, true},
	{"url", AT(url), set_url, NULL, NULL, false},
	{"path", AT(path), set_text, check_path, NULL, false},
	{"ca", AT(ca), set_text, options_file_certificates, NULL, false},
	{"cert", AT(cert), set_text, options_file_certificates, NULL, false},
	{"key", AT(key), set_text, check_key, NULL, false},
	{"proxy", AT(proxy), set_text, check_proxy, NULL, false},
	{"user", AT(user), set_text, NULL, NULL, false},
	{"password_file", AT(password), set_secret_file, NULL, NULL, false},
	{"password_env", AT(password), set_secret_env, NULL, NULL, false},
	{"token_file", AT(token), set_secret_file, NULL, NULL, false},
	{"token_env", AT(token), set_secret_env, NULL, NULL, false},
	{"secret_file", AT(secret), set_secret_file, NULL, NULL, false},
	{"secret_env", AT(secret), set_secret_env, NULL, NULL, false},
	{"dsn_file", AT(dsn), set_dsn_file, NULL, NULL, false},
	{"dsn_env", AT(dsn), set_dsn_env, NULL, NULL, false},
	{"header", AT(header), set_text, options_words_header, NULL, false},
	{"compression", AT(compression), set_text, NULL, NULL, false},
	{"format", AT(format), set_text, NULL, NULL, false},
	{"topic", AT(topic), set_text, NULL, NULL, false},
	{"stream", AT(stream), set_text, NULL, NULL, false},
	{"subject", AT(subject), set_text, NULL, NULL, false},
	{"brokers", AT(brokers), set_text, NULL, NULL, false},
	{"index", AT(index), set_text, NULL, NULL, false},
	{"table", AT(table), set_text, NULL, NULL, false},
	{"database", AT(database), set_text, NULL, NULL, false},
	{"tenant", AT(tenant), set_text, NULL, NULL, false},
	{"environment", AT(environment), set_text, NULL, NULL, false},
	{"template", AT(template), set_text, options_file_readable, NULL, false},
	{"facility", AT(facility), set_text, NULL, NULL, false},
	{"protocol", AT(protocol), set_text, NULL, NULL, false},
	{"mechanism", AT(mechanism), set_text, NULL, NULL, false},
	{"fsync", AT(fsync), set_text, NULL, NULL, false},
	{"mode", AT(mode), set_text, NULL, NULL, false},
	{"listen", AT(listen), set_text, NULL, NULL, false},
};
#define ROWS (sizeof(rows) / sizeof(rows[0]))
_Static_assert(ROWS <= 64, "sink_options.given has a bit for each");

/* The word of a kind's keys that is this key; its end and whether it is required. NULL: the kind does not
 * take it. */
static const char *find_word(const char *words, const char *key, size_t len)
{
	while (words && *words) {
		size_t word = strcspn(words, " ");

		if (strncmp(words, key, len) == 0 && (word == len || strchr("!=", words[len])))
			return words;
		words += word + strspn(words + word, " ");
	}
	return NULL;
}

static bool is_choice(const char *choices, size_t size, const char *value)
{
	size_t len = strlen(value);

	for (const char *at = choices, *end = choices + size; at < end;) {
		const char *bar = memchr(at, '|', (size_t)(end - at));
		size_t word = (size_t)((bar ? bar : end) - at);

		if (word == len && memcmp(at, value, len) == 0)
			return true;
		at += word + 1;
	}
	return false;
}

static const char *expect_keys(struct sink_list *list, const struct sink_kind *kind)
{
	int n = snprintf(
		list->message, sizeof(list->message), "one of the keys of a sink of type %s:", kind->name);

	for (size_t i = 0; i < ROWS; i++)
		if ((rows[i].common || find_word(kind->keys, rows[i].key, strlen(rows[i].key))) &&
			n < (int)sizeof(list->message))
			n += snprintf(
				list->message + n, sizeof(list->message) - (size_t)n, " %s", rows[i].key);
	return list->message;
}

/* Each once, in one of its forms: of two the other would be lost without a word. */
static const char *expect_once(
	struct sink_list *list, const struct sink_options *options, const struct row *row)
{
	for (size_t i = 0; i < ROWS; i++)
		if (options->given >> i & 1 && rows[i].offset == row->offset) {
			snprintf(list->message, sizeof(list->message), "%s%s%s only once",
				row == &rows[i] ? "" : rows[i].key, row == &rows[i] ? "" : " or ", row->key);
			return list->message;
		}
	return NULL;
}

static const char *set_row(
	struct sink_list *list, struct sink_options *options, const struct row *row, const char *value)
{
	const char *expected = expect_once(list, options, row);

	if (!expected && row->check)
		expected = row->check(value);
	if (!expected)
		expected = row->set(options, (char *)options + row->offset, value);
	if (!expected)
		options->given |= 1ull << (row - rows);
	return expected;
}

static const char *set_key_of(
	struct sink_list *list, struct sink_options *options, const char *key, const char *value)
{
	for (size_t i = 0; i < ROWS; i++) {
		const struct row *row = &rows[i];
		const char *word = find_word(options->kind->keys, key, strlen(key)), *choices = row->choices;
		size_t size = choices ? strlen(choices) : 0;

		if (strcmp(row->key, key) != 0 || (!row->common && !word))
			continue;
		if (word && word[strlen(key)] == '=') {
			choices = word + strlen(key) + 1;
			size = strcspn(choices, " ");
		}
		if (!choices || is_choice(choices, size, value))
			return set_row(list, options, row, value);
		snprintf(list->message, sizeof(list->message), "one of %.*s", (int)size, choices);
		return list->message;
	}
	return expect_keys(list, options->kind);
}

static const char *expect_type(struct sink_list *list)
{
	int n = snprintf(list->message, sizeof(list->message), "type = one of");

	for (size_t i = 0; sink_kind_name(i) && n < (int)sizeof(list->message); i++)
		n += snprintf(list->message + n, sizeof(list->message) - (size_t)n, " %s", sink_kind_name(i));
	return list->message;
}

const char *options_given(const struct sink_options *options, const char *key)
{
	size_t len = strlen(key);

	for (size_t i = 0; i < ROWS; i++)
		if (options->given >> i & 1 && strncmp(rows[i].key, key, len) == 0 &&
			(!rows[i].key[len] || rows[i].key[len] == '_'))
			return rows[i].key;
	return NULL;
}

static const char *end_section(struct sink_list *list, struct sink_options *options)
{
	list->open = false;
	return options->kind ? options_check(list) : expect_type(list);
}

/* A name is part of keys in the store and of file names in messages. */
static bool is_name(const char *name)
{
	size_t len = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-");

	return len > 0 && len < SINK_NAME && !name[len];
}

static struct sink_options *begin_section(struct sink_list *list, const char *name, const char **expected)
{
	struct sink_options *sinks;

	for (size_t i = 0; i < list->count; i++)
		if (strcmp(list->sinks[i].name, name) == 0)
			*expected = "a name in [sink NAME] that no section before it has";
	if (!is_name(name))
		*expected = "a name of letters, digits, _ and - in [sink NAME]";
	if (list->count == SINKS_MAX)
		*expected = "at most 32 sinks";
	if (*expected)
		return NULL;
	sinks = reallocarray(list->sinks, list->count + 1, sizeof(*sinks));
	if (sinks)
		list->sinks = sinks;
	char *copy = sinks ? strdup(name) : NULL;
	if (!copy) {
		*expected = "more memory";
		return NULL;
	}
	list->open = true;
	sinks[list->count] = (struct sink_options){
		.name = copy, .batch_size = BATCH_SIZE, .timeout = TIMEOUT, .retry_max = RETRY_MAX};
	return &sinks[list->count++];
}

const char *sink_options_set(struct sink_list *list, const char *name, const char *key, const char *value)
{
	const char *expected = NULL;
	struct sink_options *options =
		list->open ? &list->sinks[list->count - 1] : begin_section(list, name, &expected);

	if (expected)
		return expected;
	if (!key)
		return end_section(list, options);
	if (strcmp(key, "type") != 0)
		return options->kind ? set_key_of(list, options, key, value)
				     : "type = KIND as the first key of the section";
	if (options->kind)
		return "one type in a section";
	options->kind = sink_kind_find(value);
	return options->kind ? NULL : expect_type(list);
}

bool sink_option(size_t index, struct sink_option *ret)
{
	const struct row *row = &rows[index];

	if (index >= ROWS)
		return false;
	*ret = (struct sink_option){
		.key = row->key,
		.offset = row->offset,
		.number = row->set == set_duration || row->set == set_backlog || row->set == set_batch ||
			  row->set == set_batch_size,
	};
	return true;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* One row a key, one list of rules in the order of the configuration. */
#include "enrich/output_rules.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "base/conf.h"
#include "base/text.h"

#define RULES_MAX          1024
#define PER_MINUTE_DEFAULT 6
#define IN_ALL_DEFAULT     300
#define PER_MINUTE_MAX     10000

enum key { LAST_WORDS, EXCEPTIONS, LAST_WORDS_BYTES, PER_MINUTE, IN_ALL };

struct rule {
	char *service;
	enum key key;
	uint32_t value;
};

struct output_rules {
	struct output_rule all;
	struct rule *rules;
	size_t count;
};

static const char *parse_switch(const char *value, uint32_t *ret)
{
	int truth;

	if (conf_parse_bool(value, &truth) < 0)
		return "on or off";
	*ret = (uint32_t)truth;
	return NULL;
}

static const char *parse_bytes(const char *value, uint32_t *ret)
{
	uint64_t size;

	if (text_parse_size(value, &size) < 0 || size < 64 || size > RECORD_WORDS)
		return "a size from 64 to 8K, such as 2K";
	*ret = (uint32_t)size;
	return NULL;
}

static const char *parse_rate(const char *value, uint32_t *ret)
{
	uint64_t count;

	if (text_parse_u64(value, PER_MINUTE_MAX, &count) < 0 || count == 0)
		return "a number from 1 to 10000, such as 6";
	*ret = (uint32_t)count;
	return NULL;
}

static const struct {
	const char *name;
	bool of_service;
	const char *(*parse)(const char *value, uint32_t *ret);
} keys[] = {
	[LAST_WORDS] = {"last_words", true, parse_switch},
	[EXCEPTIONS] = {"exceptions", true, parse_switch},
	[LAST_WORDS_BYTES] = {"last_words_bytes", true, parse_bytes},
	[PER_MINUTE] = {"exceptions_per_minute", true, parse_rate},
	[IN_ALL] = {"exceptions_in_all", false, parse_rate},
};

int output_rules_new(struct output_rules **ret)
{
	struct output_rules *rules = calloc(1, sizeof(*rules));

	if (!rules)
		return -ENOMEM;
	rules->all = (struct output_rule){.last_words = true,
		.exceptions = true,
		.last_words_bytes = RECORD_WORDS,
		.exceptions_per_minute = PER_MINUTE_DEFAULT,
		.exceptions_in_all = IN_ALL_DEFAULT};
	*ret = rules;
	return 0;
}

void output_rules_free(struct output_rules *rules)
{
	if (!rules)
		return;
	for (size_t i = 0; i < rules->count; i++)
		free(rules->rules[i].service);
	free(rules->rules);
	free(rules);
}

static void apply(struct output_rule *rule, enum key key, uint32_t value)
{
	switch (key) {
	case LAST_WORDS: rule->last_words = value; break;
	case EXCEPTIONS: rule->exceptions = value; break;
	case LAST_WORDS_BYTES: rule->last_words_bytes = value; break;
	case PER_MINUTE: rule->exceptions_per_minute = value; break;
	case IN_ALL: rule->exceptions_in_all = value; break;
	}
}

static const char *add(struct output_rules *rules, const char *service, enum key key, uint32_t value)
{
	struct rule *grown;
	char *name;

	if (rules->count == RULES_MAX)
		return "fewer rules for services";
	grown = realloc(rules->rules, (rules->count + 1) * sizeof(*grown));
	if (!grown)
		return "more memory";
	rules->rules = grown;
	name = strdup(service);
	if (!name)
		return "more memory";
	grown[rules->count++] = (struct rule){.service = name, .key = key, .value = value};
	return NULL;
}

const char *output_rules_set(
	struct output_rules *rules, const char *service, const char *key, const char *value)
{
	const char *expected;
	uint32_t number;

	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
		if (strcmp(keys[i].name, key) != 0 || (service && !keys[i].of_service))
			continue;
		expected = keys[i].parse(value, &number);
		if (expected)
			return expected;
		if (service)
			return add(rules, service, (enum key)i, number);
		apply(&rules->all, (enum key)i, number);
		return NULL;
	}
	return "last_words, last_words_bytes, exceptions or exceptions_per_minute";
}

static bool matches(const char *pattern, const char *name)
{
	return *name && fnmatch(pattern, name, 0) == 0;
}

struct output_rule output_rules_find(const struct output_rules *rules, const struct event_service *service)
{
	struct output_rule found = rules->all;

	for (size_t i = 0; i < rules->count; i++) {
		const struct rule *rule = &rules->rules[i];

		if (matches(rule->service, service->name) || matches(rule->service, service->unit))
			apply(&found, rule->key, rule->value);
	}
	return found;
}

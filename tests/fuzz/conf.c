/* SPDX-License-Identifier: Apache-2.0 */
/* A configuration file, and each of its values through all that parse values: a refusal is one line with its
 * place. */
#include "fuzz.h"

#include <errno.h>

#include "base/clock.h"
#include "base/conf.h"
#include "base/text.h"
#include "enrich/exit_rules.h"
#include "probe/policy.h"
#include "sink/options.h"
#include "sink/options_url.h"

struct parsers {
	struct exit_rules *rules;
	struct syscall_policy *policy;
	struct sink_list sinks;
};

static const char *on_key(void *context, const char *section, const char *key, const char *value)
{
	struct parsers *p = context;
	const char *refused = NULL;
	uint64_t number;
	int flag;

	HOLDS(!strchr(section, '\n') && !key == !value);
	/* Whatever the section, it is one of a sink, too. */
	sink_options_set(&p->sinks, section, key, value);
	if (!key)
		return NULL;
	HOLDS(!strchr(key, '\n') && !strchr(value, '\n') && *key);
	options_url_check(value, "unix http https nats");
	if (exit_rules_add(p->rules, value) && policy_set(p->policy, value, true) &&
		conf_parse_bool(value, &flag) < 0 && clock_parse_duration(value, &number) < 0 &&
		clock_parse(value, 1700000000 * NS_PER_SEC, &number) < 0 &&
		text_parse_size(value, &number) < 0)
		refused = strcmp(key, "any") == 0 ? NULL : "something else";
	exit_is_answer(p->rules, key, 1);
	return refused;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct syscall_policy *policy;
	_cleanup_buf_ struct buf error = {0};
	struct parsers p = {0};
	char path[32];
	int fd = fuzz_file(data, size, path), r;

	if (!policy)
		HOLDS(policy_new(&policy) == 0);
	p.policy = policy;
	HOLDS(exit_rules_new(&p.rules) == 0);
	r = conf_read(path, on_key, &p, &error);
	HOLDS((r == 0) == (error.len == 0));
	HOLDS(r == 0 || (strncmp(error.data, path, strlen(path)) == 0 && !strchr(error.data, '\n')));
	exit_rules_free(p.rules);
	sink_options_free(&p.sinks);
	close(fd);
	return 0;
}

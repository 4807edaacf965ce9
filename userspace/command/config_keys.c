/* SPDX-License-Identifier: Apache-2.0 */
/* The keys of the sections of which there is one, and what each takes. */
#include "command/config_keys.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/cleanup.h"
#include "base/http_listen.h"
#include "base/text.h"
#include "host/files.h"
#include "host/host.h"
#include "marker/infer.h"

#define RING_MIN 4096u
#define RING_MAX (1u << 30)

#define WORDS_MIN 16u
#define WORDS_MAX 65536u

#define FILES_MAX 4096u

static const char *set_ring(uint32_t *ring, const char *value)
{
	uint64_t size;

	if (text_parse_size(value, &size) < 0 || size < RING_MIN || size > RING_MAX || (size & (size - 1)))
		return "a power of two from 4K to 1G, such as 4M";
	*ring = (uint32_t)size;
	return NULL;
}

static const char *set_death_ring(struct config_reading *r, const char *value)
{
	return set_ring(&r->config->probe.death_ring, value);
}

static const char *set_activity_ring(struct config_reading *r, const char *value)
{
	return set_ring(&r->config->probe.activity_ring, value);
}

/* Calls set for each word; the first complaint wins. */
static const char *each_word(const char *value, const char *(*set)(struct config_reading *, const char *),
	struct config_reading *r)
{
	_cleanup_free_ char *copy = strdup(value);
	char *save = NULL;
	const char *expected = NULL;

	for (char *word = copy ? strtok_r(copy, " \t", &save) : NULL; word && !expected;
		word = strtok_r(NULL, " \t", &save))
		expected = set(r, word);
	return expected;
}

static const char *call_routine(struct config_reading *r, const char *word)
{
	return policy_set(r->config->policy, word, true);
}

static const char *call_reported(struct config_reading *r, const char *word)
{
	return policy_set(r->config->policy, word, false);
}

static const char *exit_ignored(struct config_reading *r, const char *word)
{
	return enrich_ignore_exit(r->enrich, word);
}

static const char *set_calls_ignore(struct config_reading *r, const char *value)
{
	return each_word(value, call_routine, r);
}

static const char *set_calls_report(struct config_reading *r, const char *value)
{
	return each_word(value, call_reported, r);
}

static const char *set_exit_ignore(struct config_reading *r, const char *value)
{
	return each_word(value, exit_ignored, r);
}

static const char *set_switch(bool *off, const char *value)
{
	if (strcmp(value, "yes") != 0 && strcmp(value, "no") != 0)
		return "yes or no";
	*off = *value == 'n';
	return NULL;
}

static const char *set_words_enabled(struct config_reading *r, const char *value)
{
	return set_switch(&r->config->probe.words_off, value);
}

static const char *set_dns(struct config_reading *r, const char *value)
{
	return set_switch(&r->config->probe.dns_off, value);
}

static const char *set_words_processes(struct config_reading *r, const char *value)
{
	uint64_t count;

	if (text_parse_u64(value, WORDS_MAX, &count) < 0 || count < WORDS_MIN)
		return "a number from 16 to 65536, such as 512";
	r->config->probe.words_processes = (uint32_t)count;
	return NULL;
}

static const char *set_words_bytes(struct config_reading *r, const char *value)
{
	return enrich_output_rule(r->enrich, NULL, "last_words_bytes", value);
}

static const char *set_exceptions(struct config_reading *r, const char *value)
{
	return enrich_output_rule(r->enrich, NULL, "exceptions", value);
}

static const char *set_exceptions_rate(struct config_reading *r, const char *value)
{
	return enrich_output_rule(r->enrich, NULL, "exceptions_per_minute", value);
}

static const char *set_exceptions_in_all(struct config_reading *r, const char *value)
{
	return enrich_output_rule(r->enrich, NULL, "exceptions_in_all", value);
}

static const char *detector_ignored(struct config_reading *r, const char *word)
{
	for (unsigned n = 0; infer_name(n); n++) {
		if (strcmp(infer_name(n), word) == 0) {
			r->config->detectors_off |= 1u << n;
			return NULL;
		}
	}
	return "names of detectors: binary release restart migration package image limit config unit "
	       "certificate tuning reboot kernel clock";
}

static const char *set_changes_ignore(struct config_reading *r, const char *value)
{
	return each_word(value, detector_ignored, r);
}

static const char *set_text(char *to, size_t size, const char *value, const char *expected)
{
	if (!*value || strlen(value) >= size)
		return expected;
	text_copy(to, size, value);
	return NULL;
}

static const char *set_path(char *to, size_t size, const char *value)
{
	return set_text(to, size, *value == '/' ? value : "", "an absolute path of at most 255 bytes");
}

static const char *set_changes_folder(struct config_reading *r, const char *value)
{
	return set_path(r->config->marker_folder, sizeof(r->config->marker_folder), value);
}

static const char *set_http_listen(struct config_reading *r, const char *value)
{
	/* Whether it may be anywhere may be told behind it. */
	const char *expected = http_listen_check(value, true);

	return expected ? expected
			: set_text(r->config->http.listen, sizeof(r->config->http.listen), value,
				  "an address of at most 255 bytes");
}

static const char *set_http_token(struct config_reading *r, const char *value)
{
	return set_path(r->config->http.token_file, sizeof(r->config->http.token_file), value);
}

static const char *set_http_anywhere(struct config_reading *r, const char *value)
{
	bool off = false;
	const char *expected = set_switch(&off, value);

	r->config->http.anywhere = !off;
	return expected;
}

static const char *set_max_age(struct config_reading *r, const char *value)
{
	if (clock_parse_duration(value, &r->config->retention.max_age) < 0 || !r->config->retention.max_age)
		return "a duration such as 30d or 12h";
	return NULL;
}

static const char *set_max_size(struct config_reading *r, const char *value)
{
	if (text_parse_size(value, &r->config->retention.max_size) < 0 ||
		r->config->retention.max_size < (1u << 20))
		return "a size of at least 1M, such as 1G";
	return NULL;
}

static const char *set_repeat(struct config_reading *r, const char *value)
{
	return clock_parse_duration(value, &r->config->repeat) < 0 ? "a duration such as 1m; 0 tells all"
								   : NULL;
}

static const char *set_cores(struct config_reading *r, const char *value)
{
	return set_switch(&r->config->cores_off, value);
}

static const char *set_mode(struct config_reading *r, const char *value)
{
	char *end;
	unsigned long mode = strtoul(value, &end, 8);

	if (!*value || *end || mode > 0777 || (mode & 0600) != 0600)
		return "an octal mode from 0600 to 0777, such as 0660";
	r->config->control.mode = (mode_t)mode;
	return NULL;
}

static const char *set_group(struct config_reading *r, const char *value)
{
	return host_group(value, &r->config->control.group) < 0 ? "a group of this host, by name or number"
								: NULL;
}

static const char *set_names_files(struct config_reading *r, const char *value)
{
	uint64_t count;

	if (text_parse_u64(value, FILES_MAX, &count) < 0)
		return "a number from 0 to 4096, such as 256";
	r->config->files = (unsigned)count;
	return NULL;
}

static const char *debuginfo_url(struct config_reading *r, const char *word)
{
	(void)r;
	return debuginfo_check_url(word);
}

static const char *set_names_urls(struct config_reading *r, const char *value)
{
	const char *expected = each_word(value, debuginfo_url, r);
	char *urls = *value && !expected ? strdup(value) : NULL;

	if (expected || (*value && !urls))
		return expected ? expected : "more memory";
	free(r->config->debuginfo.urls);
	r->config->debuginfo.urls = urls;
	return NULL;
}

static const char *set_names_size(struct config_reading *r, const char *value)
{
	uint64_t size;

	if (text_parse_size(value, &size) < 0 || size < (1u << 20))
		return "a size of at least 1M, such as 1G";
	r->config->debuginfo.size = size;
	return NULL;
}

static const struct {
	const char *section;
	const char *key;
	const char *(*set)(struct config_reading *r, const char *value);
} keys[] = {
	{"probe", "death_ring", set_death_ring},
	{"probe", "activity_ring", set_activity_ring},
	{"probe", "dns", set_dns},
	{"syscalls", "ignore", set_calls_ignore},
	{"syscalls", "report", set_calls_report},
	{"exit", "ignore", set_exit_ignore},
	{"last_words", "enabled", set_words_enabled},
	{"last_words", "processes", set_words_processes},
	{"last_words", "bytes", set_words_bytes},
	{"exceptions", "enabled", set_exceptions},
	{"exceptions", "per_minute", set_exceptions_rate},
	{"exceptions", "in_all", set_exceptions_in_all},
	{"names", "files", set_names_files},
	{"names", "debuginfod_urls", set_names_urls},
	{"names", "debuginfod_size", set_names_size},
	{"output", "repeat", set_repeat},
	{"store", "max_age", set_max_age},
	{"store", "max_size", set_max_size},
	{"store", "cores", set_cores},
	{"changes", "ignore", set_changes_ignore},
	{"changes", "folder", set_changes_folder},
	{"http", "listen", set_http_listen},
	{"http", "listen_anywhere", set_http_anywhere},
	{"http", "token_file", set_http_token},
	{"control", "mode", set_mode},
	{"control", "group", set_group},
};

const char *config_set(struct config_reading *r, const char *section, const char *key, const char *value)
{
	bool section_known = false;

	for (size_t i = 0; key && i < sizeof(keys) / sizeof(*keys); i++) {
		if (strcmp(keys[i].section, section) != 0)
			continue;
		section_known = true;
		if (strcmp(keys[i].key, key) == 0)
			return keys[i].set(r, value);
	}
	if (!key)
		return NULL;
	return section_known ? "a key of this section (see lastwords.conf(5))"
			     : "one of the sections [probe] [syscalls] [exit] [last_words] [exceptions] "
			       "[service NAME] [names] [output] [store] [sink NAME] [changes] "
			       "[http] [control]";
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Filters and the removal of fields. */
#include "sink/filter.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_tree.h"
#include "sink/kind.h"

#define PATH_MAX_DEPTH 8

struct words {
	char *text; /* cut into words */
	const char *word[FILTER_WORDS_MAX];
	unsigned count;
};

struct filter {
	struct words kinds;
	struct words services;
	struct words remove;
	unsigned severity; /* as OpenTelemetry counts; 0: all */
};

static int split(const char *text, struct words *words)
{
	char *save = NULL;

	if (!text)
		return 0;
	words->text = strdup(text);
	if (!words->text)
		return -ENOMEM;
	for (char *word = strtok_r(words->text, " \t", &save); word && words->count < FILTER_WORDS_MAX;
		word = strtok_r(NULL, " \t", &save))
		words->word[words->count++] = word;
	return 0;
}

int filter_new(struct filter **ret, const struct sink_options *options)
{
	static const char *const names[] = {"debug", "info", "warn", "error", "fatal"};
	static const unsigned numbers[] = {5, 9, 13, 17, 21};
	const char *kinds = options->kinds || !options->kind ? options->kinds : options->kind->kinds;
	struct filter *filter = calloc(1, sizeof(*filter));

	if (!filter)
		return -ENOMEM;
	if (split(kinds, &filter->kinds) < 0 || split(options->services, &filter->services) < 0 ||
		split(options->remove, &filter->remove) < 0) {
		filter_free(filter);
		return -ENOMEM;
	}
	for (size_t i = 0; options->severity && i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(options->severity, names[i]) == 0)
			filter->severity = numbers[i];
	*ret = filter;
	return 0;
}

void filter_free(struct filter *filter)
{
	if (!filter)
		return;
	free(filter->kinds.text);
	free(filter->services.text);
	free(filter->remove.text);
	free(filter);
}

static bool matches(const struct words *words, const char *text)
{
	for (unsigned i = 0; i < words->count; i++)
		if (fnmatch(words->word[i], text, 0) == 0)
			return true;
	return words->count == 0;
}

bool filter_wants(const struct filter *filter, const char *kind, const char *service)
{
	return matches(&filter->kinds, kind) && matches(&filter->services, service ? service : "");
}

bool filter_looks_inside(const struct filter *filter)
{
	return filter->severity || filter->remove.count;
}

bool filter_wants_severity(const struct filter *filter, unsigned otel)
{
	return otel >= filter->severity;
}

bool filter_wants_body(const struct filter *filter, const char *kind, const char *service, const char *body)
{
	struct severity severity;
	json_t *object;
	bool wants;

	if (!filter_wants(filter, kind, service))
		return false;
	if (!filter->severity)
		return true;
	object = json_scratch(body, strlen(body));
	wants = model_severity(object, &severity) < 0 || filter_wants_severity(filter, severity.otel_open);
	json_scratch_free(object);
	return wants;
}

/* In a list the path goes on in each of its members. */
static bool remove_path(json_t *at, const char *path, unsigned depth)
{
	size_t len = strcspn(path, ".");
	char key[128];
	bool found = false;
	size_t index;
	json_t *member;

	if (json_is_array(at) && depth < PATH_MAX_DEPTH) {
		json_array_foreach(at, index, member) found |= remove_path(member, path, depth + 1);
		return found;
	}
	if (!json_is_object(at) || len >= sizeof(key) || depth == PATH_MAX_DEPTH)
		return false;
	memcpy(key, path, len);
	key[len] = '\0';
	if (!path[len])
		return json_object_del(at, key) == 0;
	return remove_path(json_object_get(at, key), path + len + 1, depth + 1);
}

bool filter_remove(const struct filter *filter, json_t *object)
{
	bool found = false;

	for (unsigned i = 0; i < filter->remove.count; i++)
		found |= remove_path(object, filter->remove.word[i], 0);
	return found;
}

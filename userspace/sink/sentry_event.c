/* SPDX-License-Identifier: Apache-2.0 */
/* An event as Sentry shows it; the names are those of docs/EVENTS.md, "Names elsewhere". */
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include "base/clock.h"
#include "model/body.h"
#include "sink/sentry.h"

#define TAG_MAX     200 /* bytes; more is refused by Sentry */
#define RELEASE_MAX 200
#define PATH_KEY    64

void sentry_id(const char *id, char ret[SENTRY_ID])
{
	static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
	uint64_t high = id_hash(1, id, strlen(id)), low = id_hash(2, id, strlen(id));

	/* An id of ours has the 16 bytes itself; that of an issue or incident is longer. */
	if (id_valid(id)) {
		high = low = 0;
		for (; *id; id++) {
			high = high << 5 | low >> 59;
			low = low << 5 | (uint64_t)(strchr(alphabet, *id) - alphabet);
		}
	}
	snprintf(ret, SENTRY_ID, "%016llx%016llx", (unsigned long long)high, (unsigned long long)low);
}

void sentry_put(struct json *j, const char *key, const json_t *text)
{
	if (json_string_length(text))
		json_strn(j, key, json_string_value(text), json_string_length(text));
}

size_t sentry_fit(const char *text, size_t len, size_t max)
{
	if (len <= max)
		return len;
	while (max > 0 && ((unsigned char)text[max] & 0xc0) == 0x80)
		max--;
	return max;
}

/* Tags are short lines. */
static void put_tag(struct json *j, const char *key, const json_t *value)
{
	char line[TAG_MAX];
	size_t len = json_string_length(value);

	if (json_is_integer(value))
		len = (size_t)snprintf(line, sizeof(line), "%lld", (long long)json_integer_value(value));
	else if (len) {
		len = sentry_fit(json_string_value(value), len, sizeof(line));
		memcpy(line, json_string_value(value), len);
	}
	for (size_t i = 0; i < len; i++)
		if (iscntrl((unsigned char)line[i]))
			line[i] = ' ';
	if (len)
		json_strn(j, key, line, len);
}

static void put_tags(struct json *j, const struct sink_item *item)
{
	static const struct {
		const char *tag, *path;
	} tags[] = {
		{"unit", "service.unit"},
		{"container", "service.container.id"},
		{"pod", "service.pod.uid"},
		{"process", "process.comm"},
		{"signal", "signal.name"},
		{"killer", "killer.comm"},
		{"killer_class", "killer.class"},
		{"syscall", "syscall"},
		{"errno", "errno"},
		{"remote", "remote"},
		{"marker_kind", "marker.kind"},
		{"cause", "cause"},
	};
	bool finding = strcmp(item->kind, "issue") == 0 || strcmp(item->kind, "incident") == 0;
	json_t *service = item->service && *item->service ? json_string(item->service) : NULL;

	json_object_begin(j, "tags");
	json_str(j, "kind", item->kind);
	put_tag(j, "service", service);
	if (finding)
		put_tag(j, "state", body_at(item->object, "state"));
	for (size_t i = 0; i < sizeof(tags) / sizeof(tags[0]); i++)
		put_tag(j, tags[i].tag, body_at(item->object, tags[i].path));
	json_object_end(j);
	json_decref(service);
}

static const char *platform_of(const json_t *event)
{
	static const struct {
		const char *language, *platform;
	} rows[] = {
		{"python", "python"},
		{"ruby", "ruby"},
		{"node", "node"},
		{"java", "java"},
		{"dotnet", "csharp"},
		{"go", "go"},
		{"php", "php"},
		{"perl", "perl"},
	};
	const char *language = body_text(event, "exception.language");

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (strcmp(rows[i].language, language) == 0)
			return rows[i].platform;
	return "native";
}

/* Sentry knows no slashes and control characters in a release. */
static void put_release(struct json *j, const json_t *event)
{
	const char *name = body_text(event, "service.name"), *version = body_text(event, "service.version");
	char release[512];
	size_t len;

	if (!*version)
		return;
	snprintf(release, sizeof(release), "%s@%s", name, version);
	len = sentry_fit(release, strlen(release), RELEASE_MAX);
	for (size_t i = 0; i < len; i++)
		if (iscntrl((unsigned char)release[i]) || strchr("/\\", release[i]))
			release[i] = '_';
	json_strn(j, "release", release, len);
}

/* A number of seconds: whole nanoseconds as text, so that none is lost to a double on the way. */
static void put_time(struct json *j, const char *key, const char *text)
{
	char seconds[40];
	uint64_t ns;

	if (clock_parse(text, 0, &ns) < 0)
		return;
	snprintf(seconds, sizeof(seconds), "%llu.%09llu", (unsigned long long)(ns / NS_PER_SEC),
		(unsigned long long)(ns % NS_PER_SEC));
	json_raw(j, key, seconds);
}

static void put_breadcrumbs(struct json *j, const json_t *crumbs)
{
	const json_t *crumb;
	size_t index;

	if (!json_array_size(crumbs))
		return;
	json_object_begin(j, "breadcrumbs");
	json_array_begin(j, "values");
	json_array_foreach(crumbs, index, crumb)
	{
		char category[64];

		snprintf(category, sizeof(category), "syscall.%s", body_text(crumb, "syscall"));
		json_object_begin(j, NULL);
		put_time(j, "timestamp", body_text(crumb, "time"));
		json_str(j, "type", "error");
		json_str(j, "level", "error");
		json_str(j, "category", category);
		sentry_put(j, "message", json_object_get(crumb, "subject"));
		json_object_begin(j, "data");
		sentry_put(j, "errno", json_object_get(crumb, "errno"));
		json_object_end(j);
		json_object_end(j);
	}
	json_array_end(j);
	json_object_end(j);
}

static const char *file_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static void put_contexts(struct json *j, const struct sink_item *item, const struct utsname *host)
{
	const json_t *language = body_at(item->object, "exception.language");

	json_object_begin(j, "contexts");
	json_object_begin(j, "app");
	sentry_put(j, "app_start_time", body_at(item->object, "process.start"));
	json_str_known(j, "app_name", file_name(body_text(item->object, "process.exe")));
	json_object_end(j);
	json_object_begin(j, "os");
	json_str(j, "name", host->sysname);
	json_str(j, "kernel_version", host->release);
	json_object_end(j);
	json_object_begin(j, "device");
	json_str(j, "arch", host->machine);
	json_object_end(j);
	if (language) {
		json_object_begin(j, "runtime");
		sentry_put(j, "name", language);
		json_object_end(j);
	}
	/* All of it, as it is: what has no name in Sentry is here. */
	json_raw(j, "lastwords", item->body);
	json_object_end(j);
}

/* What tells kinds without an exception apart, in a line. */
static void put_message(struct json *j, const struct sink_item *item)
{
	static const char *const paths[] = {"title", "syscall", "direction", "errno", "remote", "marker.kind",
		"marker.service", "marker.version", "source", "reason", "decision.action", "cause", "state"};
	_cleanup_buf_ struct buf line = {0};

	buf_str(&line, item->kind);
	if (item->service && *item->service)
		buf_printf(&line, " of %s", item->service);
	buf_char(&line, ':');
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		if (*body_text(item->object, paths[i]))
			buf_printf(&line, " %s", body_text(item->object, paths[i]));
	json_object_begin(j, "logentry");
	json_strn(j, "formatted", buf_text(&line), line.len);
	json_object_end(j);
}

static bool is_error(const char *kind)
{
	return body_is_death(kind) || strcmp(kind, "exception") == 0;
}

/* Incidents are told apart by their ids, everything else by its fingerprint or not at all. */
static void put_fingerprint(struct json *j, const struct sink_item *item)
{
	const json_t *of = body_at(item->object, strcmp(item->kind, "incident") == 0 ? "id" : "fingerprint");

	if (!json_string_length(of))
		return;
	json_array_begin(j, "fingerprint");
	sentry_put(j, NULL, of);
	json_array_end(j);
}

static void put_time_of(struct json *j, const struct sink_item *item)
{
	char text[CLOCK_TEXT_SIZE];

	clock_format(item->time, text);
	put_time(j, "timestamp", text);
}

void sentry_event(const struct sink *sink, const struct sink_item *item, struct buf *out)
{
	const char *platform = platform_of(item->object);
	const char *host = body_text(item->object, "host.name");
	char id[SENTRY_ID];
	struct utsname uts;
	struct json j;

	sentry_id(item->id, id);
	uname(&uts);
	json_begin(&j, out);
	json_object_begin(&j, NULL);
	json_str(&j, "event_id", id);
	put_time_of(&j, item);
	json_str(&j, "platform", platform);
	json_str(&j, "level", item->severity.sentry);
	json_str(&j, "logger", "lastwords");
	json_str(&j, "server_name", *host ? host : sink_host(sink));
	put_release(&j, item->object);
	json_str_known(&j, "environment", sink_options(sink)->environment);
	json_str_known(&j, "transaction", file_name(body_text(item->object, "process.exe")));
	put_tags(&j, item);
	put_fingerprint(&j, item);
	if (is_error(item->kind))
		sentry_stacks(&j, item->object, platform);
	else
		put_message(&j, item);
	put_breadcrumbs(&j, body_at(item->object, "breadcrumbs"));
	put_contexts(&j, item, &uts);
	json_object_begin(&j, "sdk");
	json_str(&j, "name", "lastwords");
	json_str(&j, "version", LW_VERSION);
	json_object_end(&j);
	json_object_end(&j);
}

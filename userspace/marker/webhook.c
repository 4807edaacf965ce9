/* SPDX-License-Identifier: Apache-2.0 */
/* From the JSON of a CI system to a marker. A shape is a row of a table: where it keeps what a marker has. */
#include "marker/webhook.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/text.h"
#include "marker/marker.h"

#define PATHS    3
#define STATUSES 5

/* A value at a path of keys and indexes with dots between. */
struct condition {
	const char *path;
	const char *value; /* NULL: any object */
};

struct shape {
	const char *name;
	struct condition is[2];     /* what tells it from others */
	const char *service[PATHS]; /* the first that is there counts, as below */
	const char *version[PATHS];
	const char *note[PATHS];
	const char *link[PATHS];
	const char *at[PATHS];
	const char *status;             /* NULL: each one tells of a change */
	const char *statuses[STATUSES]; /* those that tell of a change that took place, or began to */
	const char *sort;               /* what it is that changed, see kinds */
	const char *before;             /* what the service's name stands behind; NULL: nothing */
};

/* A deployment that failed may have changed something, and that which is under way has begun to. Its start
 * and its end are one change to correlation. */
static const struct shape shapes[] = {
	{
		.name = "GitHub deployment",
		.is = {{"deployment", NULL}, {"repository", NULL}},
		.service = {"deployment.payload.service", "repository.name"},
		.version = {"deployment.payload.version", "deployment.sha", "deployment.ref"},
		.note = {"deployment.description", "deployment.environment"},
		.link = {"deployment_status.target_url", "deployment_status.log_url", "deployment.url"},
		.at = {"deployment_status.created_at", "deployment.created_at"},
		.status = "deployment_status.state",
		.statuses = {"in_progress", "success", "failure", "error"},
		.sort = "deployment.task",
	},
	{
		/* Sent when a webhook is set up: no change. */
		.name = "GitHub ping",
		.is = {{"hook", NULL}},
		.status = "zen",
	},
	{
		.name = "GitLab deployment",
		.is = {{"object_kind", "deployment"}},
		.service = {"project.name"},
		.version = {"short_sha", "ref"},
		.note = {"commit_title", "environment"},
		.link = {"deployable_url", "commit_url"},
		.at = {"status_changed_at"},
		.status = "status",
		.statuses = {"running", "success", "failed"},
	},
	{
		.name = "Argo CD application",
		.is = {{"app.metadata", NULL}},
		.service = {"app.metadata.name"},
		.version = {"app.status.operationState.syncResult.revision", "app.status.sync.revision"},
		.link = {"link"},
		.at = {"app.status.operationState.startedAt"},
		.status = "app.status.operationState.phase",
		.statuses = {"Running", "Succeeded", "Failed", "Error"},
	},
	{
		/* The template github-commit-status of Argo CD's documentation. */
		.name = "Argo CD commit status",
		.is = {{"description", "ArgoCD"}},
		.service = {"context"},
		.link = {"target_url"},
		.status = "state",
		.statuses = {"pending", "success", "error"},
		.before = "continuous-delivery/",
	},
	{
		.name = "Datadog change event",
		.is = {{"data.attributes.category", "change"}},
		.service = {"data.attributes.attributes.impacted_resources.0.name",
			"data.attributes.attributes.changed_resource.name"},
		.version = {"data.attributes.attributes.change_metadata.version",
			"data.attributes.attributes.new_value.version"},
		.note = {"data.attributes.title", "data.attributes.message"},
		.link = {"data.attributes.attributes.change_metadata.resource_link"},
		.at = {"data.attributes.timestamp"},
		.sort = "data.attributes.attributes.changed_resource.type",
	},
};

/* The kind of marker for what a shape says that changed; all else is a deploy. */
static const struct {
	const char *sort;
	const char *kind;
} kinds[] = {
	{"rollback", "rollback"},
	{"deploy:rollback", "rollback"},
	{"deploy:migrations", "schema"},
	{"feature_flag", "flag"},
	{"configuration", "config"},
};

static const json_t *step(const json_t *at, const char *key, size_t len)
{
	char name[32];

	snprintf(name, sizeof(name), "%.*s", (int)len, key);
	if (json_is_array(at))
		return json_array_get(at, strtoul(name, NULL, 10));
	return json_object_get(at, name);
}

static const json_t *find(const json_t *at, const char *path)
{
	while (at && *path) {
		size_t len = strcspn(path, ".");

		at = step(at, path, len);
		path += len + (path[len] == '.');
	}
	return at;
}

static const char *text_at(const json_t *body, const char *path)
{
	return path ? json_string_value(find(body, path)) : NULL;
}

/* The first of the paths that holds a text; NULL. */
static const char *first_text(const json_t *body, const char *const paths[PATHS])
{
	for (unsigned n = 0; n < PATHS; n++) {
		const char *text = text_at(body, paths[n]);

		if (text && *text)
			return text;
	}
	return NULL;
}

static bool fits(const json_t *body, const struct condition *is)
{
	const char *text;

	if (!is->path)
		return true;
	if (!is->value)
		return json_is_object(find(body, is->path));
	text = text_at(body, is->path);
	return text && strcmp(text, is->value) == 0;
}

static const struct shape *shape_of(const json_t *body)
{
	for (size_t n = 0; n < sizeof(shapes) / sizeof(*shapes); n++)
		if (fits(body, &shapes[n].is[0]) && fits(body, &shapes[n].is[1]))
			return &shapes[n];
	return NULL;
}

/* Foreign text is made to fit: cut at the end of a character, line breaks and the like become blanks. */
static void take_text(char *to, size_t size, const char *from)
{
	size_t len = 0, left = from ? strlen(from) : 0;
	uint32_t code;

	while (left) {
		size_t n = text_utf8_next(from, left, &code);

		if (len + n >= size)
			break;
		memcpy(to + len, text_is_control(code) ? " " : from, text_is_control(code) ? 1 : n);
		len += text_is_control(code) ? 1 : n;
		from += n;
		left -= n;
	}
	to[len] = '\0';
}

static const char *kind_of(const json_t *body, const struct shape *shape)
{
	const char *sort = text_at(body, shape->sort);

	for (size_t n = 0; sort && n < sizeof(kinds) / sizeof(*kinds); n++)
		if (strcmp(kinds[n].sort, sort) == 0)
			return kinds[n].kind;
	return "deploy";
}

/* "2021-04-28 21:50:00 +0200", as Ruby writes times, is nearly RFC 3339. */
static int parse_time(const char *text, uint64_t now, uint64_t *ret)
{
	char fixed[48];
	const char *sign = strrchr(text, ' ');

	if (sign && strlen(sign) == 6 && (sign[1] == '+' || sign[1] == '-')) {
		snprintf(fixed, sizeof(fixed), "%.*s%.3s:%s", (int)(sign - text < 30 ? sign - text : 30),
			text, sign + 1, sign + 4);
		text = fixed;
	} else if (sign && strcmp(sign, " UTC") == 0) {
		snprintf(fixed, sizeof(fixed), "%.*sZ", (int)(sign - text < 30 ? sign - text : 30), text);
		text = fixed;
	}
	/* Only what a machine writes: "yesterday" is for people. */
	return strlen(text) >= 16 && text[4] == '-' ? clock_parse(text, now, ret) : -EINVAL;
}

static int set_time(const char *key, const char *text, uint64_t now, struct webhook *ret, struct buf *why)
{
	const char *message;

	ret->time = now;
	if (text && parse_time(text, now, &ret->time) < 0) {
		buf_printf(why, "%s must be RFC 3339, such as 2026-11-22T10:46:09Z", key);
		return -EINVAL;
	}
	message = marker_check_time(ret->time, now);
	if (message)
		buf_printf(why, "%s: %s", key, message);
	return message ? -EINVAL : 0;
}

static bool took_place(const json_t *body, const struct shape *shape, struct buf *why)
{
	const char *status = text_at(body, shape->status);

	if (!status)
		return true;
	for (unsigned n = 0; n < STATUSES && shape->statuses[n]; n++)
		if (strcmp(shape->statuses[n], status) == 0)
			return true;
	buf_printf(why, "no change took place: %s is ", shape->status);
	text_escape(why, status, strnlen(status, 40));
	return false;
}

static int take_shape(
	const json_t *body, const struct shape *shape, uint64_t now, struct webhook *ret, struct buf *why)
{
	struct event_marker *m = &ret->marker;
	const char *service = first_text(body, shape->service);
	const char *message;
	int r;

	if (!took_place(body, shape, why))
		return -ENODATA;
	if (service && shape->before && strncmp(service, shape->before, strlen(shape->before)) == 0)
		service += strlen(shape->before);
	if (!service) {
		buf_printf(why, "%s: %s is missing", shape->name, shape->service[0]);
		return -EINVAL;
	}
	r = set_time(shape->at[0], first_text(body, shape->at), now, ret, why);
	if (r < 0)
		return r;
	text_copy(m->kind, sizeof(m->kind), kind_of(body, shape));
	take_text(m->service, sizeof(m->service), service);
	take_text(m->version, sizeof(m->version), first_text(body, shape->version));
	take_text(m->note, sizeof(m->note), first_text(body, shape->note));
	take_text(m->link, sizeof(m->link), first_text(body, shape->link));
	message = marker_check(m);
	if (message)
		buf_printf(why, "%s: %s", shape->name, message);
	return message ? -EINVAL : 0;
}

/* Our own: strict, since who writes it reads our answer. */
static int take_own(const json_t *body, uint64_t now, struct webhook *ret, struct buf *why)
{
	const char *key, *message = NULL, *at = NULL;
	const json_t *value;

	json_object_foreach((json_t *)body, key, value)
	{
		const char *text = json_string_value(value);

		if (json_is_null(value))
			continue;
		if (!text) {
			text_escape(why, key, strnlen(key, 40));
			buf_str(why, " must be a string");
			return -EINVAL;
		}
		if (strcmp(key, "at") == 0 || strcmp(key, "time") == 0) {
			at = text;
			continue;
		}
		message = marker_set(&ret->marker, key, text);
		if (message && !marker_has_field(key)) {
			buf_str(why, "unknown key ");
			text_escape(why, key, strnlen(key, 40));
			buf_str(why, ": a marker has kind, service, version, note, link and at");
			return -EINVAL;
		}
		if (message)
			break;
	}
	if (!message)
		message = marker_check(&ret->marker);
	if (message) {
		buf_str(why, message);
		return -EINVAL;
	}
	return set_time("at", at, now, ret, why);
}

static int take_body(const json_t *body, uint64_t now, struct webhook *ret, struct buf *why)
{
	const struct shape *shape = shape_of(body);

	*ret = (struct webhook){0};
	return shape ? take_shape(body, shape, now, ret, why) : take_own(body, now, ret, why);
}

int webhook_read(const char *text, size_t len, uint64_t now, struct webhook *ret, struct buf *why)
{
	json_error_t error;
	/* jansson refuses invalid UTF-8, NUL, more than 2048 levels, and anything behind the value. */
	json_t *body = json_loadb(text, len, JSON_REJECT_DUPLICATES, &error);
	int r = -EINVAL;

	if (!body) {
		buf_printf(why, "no JSON: line %d: ", error.line);
		text_escape(why, error.text, strlen(error.text));
	} else if (!json_is_object(body)) {
		buf_str(why, "a marker is one JSON object");
	} else {
		r = take_body(body, now, ret, why);
	}
	json_decref(body);
	return r;
}

/* Takes a line of key=value. Returns NULL, or what is wrong. */
static const char *take_line(json_t *body, char *line)
{
	char *equals = strchr(line, '='), *end;

	line += strspn(line, " \t");
	if (!*line || *line == '#')
		return NULL;
	if (!equals)
		return "a line is key=value";
	for (end = equals; end > line && strchr(" \t", end[-1]); end--)
		;
	*end = '\0';
	equals += 1 + strspn(equals + 1, " \t");
	for (end = equals + strlen(equals); end > equals && strchr(" \t\r", end[-1]); end--)
		;
	*end = '\0';
	if (json_object_get(body, line))
		return "a key is there twice";
	return json_object_set_new(body, line, json_string(equals)) < 0 ? "it is no UTF-8" : NULL;
}

static int read_lines(const char *text, size_t len, uint64_t now, struct webhook *ret, struct buf *why)
{
	_cleanup_free_ char *copy = strndup(text, len);
	const char *message = !copy ? "out of memory" : strlen(copy) < len ? "it holds NUL bytes" : NULL;
	json_t *body = json_object();
	char *save = NULL;
	int r = -EINVAL;

	for (char *line = message ? NULL : strtok_r(copy, "\n", &save); line && !message;
		line = strtok_r(NULL, "\n", &save))
		message = take_line(body, line);
	if (message)
		buf_str(why, message);
	else
		r = take_body(body, now, ret, why);
	json_decref(body);
	return r;
}

int webhook_read_file(const char *text, size_t len, uint64_t now, struct webhook *ret, struct buf *why)
{
	size_t at = 0;

	while (at < len && strchr(" \t\r\n", text[at]) && text[at])
		at++;
	return at < len && text[at] == '{' ? webhook_read(text, len, now, ret, why)
					   : read_lines(text, len, now, ret, why);
}

uint64_t webhook_entropy(const struct webhook *webhook)
{
	return id_hash(1, &webhook->marker, sizeof(webhook->marker));
}

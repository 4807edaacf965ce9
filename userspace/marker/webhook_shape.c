/* SPDX-License-Identifier: Apache-2.0 */
/* The shapes of what CI systems send. */
#include "marker/webhook_shape.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

const char *shape_text(const json_t *body, const char *path)
{
	return path ? json_string_value(find(body, path)) : NULL;
}

const char *shape_first(const json_t *body, const char *const paths[SHAPE_PATHS])
{
	for (unsigned n = 0; n < SHAPE_PATHS; n++) {
		const char *text = shape_text(body, paths[n]);

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
	text = shape_text(body, is->path);
	return text && strcmp(text, is->value) == 0;
}

const struct shape *shape_of(const json_t *body)
{
	for (size_t n = 0; n < sizeof(shapes) / sizeof(*shapes); n++)
		if (fits(body, &shapes[n].is[0]) && fits(body, &shapes[n].is[1]))
			return &shapes[n];
	return NULL;
}

const char *shape_kind(const json_t *body, const struct shape *shape)
{
	const char *sort = shape_text(body, shape->sort);

	for (size_t n = 0; sort && n < sizeof(kinds) / sizeof(*kinds); n++)
		if (strcmp(kinds[n].sort, sort) == 0)
			return kinds[n].kind;
	return "deploy";
}

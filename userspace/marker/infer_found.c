/* SPDX-License-Identifier: Apache-2.0 */
/* Changes that others found, by looking at control groups, containers and packages. */
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/text.h"
#include "marker/infer_internal.h"
#include "marker/infer_undo.h"

void infer_limit(struct infer *infer, const char *service, const char *unit, const char *file,
	const char *before, const char *after, uint64_t time)
{
	char undo[EVENT_UNDO];

	/* Some programs tune the limits of others all the time. */
	if (infer_told_of(infer, DETECT_LIMIT, service, file, strlen(file), time, A_MINUTE))
		return;
	undo_limit(unit, file, before, undo);
	infer_tell_undo(infer, DETECT_LIMIT, "infra", service, undo, time, "%s of %s from %s to %s", file,
		service, before, after);
}

/* The version in the name of an image: 1.25 of docker.io/library/nginx:1.25@sha256:…. */
static void tag_of(const char *image, char *buf, size_t size)
{
	const char *slash = strrchr(image, '/'), *name = slash ? slash : image;
	const char *tag = name + strcspn(name, ":@");

	snprintf(buf, size, "%.*s", *tag == ':' ? (int)strcspn(tag + 1, "@") : 0, *tag ? tag + 1 : "");
}

void infer_image(
	struct infer *infer, const struct infer_container *c, const char *service, bool before, uint64_t time)
{
	uint64_t key = id_hash(0, c->name, strlen(c->name));
	uint64_t digest = id_hash(1, c->digest, strlen(c->digest));
	struct made *made = &infer->made[0];
	char tag[sizeof(((struct event_marker *)NULL)->version)], was[sizeof(tag)];
	bool known;

	for (unsigned n = 0; n < INFER_CONTAINERS; n++) {
		if (infer->made[n].key == key) {
			made = &infer->made[n];
			break;
		}
		if (infer->made[n].used < made->used)
			made = &infer->made[n];
	}
	tag_of(c->image, tag, sizeof(tag));
	/* What ran already is news when it was started since a daemon before this one looked. */
	if (made->key == key && before && (!made->loaded || time <= made->used + NEARLY))
		return;
	tag_of(made->image, was, sizeof(was));
	known = made->key == key;
	if (known && strcmp(made->image, c->image) != 0)
		infer_tell_version(infer, DETECT_IMAGE, "deploy", service, tag, was, "", time,
			"container %s runs %s, before %s", c->name, c->image, made->image);
	else if (known && made->digest != digest)
		infer_tell_version(infer, DETECT_IMAGE, "deploy", service, tag, was, "", time,
			"container %s runs another image that is called %s", c->name, c->image);
	infer->changed |= !known || made->digest != digest;
	*made = (struct made){.key = key, .used = time, .digest = digest};
	text_copy(made->image, sizeof(made->image), c->image);
}

static void uses(const struct infer_package *p, struct buf *out)
{
	for (unsigned n = 0; n < p->user_count && n < INFER_USERS; n++)
		buf_printf(out, "%s%s", n ? ", " : "", p->users[n]);
	if (p->user_count > INFER_USERS)
		buf_printf(out, " and %u more", p->user_count - INFER_USERS);
}

static void put_versions(const struct infer_package *p, struct buf *out)
{
	if (!p->version)
		return;
	if (p->before && strcmp(p->before, p->version) == 0)
		buf_printf(out, " and is %s again", p->version);
	else if (p->before)
		buf_printf(out, " from %s to %s", p->before, p->version);
	else
		buf_printf(out, " to %s", p->version);
}

/* Several packages of one service may change at a time: each is told. */
static void tell_package(
	struct infer *infer, const struct infer_package *p, const char *service, uint64_t time)
{
	_cleanup_buf_ struct buf users = {.max = 300}, versions = {.max = 200};
	char undo[EVENT_UNDO];

	if (infer_told_of(infer, DETECT_PACKAGE, service, p->name, strlen(p->name), time, A_MINUTE))
		return;
	uses(p, &users);
	put_versions(p, &versions);
	undo_package(p, undo);
	infer_tell_undo(infer, DETECT_PACKAGE, "infra", service, undo, time,
		"package %s was changed%s, %s%sused by %s", p->name, buf_text(&versions), p->path,
		p->path[0] ? " of it is " : "", buf_text(&users));
}

void infer_package(struct infer *infer, const struct infer_package *p, uint64_t time)
{
	if (p->user_count > INFER_USERS)
		tell_package(infer, p, "host", time);
	else
		for (unsigned n = 0; n < p->user_count; n++)
			tell_package(infer, p, p->users[n], time);
}

void infer_installed(struct infer *infer, const struct infer_install *what, const struct infer_package *p,
	const char *undo, uint64_t time)
{
	enum detector detector = what->tuning ? DETECT_TUNING : DETECT_PACKAGE;
	bool host = !p->user_count || p->user_count > INFER_USERS;

	for (unsigned n = 0; n < (host ? 1 : p->user_count); n++) {
		const char *service = host ? "host" : p->users[n];

		if (infer_told_of(infer, detector, service, what->line, strlen(what->line), time, A_MINUTE))
			continue;
		if (host || !p->path[0])
			infer_tell_undo(infer, detector, "infra", service, undo, time, "%s", what->line);
		else
			infer_tell_undo(infer, detector, "infra", service, undo, time,
				"%s; %s that %s uses is another file since", what->line, p->path, service);
	}
}

void infer_unused(struct infer *infer, const char *names, uint64_t time)
{
	infer_tell(infer, DETECT_PACKAGE, "infra", "packages", time, 0,
		"no service that runs uses what was changed: %s", names);
}

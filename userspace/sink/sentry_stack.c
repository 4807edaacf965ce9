/* SPDX-License-Identifier: Apache-2.0 */
/* Exceptions, threads, frames and images of Sentry's events. Frames are told oldest first there. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "model/body.h"
#include "sink/sentry.h"

#define IMAGES   128
#define LINE_MAX 512 /* bytes of the last line of last words */

struct image {
	const json_t *frame;
	const json_t *module;
	uint64_t base;
};

struct stacks {
	struct json *j;
	const json_t *exe;
	bool foreign; /* native frames in an event of another platform */
	struct image images[IMAGES];
	size_t image_count;
};

static uint64_t hex_of(const json_t *frame, const char *key)
{
	return strtoull(body_text(frame, key), NULL, 16);
}

/* Where the module was mapped: the difference of an address and what its file says. 0: not known, or it is no
 * position-independent one, whose place only its file tells. */
static uint64_t base_of(const json_t *frame)
{
	uint64_t address = hex_of(frame, "address"), offset = hex_of(frame, "offset");

	return json_object_get(frame, "offset") && address > offset ? address - offset : 0;
}

static void remember_image(struct stacks *s, const json_t *frame, uint64_t base)
{
	const json_t *module = json_object_get(frame, "module");

	if (!base || !*body_text(frame, "build_id") || s->image_count == IMAGES)
		return;
	for (size_t i = 0; i < s->image_count; i++)
		if (s->images[i].base == base && json_equal(s->images[i].module, module))
			return;
	s->images[s->image_count++] = (struct image){frame, module, base};
}

/* A frame with a source line has the best names that there are: Sentry is not to look for its own. */
static void put_data(struct json *j, const json_t *frame)
{
	bool inlined = json_is_true(json_object_get(frame, "inlined"));
	bool signal = json_is_true(json_object_get(frame, "signal")), line = json_object_get(frame, "line");

	if (!inlined && !signal && !line)
		return;
	json_object_begin(j, "data");
	if (inlined)
		json_bool(j, "inlined", true);
	if (signal)
		json_bool(j, "signal", true);
	if (line)
		json_str(j, "symbolicator_status", "symbolicated");
	json_object_end(j);
}

static void put_source(struct json *j, const json_t *frame)
{
	const json_t *line = json_object_get(frame, "line");

	sentry_put(j, "function", json_object_get(frame, "function"));
	sentry_put(j, "filename", json_object_get(frame, "file"));
	if (json_is_integer(line))
		json_int(j, "lineno", json_integer_value(line));
}

static void put_native_frame(struct stacks *s, const json_t *frame)
{
	const json_t *module = json_object_get(frame, "module");
	uint64_t base = base_of(frame);

	json_object_begin(s->j, NULL);
	sentry_put(s->j, "instruction_addr", json_object_get(frame, "address"));
	if (base)
		json_hex(s->j, "image_addr", base);
	sentry_put(s->j, "package", module);
	put_source(s->j, frame);
	json_bool(s->j, "in_app", json_equal(module, s->exe));
	sentry_put(s->j, "trust", json_object_get(frame, "trust"));
	if (s->foreign)
		json_str(s->j, "platform", "native");
	put_data(s->j, frame);
	json_object_end(s->j);
	remember_image(s, frame, base);
}

static void put_native_stack(struct stacks *s, const json_t *frames)
{
	if (!json_array_size(frames))
		return;
	json_object_begin(s->j, "stacktrace");
	json_array_begin(s->j, "frames");
	for (size_t i = json_array_size(frames); i-- > 0;)
		put_native_frame(s, json_array_get(frames, i));
	json_array_end(s->j);
	json_object_end(s->j);
}

static void put_language_stack(struct json *j, const json_t *frames)
{
	json_object_begin(j, "stacktrace");
	json_array_begin(j, "frames");
	for (size_t i = json_array_size(frames); i-- > 0;) {
		json_object_begin(j, NULL);
		put_source(j, json_array_get(frames, i));
		json_object_end(j);
	}
	json_array_end(j);
	json_object_end(j);
}

static void put_signal(struct json *j, const json_t *signal)
{
	const json_t *number = json_object_get(signal, "number");
	const char *code = body_text(signal, "code");

	if (!json_is_integer(number))
		return;
	json_object_begin(j, "meta");
	json_object_begin(j, "signal");
	json_int(j, "number", json_integer_value(number));
	sentry_put(j, "name", json_object_get(signal, "name"));
	if (isdigit((unsigned char)*code) || *code == '-')
		json_int(j, "code", strtol(code, NULL, 10));
	else
		json_str_known(j, "code_name", code);
	json_object_end(j);
	json_object_end(j);
}

static void put_mechanism(struct json *j, const json_t *event)
{
	const json_t *signal = json_object_get(event, "signal");

	json_object_begin(j, "mechanism");
	json_str(j, "type", signal ? "signalhandler" : "lastwords");
	json_bool(j, "handled", strcmp(body_text(event, "kind"), "exception") == 0);
	put_signal(j, signal);
	json_object_end(j);
}

/* The last line with something in it. */
/* What is said of a death beside its signal or status; the first that there is. */
static void put_value(struct json *j, const json_t *event)
{
	static const char *const paths[] = {"signal.detail", "signal.reason", "killer.reason"};
	const char *code = body_text(event, "signal.code"), *address = body_text(event, "signal.address");
	const char *line;
	char text[160];
	size_t len;

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		if (!*body_text(event, paths[i]))
			continue;
		sentry_put(j, "value", body_at(event, paths[i]));
		return;
	}
	if (json_object_get(event, "oom"))
		snprintf(text, sizeof(text), "out of memory: the limit of the %s",
			strcmp(body_text(event, "oom.scope"), "host") == 0 ? "host" : "control group");
	else
		snprintf(text, sizeof(text), "%s%s%s", code, *address ? " at " : "", address);
	if (*text)
		json_str(j, "value", text);
	else if ((line = body_last_line(event, &len)))
		json_strn(j, "value", line, sentry_fit(line, len, LINE_MAX));
}

static void put_type(struct json *j, const json_t *event)
{
	const json_t *status = body_at(event, "exit.status");
	char text[32];

	if (*body_text(event, "signal.name")) {
		sentry_put(j, "type", body_at(event, "signal.name"));
		return;
	}
	snprintf(text, sizeof(text), "exit %lld", (long long)json_integer_value(status));
	json_str(j, "type", json_is_integer(status) ? text : "end");
}

static void put_chained(struct json *j, const json_t *exception)
{
	const json_t *chained = json_object_get(exception, "chained");

	for (size_t i = json_array_size(chained); i-- > 0;) {
		const json_t *one = json_array_get(chained, i);

		json_object_begin(j, NULL);
		sentry_put(j, "type", json_object_get(one, "type"));
		sentry_put(j, "value", json_object_get(one, "message"));
		json_object_begin(j, "mechanism");
		json_str(j, "type", "chained");
		sentry_put(j, "source", json_object_get(one, "relation"));
		json_object_end(j);
		json_object_end(j);
	}
}

static void put_exceptions(struct stacks *s, const json_t *event)
{
	const json_t *exception = json_object_get(event, "exception"), *tid = body_at(event, "process.tid");
	const json_t *frames = json_object_get(exception, "frames");
	struct json *j = s->j;

	json_object_begin(j, "exception");
	json_array_begin(j, "values");
	put_chained(j, exception);
	json_object_begin(j, NULL);
	if (exception) {
		sentry_put(j, "type", json_object_get(exception, "type"));
		sentry_put(j, "value", json_object_get(exception, "message"));
	} else {
		put_type(j, event);
		put_value(j, event);
	}
	put_mechanism(j, event);
	if (json_is_integer(tid))
		json_int(j, "thread_id", json_integer_value(tid));
	if (json_array_size(frames))
		put_language_stack(j, frames);
	else
		put_native_stack(s, body_at(event, "stack.frames"));
	json_object_end(j);
	json_array_end(j);
	json_object_end(j);
}

static void put_thread(
	struct stacks *s, const json_t *id, const json_t *name, const json_t *frames, bool crashed)
{
	json_object_begin(s->j, NULL);
	if (json_is_integer(id))
		json_int(s->j, "id", json_integer_value(id));
	sentry_put(s->j, "name", name);
	json_bool(s->j, "crashed", crashed);
	json_bool(s->j, "current", crashed);
	put_native_stack(s, frames);
	json_object_end(s->j);
}

static void put_threads(struct stacks *s, const json_t *event)
{
	const json_t *tid = body_at(event, "process.tid"), *thread;
	size_t index;

	if (!tid)
		return;
	json_object_begin(s->j, "threads");
	json_array_begin(s->j, "values");
	put_thread(s, tid, body_at(event, "process.thread_name"), body_at(event, "stack.frames"), true);
	json_array_foreach(json_object_get(event, "threads"), index, thread)
		put_thread(s, json_object_get(thread, "tid"), json_object_get(thread, "name"),
			json_object_get(thread, "frames"), false);
	json_array_end(s->j);
	json_object_end(s->j);
}

/* The first 16 bytes of the build-id as a GUID, whose first three parts are little-endian; a shorter one is
 * filled up with zeros. Returns false when it is no build-id. */
static bool debug_id(const char *build_id, char ret[37])
{
	static const unsigned char order[16] = {3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15};
	size_t len = strlen(build_id), to = 0;
	char digits[32];

	if (!len || len % 2 || strspn(build_id, "0123456789abcdef") != len)
		return false;
	memset(digits, '0', sizeof(digits));
	memcpy(digits, build_id, len < sizeof(digits) ? len : sizeof(digits));
	for (size_t i = 0; i < 16; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			ret[to++] = '-';
		ret[to++] = digits[2 * order[i]];
		ret[to++] = digits[2 * order[i] + 1];
	}
	ret[to] = '\0';
	return true;
}

static void put_images(struct stacks *s)
{
	struct utsname host;
	const char *arch;

	if (!s->image_count)
		return;
	uname(&host);
	arch = strcmp(host.machine, "aarch64") == 0 ? "arm64" : host.machine;
	json_object_begin(s->j, "debug_meta");
	json_array_begin(s->j, "images");
	for (size_t i = 0; i < s->image_count; i++) {
		const struct image *image = &s->images[i];
		const char *build_id = body_text(image->frame, "build_id");
		char id[37];

		if (!debug_id(build_id, id))
			continue;
		json_object_begin(s->j, NULL);
		json_str(s->j, "type", "elf");
		sentry_put(s->j, "code_file", json_object_get(image->frame, "module"));
		json_str(s->j, "code_id", build_id);
		json_str(s->j, "debug_id", id);
		json_hex(s->j, "image_addr", image->base);
		json_str(s->j, "arch", arch);
		json_object_end(s->j);
	}
	json_array_end(s->j);
	json_object_end(s->j);
}

void sentry_stacks(struct json *j, const json_t *event, const char *platform)
{
	struct stacks s = {
		.j = j, .exe = body_at(event, "process.exe"), .foreign = strcmp(platform, "native") != 0};

	put_exceptions(&s, event);
	put_threads(&s, event);
	put_images(&s);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Reads recorded deaths, {"event":…} a line, computes their fingerprints again, and prints of each its
 * fingerprint, the step that made it, and the issue that correlation puts it into. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/clock.h"
#include "base/text.h"
#include "correlate/fingerprint.h"
#include "correlate/internal.h"

struct death {
	struct event event;
	struct frames frames;
	struct exception exception;
	struct evidence_module modules[FRAMES_MAX];
	char words[4096];
};

static const char *text_at(const json_t *root, const char *key)
{
	const char *text = json_string_value(json_object_get(root, key));

	return text ? text : "";
}

static uint64_t number_at(const json_t *root, const char *key)
{
	return (uint64_t)json_integer_value(json_object_get(root, key));
}

static void fill_frames(struct death *d, const json_t *frames)
{
	static const char *const trusts[] = {"context", "cfi", "fp", "scan"};
	size_t n;
	json_t *row;

	json_array_foreach(frames, n, row)
	{
		struct frame *f = &d->frames.frame[n];

		if (n == FRAMES_MAX)
			break;
		d->frames.count = (unsigned)n + 1;
		d->modules[n].path = json_string_value(json_object_get(row, "module"));
		f->map = d->modules[n].path ? (int32_t)n : -1;
		f->offset = strtoull(text_at(row, "offset"), NULL, 16);
		f->line = (uint32_t)number_at(row, "line");
		f->inlined = json_is_true(json_object_get(row, "inlined"));
		f->signal = json_is_true(json_object_get(row, "signal"));
		text_copy(f->function, sizeof(f->function), text_at(row, "function"));
		text_copy(f->file, sizeof(f->file), text_at(row, "file"));
		for (unsigned t = 0; t < sizeof(trusts) / sizeof(*trusts); t++)
			if (strcmp(trusts[t], text_at(row, "trust")) == 0)
				f->trust = (enum frame_trust)t;
	}
}

static void fill_exception(struct death *d, const json_t *x)
{
	size_t n;
	json_t *row;

	d->exception.language = text_at(x, "language");
	text_copy(d->exception.type, EXCEPTION_TYPE, text_at(x, "type"));
	text_copy(d->exception.message, EXCEPTION_MESSAGE, text_at(x, "message"));
	json_array_foreach(json_object_get(x, "frames"), n, row)
	{
		struct exception_frame *f = &d->exception.frames[n];

		if (n == EXCEPTION_FRAMES)
			break;
		d->exception.frame_count = (unsigned)n + 1;
		text_copy(f->function, sizeof(f->function), text_at(row, "function"));
		text_copy(f->file, sizeof(f->file), text_at(row, "file"));
	}
	json_array_foreach(json_object_get(x, "chained"), n, row)
	{
		struct exception_link *link = &d->exception.chained[n];

		if (n == EXCEPTION_CHAINED)
			break;
		d->exception.chained_count = (unsigned)n + 1;
		link->relation = text_at(row, "relation");
		text_copy(link->type, sizeof(link->type), text_at(row, "type"));
	}
}

static void fill(struct death *d, const json_t *e)
{
	struct evidence *evidence = &d->event.death.evidence;
	const json_t *exception = json_object_get(e, "exception"), *words = json_object_get(e, "last_words"),
		     *killer = json_object_get(e, "killer");

	memset(d, 0, sizeof(*d));
	d->event.kind = (enum event_kind)event_kind_parse(text_at(e, "kind"));
	text_copy(d->event.process.exe, sizeof(d->event.process.exe),
		text_at(json_object_get(e, "process"), "exe"));
	text_copy(d->event.process.comm, sizeof(d->event.process.comm),
		text_at(json_object_get(e, "process"), "comm"));
	d->event.death.signal = (uint32_t)number_at(json_object_get(e, "signal"), "number");
	d->event.death.status = (uint32_t)number_at(json_object_get(e, "exit"), "status");
	d->event.death.killer.known = killer != NULL;
	d->event.death.killer.class = text_at(killer, "class");
	text_copy(d->event.death.killer.comm, RECORD_COMM, text_at(killer, "comm"));
	fill_frames(d, json_object_get(json_object_get(e, "stack"), "frames"));
	evidence->frames = d->frames.count ? &d->frames : NULL;
	evidence->modules = d->modules;
	evidence->module_count = d->frames.count;
	if (exception) {
		fill_exception(d, exception);
		evidence->exception = &d->exception;
	}
	if (words) {
		text_copy(d->words, sizeof(d->words), text_at(words, "text"));
		evidence->last_words = d->words;
		evidence->last_words_len = (uint32_t)strlen(d->words);
	}
}

/* The issue that the event becomes part of, a second after the one before. */
static const char *issue_of(
	struct state *s, json_t *event, unsigned number, const char *fingerprint, const char *message)
{
	char time[CLOCK_TEXT_SIZE], *json;
	const struct issue *issue;
	struct failure failure;
	struct fact fact;

	clock_format(1700000000 * SECOND + number * SECOND, time);
	json_object_set_new(event, "time", json_string(time));
	json_object_set_new(event, "fingerprint", json_string(fingerprint));
	json_object_set_new(event, "message_fingerprint", json_string(message));
	json_object_set_new(event, "service", json_pack("{ss}", "name", "shop"));
	json = json_dumps(event, JSON_COMPACT);
	if (!json || fact_read(json, strlen(json), &fact) < 0)
		return NULL;
	free(json);
	failure_of(&fact, &failure);
	issue = issue_add(s, &fact, &failure, service_note(s, &fact));
	return issue ? issue->id : "";
}

static int judge(struct state *s, json_t *row, unsigned number)
{
	static struct death d;
	char fingerprint[EVENT_FINGERPRINT], message[EVENT_FINGERPRINT];
	json_t *event = json_object_get(row, "event");
	enum fingerprint_step step;
	const char *issue;

	if (!event || event_kind_parse(text_at(event, "kind")) < 0)
		return -1;
	fill(&d, event);
	step = fingerprint_of(&d.event, fingerprint);
	fingerprint_message(&d.event, message);
	issue = issue_of(s, event, number, fingerprint, message);
	if (!issue)
		return -1;
	printf("%s\t%s\t%s\n", fingerprint, fingerprint_step_name(step), issue);
	return 0;
}

int main(void)
{
	static struct state state;
	char *line = NULL;
	size_t room = 0;
	unsigned number = 0;

	while (getline(&line, &room, stdin) > 0) {
		json_t *row = json_loads(line, 0, NULL);

		if (!row || judge(&state, row, number++) < 0) {
			fprintf(stderr, "not a recorded death: %s", line);
			return 1;
		}
		json_decref(row);
	}
	free(line);
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* The evidence of a death as JSON (docs/EVENTS.md). */
#include "model/evidence.h"

#include <string.h>

#include "base/clock.h"
#include "model/names.h"

static const char *const trusts[] = {
	[TRUST_CONTEXT] = "context", [TRUST_CFI] = "cfi", [TRUST_FP] = "fp", [TRUST_SCAN] = "scan"};

static void write_frame(struct json *j, const struct evidence *e, unsigned index)
{
	const struct frame *f = &e->frames->frame[index];
	const struct evidence_module *module =
		f->map >= 0 && (unsigned)f->map < e->module_count ? &e->modules[f->map] : NULL;

	json_object_begin(j, NULL);
	json_uint(j, "index", index);
	json_hex(j, "address", f->address);
	if (module) {
		json_str_known(j, "module", module->path);
		json_str_known(j, "build_id", module->build_id);
		if (f->offset) /* no code is at 0 of a file: the file was not to be had */
			json_hex(j, "offset", f->offset);
	}
	json_str_known(j, "function", f->function);
	json_str_known(j, "file", f->file);
	if (f->line)
		json_uint(j, "line", f->line);
	if (f->inlined)
		json_bool(j, "inlined", true);
	if (f->signal)
		json_bool(j, "signal", true);
	json_str(j, "trust", trusts[f->trust]);
	json_object_end(j);
}

static void write_stack(struct json *j, const struct evidence *e)
{
	if (!e->frames || !e->frames->count)
		return;
	json_object_begin(j, "stack");
	json_array_begin(j, "frames");
	for (unsigned i = 0; i < e->frames->count; i++)
		write_frame(j, e, i);
	json_array_end(j);
	json_bool(j, "truncated", e->frames->truncated);
	json_str_known(j, "end", e->frames->why);
	json_object_end(j);
}

/* Shorter than those of the thread that died: the place in the file is told where there is no name. */
static void write_thread_frame(struct json *j, const struct evidence *e, const struct frame *f)
{
	const struct evidence_module *module =
		f->map >= 0 && (unsigned)f->map < e->module_count ? &e->modules[f->map] : NULL;

	json_object_begin(j, NULL);
	json_str_known(j, "function", f->function);
	if (!f->function[0])
		json_hex(j, "address", f->address);
	if (module)
		json_str_known(j, "module", module->path);
	if (module && !f->function[0]) {
		json_str_known(j, "build_id", module->build_id);
		if (f->offset)
			json_hex(j, "offset", f->offset);
	}
	json_str_known(j, "file", f->file);
	if (f->line)
		json_uint(j, "line", f->line);
	json_object_end(j);
}

static void write_threads(struct json *j, const struct evidence *e)
{
	if (!e->thread_count)
		return;
	json_array_begin(j, "threads");
	for (unsigned i = 0; i < e->thread_count; i++) {
		const struct evidence_thread *t = &e->threads[i];

		json_object_begin(j, NULL);
		json_uint(j, "tid", t->tid);
		json_str_known(j, "name", t->name);
		if (t->same)
			json_uint(j, "same", t->same);
		json_array_begin(j, "frames");
		for (unsigned k = 0; k < t->frame_count; k++)
			write_thread_frame(j, e, &t->frames[k]);
		json_array_end(j);
		if (t->truncated)
			json_bool(j, "truncated", true);
		json_object_end(j);
	}
	json_array_end(j);
}

void exception_json(const struct exception *x, struct json *j)
{
	json_object_begin(j, "exception");
	json_str(j, "language", x->language);
	json_str_known(j, "type", x->type);
	json_str_known(j, "message", x->message);
	json_array_begin(j, "frames");
	for (unsigned i = 0; i < x->frame_count; i++) {
		json_object_begin(j, NULL);
		json_str_known(j, "function", x->frames[i].function);
		json_str_known(j, "file", x->frames[i].file);
		if (x->frames[i].line)
			json_uint(j, "line", x->frames[i].line);
		json_object_end(j);
	}
	json_array_end(j);
	if (x->frames_cut)
		json_bool(j, "truncated", true);
	if (x->chained_count) {
		json_array_begin(j, "chained");
		for (unsigned i = 0; i < x->chained_count; i++) {
			json_object_begin(j, NULL);
			json_str(j, "relation", x->chained[i].relation);
			json_str_known(j, "type", x->chained[i].type);
			json_str_known(j, "message", x->chained[i].message);
			json_object_end(j);
		}
		json_array_end(j);
	}
	json_object_end(j);
}

static void write_last_words(struct json *j, const struct evidence *e)
{
	if (!e->last_words)
		return;
	json_object_begin(j, "last_words");
	json_strn(j, "text", e->last_words, e->last_words_len);
	json_uint(j, "bytes", e->last_words_bytes);
	json_bool(j, "truncated", e->last_words_cut);
	json_object_end(j);
}

static void write_crumbs(struct json *j, const struct evidence *e)
{
	char time[CLOCK_TEXT_SIZE];

	if (!e->crumb_count)
		return;
	json_array_begin(j, "breadcrumbs");
	for (unsigned i = 0; i < e->crumb_count; i++) {
		const struct evidence_crumb *c = &e->crumbs[i];

		clock_format(c->time, time);
		json_object_begin(j, NULL);
		json_str(j, "time", time);
		json_str(j, "syscall", c->call);
		json_str_known(j, "errno", name_errno(c->error));
		json_str_known(j, "subject", c->subject);
		json_object_end(j);
	}
	json_array_end(j);
}

void evidence_json(const struct evidence *e, struct json *j)
{
	write_stack(j, e);
	write_threads(j, e);
	if (e->exception)
		exception_json(e->exception, j);
	write_last_words(j, e);
	write_crumbs(j, e);
}

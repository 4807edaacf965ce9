/* SPDX-License-Identifier: Apache-2.0 */
/* From an event to its fingerprint: a list of words is made of it, and hashed. */
#include "correlate/fingerprint.h"

#include <ctype.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "correlate/fingerprint_name.h"

#define TOKEN        320
#define LINE         200
#define PERIOD_LAST  4 /* the longest circle of functions that is folded */
#define ROUNDS_LEAST 2 /* that a circle of which a stack is cut was gone round again */

/* Hashes of the frames that count, innermost first. */
struct tokens {
	uint64_t token[FINGERPRINT_FRAMES + PERIOD_LAST];
	unsigned count;
	unsigned circle; /* the innermost so many went round, */
	unsigned rounds; /* and so often once more */
	bool cut;        /* its middle is left out */
};

static uint64_t hash_text(uint64_t seed, const char *text)
{
	return id_hash(seed, text, strlen(text) + 1);
}

static uint64_t hash_number(uint64_t seed, uint64_t number)
{
	return id_hash(seed, &number, sizeof(number));
}

/* Adds a frame, and folds it away when it repeats those before it. Returns whether there is room for more. */
static bool tokens_add(struct tokens *t, uint64_t token)
{
	t->token[t->count++] = token;
	for (unsigned period = 1; period <= PERIOD_LAST && 2 * period <= t->count; period++) {
		uint64_t *last = t->token + t->count - period;

		if (memcmp(last, last - period, period * sizeof(*last)) == 0) {
			t->count -= period;
			if (t->count == period) {
				t->circle = period;
				t->rounds++;
			}
			break;
		}
	}
	return t->count < FINGERPRINT_FRAMES + PERIOD_LAST;
}

/* A recursion that went on until there was no more stack, of which no end is seen, was left in any of its
 * functions: it begins with the same one each time, and is without what there was of the last round. */
static void tokens_turn(struct tokens *t)
{
	unsigned part = 0, first = 0, n = t->circle;
	uint64_t turned[PERIOD_LAST];

	if (n < 2 || t->rounds < ROUNDS_LEAST)
		return;
	while (part < n && n + part < t->count && t->token[n + part] == t->token[part])
		part++;
	if (n + part < t->count && !t->cut)
		return;
	t->count -= part;
	memmove(t->token + n, t->token + n + part, (t->count - n) * sizeof(t->token[0]));
	for (unsigned i = 1; i < n; i++)
		if (t->token[i] < t->token[first])
			first = i;
	for (unsigned i = 0; i < n; i++)
		turned[i] = t->token[(first + i) % n];
	memcpy(t->token, turned, n * sizeof(turned[0]));
}

static uint64_t tokens_hash(struct tokens *t, uint64_t seed)
{
	tokens_turn(t);

	return id_hash(seed, t->token,
		(t->count < FINGERPRINT_FRAMES ? t->count : FINGERPRINT_FRAMES) * sizeof(t->token[0]));
}

static const char *module_of(const struct evidence *e, const struct frame *f)
{
	const char *path = f->map >= 0 && (unsigned)f->map < e->module_count ? e->modules[f->map].path : NULL;

	return path ? path : "";
}

/* Folds the names of a frame, and tells whether it counts; all: also when it is nobody's own code. */
static bool fold_frame(
	const struct evidence *e, unsigned index, bool all, char module[TOKEN], char function[TOKEN])
{
	const struct frame *f = &e->frames->frame[index];

	fold_module(module_of(e, f), module, TOKEN);
	fold_function(f->function, function, TOKEN);
	return !f->signal && (function[0] || f->offset) && (!index || f->trust != TRUST_SCAN) &&
	       (all || !is_runtime_frame(module, function, f->file));
}

/* Whether a frame is of a lambda, and the function that this is written in is not on the stack itself: one
 * that a thread begins with, or that was kept for later. It counts as that function. */
static bool fold_lambda(const struct evidence *e, unsigned index, char module[TOKEN], char function[TOKEN])
{
	char other[TOKEN];

	fold_module(module_of(e, &e->frames->frame[index]), module, TOKEN);
	if (!fold_home(e->frames->frame[index].function, function, TOKEN) ||
		is_runtime_frame(module, function, ""))
		return false;
	for (unsigned i = 0; i < e->frames->count; i++) {
		fold_function(e->frames->frame[i].function, other, sizeof(other));
		if (strcmp(other, function) == 0)
			return false;
	}
	return true;
}

/* Adds the frames of a stack. */
static void add_stack(const struct evidence *e, bool all, struct tokens *t)
{
	char module[TOKEN], function[TOKEN];
	bool room = true;

	for (unsigned i = 0; e->frames && i < e->frames->count && room; i++) {
		uint64_t token;

		if (!fold_lambda(e, i, module, function) && !fold_frame(e, i, all, module, function))
			continue;
		token = hash_text(hash_text(0, module), function);
		room = tokens_add(t, function[0] ? token : hash_number(token, e->frames->frame[i].offset));
	}
}

/* Adds the frames that have a name. Where that tells its class or package as well, the file does not count:
 * how a program is built decides whether it is told. */
static void add_exception(const struct exception *x, bool all, struct tokens *t)
{
	bool qualified =
		x->language && (strcmp(x->language, "java") == 0 || strcmp(x->language, "rust") == 0 ||
				       strcmp(x->language, "go") == 0);
	char function[TOKEN], file[TOKEN];
	bool room = true;

	t->cut = x->frames_cut || x->frame_count == EXCEPTION_FRAMES;
	for (unsigned i = 0; i < x->frame_count && room; i++) {
		const struct exception_frame *f = &x->frames[i];
		const char *slash = strrchr(f->file, '/'), *name = slash ? slash + 1 : f->file;

		if (!f->function[0] || (!all && is_library_frame(f->function, f->file)))
			continue;
		fold_function(f->function, function, sizeof(function));
		fold_line(name, qualified ? 0 : strlen(name), file, sizeof(file));
		room = tokens_add(t, hash_text(hash_text(0, function), file));
	}
}

static uint64_t hash_program(uint64_t seed, const struct event *event)
{
	char program[TOKEN];

	fold_module(
		event->process.exe[0] ? event->process.exe : event->process.comm, program, sizeof(program));
	return hash_text(seed, program);
}

/* The program and how it ended. */
static uint64_t hash_end(uint64_t seed, const struct event *event)
{
	return hash_number(hash_program(seed, event),
		event->death.signal ? event->death.signal : (uint64_t)event->death.status << 8);
}

static enum fingerprint_step step_sender(const struct event *event, uint64_t *ret)
{
	const struct event_death *d = &event->death;

	if (event->kind != EVENT_KILL && event->kind != EVENT_OOM_KILL)
		return FINGERPRINT_NONE;
	*ret = hash_end(hash_number(FINGERPRINT_SENDER, event->kind), event);
	*ret = event->kind == EVENT_OOM_KILL
		       ? hash_number(*ret, d->oom.scope)
		       : hash_text(hash_text(*ret, d->killer.class ? d->killer.class : ""),
				 d->killer.known ? d->killer.comm : "");
	return FINGERPRINT_SENDER;
}

/* One that wraps others tells where that is done, and its causes what for. What was merely being handled when
 * it came is none. */
static uint64_t hash_causes(uint64_t hash, const struct exception *x)
{
	for (unsigned i = 0; i < x->chained_count; i++)
		if (x->chained[i].relation && strcmp(x->chained[i].relation, "cause") == 0)
			hash = hash_text(hash, x->chained[i].type);
	return hash;
}

/* An assertion that failed: its runtime tells where it is written, and not who came there with what should
 * not be. Of two callers with a defect each, two; so the frames of the process count. */
static bool is_assertion(const struct exception *x)
{
	return x->language && strcmp(x->language, "glibc") == 0;
}

/* Without frames of its own, those of the process tell where it was, and without those the message what. */
static enum fingerprint_step step_exception(const struct event *event, uint64_t *ret)
{
	bool death = event_is_death(event->kind);
	const struct exception *x = death ? event->death.evidence.exception : event->exception.exception;
	struct tokens t = {0};
	char folded[LINE];

	if (!x)
		return FINGERPRINT_NONE;
	if (death && is_assertion(x))
		add_stack(&event->death.evidence, false, &t);
	if (!t.count)
		add_exception(x, false, &t);
	if (!t.count)
		add_exception(x, true, &t);
	if (!t.count && death)
		add_stack(&event->death.evidence, false, &t);
	*ret = hash_text(hash_text(FINGERPRINT_EXCEPTION, x->language ? x->language : ""), x->type);
	*ret = hash_causes(*ret, x);
	fold_line(x->message, strlen(x->message), folded, sizeof(folded));
	if (!t.count)
		*ret = hash_text(hash_program(*ret, event), folded);
	else if (is_assertion(x)) /* of two in one function, which */
		*ret = hash_text(*ret, folded);
	*ret = tokens_hash(&t, *ret);
	return FINGERPRINT_EXCEPTION;
}

/* The one frame of its own, when nothing tells which functions were inlined into it. */
static const struct frame *bare_frame(const struct evidence *e)
{
	char module[TOKEN], function[TOKEN];
	const struct frame *found = NULL;

	for (unsigned i = 0; i < e->frames->count; i++) {
		if (!fold_frame(e, i, false, module, function))
			continue;
		if (found || e->frames->frame[i].file[0])
			return NULL;
		found = &e->frames->frame[i];
	}
	return found;
}

static enum fingerprint_step step_stack(const struct event *event, uint64_t *ret)
{
	const struct evidence *e = &event->death.evidence;
	const struct frame *bare;
	struct tokens t = {0};

	/* One frame without a name is a place, no stack. */
	if (!e->frames || (e->frames->count < 2 && !(e->frames->count && e->frames->frame[0].function[0])))
		return FINGERPRINT_NONE;
	add_stack(e, false, &t);
	*ret = FINGERPRINT_STACK;
	/* One function of its own is where its thread begins: with all the others inlined into it, it names
	 * no defect. */
	if (t.count == 1 && (bare = bare_frame(e)))
		*ret = hash_number(hash_program(*ret, event), bare->offset);
	if (!t.count) { /* no code of its own: of all programs that end so, this one */
		add_stack(e, true, &t);
		*ret = hash_program(*ret, event);
	}
	*ret = tokens_hash(&t, *ret);
	return t.count ? FINGERPRINT_STACK : FINGERPRINT_NONE;
}

/* The last line that is not blank. */
static const char *last_line(const char *text, size_t len, size_t *ret_len)
{
	size_t start;

	while (len > 0 && isspace((unsigned char)text[len - 1]))
		len--;
	for (start = len; start > 0 && text[start - 1] != '\n';)
		start--;
	while (start < len && isspace((unsigned char)text[start]))
		start++;
	*ret_len = len - start;
	return text + start;
}

void fingerprint_message(const struct event *event, char ret[EVENT_FINGERPRINT])
{
	const struct evidence *e = &event->death.evidence;
	uint64_t hash = hash_end(FINGERPRINT_WORDS, event);
	char folded[LINE];
	size_t len = 0;
	const char *line;

	ret[0] = '\0';
	if (!event_is_death(event->kind))
		return;
	if (e->exception) {
		len = strlen(e->exception->message);
		fold_line(e->exception->message, len, folded, sizeof(folded));
		hash = hash_text(hash, e->exception->type);
		if (!len && strchr(e->exception->type, ' ')) /* "free(): invalid pointer" */
			len = strlen(e->exception->type);
	} else if (event->death.signal == SIGABRT && e->last_words) {
		line = last_line(e->last_words, e->last_words_len, &len);
		fold_words(line, len, folded, sizeof(folded));
	}
	if (len)
		snprintf(ret, EVENT_FINGERPRINT, "%d:%016llx", FINGERPRINT_VERSION,
			(unsigned long long)hash_text(hash, folded));
}

static enum fingerprint_step step_words(const struct event *event, uint64_t *ret)
{
	const struct evidence *e = &event->death.evidence;
	char folded[LINE];
	const char *line;
	size_t len = 0;

	line = e->last_words ? last_line(e->last_words, e->last_words_len, &len) : NULL;
	if (!len)
		return FINGERPRINT_NONE;
	fold_words(line, len, folded, sizeof(folded));
	*ret = hash_text(hash_end(FINGERPRINT_WORDS, event), folded);
	return FINGERPRINT_WORDS;
}

static enum fingerprint_step step_place(const struct event *event, uint64_t *ret)
{
	const struct evidence *e = &event->death.evidence;
	char module[TOKEN];

	*ret = hash_end(FINGERPRINT_PLACE, event);
	if (e->frames && e->frames->count) {
		fold_module(module_of(e, &e->frames->frame[0]), module, sizeof(module));
		*ret = hash_number(hash_text(*ret, module), e->frames->frame[0].offset);
	}
	if (e->callers)
		*ret = hash_number(*ret, e->callers);
	return FINGERPRINT_PLACE;
}

const char *fingerprint_step_name(enum fingerprint_step step)
{
	static const char *const names[] = {NULL, "sender", "exception", "stack", "words", "place"};

	return names[step];
}

enum fingerprint_step fingerprint_of(const struct event *event, char ret[EVENT_FINGERPRINT])
{
	static enum fingerprint_step (*const steps[])(const struct event *, uint64_t *) = {
		step_sender, step_exception, step_stack, step_words, step_place};
	enum fingerprint_step step = FINGERPRINT_NONE;
	uint64_t hash = 0;

	ret[0] = '\0';
	if (event->kind == EVENT_EXCEPTION)
		step = step_exception(event, &hash);
	for (unsigned i = 0; event_is_death(event->kind) && step == FINGERPRINT_NONE; i++)
		step = steps[i](event, &hash);
	if (step == FINGERPRINT_NONE)
		return step;
	snprintf(ret, EVENT_FINGERPRINT, "%d:%016llx", FINGERPRINT_VERSION, (unsigned long long)hash);
	return step;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Failed system calls: a counter of one second with the subjects that were sampled in it becomes one event.
 */
#include "enrich/internal.h"

#include <errno.h>
#include <seccomp.h>
#include <stdlib.h>
#include <string.h>
#include <stdio.h>
#include <uthash.h>

#include "base/text.h"

#define SAMPLES_MAX   4096 /* counters with samples that wait for their count */
#define SAMPLES_TICKS 4    /* after which samples without a count are forgotten */

/* One counter of the probes: start, pid with call, error with numbering and buffer. Words, since uthash
 * compares bytes. */
struct sample_key {
	uint64_t words[3];
};

struct sample {
	struct sample_key key;
	struct record_task task;
	char *cgroup2;
	char *cgroup1;
	struct event_subject subjects[EVENT_SUBJECTS_MAX];
	unsigned subject_count;
	unsigned ticks;
	UT_hash_handle hh;
};

struct samples {
	struct sample *by_key;
};

int samples_new(struct samples **ret)
{
	*ret = calloc(1, sizeof(**ret));
	return *ret ? 0 : -ENOMEM;
}

static void sample_remove(struct samples *samples, struct sample *sample)
{
	HASH_DEL(samples->by_key, sample);
	free(sample->cgroup2);
	free(sample->cgroup1);
	free(sample);
}

void samples_free(struct samples *samples)
{
	struct sample *sample, *next;

	if (!samples)
		return;
	HASH_ITER (hh, samples->by_key, sample, next)
		sample_remove(samples, sample);
	free(samples);
}

/* The most frequent subjects (Metwally et al., "space-saving", 2005): a new one takes the place of the
 * rarest. */
static void subject_add(struct sample *sample, const char *text, uint64_t weight)
{
	struct event_subject *rarest = &sample->subjects[0];

	for (unsigned i = 0; i < sample->subject_count; i++) {
		struct event_subject *s = &sample->subjects[i];

		if (strcmp(s->text, text) == 0) {
			s->count += weight;
			return;
		}
		if (s->count < rarest->count)
			rarest = s;
	}
	if (sample->subject_count < EVENT_SUBJECTS_MAX) {
		rarest = &sample->subjects[sample->subject_count++];
		rarest->count = 0;
	}
	text_copy(rarest->text, sizeof(rarest->text), text);
	rarest->count += weight;
}

static struct sample_key key_make(
	struct process_key process, uint16_t call, uint16_t error, bool compat, bool buffer)
{
	return (struct sample_key){{
		process.start,
		(uint64_t)process.pid << 32 | call,
		(uint64_t)error << 2 | (uint64_t)compat << 1 | buffer,
	}};
}

static struct sample *sample_find(struct samples *samples, const struct sample_key *key)
{
	struct sample *sample;

	HASH_FIND(hh, samples->by_key, key, sizeof(*key), sample);
	return sample;
}

/* Finds or makes it. NULL: there is no room. */
static struct sample *sample_get(struct samples *samples, const struct sample_key *key)
{
	struct sample *sample = sample_find(samples, key);

	if (sample || HASH_COUNT(samples->by_key) >= SAMPLES_MAX)
		return sample;
	sample = calloc(1, sizeof(*sample));
	if (!sample)
		return NULL;
	sample->key = *key;
	HASH_ADD(hh, samples->by_key, key, sizeof(sample->key), sample);
	return sample;
}

void call_sample(struct enrich *e, const struct record *record)
{
	const struct record_subject *s = &record->subject;
	struct sample_key key = key_make(s->task.key, s->call, s->error, s->compat, s->buffer);
	struct sample *sample = sample_get(e->samples, &key);

	e->tally[SOURCE_SUBJECT].taken++;
	if (!sample) {
		e->tally[SOURCE_SUBJECT].lost++;
		return;
	}
	e->tally[SOURCE_SUBJECT].used++;
	sample->task = s->task;
	sample->ticks = 0;
	if (s->cgroup.v2[0] && !sample->cgroup2) {
		sample->cgroup2 = strdup(s->cgroup.v2);
		sample->cgroup1 = strdup(s->cgroup.v1);
	}
	if (s->subject[0])
		subject_add(sample, s->subject, s->weight);
}

void call_name(const struct enrich *e, uint16_t call, bool compat, char *out, size_t size)
{
	uint32_t arch = e->arch;
	char *name;

	if (compat)
		arch = arch == SCMP_ARCH_X86_64    ? SCMP_ARCH_X86
		       : arch == SCMP_ARCH_AARCH64 ? SCMP_ARCH_ARM
						   : 0;
	name = arch ? seccomp_syscall_resolve_num_arch(arch, call) : NULL;
	if (name)
		text_copy(out, size, name);
	else
		snprintf(out, size, "syscall_%u", call);
	free(name);
}

static int by_count(const void *a, const void *b)
{
	const struct event_subject *x = a, *y = b;

	return x->count < y->count ? 1 : x->count > y->count ? -1 : strcmp(x->text, y->text);
}

static void fill_subjects(struct sample *sample, struct event_syscall *out)
{
	qsort(sample->subjects, sample->subject_count, sizeof(*sample->subjects), by_count);
	memcpy(out->subjects, sample->subjects, sizeof(out->subjects));
	out->subject_count = sample->subject_count;
	/* Sampled weights may exceed the exact count by what the next sample would have corrected. */
	for (unsigned i = 0; i < out->subject_count; i++)
		if (out->subjects[i].count > out->count)
			out->subjects[i].count = out->count;
}

void call_count(struct enrich *e, const struct record *record)
{
	const struct record_syscall_count *c = &record->syscall;
	struct sample_key key = key_make(c->key, c->call, c->error, c->compat, c->buffer);
	struct sample *sample = sample_find(e->samples, &key);
	struct record_task task = {.key = c->key};
	struct record_cgroup cgroup = {0};
	struct event event;

	e->tally[SOURCE_SYSCALL].taken += c->count;
	if (!is_watched(e, c->key, 0)) {
		e->tally[SOURCE_SYSCALL].routine += c->count;
		if (sample)
			sample_remove(e->samples, sample);
		return;
	}
	event_begin(e, EVENT_SYSCALL_ERRORS, c->last, &event);
	event_fill_process(e, sample ? &sample->task : &task, c->last, &event);
	if (sample) {
		text_copy(cgroup.v2, sizeof(cgroup.v2), sample->cgroup2 ? sample->cgroup2 : "");
		text_copy(cgroup.v1, sizeof(cgroup.v1), sample->cgroup1 ? sample->cgroup1 : "");
	}
	event_fill_service(e, &cgroup, &event);
	call_name(e, c->call, c->compat, event.syscall.name, sizeof(event.syscall.name));
	event.syscall.error = c->error;
	event.syscall.count = c->count;
	event.syscall.interval = c->interval;
	if (sample) {
		fill_subjects(sample, &event.syscall);
		sample_remove(e->samples, sample);
	}
	e->tally[SOURCE_SYSCALL].emitted += c->count;
	event_emit(e, &event);
	if (strcmp(event.syscall.name, "connect") == 0)
		unix_socket_failed(e, &event, c->last);
}

void calls_tick(struct enrich *e)
{
	struct sample *sample, *next;

	HASH_ITER (hh, e->samples->by_key, sample, next)
		if (++sample->ticks > SAMPLES_TICKS)
			sample_remove(e->samples, sample);
}

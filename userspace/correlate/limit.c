/* SPDX-License-Identifier: Apache-2.0 */
/* Limits by rows: which fact is held against which. */
#include "correlate/limit.h"

#include <stdio.h>
#include <string.h>

#define ALMOST 90 /* percent of its address space: what was asked for beyond it is not counted */

static bool files(const struct fact *f, char *words, size_t size)
{
	if (!f->files_max || f->files < f->files_max)
		return false;
	snprintf(words, size, "all of its %llu files open (RLIMIT_NOFILE)", (unsigned long long)f->files_max);
	return true;
}

static bool address_space(const struct fact *f, char *words, size_t size)
{
	if (!f->space_max || f->space / 100 < f->space_max / 10000 * ALMOST)
		return false;
	snprintf(words, size, "%llu of its %llu MiB of addresses in use (RLIMIT_AS)",
		(unsigned long long)(f->space >> 20), (unsigned long long)(f->space_max >> 20));
	return true;
}

static bool processor_time(const struct fact *f, char *words, size_t size)
{
	if (strncmp(f->killer_reason, "RLIMIT_CPU", 10) != 0)
		return false;
	snprintf(words, size, "no processor time left (RLIMIT_CPU)");
	return true;
}

static bool file_size(const struct fact *f, char *words, size_t size)
{
	if (strncmp(f->killer_reason, "RLIMIT_FSIZE", 12) != 0)
		return false;
	snprintf(words, size, "a file as large as it may become (RLIMIT_FSIZE)");
	return true;
}

static const struct {
	const char *name;
	bool (*reached)(const struct fact *f, char *words, size_t size);
} rows[] = {
	{"RLIMIT_CPU", processor_time},
	{"RLIMIT_FSIZE", file_size},
	{"EMFILE", files},
	{"RLIMIT_AS", address_space},
};

bool limit_of(const struct fact *f, struct limit *ret)
{
	/* Who was killed by another did not die of a limit. */
	if (f->kind != EVENT_CRASH && f->kind != EVENT_EXIT_FAILURE)
		return false;
	for (size_t n = 0; n < sizeof(rows) / sizeof(*rows); n++) {
		ret->name = rows[n].name;
		if (rows[n].reached(f, ret->words, sizeof(ret->words)))
			return true;
	}
	return false;
}

bool limit_spared(const struct fact *f)
{
	return f->kind == EVENT_OOM_KILL && f->largest_comm[0] && f->largest_pid != f->pid &&
	       strcmp(f->largest_comm, f->comm) != 0;
}

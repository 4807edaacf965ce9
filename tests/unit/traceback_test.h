/* SPDX-License-Identifier: Apache-2.0 */
/* The corpus of tests/golden/traceback, and exceptions as text. */
#ifndef LW_TESTS_TRACEBACK_TEST_H
#define LW_TESTS_TRACEBACK_TEST_H

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/json.h"
#include "traceback/traceback.h"

#define CORPUS "tests/golden/traceback"

static const char *const corpus_folders[] = {"python", "ruby", "node", "java", "go", "rust", "php", "perl",
	"dotnet", "cpp", "glibc", "sanitizer", "odd", "innocent"};

#define FOLDERS (sizeof(corpus_folders) / sizeof(corpus_folders[0]))

static inline bool read_whole(const char *path, struct buf *ret)
{
	_cleanup_fclose_ FILE *f = fopen(path, "r");
	char block[4096];
	size_t len;

	if (!f)
		return false;
	buf_str(ret, "");
	while ((len = fread(block, 1, sizeof(block), f)) > 0)
		buf_append(ret, block, len);
	return true;
}

/* One frame and one link a line, so that differences can be read. "null" for none. */
static inline void exception_text(struct buf *out, const struct exception *e)
{
	struct json j;

	if (!e) {
		buf_str(out, "null\n");
		return;
	}
	json_begin(&j, out);
	json_object_begin(&j, NULL);
	json_str(&j, "language", e->language);
	json_str(&j, "type", e->type);
	json_str(&j, "message", e->message);
	json_bool(&j, "frames_cut", e->frames_cut);
	json_array_begin(&j, "frames");
	for (unsigned i = 0; i < e->frame_count; i++) {
		buf_str(out, i ? "" : "\n");
		json_object_begin(&j, NULL);
		json_str(&j, "function", e->frames[i].function);
		json_str(&j, "file", e->frames[i].file);
		json_uint(&j, "line", e->frames[i].line);
		json_object_end(&j);
		buf_char(out, '\n');
	}
	json_array_end(&j);
	json_array_begin(&j, "chained");
	for (unsigned i = 0; i < e->chained_count; i++) {
		buf_str(out, i ? "" : "\n");
		json_object_begin(&j, NULL);
		json_str(&j, "relation", e->chained[i].relation);
		json_str(&j, "type", e->chained[i].type);
		json_str(&j, "message", e->chained[i].message);
		json_object_end(&j);
		buf_char(out, '\n');
	}
	json_array_end(&j);
	json_object_end(&j);
	buf_char(out, '\n');
}

typedef void (*corpus_fn)(const char *path, const char *text, size_t len, void *context);

/* Calls fn with each text of the folder, sorted by name. Returns their number. */
static inline unsigned corpus_each(const char *folder, corpus_fn fn, void *context)
{
	struct dirent **entries;
	char path[512];
	unsigned count = 0;

	snprintf(path, sizeof(path), "%s/%s", CORPUS, folder);
	int n = scandir(path, &entries, NULL, alphasort);
	for (int i = 0; i < n; i++) {
		const char *dot = strrchr(entries[i]->d_name, '.');
		if (dot && strcmp(dot, ".txt") == 0) {
			_cleanup_buf_ struct buf text = {0};
			snprintf(path, sizeof(path), "%s/%s/%s", CORPUS, folder, entries[i]->d_name);
			if (read_whole(path, &text)) {
				fn(path, text.data, text.len, context);
				count++;
			}
		}
		free(entries[i]);
	}
	if (n >= 0)
		free(entries);
	return count;
}

#endif

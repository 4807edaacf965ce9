/* SPDX-License-Identifier: Apache-2.0 */
/* The options of sinks on their way to the process that runs them, in memory that both have: texts, each
 * ended by NUL. Of a sink its name and type, then keys and values, then an empty text. */
#include "sink/options_pass.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "sink/kind.h"

static void put(struct buf *out, const char *text)
{
	buf_append(out, text, strlen(text) + 1);
}

static void put_sink(struct buf *out, const struct sink_options *options)
{
	struct sink_option option;
	char digits[24];

	put(out, options->name);
	put(out, options->kind->name);
	for (size_t i = 0; sink_option(i, &option); i++) {
		const void *at = (const char *)options + option.offset;
		const char *value = digits;

		if (option.number)
			snprintf(digits, sizeof(digits), "%llu", (unsigned long long)*(const uint64_t *)at);
		else
			value = *(char *const *)at;
		if (!value)
			continue;
		put(out, option.key);
		put(out, value);
	}
	put(out, "");
}

int sink_options_pass(const struct sink_list *list)
{
	_cleanup_buf_ struct buf text = {0};
	int fd;

	for (size_t i = 0; i < list->count; i++)
		put_sink(&text, &list->sinks[i]);
	if (text.failed)
		return -ENOMEM;
	fd = memfd_create("sinks", MFD_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (write(fd, buf_text(&text), text.len) != (ssize_t)text.len) {
		close(fd);
		return -EIO;
	}
	return fd;
}

struct reading {
	const char *at;
	const char *end;
};

/* NULL behind the last one. */
static const char *next(struct reading *reading)
{
	const char *text = reading->at;
	const char *nul = text < reading->end ? memchr(text, '\0', (size_t)(reading->end - text)) : NULL;

	if (!nul)
		return NULL;
	reading->at = nul + 1;
	return text;
}

static int take_value(struct sink_options *options, const char *key, const char *value)
{
	struct sink_option option;

	for (size_t i = 0; sink_option(i, &option); i++) {
		void *at = (char *)options + option.offset;
		char **text = at;

		if (strcmp(option.key, key) != 0)
			continue;
		if (option.number)
			return text_parse_u64(value, UINT64_MAX, at);
		/* Two keys may be one option. */
		free(*text);
		*text = strdup(value);
		return *text ? 0 : -ENOMEM;
	}
	return -EBADMSG;
}

static int take_sink(struct sink_list *list, struct reading *reading)
{
	const char *name = next(reading), *type = next(reading), *key = NULL;

	if (!type || sink_options_set(list, name, "type", type))
		return -EBADMSG;
	list->open = false;
	while ((key = next(reading)) && *key) {
		const char *value = next(reading);
		int r = value ? take_value(&list->sinks[list->count - 1], key, value) : -EBADMSG;

		if (r < 0)
			return r;
	}
	return key ? 0 : -EBADMSG;
}

int sink_options_take(struct sink_list *ret, int fd)
{
	off_t size = lseek(fd, 0, SEEK_END);
	_cleanup_free_ char *bytes = size >= 0 ? malloc((size_t)size + 1) : NULL;
	struct reading reading = {bytes, bytes + size};
	int r = 0;

	if (!bytes)
		return size < 0 ? -errno : -ENOMEM;
	if (pread(fd, bytes, (size_t)size, 0) != size)
		return -EIO;
	while (r == 0 && reading.at < reading.end)
		r = take_sink(ret, &reading);
	return r;
}

void sink_options_free(struct sink_list *list)
{
	struct sink_option option;

	for (size_t i = 0; i < list->count; i++) {
		struct sink_options *options = &list->sinks[i];

		for (size_t n = 0; sink_option(n, &option); n++) {
			char **text = (char **)((char *)options + option.offset);

			if (option.number)
				continue;
			free(*text);
			*text = NULL;
		}
		free(options->name);
	}
	free(list->sinks);
	*list = (struct sink_list){0};
}

/* SPDX-License-Identifier: Apache-2.0 */
/* lastwords replay: recorded events through correlation. */
#include "command/command.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_read.h"
#include "base/log.h"
#include "correlate/engine.h"

#define LINE_MAX_BYTES (1u << 20)
#define READ_BYTES     (256u << 10)

static const char help[] = "Usage: lastwords replay [OPTIONS] FILE...\n"
			   "Reads recorded events, one JSON object a line ('-': standard input), and prints "
			   "the incidents and issues\n"
			   "that they make. Needs no root and no state.\n\n"
			   "  -o, --output FORMAT   text, json (an array) or jsonl (one object a line)\n";

struct replay {
	struct engine *engine;
	uint64_t events;
	uint64_t unknown; /* kinds of a newer version */
};

/* What a sink wrote beside the events: it is concluded anew. */
static bool is_conclusion(const char *line, size_t len)
{
	struct json_reader r;
	struct json_key key;
	char kind[16] = "";

	json_read(&r, line, len);
	if (json_enter(&r, '{'))
		while (!kind[0] && json_next(&r, &key)) {
			if (json_key_is(&key, "kind"))
				json_take_text(&r, kind, sizeof(kind));
			else
				json_skip(&r);
		}
	return strcmp(kind, "issue") == 0 || strcmp(kind, "incident") == 0;
}

/* Lines of a stream, of which no more is held than the longest that can be an event. */
struct lines {
	FILE *stream;
	size_t begin, end; /* of what was read and not given yet */
	char bytes[LINE_MAX_BYTES + READ_BYTES];
};

/* Gives a line with its end, or what is left at the end of the stream; of one that is too long the beginning.
 * Returns its length, 0: there are no more. */
static size_t next_line(struct lines *lines, const char **ret)
{
	const char *newline = NULL;
	size_t len, count;

	for (;;) {
		*ret = lines->bytes + lines->begin;
		len = lines->end - lines->begin;
		newline = memchr(*ret, '\n', len);
		if (newline || len > LINE_MAX_BYTES)
			break;
		memmove(lines->bytes, *ret, len);
		lines->begin = 0;
		lines->end = len;
		count = fread(lines->bytes + len, 1, READ_BYTES, lines->stream);
		lines->end += count;
		if (count == 0) {
			*ret = lines->bytes;
			break;
		}
	}
	if (newline)
		len = (size_t)(newline + 1 - *ret);
	lines->begin += len;
	return len;
}

static int read_lines(struct replay *replay, struct lines *lines, const char *path)
{
	uint64_t number = 0;
	const char *line;
	size_t len;
	int r;

	while ((len = next_line(lines, &line)) > 0) {
		number++;
		if (len == 1 && *line == '\n')
			continue;
		r = len > LINE_MAX_BYTES ? -E2BIG : engine_event(replay->engine, line, len);
		if (r == -ENOTSUP) {
			replay->unknown++;
		} else if (r < 0) {
			if (r != -E2BIG && is_conclusion(line, len))
				continue;
			log_error("%s:%llu: not an event: expected one JSON object with time and kind", path,
				(unsigned long long)number);
			return r;
		} else {
			replay->events++;
		}
	}
	if (ferror(lines->stream)) {
		log_error("cannot read %s: %s", path, strerror(errno));
		return -EIO;
	}
	return 0;
}

static int read_file(struct replay *replay, const char *path)
{
	FILE *stream = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
	struct lines *lines;
	int r = -ENOMEM;

	if (!stream) {
		log_error("cannot open %s: %s", path, strerror(errno));
		return -errno;
	}
	lines = malloc(sizeof(*lines));
	if (lines) {
		setvbuf(stream, NULL, _IONBF, 0); /* it is read in large pieces */
		lines->stream = stream;
		lines->begin = lines->end = 0;
		r = read_lines(replay, lines, path);
	}
	free(lines);
	if (stream != stdin)
		fclose(stream);
	return r;
}

static int print_result(void *context, const struct engine_result *result)
{
	return report_list_event(context, result->body);
}

static int replay_files(struct replay *replay, char **paths, enum report_format format)
{
	struct report_list out;

	for (; *paths; paths++)
		if (read_file(replay, *paths) < 0)
			return EXIT_FAILED;
	engine_finish(replay->engine);
	report_list_begin(&out, stdout, format);
	out.findings = true;
	engine_results(replay->engine, 0, print_result, &out);
	if (replay->unknown)
		log_info("%llu events of kinds that this version does not know were left out",
			(unsigned long long)replay->unknown);
	return output_finish(report_list_end(&out));
}

int command_replay(int argc, char **argv)
{
	struct common_options common = COMMON_OPTIONS_INIT;
	struct replay replay = {0};
	int status = common_options(&common, argc, argv, help);

	if (status >= 0)
		return status;
	if (optind == argc)
		return usage_error(argv, "name the files to replay");
	if (engine_new(&replay.engine) < 0) {
		log_error("out of memory");
		return EXIT_FAILED;
	}
	status = replay_files(&replay, argv + optind, common.format);
	engine_free(replay.engine);
	return status;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* What [sink NAME] sections say. Each kind names the keys that it takes; what they may hold is checked here.
 */
#ifndef LW_SINK_OPTIONS_H
#define LW_SINK_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sink_kind;

/* Texts are NULL where nothing was said. */
struct sink_options {
	const struct sink_kind *kind;
	char *name;
	uint64_t given; /* the keys that were said: bits, for options.c */

	char *kinds;         /* of events; words */
	char *services;      /* patterns (fnmatch), words */
	char *remove;        /* fields, as paths with dots, words */
	char *severity;      /* the least: debug, info, warn, error or fatal */
	char *start;         /* "now" or "oldest": where a sink begins that has no cursor yet */
	uint64_t backlog;    /* events; the oldest over it are skipped; 0: as long as the store keeps them */
	uint64_t batch;      /* events at most; 0: the kind's own */
	uint64_t batch_size; /* bytes at most */
	uint64_t timeout;    /* ns, of one attempt */
	uint64_t retry_max;  /* ns, the longest pause between two attempts */

	char *url;
	char *path;
	char *ca; /* files of PEM */
	char *cert;
	char *key;
	char *proxy;
	char *user;
	char *password; /* these two: the contents of their files or variables */
	char *token;
	char *secret; /* for signatures */
	char *dsn;    /* of Sentry */
	char *header; /* NAME: VALUE */
	char *compression;
	char *format;

	char *topic;
	char *stream;
	char *subject;
	char *brokers;
	char *index;
	char *table;
	char *database;
	char *tenant;
	char *environment;
	char *template; /* a file */
	char *facility;
	char *protocol;
	char *mechanism; /* of logging in */
	char *fsync;
	char *mode;
	char *listen;
};

struct sink_list {
	struct sink_options *sinks;
	size_t count;
	bool open; /* the last one's section goes on */
	char message[512];
};

#define SINKS_MAX 32

/* One key of [sink NAME]; key NULL: the end of the section. `type` comes first. Returns NULL, or what was
 * expected instead, a text that lives as long as the list. */
const char *sink_options_set(struct sink_list *list, const char *name, const char *key, const char *value);
void sink_options_free(struct sink_list *list);

struct sink_option {
	const char *key;
	size_t offset; /* in struct sink_options */
	bool number;   /* a uint64_t; else a char * from malloc, which another key may set as well */
};

/* The keys of sinks but type. Returns false behind the last one. */
bool sink_option(size_t index, struct sink_option *ret);

#endif

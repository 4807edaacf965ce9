/* SPDX-License-Identifier: Apache-2.0 */
/* The modules that a helper knows, so that a program that crashes again and again is parsed once. */
#ifndef LW_SYMBOLIZE_CACHE_H
#define LW_SYMBOLIZE_CACHE_H

#include <sys/stat.h>

#include "symbolize/module.h"

#define CACHE_MEMORY                                                                                         \
	(64u << 20)       /* bytes of heap; beyond it the modules that were used least recently are dropped */
#define CACHE_FILES  256u /* files known at a time */
#define CACHE_FRESH  100000000ull   /* ns that a file is taken to be the same without a look at it */
#define CACHE_ASK    60000000000ull /* ns until debug information is asked for again, where that makes sense */
#define CACHE_SHARED (32u << 20)    /* bytes; of bigger files two equal ones are not recognized */

struct cache {
	struct cache_file {
		uint32_t device;
		uint64_t inode;
		uint64_t mtime;   /* of the mapping that was looked at last */
		uint64_t checked; /* CLOCK_MONOTONIC, ns */
		uint64_t used;    /* number of the last request */
		struct timespec changed;
		off_t size;
		struct shared {
			struct module *module;
			unsigned users;
			uint64_t ask_at; /* when it is read anew; 0: never */
		} * shared;
	} files[CACHE_FILES];
	unsigned count;
	uint64_t request;
};

/* Begins a request: drops what is too much. Modules given out before are not valid any more. */
void cache_begin(struct cache *cache);
/* The module of a mapped file if it is known, was looked at a moment ago, and had that time then, else NULL.
 * A number of an inode is soon another file's. */
struct module *cache_find(struct cache *cache, const struct snapshot_map *map);
/* Whether a module has something to catch up with; does so (module_catch_up). */
bool cache_is_behind(const struct cache *cache);
void cache_catch_up(struct cache *cache);
/* Ends it: lets go what was only lent, and what is better read anew as its debug information is on its way.
 */
void cache_end(struct cache *cache);
/* Takes a look at the file behind fd, which may be closed then, and gives its module. lent: no mapping of it
 * may outlive the request. Returns 0; -ENOEXEC for what is no ELF file of arch; -errno. */
int cache_look(struct cache *cache, const struct snapshot_map *map, int fd, bool lent,
	const struct arch *arch, struct module **ret);
void cache_free(struct cache *cache);

#endif

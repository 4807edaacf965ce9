/* SPDX-License-Identifier: Apache-2.0 */
/* Files by device and inode, modules by content. */
#include "symbolize/cache.h"

#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"

static uint64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &time);
	return (uint64_t)time.tv_sec * NS_PER_SEC + (uint64_t)time.tv_nsec;
}

static void unshare_module(struct shared *shared)
{
	if (--shared->users)
		return;
	module_free(shared->module);
	free(shared);
}

static void drop(struct cache *cache, struct cache_file *file)
{
	unshare_module(file->shared);
	*file = cache->files[--cache->count];
}

/* The file that was used least recently, if not in this request; else NULL. */
static struct cache_file *oldest(struct cache *cache)
{
	struct cache_file *found = NULL;

	for (unsigned i = 0; i < cache->count; i++)
		if (cache->files[i].used != cache->request && (!found || cache->files[i].used < found->used))
			found = &cache->files[i];
	return found;
}

static size_t heap_bytes(void)
{
	struct mallinfo2 info = mallinfo2();

	return info.uordblks + info.hblkhd;
}

void cache_begin(struct cache *cache)
{
	struct cache_file *file;

	cache->request++;
	for (unsigned i = cache->count; i-- > 0;) {
		const struct shared *shared = cache->files[i].shared;
		if (shared->ask_at && now() >= shared->ask_at)
			drop(cache, &cache->files[i]);
	}
	while (heap_bytes() > CACHE_MEMORY && (file = oldest(cache)))
		drop(cache, file);
}

static struct cache_file *known(struct cache *cache, const struct snapshot_map *map)
{
	for (unsigned i = 0; i < cache->count; i++)
		if (cache->files[i].inode == map->inode && cache->files[i].device == map->device)
			return &cache->files[i];
	return NULL;
}

struct module *cache_find(struct cache *cache, const struct snapshot_map *map)
{
	struct cache_file *file = known(cache, map);

	if (!file || file->mtime != map->mtime ||
		(file->used != cache->request && now() - file->checked > CACHE_FRESH))
		return NULL;
	file->used = cache->request;
	return file->shared->module;
}

/* The same file may be mapped from many file systems: one in each container. Build-ids alone can be forged,
 * to put other names on somebody else's crashes, so the bytes are compared. */
static struct shared *find_equal(struct cache *cache, const struct module *module)
{
	for (unsigned i = 0; i < cache->count && module->build_id_size && module->image.size <= CACHE_SHARED;
		i++) {
		const struct module *other = cache->files[i].shared->module;
		if (other->image.size == module->image.size &&
			memcmp(other->build_id, module->build_id, sizeof(module->build_id)) == 0 &&
			memcmp(other->image.bytes, module->image.bytes, module->image.size) == 0)
			return cache->files[i].shared;
	}
	return NULL;
}

static int open_shared(struct cache *cache, int fd, bool lent, const struct arch *arch, struct shared **ret)
{
	struct module *module;
	int r = module_open(fd, lent, arch, &module);

	if (r < 0)
		return r;
	struct shared *shared = find_equal(cache, module);
	if (shared) {
		module_free(module);
	} else {
		shared = calloc(1, sizeof(*shared));
		if (!shared) {
			module_free(module);
			return -ENOMEM;
		}
		shared->module = module;
	}
	shared->users++;
	*ret = shared;
	return 0;
}

int cache_look(struct cache *cache, const struct snapshot_map *map, int fd, bool lent,
	const struct arch *arch, struct module **ret)
{
	struct cache_file *file = known(cache, map);
	struct shared *shared;
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -errno;
	/* The time of change cannot be set, unlike that of modification. */
	if (file && (file->size != st.st_size || file->changed.tv_sec != st.st_ctim.tv_sec ||
			    file->changed.tv_nsec != st.st_ctim.tv_nsec)) {
		drop(cache, file);
		file = NULL;
	}
	if (!file) {
		if (cache->count == CACHE_FILES) {
			file = oldest(cache);
			if (!file)
				return -ENOSPC;
			drop(cache, file);
		}
		int r = open_shared(cache, fd, lent, arch, &shared);
		if (r < 0)
			return r;
		file = &cache->files[cache->count++];
		*file = (struct cache_file){.device = map->device,
			.inode = map->inode,
			.changed = st.st_ctim,
			.size = st.st_size,
			.shared = shared};
	}
	file->mtime = map->mtime;
	file->checked = now();
	file->used = cache->request;
	*ret = file->shared->module;
	return 0;
}

bool cache_is_behind(const struct cache *cache)
{
	for (unsigned i = 0; i < cache->count; i++)
		if (cache->files[i].shared->module->deferred)
			return true;
	return false;
}

void cache_catch_up(struct cache *cache)
{
	for (unsigned i = 0; i < cache->count; i++)
		module_catch_up(cache->files[i].shared->module);
}

void cache_end(struct cache *cache)
{
	for (unsigned i = cache->count; i-- > 0;) {
		struct shared *shared = cache->files[i].shared;
		if (shared->module->ask_again && !shared->ask_at)
			shared->ask_at = now() + CACHE_ASK;
		if (shared->module->lent || shared->module->fetching)
			drop(cache, &cache->files[i]);
	}
}

void cache_free(struct cache *cache)
{
	while (cache->count)
		drop(cache, &cache->files[0]);
}

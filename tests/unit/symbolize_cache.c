/* SPDX-License-Identifier: Apache-2.0 */
/* Which files are taken for the same module, and when a file is looked at again. */
#include "symbolize_test.h"

#include <sys/mman.h>
#include <time.h>

#include "symbolize/cache.h"

struct copy {
	int fd;
	uint8_t *bytes;
	size_t size;
};

/* A copy of this program. */
static struct copy copy_self(void)
{
	struct copy copy = {.fd = memfd_create("copy", MFD_CLOEXEC)};
	int self = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	struct stat st;

	assert_true(copy.fd >= 0 && self >= 0 && fstat(self, &st) == 0);
	copy.size = (size_t)st.st_size;
	assert_int_equal(ftruncate(copy.fd, st.st_size), 0);
	copy.bytes = mmap(NULL, copy.size, PROT_READ | PROT_WRITE, MAP_SHARED, copy.fd, 0);
	assert_true(copy.bytes != MAP_FAILED);
	assert_int_equal(read(self, copy.bytes, copy.size), copy.size);
	close(self);
	return copy;
}

static void drop_copy(const struct copy *copy)
{
	munmap(copy->bytes, copy->size);
	close(copy->fd);
}

#define at(a, b, c) ((struct snapshot_map){.device = a, .inode = b, .mtime = c})

static struct module *look(struct cache *cache, uint64_t inode, int fd)
{
	struct module *module = NULL;

	assert_int_equal(
		cache_look(cache, &at(1, inode, 0), fd, false, arch_of(SNAPSHOT_X86_64), &module), 0);
	assert_non_null(module);
	return module;
}

static void equal_files_are_one_module_forged_ones_are_not(void **state)
{
	struct cache *cache = calloc(1, sizeof(*cache));
	struct copy first = copy_self(), same = copy_self(), forged = copy_self();

	(void)state;
	forged.bytes[forged.size / 2] ^= 1; /* the build-id stays */
	cache_begin(cache);
	struct module *module = look(cache, 1, first.fd);
	assert_true(module->build_id_size > 0);
	assert_ptr_equal(look(cache, 2, same.fd), module);
	assert_ptr_not_equal(look(cache, 3, forged.fd), module);
	assert_int_equal(cache->count, 3);
	cache_free(cache);
	free(cache);
	drop_copy(&first);
	drop_copy(&same);
	drop_copy(&forged);
}

static void a_changed_file_is_read_again(void **state)
{
	struct cache *cache = calloc(1, sizeof(*cache));
	struct copy copy = copy_self();
	const struct timespec pause = {.tv_nsec = (long)CACHE_FRESH + 20000000};

	(void)state;
	cache_begin(cache);
	assert_null(cache_find(cache, &at(1, 1, 0)));
	struct module *module = look(cache, 1, copy.fd);
	assert_ptr_equal(cache_find(cache, &at(1, 1, 0)), module);
	cache_begin(cache);
	assert_ptr_equal(cache_find(cache, &at(1, 1, 0)), module);
	assert_null(cache_find(cache, &at(2, 1, 0)));
	assert_null(cache_find(cache, &at(1, 1, 5))); /* the number is another file's already */
	nanosleep(&pause, NULL);
	assert_ptr_equal(cache_find(cache, &at(1, 1, 0)), module); /* in use by this request */
	cache_begin(cache);
	assert_null(cache_find(cache, &at(1, 1, 0)));
	assert_ptr_equal(look(cache, 1, copy.fd), module);

	uint8_t byte = copy.bytes[copy.size - 1];
	assert_int_equal(pwrite(copy.fd, &byte, 1, (off_t)copy.size - 1), 1);
	cache_begin(cache);
	nanosleep(&pause, NULL);
	module->debug_tried = true;
	assert_false(look(cache, 1, copy.fd)->debug_tried);
	assert_int_equal(cache->count, 1);
	cache_free(cache);
	free(cache);
	drop_copy(&copy);
}

static void the_oldest_file_makes_room(void **state)
{
	struct cache *cache = calloc(1, sizeof(*cache));
	struct copy copy = copy_self();

	(void)state;
	for (unsigned i = 0; i < CACHE_FILES + 10; i++) {
		cache_begin(cache);
		look(cache, 100 + i, copy.fd);
	}
	assert_int_equal(cache->count, CACHE_FILES);
	assert_null(cache_find(cache, &at(1, 100, 0)));
	assert_non_null(cache_find(cache, &at(1, 100 + CACHE_FILES + 9, 0)));
	cache_free(cache);
	free(cache);
	drop_copy(&copy);
}

static void what_is_no_program_is_refused(void **state)
{
	struct cache *cache = calloc(1, sizeof(*cache));
	struct copy copy = copy_self();
	struct module *module = NULL;

	(void)state;
	cache_begin(cache);
	assert_int_equal(cache_look(cache, &at(1, 1, 0), copy.fd, false, arch_of(SNAPSHOT_AARCH64), &module),
		-ENOEXEC);
	memset(copy.bytes, 0, 4);
	assert_int_equal(
		cache_look(cache, &at(1, 1, 0), copy.fd, false, arch_of(SNAPSHOT_X86_64), &module), -ENOEXEC);
	assert_int_equal(ftruncate(copy.fd, 3), 0);
	assert_int_equal(
		cache_look(cache, &at(1, 1, 0), copy.fd, false, arch_of(SNAPSHOT_X86_64), &module), -ENOEXEC);
	assert_int_equal(cache->count, 0);
	cache_free(cache);
	free(cache);
	drop_copy(&copy);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(equal_files_are_one_module_forged_ones_are_not),
		cmocka_unit_test(a_changed_file_is_read_again),
		cmocka_unit_test(the_oldest_file_makes_room),
		cmocka_unit_test(what_is_no_program_is_refused),
	};

	return cmocka_run_group_tests_name("symbolize/cache", tests, NULL, NULL);
}

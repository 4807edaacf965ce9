/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of decode share. */
#ifndef LW_TESTS_DECODE_TEST_H
#define LW_TESTS_DECODE_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#include "probe/decode.h"
#include "unit/messages.h"

/* A copy of exactly size bytes, so that a sanitizer sees each step beyond. */
static inline int decode_exact(const struct message *m, size_t size, struct record *ret)
{
	void *bytes = malloc(size ? size : 1);
	int r;

	assert_non_null(bytes);
	memcpy(bytes, m, size);
	r = decode(bytes, size, ret);
	free(bytes);
	return r;
}

#endif

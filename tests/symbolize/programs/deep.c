/* SPDX-License-Identifier: Apache-2.0 */
/* deep [N]: N calls deep (60), through a callback of the C library, then a bad write. */
#include <stdlib.h>

static volatile int *volatile nowhere = (volatile int *)16;

static __attribute__((noinline)) int down(int n, const int *values);

static int compare(const void *a, const void *b)
{
	const int *left = a, *right = b;

	if (*left + *right == 3)
		*nowhere = *left;
	return *left - *right;
}

static __attribute__((noinline)) int bottom(const int *values)
{
	int copy[4] = {values[3], values[2], values[1], values[0]};

	qsort(copy, 4, sizeof(copy[0]), compare);
	return copy[0];
}

static __attribute__((noinline)) int down(int n, const int *values)
{
	int local[8] = {n, n + 1};

	return (n ? down(n - 1, values) : bottom(values)) + local[n & 1];
}

int main(int argc, char **argv)
{
	static const int values[] = {1, 2, 3, 4};

	return down(argc > 1 ? atoi(argv[1]) : 60, values);
}

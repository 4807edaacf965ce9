/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
static int __attribute__((noinline)) fill(char *b, volatile int n)
{
	for (int i = 0; i < n; i++)
		((volatile char *)b)[i] = 'A';
	return b[3];
}

int main(int argc, char **argv)
{
	char b[8];

	(void)argv;
	return fill(b, argc * 64);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
static int __attribute__((noinline)) set(int *list, int n)
{
	list[n] = 1;
	return n;
}
int main(int argc, char **argv)
{
	int *list = malloc(4 * sizeof(int));
	set(list, argc + 4);
	free(list);
	return 0;
}

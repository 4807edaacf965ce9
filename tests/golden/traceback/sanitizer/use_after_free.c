/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
static char __attribute__((noinline)) get(char *p)
{
	return p[1];
}
int main(void)
{
	char *p = malloc(8);
	free(p);
	return get(p);
}

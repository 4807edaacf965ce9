/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
static void *__attribute__((noinline)) lose(int n)
{
	return malloc(n);
}
int main(void)
{
	lose(10);
	lose(20);
	return 0;
}

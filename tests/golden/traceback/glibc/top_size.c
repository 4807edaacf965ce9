/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
int main(void)
{
	volatile char *p = malloc(24), *q;

	for (int i = 0; i < 40; i++)
		p[i] = 'A';
	q = malloc(3000);
	q[0] = 1;
	return 0;
}

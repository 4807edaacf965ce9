/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
int main(void)
{
	volatile char *p = malloc(2000);

	for (int i = -8; i < 0; i++)
		p[i] = 'A';
	free((void *)p);
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
int main(void)
{
	char *volatile p = malloc(1 << 20);
	p += 24;
	free(p);
	return 0;
}

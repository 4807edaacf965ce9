/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
int main(void)
{
	void *p = malloc(2000);
	void *volatile q = malloc(8);
	free(p);
	free(p);
	free(q);
	return 0;
}

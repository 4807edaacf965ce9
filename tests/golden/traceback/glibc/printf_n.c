/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>
int main(void)
{
	char f[] = "%n";
	int n;
	printf(f, &n);
	return 0;
}

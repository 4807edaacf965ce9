/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
static int divide(int a, int b)
{
	assert(b != 0 && "b is \"zero\"");
	return a / b;
}
int main(void)
{
	return divide(1, 0);
}

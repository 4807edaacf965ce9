/* SPDX-License-Identifier: Apache-2.0 */
static int down(volatile int n)
{
	volatile int a[100];
	a[0] = n;
	return down(n + 1) + a[0];
}
int main(void)
{
	return down(0);
}

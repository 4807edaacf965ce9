/* SPDX-License-Identifier: Apache-2.0 */
static int __attribute__((noinline)) get(int *p)
{
	return *p;
}
int main(void)
{
	return get((int *)16);
}

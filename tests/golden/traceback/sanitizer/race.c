/* SPDX-License-Identifier: Apache-2.0 */
#include <pthread.h>
static int n;
static void *work(void *arg)
{
	n++;
	return arg;
}
int main(void)
{
	pthread_t t;
	pthread_create(&t, 0, work, 0);
	n++;
	pthread_join(t, 0);
	return 0;
}

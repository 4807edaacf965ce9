/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
int main(int argc, char **argv)
{
	char b[8];
	strcpy(b, argv[0]);
	return b[argc];
}

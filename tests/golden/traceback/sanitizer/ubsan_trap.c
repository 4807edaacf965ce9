/* SPDX-License-Identifier: Apache-2.0 */
int main(int argc, char **argv)
{
	int list[3] = {1, 2, 3};
	return list[argc + 5];
}

// SPDX-License-Identifier: Apache-2.0
struct plain {
	int n;
};
int main()
{
	throw plain{3};
}

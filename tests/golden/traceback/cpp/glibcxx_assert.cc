// SPDX-License-Identifier: Apache-2.0
#define _GLIBCXX_ASSERTIONS
#include <vector>
int main(int argc, char **)
{
	std::vector<int> v(3);
	return v[argc + 9];
}

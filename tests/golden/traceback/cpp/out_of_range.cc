// SPDX-License-Identifier: Apache-2.0
#include <vector>
#include <map>
int main()
{
	std::map<int, int> m;
	return m.at(3);
}

// SPDX-License-Identifier: Apache-2.0
#include <string>
int main()
{
	throw std::string("text");
}

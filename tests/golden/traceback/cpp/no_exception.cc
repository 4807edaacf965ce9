// SPDX-License-Identifier: Apache-2.0
#include <exception>
int main()
{
	std::terminate();
}

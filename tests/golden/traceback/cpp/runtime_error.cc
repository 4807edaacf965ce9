// SPDX-License-Identifier: Apache-2.0
#include <stdexcept>
int main()
{
	throw std::runtime_error("cannot open /etc/shop.conf");
}

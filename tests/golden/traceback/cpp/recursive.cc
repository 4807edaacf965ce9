// SPDX-License-Identifier: Apache-2.0
#include <stdexcept>
struct guard {
	~guard() noexcept(false)
	{
		throw std::logic_error("second");
	}
};
int main()
{
	guard g;
	throw std::runtime_error("first");
}

// SPDX-License-Identifier: Apache-2.0
#include <cassert>
#include <map>
namespace shop
{
struct order {
	template <class T> std::map<T, int> pay(const T &n) const
	{
		assert(n > 0);
		return {};
	}
};
} // namespace shop
int main()
{
	shop::order().pay<int>(0);
}

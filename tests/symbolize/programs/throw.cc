// SPDX-License-Identifier: Apache-2.0
// throw [KIND]: C++ with templates, lambdas, virtual calls and inlining; ends by an exception that nobody catches (0), one that leaves a
// noexcept function (1), a bad read in a method (2) or a pure virtual call (3).
#include <algorithm>
#include <cstdlib>
#include <functional>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

namespace shop
{
struct Base {
	Base() { start(); }
	virtual ~Base() = default;
	void start() { price(1); }
	virtual int price(int) = 0;
};
struct Fixed : Base {
	int *table;
	explicit Fixed(int *t) : table(t) {}
	int price(int n) override { return table[n]; }
};
template <typename T> struct Cart {
	std::vector<T> items;
	template <typename F> int each(F f)
	{
		int sum = 0;
		std::for_each(items.begin(), items.end(), [&](const T &item) { sum += f(item); });
		return sum;
	}
};
namespace
{
int kind;
__attribute__((noinline)) int fail(const std::string &what)
{
	if (kind <= 1)
		throw std::runtime_error(what);
	return 1;
}
} // namespace
__attribute__((noinline)) int careful(const std::string &what) noexcept
{
	return fail(what) + 1;
}
} // namespace shop

int main(int argc, char **argv)
{
	shop::kind = argc > 1 ? atoi(argv[1]) : 0;
	shop::Cart<std::string> cart{{"pear", "plum"}};
	std::function<int(const std::string &)> f = [](const std::string &s) { return shop::fail(s); };
	if (shop::kind == 1)
		f = shop::careful;
	if (shop::kind == 2)
		f = [](const std::string &s) { return *reinterpret_cast<volatile int *>(s.size()); };
	if (shop::kind == 3)
		f = [](const std::string &) {
			shop::Fixed fixed(nullptr);
			return fixed.price(3);
		};
	return cart.each(f);
}

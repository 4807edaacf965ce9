// SPDX-License-Identifier: Apache-2.0
// bugs WAY: templates, lambdas, virtual calls, exceptions that nobody catches, and containers of the library.
#include <algorithm>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <unistd.h>
#include <vector>

namespace shop
{
volatile int zero;
volatile long nowhere = 16;

struct item {
	int id;
	std::string name;
};

template <typename T> struct cache {
	std::vector<T> rows;
	T *broken = nullptr;
	const T &find(int id) const
	{
		if (id < 0)
			throw std::out_of_range("no row " + std::to_string(getpid()));
		return rows.at(static_cast<size_t>(id));
	}
	int touch() const
	{
		return *reinterpret_cast<volatile int *>(nowhere + static_cast<long>(rows.size()));
	}
};

struct handler {
	virtual ~handler() = default;
	virtual int run(const item &) = 0;
};

struct pay : handler {
	int run(const item &i) override
	{
		return *reinterpret_cast<volatile int *>(nowhere * 3 + i.id);
	}
};

struct refund : handler {
	int run(const item &i) override
	{
		throw std::runtime_error("refund " + std::to_string(i.id * getpid()) + " refused");
	}
};

template <typename F> int each(const std::vector<item> &items, F f)
{
	int sum = 0;
	for (const auto &i : items)
		sum += f(i);
	return sum;
}

int ints()
{
	cache<int> c;
	c.rows = {1};
	return c.touch() + 1;
}

int items()
{
	cache<item> c;
	return c.find(-1).id + 1;
}

int beyond()
{
	cache<item> c;
	return c.find(getpid()).id + 1;
}

int lambda(const std::vector<item> &all)
{
	return each(all, [](const item &i) { return *reinterpret_cast<volatile int *>(nowhere + i.id); }) + 1;
}

int sorted(std::vector<item> all)
{
	std::sort(all.begin(), all.end(), [](const item &a, const item &b) {
		return *reinterpret_cast<volatile int *>(nowhere + a.id) < b.id;
	});
	return all[0].id;
}

int called(const std::function<int(int)> &f)
{
	return f(zero) + 1;
}

int serve(const std::string &way)
{
	std::vector<item> all = {{1, "a"}, {2, "b"}, {3, "c"}};
	std::unique_ptr<handler> h;

	if (way == "ints")
		return ints();
	if (way == "items")
		return items();
	if (way == "beyond")
		return beyond();
	if (way == "lambda")
		return lambda(all);
	if (way == "sorted")
		return sorted(all);
	if (way == "function")
		return called([](int n) { return *reinterpret_cast<volatile int *>(nowhere + n) / 2; });
	if (way == "pay")
		h = std::make_unique<pay>();
	if (way == "refund")
		h = std::make_unique<refund>();
	return h ? h->run(all[0]) + 1 : 0;
}
}

int main(int argc, char **argv)
{
	return shop::serve(argc > 1 ? argv[1] : "");
}

// SPDX-License-Identifier: Apache-2.0
// market WAY: orders and prices. "buy" and "sell" are two callers' defects that one helper finds, so are "price" and "size".
#include <algorithm>
#include <cstdlib>
#include <functional>
#include <future>
#include <iostream>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <unistd.h>
#include <variant>
#include <vector>

namespace market
{
volatile int zero;
volatile long nowhere = 56;

class rejected : public std::runtime_error {
public:
	explicit rejected(const std::string &why) : std::runtime_error(why) {}
};

struct order {
	int id = getpid();
	std::optional<int> limit;
	const int *quantity = nullptr;
	int volume() const { return *quantity * 2; }
};

void require(bool good, const order &o, const char *what)
{
	if (!good)
		throw rejected("order " + std::to_string(o.id) + ": " + what);
}

int buy(const order &o)
{
	require(zero != 0, o, "refused");
	return o.id + 1;
}

int sell(const order &o)
{
	int sum = 0;
	for (int n = 0; n < 2; n++) {
		require(n == zero, o, "refused");
		sum += n;
	}
	return sum;
}

int limit_of(const order &o)
{
	return o.limit.value();
}

int price(const order &o)
{
	return limit_of(o) * 3;
}

int size(const order &o)
{
	order copy = o;
	copy.id++;
	return limit_of(copy) / 2 + copy.id;
}

template <typename Key, typename Value> class book
{
	std::map<Key, Value> rows;

public:
	void add(Key key, Value value) { rows.emplace(key, value); }
	const Value &best() const { return *reinterpret_cast<const Value *>(nowhere + static_cast<long>(rows.size()) * 8); }
};

int best(const order &o)
{
	book<int, long> b;
	b.add(o.id, 7);
	volatile long top = b.best();
	return static_cast<int>(top);
}

struct venue {
	virtual ~venue() = default;
	virtual int quote(const order &o) const = 0;
};

struct dark : venue {
	int quote(const order &o) const override { return o.volume() + 1; }
};

struct lit : venue {
	int quote(const order &o) const override { throw std::range_error("no quote for " + std::to_string(o.id)); }
};

int ask(const venue &v, const order &o)
{
	return v.quote(o) + zero;
}

int unlit(const order &o)
{
	return ask(dark(), o);
}

int quoted(const order &o)
{
	return ask(lit(), o);
}

int symbol(const order &o)
{
	static const std::map<std::string, int> symbols{{"ABC", 1}};
	return symbols.at("X" + std::to_string(o.id));
}

int later(const order &o)
{
	auto result = std::async(std::launch::async, [&o] {
		if (!zero)
			throw std::overflow_error("position of " + std::to_string(o.id));
		return o.id;
	});
	return result.get();
}

int threaded(const order &o)
{
	std::thread t([&o] { zero = o.volume(); });
	t.join();
	return zero;
}

int visited(const order &o)
{
	std::variant<int, std::string> either = "text" + std::to_string(o.id);
	return std::visit([](const auto &what) { return *reinterpret_cast<volatile int *>(nowhere + static_cast<long>(sizeof(what))); }, either);
}

int sorted(const order &o)
{
	std::vector<const order *> all{&o, reinterpret_cast<const order *>(nowhere), &o};
	std::sort(all.begin(), all.end(), [](const order *a, const order *b) { return a->id < b->id; });
	return all[0]->id;
}

int settle(const order &o) noexcept
{
	if (!zero)
		throw std::underflow_error("balance " + std::to_string(-o.id));
	return 1;
}

struct account {
	int *balance = reinterpret_cast<int *>(nowhere);
	~account() { *balance = 0; }
};

int closed(const order &o)
{
	account a;
	return o.id + zero;
}

struct ticks {
	struct iterator {
		const int *at;
		int operator*() const { return *at; }
		iterator &operator++() { at++; return *this; }
		bool operator!=(const iterator &other) const { return at != other.at; }
	};
	iterator begin() const { return {reinterpret_cast<const int *>(nowhere)}; }
	iterator end() const { return {reinterpret_cast<const int *>(nowhere + 16)}; }
};

int summed(const order &o)
{
	int sum = o.id;
	for (int tick : ticks())
		sum += tick;
	return sum;
}

int compounded(const order &o)
{
	std::function<int(int)> grow = [&grow](int n) { return n == zero - 1 ? 0 : grow(n + 1) + n; };
	return grow(o.id);
}

int named(const order &o)
{
	const char *name = zero ? "a" : nullptr;
	return static_cast<int>(std::string(name).size()) + o.id;
}

int reserved(const order &o)
{
	std::vector<int> rows;
	rows.reserve(static_cast<size_t>(-1 - zero));
	return static_cast<int>(rows.size()) + o.id;
}

int cast(const order &o)
{
	lit l;
	const venue &v = l;
	return dynamic_cast<const dark &>(v).quote(o);
}

int compared(const order &o)
{
	int rows[3] = {o.id, 2, 1};
	qsort(rows, 3, sizeof(rows[0]), [](const void *a, const void *) { return *static_cast<const int *>(a) + *reinterpret_cast<volatile int *>(nowhere * 3); });
	return rows[0];
}

int rethrown(const order &o)
{
	try {
		require(zero != 0, o, "late");
	} catch (const rejected &r) {
		throw std::runtime_error(std::string("batch: ") + r.what());
	}
	return 0;
}

int run(const std::string &way)
{
	static const std::map<std::string, int (*)(const order &)> ways{{"buy", buy}, {"sell", sell}, {"price", price}, {"size", size},
		{"best", best}, {"unlit", unlit}, {"quoted", quoted}, {"symbol", symbol}, {"later", later}, {"threaded", threaded},
		{"visited", visited}, {"sorted", sorted}, {"settle", settle}, {"closed", closed}, {"summed", summed},
		{"compounded", compounded}, {"named", named}, {"reserved", reserved}, {"cast", cast}, {"compared", compared},
		{"rethrown", rethrown}};
	return ways.at(way)(order());
}
}

int main(int, char **argv)
{
	return market::run(argv[1]) & 127;
}

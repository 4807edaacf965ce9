// SPDX-License-Identifier: Apache-2.0
// weather WAY: measures and foretells; a defect for each way. Two ways to one defect: "frost" is "heat", of another type; "logged" is
// "told".
#include <array>
#include <deque>
#include <filesystem>
#include <functional>
#include <iostream>
#include <memory>
#include <new>
#include <regex>
#include <stdexcept>
#include <string>
#include <thread>
#include <tuple>
#include <unistd.h>
#include <unordered_map>
#include <variant>
#include <vector>

namespace weather
{
volatile int zero;
volatile long nowhere = 88;

/* Its mean is wrong for whatever is measured. */
template <typename T> class series
{
	std::deque<T> values;
	const T *reference = reinterpret_cast<const T *>(nowhere);

public:
	void add(T value) { values.push_back(value); }
	T mean() const
	{
		T sum = T();
		for (const T &value : values)
			sum += value - *const_cast<const volatile T *>(reference);
		return sum / static_cast<T>(values.size());
	}
};

int heat(int id)
{
	series<int> s;
	s.add(id);
	s.add(30);
	return s.mean();
}

int frost(int id)
{
	series<double> s;
	for (int n = 0; n < id % 9 + 1; n++)
		s.add(-0.5 * n);
	return static_cast<int>(s.mean()) + id;
}

/* One way to fill gaps, two kinds of gaps. */
struct linear {
	const int *before = nullptr;
	int operator()(int at) const { return (*const_cast<const volatile int *>(before) + at) / 2; }
};

struct nearest {
	std::vector<int> rows;
	int operator()(int at) const { return rows.at(static_cast<size_t>(at)); }
};

template <typename Gap> int filled(int id, const Gap &gap)
{
	int sum = id;
	for (int at = 2; at < 5; at++)
		sum += gap(at) + zero;
	return sum;
}

int drizzle(int id)
{
	return filled(id, linear());
}

int hail(int id)
{
	return filled(id, nearest{{1, 2}});
}

/* Regions in regions; the innermost has no station. */
struct region {
	virtual ~region() = default;
	virtual long rain() const = 0;
};

struct county : region {
	std::vector<std::shared_ptr<region>> parts;
	long rain() const override
	{
		long sum = 0;
		for (const auto &part : parts)
			sum += part->rain();
		return sum;
	}
};

struct village : region {
	struct gauge {
		long level;
	} *own = nullptr;
	long rain() const override { return const_cast<const volatile gauge *>(own)->level + 1; }
};

int summed(int id)
{
	std::shared_ptr<region> top = std::make_shared<village>();
	for (int n = id % 12; n >= 0; n--) {
		auto outer = std::make_shared<county>();
		outer->parts.push_back(top);
		top = outer;
	}
	return static_cast<int>(top->rain());
}

/* Several do the same at once, one of them goes wrong. */
class station
{
	int id;
	volatile char *const sky = reinterpret_cast<volatile char *>(nowhere);

public:
	explicit station(int n) : id(n) {}
	void watch(int row, int bad)
	{
		for (int n = 0; n < 4; n++)
			if (row == bad)
				sky[n] = static_cast<char>(row);
	}
	int watch_all()
	{
		std::vector<std::thread> all;
		for (int row = 0; row < 3; row++)
			all.emplace_back(&station::watch, this, row, id % 3);
		for (auto &t : all)
			t.join();
		return id;
	}
};

int watched(int id)
{
	return station(id).watch_all();
}

/* A listener that is wrong, whatever it is told, by whomever. */
using report = std::variant<int, std::string, std::tuple<int, double>>;

struct listener {
	const std::string *name = reinterpret_cast<const std::string *>(nowhere);
	size_t tell(const report &r) const { return name->size() + r.index(); }
};

int told(int id)
{
	listener l;
	return static_cast<int>(l.tell(report(id)));
}

int logged(int id)
{
	std::vector<std::function<size_t(const report &)>> all{[](const report &r) { return r.index(); },
		[l = listener()](const report &r) { return l.tell(r) + 1; }};
	size_t sum = 0;
	for (const auto &one : all)
		sum += one(report("storm " + std::to_string(id)));
	return static_cast<int>(sum);
}

int unheard(int id)
{
	std::unordered_map<int, std::function<int(int)>> handlers;
	return handlers[id](id) + 1;
}

int mapped(int id)
{
	auto *volatile cells = new std::array<double, 16>[static_cast<size_t>(1 + zero) << 42];
	cells[id][0] = 1;
	return static_cast<int>(cells[id + 1][0]);
}

int chosen(int id)
{
	report r = "wind " + std::to_string(id);
	return std::get<0>(r) + 4;
}

int archived(int id)
{
	std::filesystem::path from("/tmp/weather-" + std::to_string(id));
	return static_cast<int>(std::filesystem::file_size(from / "today"));
}

int matched(int id)
{
	std::regex pattern("rain|(snow" + std::to_string(id));
	return std::regex_match("rain", pattern) ? 1 : 2;
}

int run(const std::string &way, int id)
{
	static const std::unordered_map<std::string, int (*)(int)> ways{{"heat", heat}, {"frost", frost}, {"drizzle", drizzle}, {"hail", hail},
		{"summed", summed}, {"watched", watched}, {"told", told}, {"logged", logged}, {"unheard", unheard}, {"mapped", mapped},
		{"chosen", chosen}, {"archived", archived}, {"matched", matched}};
	return ways.at(way)(id);
}
}

int main(int, char **argv)
{
	return weather::run(argv[1], getpid()) & 127;
}

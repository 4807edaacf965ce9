// SPDX-License-Identifier: Apache-2.0
// shapes WAY: what C++ adds to a stack. "row" and "column" are two callers' defects, found by one helper.
#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <unistd.h>
#include <vector>

namespace draw
{
namespace detail
{
volatile int none;
volatile long bad = 24;

template <typename T> T read_at(long where)
{
	return *reinterpret_cast<volatile T *>(where);
}
}

using grid = std::vector<std::vector<int>>;

// Each argument is another instance of the template.
int last_area()
{
	return detail::read_at<int>(detail::bad) + 1;
}

template <typename First, typename... Rest> int last_area(First first, Rest... rest)
{
	return static_cast<int>(first) + last_area(rest...);
}

int variadic()
{
	return last_area(1, 2.5, 'c', 4L);
}

struct shape {
	virtual ~shape() = default;
	virtual double area() const = 0;
	double half() const { return area() / 2; }
};

template <typename Unit> struct circle : shape {
	Unit radius = 2;
	double area() const override { return detail::read_at<double>(detail::bad * 2) * static_cast<double>(radius); }
};

struct square : shape {
	int id = getpid();
	double area() const override
	{
		throw std::domain_error("square " + std::to_string(id) + " has no side");
	}
};

// Whoever asks for the area before the shape is made asks nobody.
struct unfinished {
	unfinished() { describe(); }
	virtual ~unfinished() = default;
	void describe() { sum += name(); }
	virtual int name() const = 0;
	int sum = 0;
};

struct finished : unfinished {
	int name() const override { return 7; }
};

struct guard {
	explicit guard(int n) : number(n) {}
	~guard()
	{
		if (number)
			throw std::logic_error("guard " + std::to_string(number) + " is still held");
	}
	int number;
};

int circles()
{
	std::unique_ptr<shape> s = std::make_unique<circle<float>>();
	return static_cast<int>(s->half());
}

int squares()
{
	std::vector<std::shared_ptr<shape>> all{std::make_shared<square>()};
	int sum = 0;
	for (const auto &one : all)
		sum += static_cast<int>(one->half());
	return sum;
}

int pure()
{
	finished f;
	return f.sum;
}

int guarded()
{
	guard g(getpid());
	return g.number;
}

int background()
{
	int sum = 0;
	std::thread worker([&sum] {
		std::vector<int> rows(2);
		sum += rows.at(static_cast<size_t>(getpid()));
	});
	worker.join();
	return sum;
}

int nested()
{
	try {
		return std::stoi("x" + std::to_string(getpid()));
	} catch (const std::exception &) {
		std::throw_with_nested(std::runtime_error("scene " + std::to_string(getpid()) + " is broken"));
	}
}

int cell(const grid &g, size_t row, size_t column)
{
	return g.at(row).at(column);
}

int row(const grid &g)
{
	return cell(g, g.size() + 1, 0) + 1;
}

int column(const grid &g)
{
	return cell(g, 0, g[0].size() + static_cast<size_t>(getpid())) + 2;
}

struct by_depth {
	bool operator()(int a, int b) const { return detail::read_at<int>(detail::bad + a) < b; }
};

int layers()
{
	std::map<int, int, by_depth> all;
	all[1] = 2;
	all[3] = 4;
	return all[1];
}

int removed()
{
	std::vector<int> all{3, 1, 2};
	return static_cast<int>(std::count_if(all.begin(), all.end(), [](int n) { return detail::read_at<int>(detail::bad * 4) > n; }));
}

int bound()
{
	std::map<std::string, std::function<int()>> commands;
	commands["draw"] = [] { return detail::read_at<char>(detail::bad * 8) * 2; };
	return commands.at("draw")() + 1;
}

int run(const std::string &way)
{
	grid g(3, std::vector<int>(3));
	std::map<std::string, std::function<int()>> ways{{"variadic", variadic}, {"circles", circles}, {"squares", squares},
		{"pure", pure}, {"guarded", guarded}, {"background", background}, {"nested", nested}, {"layers", layers},
		{"removed", removed}, {"bound", bound}, {"row", [&g] { return row(g); }}, {"column", [&g] { return column(g); }}};
	return ways.at(way)();
}
}

int main(int, char **argv)
{
	return draw::run(argv[1]);
}

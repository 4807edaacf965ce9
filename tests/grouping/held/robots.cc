// SPDX-License-Identifier: Apache-2.0
// robots WAY: robots of a warehouse; a defect for each way.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <functional>
#include <future>
#include <iostream>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <variant>
#include <vector>
#include <unistd.h>

namespace robots
{
const int id = getpid();

struct RobotError : std::runtime_error {
	using std::runtime_error::runtime_error;
};

void require(bool good, const std::string &what)
{
	if (!good)
		throw RobotError(what + " of robot " + std::to_string(id));
}

struct Point {
	int x = 0, y = 0;
};

class Part
{
public:
	virtual ~Part() = default;
	virtual int move(int by) = 0;
	virtual std::string name() const
	{
		return "part " + std::to_string(id);
	}
};

class Wheel : public Part
{
public:
	int move(int by) override
	{
		turned += by;
		return turned;
	}

private:
	int turned = 0;
};

class Gripper : public Part
{
public:
	int move(int by) override
	{
		return width -= by;
	}
	int grip(int force)
	{
		width = force / 2;
		return width;
	}

private:
	int width = 100;
};

// Counts its steps on a route of anything.
template <typename T> class Route
{
public:
	void add(T point)
	{
		points.push_back(std::move(point));
	}
	const T &step()
	{
		return points.at(next++);
	}
	size_t length() const
	{
		return points.size();
	}

private:
	std::vector<T> points;
	size_t next = 0;
};

template <typename T> T ratio(T whole, T part)
{
	return whole / part;
}

struct Robot {
	int battery = id % 100, load = 0;
	std::vector<std::shared_ptr<Part>> parts;
	std::unique_ptr<Gripper> gripper;
	std::function<int(int)> on_bump;
	std::optional<Point> target;
};

int walk(Route<Point> &route, size_t steps)
{
	int sum = 0;
	for (size_t i = 0; i < steps; i++)
		sum += route.step().x;
	return sum;
}

int stepped(Robot &)
{
	Route<Point> route;
	for (int i = 0; i < 3 + id % 7; i++)
		route.add({i, id});
	return walk(route, route.length() + 1);
}

class Registry
{
public:
	Part &find(const std::string &name)
	{
		return *parts.at(name);
	}
	void add(const std::string &name, std::shared_ptr<Part> part)
	{
		parts[name] = std::move(part);
	}

private:
	std::map<std::string, std::shared_ptr<Part>> parts;
};

int mounted(Robot &r)
{
	Registry registry;
	for (auto &part : r.parts)
		registry.add(part->name(), part);
	return registry.find("arm " + std::to_string(id)).move(3);
}

int bump(const Robot &r, int speed)
{
	return r.on_bump(speed * 2) + 1;
}

int wired(Robot &r)
{
	int sum = 0;
	for (int speed = 1; speed < 4; speed++)
		sum += bump(r, speed);
	return sum;
}

using Reading = std::variant<int, double, std::string>;

struct Sensor {
	Reading last;
	int distance() const
	{
		return std::get<int>(last) + 2;
	}
};

int sensed(Robot &)
{
	std::vector<Sensor> sensors(2);
	sensors[1].last = "no echo " + std::to_string(id);
	int sum = 0;
	for (const auto &sensor : sensors)
		sum += sensor.distance();
	return sum;
}

int distance(const Robot &r, Point from)
{
	const Point &to = r.target.value();
	return std::abs(to.x - from.x) + std::abs(to.y - from.y);
}

int located(Robot &r)
{
	return distance(r, {id % 7, id % 9}) + r.load;
}

int grip_with(Part &part, int force)
{
	return dynamic_cast<Gripper &>(part).grip(force);
}

int gripped(Robot &r)
{
	int sum = 0;
	for (auto &part : r.parts)
		sum += grip_with(*part, id % 50);
	return sum;
}

int close(Robot &r)
{
	r.load = r.gripper->move(r.battery);
	return r.load;
}

int closed(Robot &r)
{
	r.gripper.reset();
	return close(r) + 1;
}

int parse_speed(const std::string &text)
{
	return std::stoi(text.substr(text.find('=') + 1));
}

int commanded(Robot &)
{
	const std::string words[] = {"speed=" + std::to_string(id), "speed=fast" + std::to_string(id)};
	int sum = 0;
	for (const auto &word : words)
		sum += parse_speed(word);
	return sum;
}

void brake(const Robot &r) noexcept
{
	require(r.load > 0, "no load to brake");
}

int braked(Robot &r)
{
	brake(r);
	return r.battery;
}

int charge(const Robot &r, int limit)
{
	require(r.battery > limit, "battery is at " + std::to_string(r.battery));
	return r.battery - limit;
}

int charged(Robot &r)
{
	std::thread charger([&r] { r.load = charge(r, 100 + id % 10); });
	charger.join();
	return r.load;
}

int lift(Robot &r, int weight)
{
	require(weight < 50, "cannot lift " + std::to_string(weight));
	return r.load += weight;
}

int lifted(Robot &r)
{
	return std::max(lift(r, 12), lift(r, 60 + id % 40));
}

class Dock
{
public:
	explicit Dock(Robot &r) : robot(r)
	{
	}
	~Dock() noexcept(false)
	{
		if (robot.load == 0)
			throw std::logic_error("dock " + std::to_string(id) + " is empty");
	}

private:
	Robot &robot;
};

int undocked(Robot &r)
{
	Dock dock(r);
	require(r.load > 0, "nothing to dock");
	return r.load;
}

struct Shelf {
	int number, height;
};

int pick(const std::vector<Shelf *> &shelves, int height)
{
	return static_cast<int>(std::count_if(shelves.begin(), shelves.end(), [height](const Shelf *s) { return s->height > height; }));
}

int picked(Robot &)
{
	std::vector<Shelf *> shelves(4 + id % 4);
	Shelf first{1, id};
	shelves[0] = &first;
	return pick(shelves, 12);
}

int share(const Robot &r, int idle)
{
	return ratio(r.battery + 1, static_cast<int>(r.parts.size()) - idle);
}

int balance(const Robot &r)
{
	int sum = 0;
	for (int idle = 0; idle < 3; idle++)
		sum += share(r, idle);
	return sum;
}

class Grid
{
public:
	int flood(int x, int y)
	{
		volatile char trace[64];
		trace[0] = static_cast<char>(x);
		visited++;
		// A wall has two sides, and the map wraps around.
		return flood((x + 1) % 97, (y + x) % 89) + flood(y, x) + trace[0];
	}
	int visited = 0;
};

int planned(Robot &)
{
	Grid grid;
	return grid.flood(id % 97, id % 89) + grid.visited;
}

class Crew
{
public:
	void start(int n)
	{
		for (int i = 0; i < n; i++)
			threads.emplace_back([this, i] { sum += i; });
	}
	void finish()
	{
		for (auto &thread : threads)
			thread.join();
	}

private:
	std::vector<std::thread> threads;
	std::atomic<int> sum = 0;
};

int finished(Robot &)
{
	Crew crew;
	crew.start(2 + id % 3);
	crew.finish();
	crew.finish();
	return 1;
}

int abandon(int n)
{
	Crew crew;
	crew.start(n);
	return n;
}

int abandoned(Robot &)
{
	return abandon(1 + id % 2) + 1;
}

int run(Robot &r, const std::string &way)
{
	static const std::map<std::string, int (*)(Robot &)> ways = {{"stepped", stepped}, {"mounted", mounted}, {"wired", wired},
		{"sensed", sensed}, {"located", located}, {"gripped", gripped}, {"closed", closed}, {"commanded", commanded},
		{"braked", braked}, {"charged", charged}, {"lifted", lifted}, {"undocked", undocked}, {"picked", picked},
		{"balanced", [](Robot &robot) { return balance(robot) + 1; }}, {"planned", planned}, {"finished", finished},
		{"abandoned", abandoned}};
	const auto found = ways.find(way);
	return found == ways.end() ? 0 : found->second(r);
}
}

int main(int argc, char **argv)
{
	robots::Robot robot;
	robot.parts = {std::make_shared<robots::Wheel>(), std::make_shared<robots::Wheel>()};
	robot.gripper = std::make_unique<robots::Gripper>();
	return argc > 1 ? robots::run(robot, argv[1]) & 127 : 0;
}

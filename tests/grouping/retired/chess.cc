// SPDX-License-Identifier: Apache-2.0
// chess WAY: plays badly; a defect for each way. "analysed" is a second way to the defect of "played", "undone" to that of "taken".
#include <algorithm>
#include <array>
#include <bitset>
#include <cassert>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <functional>
#include <future>
#include <iostream>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <numeric>
#include <set>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <unistd.h>
#include <vector>

namespace chess
{
volatile int zero;
volatile long nowhere = 64;

struct square {
	int file = 0, rank = 0;
};

template <typename T> T &at(long offset)
{
	return *reinterpret_cast<T *>(nowhere + offset);
}

class illegal : public std::logic_error {
public:
	illegal(int ply, const std::string &what) : std::logic_error("ply " + std::to_string(ply) + ": " + what) {}
};

class piece {
public:
	virtual ~piece() = default;
	virtual int value() const = 0;
	virtual int moves(const square &s) const { return s.file * s.rank; }
};

class pawn : public piece {
	const square *en_passant = nullptr;

public:
	int value() const override { return 1; }
	int moves(const square &s) const override { return const_cast<const volatile square *>(en_passant)->rank + s.rank; }
};

class rook : public piece {
	const int *table;

public:
	explicit rook(const int *t) : table(t) {}
	int value() const override { return 5; }
	int moves(const square &s) const override { return static_cast<const volatile int *>(table)[s.file] * 2; }
};

class king : public piece {
public:
	int value() const override { throw std::domain_error("a king has no value"); }
};

struct game {
	int ply = getpid();
	std::vector<std::unique_ptr<piece>> pieces;
	std::map<std::string, int> book{{"e4", 1}, {"d4", 2}};
	std::vector<int> history{1, 2, 3};
};

/* Whoever counts the moves of a pawn or a rook. */
int mobility(const game &g)
{
	int sum = 0;
	for (const auto &p : g.pieces)
		sum += p->moves({g.ply % 8, 1});
	return sum;
}

int pawns(game &g)
{
	g.pieces.push_back(std::make_unique<pawn>());
	return mobility(g) + 1;
}

int rooks(game &g)
{
	g.pieces.push_back(std::make_unique<rook>(&at<int>(32)));
	return mobility(g) + 2;
}

int material(const game &g)
{
	return std::accumulate(g.pieces.begin(), g.pieces.end(), zero, [](int sum, const auto &p) { return sum + p->value(); });
}

int kings(game &g)
{
	g.pieces.push_back(std::make_unique<king>());
	return material(g);
}

/* The search is wrong at its leaves, however deep, and whoever starts it. */
int evaluate(const game &g, int depth)
{
	return at<volatile int>(depth & 0) + g.ply;
}

int search(game &g, int depth, int alpha)
{
	if (depth == 0)
		return evaluate(g, depth);
	int best = alpha;
	for (int move = 0; move < 3; move++)
		best = std::max(best, -search(g, depth - 1, -best) + move);
	return best;
}

int played(game &g)
{
	return search(g, 2 + g.ply % 5, -100) + 3;
}

int analysed(game &g)
{
	int sum = 0;
	for (int depth = 1 + g.ply % 3; depth < 9; depth++)
		sum += search(g, depth, sum);
	return sum;
}

/* It takes back the step after the last one. */
void take_back(game &g)
{
	g.ply = g.history.at(g.history.size());
	g.history.pop_back();
}

int taken(game &g)
{
	while (g.ply > zero)
		take_back(g);
	return g.ply;
}

int undone(game &g)
{
	std::for_each(g.book.begin(), g.book.end(), [&g](const auto &) {
		take_back(g);
		take_back(g);
	});
	return g.ply + 1;
}

int clocked(game &g)
{
	return std::stoi("clock" + std::to_string(g.ply)) * 60;
}

/* A rule that is checked for two who break it, with what it says made by them. */
template <typename... Part> void demand(const game &g, bool good, Part... part)
{
	if (good)
		return;
	std::ostringstream text;
	(text << ... << part);
	throw illegal(g.ply, text.str());
}

int castled(game &g)
{
	demand(g, zero != 0, "king of ", getpid(), " has moved");
	return g.ply;
}

int promoted(game &g)
{
	for (int rank = 6; rank < 9; rank++)
		demand(g, rank < 8 + zero, "rank ", rank, " of ", 8.5, " is none");
	return g.ply + 2;
}

/* It fails in a thread, in a task, and while another is handled. */
int pondered(game &g)
{
	std::exception_ptr error;
	std::thread t([&] {
		try {
			g.book.at("c" + std::to_string(g.ply));
		} catch (...) {
			error = std::current_exception();
		}
	});
	t.join();
	std::rethrow_exception(error);
}

int promised(game &g)
{
	std::promise<int> p;
	auto result = p.get_future();
	std::thread([&g, own = std::move(p)]() mutable { g.ply++; }).join();
	return result.get();
}

int nested(game &g)
{
	try {
		demand(g, zero != 0, "mate in ", g.ply % 7);
	} catch (const illegal &) {
		try {
			std::throw_with_nested(std::runtime_error("game " + std::to_string(g.ply) + " is lost"));
		} catch (const std::runtime_error &) {
			throw;
		}
	}
	return 1;
}

/* Another type than an exception. */
int resigned(game &g)
{
	if (zero == 0)
		throw g.ply;
	return 2;
}

int freed(game &g)
{
	auto *board = new std::array<char, 200>();
	std::shared_ptr<std::array<char, 200>> one(board), two(board);
	return (*one)[static_cast<size_t>(g.ply % 200)] + (*two)[1];
}

struct by_value {
	bool operator()(const piece *a, const piece *b) const { return a->value() < b->value(); }
};

int placed(game &)
{
	std::set<const piece *, by_value> all;
	static const pawn one;
	all.insert(&one);
	all.insert(reinterpret_cast<const piece *>(nowhere + zero));
	return static_cast<int>(all.size());
}

int exiting(game &g)
{
	static std::list<int> moves{g.ply};
	static struct last {
		std::list<int> *all;
		~last() { at<volatile int>(128) = all->front(); }
	} l{&moves};
	return zero;
}

int run(const std::string &way, game &g)
{
	static const std::map<std::string, int (*)(game &)> ways{{"pawns", pawns}, {"rooks", rooks}, {"kings", kings}, {"played", played},
		{"analysed", analysed}, {"taken", taken}, {"undone", undone}, {"clocked", clocked}, {"castled", castled}, {"promoted", promoted},
		{"pondered", pondered}, {"promised", promised}, {"nested", nested}, {"resigned", resigned}, {"freed", freed},
		{"placed", placed}, {"exiting", exiting}};
	return ways.at(way)(g);
}
}

int main(int, char **argv)
{
	chess::game g;
	return chess::run(argv[1], g) & 127;
}

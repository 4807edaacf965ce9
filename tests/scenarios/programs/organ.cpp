// SPDX-License-Identifier: Apache-2.0
// Engraves scores for a concert house: organ FOLDER SCORES SECONDS [LIBRARY]. Reads a line "TITLE PARTS BARS"
// of the file SCORES each time, in turn, engraves all bars of all parts in memory, spreads them over pages
// and writes a page to FOLDER. LIBRARY, if any, is asked for what is to be paid for each (its function tax).
// Compiled with the bug of the release: -DBUG=1 turns to the page behind the last one of scores with more
// than ten pages; -DBUG=2 throws of titles with a digit.
#include <dlfcn.h>
#include <unistd.h>

#include <cctype>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#ifndef BUG
#define BUG 0
#endif

struct Score {
	std::string title;
	int parts = 0, bars = 0;
};

struct Bar {
	char notes[256];
};

using Page = std::vector<Bar>;

static Score read_score(const char *path, unsigned count)
{
	std::ifstream file(path);
	std::vector<Score> scores;
	Score score;

	while (file >> score.title >> score.parts >> score.bars)
		scores.push_back(score);
	if (scores.empty())
		throw std::runtime_error(std::string("no scores in ") + path);
	return scores[count % scores.size()];
}

static int __attribute__((noinline)) bars_of_page(const Score &score)
{
	return 4096 / score.bars;
}

static std::vector<std::unique_ptr<Page>> engrave(const Score &score)
{
	std::vector<std::unique_ptr<Page>> pages;
	const int most = bars_of_page(score) + 40;

	for (long n = 0; n < static_cast<long>(score.parts) * score.bars; n++) {
		if (n % most == 0)
			pages.push_back(std::make_unique<Page>());
		Bar bar;
		for (size_t at = 0; at < sizeof(bar.notes); at++)
			bar.notes[at] = static_cast<char>('a' + (n + static_cast<long>(at)) % 7);
		pages.back()->push_back(bar);
	}
	return pages;
}

static const Page *__attribute__((noinline)) turn(const std::vector<std::unique_ptr<Page>> &pages)
{
	const bool beyond = BUG == 1 && pages.size() > 10;

	return beyond ? nullptr : pages.back().get();
}

static char __attribute__((noinline)) last_note(const Page *page)
{
	return page->back().notes[0];
}

static void check_title(const Score &score)
{
	for (char letter : score.title)
		if (BUG == 2 && isdigit(static_cast<unsigned char>(letter)))
			throw std::invalid_argument("title with a number: " + score.title);
}

static void print(const std::string &folder, const Score &score, char note)
{
	std::ofstream file(folder + "/" + score.title + ".ps");

	file << "%!PS " << score.title << ' ' << note << std::string(20000, '%') << '\n';
	file.close();
	if (!file)
		std::cerr << "organ: " << folder << '/' << score.title << ".ps cannot be written\n";
}

int main(int argc, char **argv)
{
	int (*dues)(int) = nullptr;

	if (argc > 4) {
		void *library = dlopen(argv[4], RTLD_NOW);
		if (library)
			dues = reinterpret_cast<int (*)(int)>(dlsym(library, "tax"));
		if (!dues) {
			std::cerr << "organ: " << dlerror() << '\n';
			return 78;
		}
	}
	for (unsigned count = 0;; count++) {
		usleep(static_cast<useconds_t>(atof(argv[3]) * 1e6));
		const Score score = read_score(argv[2], count);
		check_title(score);
		const auto pages = engrave(score);
		print(argv[1], score, last_note(turn(pages)));
		if (dues)
			dues(score.bars);
	}
}

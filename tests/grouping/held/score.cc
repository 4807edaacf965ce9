// SPDX-License-Identifier: Apache-2.0
// score WAY: engraves sheet music; a defect for each way.
#include <algorithm>
#include <any>
#include <cassert>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <numeric>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>
#include <unistd.h>

namespace score
{
const int id = getpid();

struct Note {
	int pitch = 60, ticks = 4;
	Note *tied = nullptr;
};

struct Measure {
	std::vector<std::unique_ptr<Note>> notes;
	int beats = 4;
};

struct Staff {
	std::string clef = "G";
	std::vector<Measure> measures;
};

class Score
{
public:
	std::map<std::string, std::unique_ptr<Staff>> staves;
	std::string title = "Opus " + std::to_string(id % 100);
};

class EngraveError : public std::exception
{
public:
	explicit EngraveError(int measure) : text("measure " + std::to_string(measure) + " does not fit")
	{
	}
	const char *what() const noexcept override
	{
		return text.c_str();
	}

private:
	std::string text;
};

Staff &staff(Score &s, const std::string &name)
{
	auto &made = s.staves[name];
	if (!made)
		made = std::make_unique<Staff>();
	return *made;
}

Measure &bar(Score &s, int notes)
{
	auto &measures = staff(s, "violin").measures;
	measures.emplace_back();
	for (int i = 0; i < notes; i++) {
		measures.back().notes.push_back(std::make_unique<Note>());
		measures.back().notes.back()->pitch += i;
	}
	return measures.back();
}

int count_beats(const Measure &m)
{
	int ticks = 0;
	for (const auto &note : m.notes)
		ticks += note->ticks;
	assert(ticks <= m.beats * 16);
	return ticks;
}

int counted(Score &s)
{
	auto &m = bar(s, 20 + id % 8);
	return count_beats(m) + m.beats;
}

void engrave(const Measure &m, int width)
{
	if (static_cast<int>(m.notes.size()) > width)
		throw EngraveError(id);
}

void engrave_page(const Score &s, int width)
{
	for (const auto &[name, staff] : s.staves)
		for (const auto &measure : staff->measures)
			try {
				engrave(measure, width);
			} catch (const EngraveError &) {
				std::throw_with_nested(std::runtime_error("staff " + name + ", page " + std::to_string(id % 30)));
			}
}

int engraved(Score &s)
{
	bar(s, 5);
	engrave_page(s, 4);
	return 1;
}

std::uintmax_t font_size(const std::string &name)
{
	return std::filesystem::file_size("/tmp/fonts-" + std::to_string(id) + "/" + name + ".otf");
}

int styled(Score &)
{
	std::uintmax_t sum = 0;
	for (const auto *name : {"music", "text"})
		sum += font_size(name);
	return static_cast<int>(sum);
}

std::string short_title(const Score &s, size_t from)
{
	return s.title.substr(from, 8);
}

int titled(Score &s)
{
	return static_cast<int>(short_title(s, 10 + static_cast<size_t>(id % 20)).size());
}

struct Player {
	int voices = 2;
	int play(const Note &n)
	{
		if (n.pitch > 127)
			throw n.pitch;
		return --voices;
	}
};

int played(Score &s)
{
	Player player;
	auto &m = bar(s, 3);
	m.notes.back()->pitch = 128 + id % 100;
	return std::accumulate(m.notes.begin(), m.notes.end(), 0, [&player](int sum, const auto &note) { return sum + player.play(*note); });
}

template <typename F> int each_note(const Measure &m, F change)
{
	int sum = 0;
	for (const auto &note : m.notes)
		sum += change(*note);
	return sum;
}

int transposed(Score &s)
{
	const auto &m = bar(s, 2 + id % 6);
	return each_note(m, [](Note &n) { return n.tied->pitch += 12; });
}

int muted(Score &s)
{
	const auto &m = bar(s, 3);
	return each_note(m, [](Note &n) { return n.pitch / (60 - n.pitch); });
}

int clef_of(Score &s, const std::string &part)
{
	return s.staves[part]->clef[0];
}

int clefs(Score &s)
{
	staff(s, "violin");
	return clef_of(s, "violin") + clef_of(s, "viola " + std::to_string(id));
}

struct Slur {
	explicit Slur(std::unique_ptr<Slur> after) : next(std::move(after))
	{
	}
	std::unique_ptr<Slur> next;
	int length = 1;
};

int slur(int notes)
{
	std::unique_ptr<Slur> first;
	for (int i = 0; i < notes; i++)
		first = std::make_unique<Slur>(std::move(first));
	const int length = first->length;
	first.reset();
	return length;
}

int slurred(Score &)
{
	return slur(1500000 + id) + 1;
}

int render(const Score &s, int page)
{
	if (page > 2)
		throw std::domain_error(s.title + " has no page " + std::to_string(page));
	return page;
}

int rendered(Score &s)
{
	auto job = std::async(std::launch::async, [&s] { return render(s, 3 + id % 7); });
	return job.get() + 1;
}

int tempo(const std::map<std::string, std::any> &tags)
{
	return std::any_cast<int>(tags.find("tempo")->second);
}

int tagged(Score &)
{
	return tempo({{"tempo", std::string("allegro " + std::to_string(id))}, {"key", id}}) + 1;
}

void give_up()
{
	std::fprintf(stderr, "score: process %d gives up\n", id);
	std::abort();
}

int conduct(Score &s)
{
	std::set_terminate(give_up);
	if (s.staves.empty())
		throw std::length_error("nothing to conduct in " + s.title);
	return 1;
}

int conducted(Score &s)
{
	return conduct(s) * 2;
}

double metronome(std::string_view text)
{
	return std::stod(std::string(text.substr(2)));
}

int timed(Score &)
{
	return static_cast<int>(metronome("4=" + std::to_string(id) + "e9999")) + 1;
}

struct Octave {
	int number;
	bool operator<(const Octave &other) const
	{
		if (number < 0 || other.number < 0)
			throw std::range_error("octave " + std::to_string(std::min(number, other.number)));
		return number < other.number;
	}
};

int tuned(Score &)
{
	std::map<Octave, int> strings;
	for (int octave : {4, 3, -1 - id % 9})
		strings[Octave{octave}]++;
	return static_cast<int>(strings.size());
}

// Is cleared when all else is gone.
struct Cache {
	std::vector<int *> glyphs;
	~Cache()
	{
		for (int *glyph : glyphs)
			*glyph = 0;
	}
};

Cache cache;

int cached(Score &)
{
	cache.glyphs.resize(1 + static_cast<size_t>(id % 12));
	return 1;
}

int run(Score &s, const std::string &way)
{
	static const std::map<std::string, int (*)(Score &)> ways = {{"counted", counted}, {"engraved", engraved}, {"styled", styled},
		{"titled", titled}, {"played", played}, {"transposed", transposed}, {"muted", muted}, {"clefs", clefs},
		{"slurred", slurred}, {"rendered", rendered}, {"tagged", tagged}, {"conducted", conducted}, {"timed", timed},
		{"tuned", tuned}, {"cached", cached}};
	const auto found = ways.find(way);
	return found == ways.end() ? 0 : found->second(s);
}
}

int main(int argc, char **argv)
{
	score::Score s;
	return argc > 1 ? score::run(s, argv[1]) & 127 : 0;
}

// SPDX-License-Identifier: Apache-2.0
// Lectures of a university: lecture ROLE [KEY=VALUE...]. `camera` writes segments of a recording, of kb each, into the folder out, the
// last `keep` of them: a line of their length, one of captions "from to words", then the picture; captions of music have no times
// and no speaker. `packager` takes each of the folder in and writes it to out, with so many workers, which end after so many looks
// (lives, 0: never) and are forked again. One look or segment each `every` milliseconds. Releases are compiled with what they do
// otherwise (-DBUG=N, 0: nothing): 1 minds captions without times, 2 looks for the speaker of each caption.
#include <cstdio>
#include <cstring>
#include <dirent.h>
#include <fstream>
#include <iostream>
#include <map>
#include <sstream>
#include <stdexcept>
#include <string>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

#ifndef BUG
#define BUG 0
#endif

struct Speaker {
	std::string name;
	long spoken = 0;
};

struct Caption {
	double from = 0, to = 0;
	std::string words;
};

static std::map<std::string, std::string> options{{"every", "150"}, {"workers", "2"}, {"kb", "64"}, {"keep", "20"}, {"lives", "0"}};
static std::map<std::string, Speaker> speakers{{"lecturer", {"lecturer"}}, {"student", {"student"}}};

static int number(const char *key)
{
	return std::stoi(options[key]);
}

static double seconds(const std::string &text)
{
	if (BUG != 1 && text.find_first_not_of("0123456789.") != std::string::npos)
		return 0;
	return std::stod(text);
}

static Speaker *find_speaker(const std::string &words)
{
	auto found = speakers.find(words.substr(0, words.find(':')));
	return found == speakers.end() ? nullptr : &found->second;
}

static Caption parse(const std::string &line)
{
	std::istringstream stream(line);
	std::string from, to;
	Caption caption;

	stream >> from >> to;
	std::getline(stream >> std::ws, caption.words);
	caption.from = seconds(from);
	caption.to = seconds(to);
	Speaker *speaker = find_speaker(caption.words);
	if (BUG == 2 || speaker)
		speaker->spoken += (long)caption.words.size();
	return caption;
}

static void store(const std::string &path, const std::string &text)
{
	std::ofstream file(path + ".tmp", std::ios::binary);

	file << text;
	file.close();
	if (!file)
		throw std::runtime_error("cannot store " + path + ": " + strerror(errno));
	rename((path + ".tmp").c_str(), path.c_str());
}

static void pack(const std::string &path, const std::string &name)
{
	std::ifstream file(path);
	std::string length, line, rest;

	std::getline(file, length);
	std::getline(file, line);
	std::getline(file, rest, '\0');
	file.close();
	unlink(path.c_str());
	Caption caption = parse(line);
	store(options["out"] + "/" + name, std::to_string(caption.to - caption.from) + " " + caption.words + "\n" + rest);
}

static void pack_all()
{
	DIR *folder = opendir(options["in"].c_str());

	if (!folder)
		throw std::runtime_error("cannot look into " + options["in"]);
	flock(dirfd(folder), LOCK_EX); // one worker at a time
	while (dirent *entry = readdir(folder)) {
		std::string name = entry->d_name, path = options["in"] + "/" + name;

		if (name.size() > 4 && name.substr(name.size() - 4) == ".seg")
			pack(path, name);
	}
	closedir(folder);
}

static void shoot(int count)
{
	const char *captions[] = {"0.0 2.0 lecturer: welcome", "2.0 3.5 student: why?", "-- -- music", "3.5 6.0 lecturer: because"};
	std::string text = "6.0\n" + std::string(captions[count % 4]) + "\n";

	text.resize(text.size() + ((size_t)number("kb") << 10), 'v');
	store(options["out"] + "/lecture-" + std::to_string(count % number("keep")) + ".seg", text);
}

static void work(bool camera)
{
	for (int count = 1;; count++) {
		usleep((unsigned)number("every") * 1000);
		if (!camera) {
			pack_all();
			if (count == number("lives"))
				_exit(0);
			continue;
		}
		try {
			shoot(count);
		} catch (const std::runtime_error &error) {
			std::cerr << "camera: " << error.what() << std::endl;
		}
	}
}

int main(int argc, char **argv)
{
	for (int n = 2; n < argc; n++) {
		std::string word = argv[n];
		options[word.substr(0, word.find('='))] = word.substr(word.find('=') + 1);
	}
	if (!strcmp(argv[1], "camera"))
		work(true);
	for (int workers = number("workers");; workers++) {
		for (; workers > 0; workers--)
			if (fork() == 0)
				work(false);
		wait(nullptr);
		usleep(300000);
	}
}

// SPDX-License-Identifier: Apache-2.0
// Pictures of a hospital: imaging ROLE [KEY=VALUE...]. `scanner` puts pictures (PGM) of so many pixels a side (size) into the folder
// out, each other-th of which is all black. `convert` takes each of the folder in, stretches its greys, halves it and writes it to
// out, with so many workers that are forked again when they end (0: by itself). Both one each `every` milliseconds. Releases are
// compiled with what they do otherwise (-DBUG=N, 0: nothing): 1 does not mind black pictures, 2 grows regions by recursion, 3 reads one
// row more.
#include <cstdio>
#include <cstring>
#include <dirent.h>
#include <map>
#include <stdexcept>
#include <string>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

#ifndef BUG
#define BUG 0
#endif

static std::map<std::string, std::string> options{{"every", "150"}, {"workers", "0"}, {"size", "128"}, {"other", "6"}};

struct Picture {
	int width = 0, height = 0;
	std::vector<unsigned char> pixels;
	unsigned char at(int x, int y) const
	{
		return pixels.at((size_t)y * width + x);
	}
};

static int number(const char *key)
{
	return std::stoi(options[key]);
}

static void fail(const std::string &what)
{
	throw std::runtime_error(what + ": " + strerror(errno));
}

static void write_picture(const std::string &path, const Picture &picture)
{
	FILE *file = fopen((path + ".tmp").c_str(), "w");

	if (!file)
		fail("cannot store " + path);
	fprintf(file, "P5 %d %d 255\n", picture.width, picture.height);
	size_t done = fwrite(picture.pixels.data(), 1, picture.pixels.size(), file);
	if (fclose(file) || done < picture.pixels.size())
		fail("cannot store " + path);
	rename((path + ".tmp").c_str(), path.c_str());
}

static Picture read_picture(const std::string &path)
{
	FILE *file = fopen(path.c_str(), "r");
	Picture picture;

	if (!file)
		fail("cannot read " + path);
	if (fscanf(file, "P5 %d %d 255%*c", &picture.width, &picture.height) == 2) {
		picture.pixels.resize((size_t)picture.width * picture.height);
		(void)!fread(picture.pixels.data(), 1, picture.pixels.size(), file);
	}
	fclose(file);
	return picture;
}

static Picture stretch(const Picture &from)
{
	int low = 255, high = 0;
	Picture to = from;

	for (unsigned char pixel : from.pixels) {
		low = pixel < low ? pixel : low;
		high = pixel > high ? pixel : high;
	}
	if (BUG != 1 && low >= high)
		return to;
	for (unsigned char &pixel : to.pixels)
		pixel = (unsigned char)((pixel - low) * 255 / (high - low));
	return to;
}

static int grow(const Picture &picture, std::vector<bool> &seen, int x, int y)
{
	if (x < 0 || y < 0 || x >= picture.width || y >= picture.height || seen[(size_t)y * picture.width + x] || picture.at(x, y))
		return 0;
	seen[(size_t)y * picture.width + x] = true;
	return 1 + grow(picture, seen, x + 1, y) + grow(picture, seen, x - 1, y) + grow(picture, seen, x, y + 1) +
	       grow(picture, seen, x, y - 1);
}

static Picture halve(const Picture &from)
{
	int more = BUG == 3 && from.height % 2;
	Picture to;

	to.width = from.width / 2;
	to.height = from.height / 2 + more;
	for (int y = 0; y < to.height; y++)
		for (int x = 0; x < to.width; x++)
			to.pixels.push_back((from.at(2 * x, 2 * y) + from.at(2 * x, 2 * y + 1)) / 2);
	return to;
}

static void convert_all()
{
	DIR *folder = opendir(options["in"].c_str());

	if (!folder)
		fail("cannot look into " + options["in"]);
	while (dirent *entry = readdir(folder)) {
		std::string name = entry->d_name, path = options["in"] + "/" + name;

		if (name.size() < 4 || name.substr(name.size() - 4) != ".pgm" || rename(path.c_str(), (path + ".own").c_str()))
			continue; // or another worker has it
		path += ".own";
		Picture picture = read_picture(path);
		unlink(path.c_str());
		if (BUG == 2) {
			std::vector<bool> seen(picture.pixels.size());
			grow(picture, seen, 0, 0);
		}
		try {
			write_picture(options["out"] + "/" + name, halve(stretch(picture)));
		} catch (std::runtime_error &error) {
			fprintf(stderr, "imaging: %s\n", error.what());
		}
	}
	closedir(folder);
}

static void scan(int count)
{
	Picture picture;

	picture.width = picture.height = number("size") + count % 2;
	picture.pixels.resize((size_t)picture.width * picture.height);
	if (count % number("other"))
		for (size_t n = 0; n < picture.pixels.size(); n++)
			picture.pixels[n] = (unsigned char)(20 + n * 7 % 200);
	write_picture(options["out"] + "/scan-" + std::to_string(count % 40) + ".pgm", picture);
}

static void work(bool scanner)
{
	for (int count = 1;; count++) {
		usleep((unsigned)number("every") * 1000);
		scanner ? scan(count) : convert_all();
	}
}

int main(int argc, char **argv)
{
	for (int n = 2; n < argc; n++) {
		std::string word = argv[n];
		options[word.substr(0, word.find('='))] = word.substr(word.find('=') + 1);
	}
	int workers = number("workers");
	if (!workers)
		work(!strcmp(argv[1], "scanner"));
	for (;; workers++) {
		for (; workers > 0; workers--)
			if (fork() == 0)
				work(!strcmp(argv[1], "scanner"));
		wait(nullptr);
		usleep(300000);
	}
}

// SPDX-License-Identifier: Apache-2.0
// Ovens of a bakery: oven bake PORT PLAN FOLDER [LIBRARY] takes lines "LOAF COUNT" over TCP, a thread for
// each connection, and says how many minutes they are to be baked: PLAN, read for each, has lines
// "LOAF MINUTES STEAM" (- for no steam). FOLDER/batch keeps the number of the last batch of the night, of
// which the log has 400. LIBRARY, if any, is asked for what is to be paid (its function tax).
// oven boys PORT SECONDS LOAVES [TRIES] loads, once so often, what stands in the file LOAVES, in turn, again
// so often.
#include <arpa/inet.h>
#include <dlfcn.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iostream>
#include <map>
#include <memory>
#include <mutex>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

struct Steam {
	int seconds;
};

struct Loaf {
	int minutes = 0;
	std::unique_ptr<Steam> steam;
};

static std::array<int, 400> night;
static std::mutex night_lock;
static int (*dues)(int);

static std::map<std::string, Loaf> read_plan(const std::string &path)
{
	std::ifstream file(path);
	std::map<std::string, Loaf> plan;
	std::string name, steam;
	int minutes = 0;

	while (file >> name >> minutes >> steam) {
		plan[name].minutes = minutes;
		if (steam != "-")
			plan[name].steam = std::make_unique<Steam>(Steam{std::stoi(steam)});
	}
	return plan;
}

static int steam_of(const Loaf &loaf)
{
	return loaf.steam ? loaf.steam->seconds : 0;
}

static void __attribute__((noinline)) log_batch(const std::string &folder, int count)
{
	const std::lock_guard<std::mutex> hold(night_lock);
	int batch = 0;

	std::ifstream(folder + "/batch") >> batch;
	night.at(batch) = count;
	std::ofstream(folder + "/batch") << batch + 1 << '\n';
}

static std::string bake(const std::string &plan_path, const std::string &folder, const std::string &line)
{
	std::istringstream words(line);
	std::string name;
	int count = 0;

	words >> name >> count;
	const auto plan = read_plan(plan_path);
	const auto found = plan.find(name);
	if (found == plan.end())
		return "no such loaf\n";
	log_batch(folder, count);
	const int due = dues ? dues(count) : 0;
	return std::to_string(found->second.minutes + steam_of(found->second) / 60) + ' ' +
	       std::to_string(due) + '\n';
}

static void attend(int boy, const std::string plan, const std::string folder)
{
	char line[200] = "";

	if (recv(boy, line, sizeof(line) - 1, 0) > 0) {
		const std::string answer = bake(plan, folder, line);
		send(boy, answer.data(), answer.size(), MSG_NOSIGNAL);
	}
	close(boy);
}

static sockaddr_in address_of(const char *port)
{
	sockaddr_in address{};

	address.sin_family = AF_INET;
	address.sin_port = htons(static_cast<uint16_t>(atoi(port)));
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return address;
}

static int serve(char **argv)
{
	const sockaddr_in address = address_of(argv[2]);
	const int server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;

	setsockopt(server, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(server, reinterpret_cast<const sockaddr *>(&address), sizeof(address)) ||
		listen(server, 64)) {
		perror("oven: port");
		return 1;
	}
	for (;;) {
		const int boy = accept(server, nullptr, nullptr);
		if (boy >= 0)
			std::thread(attend, boy, std::string(argv[3]), std::string(argv[4])).detach();
	}
}

static bool load(const char *port, const std::string &line)
{
	const sockaddr_in address = address_of(port);
	const int oven = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char answer[100];
	const bool done = connect(oven, reinterpret_cast<const sockaddr *>(&address), sizeof(address)) == 0 &&
			  send(oven, line.data(), line.size(), MSG_NOSIGNAL) > 0 &&
			  recv(oven, answer, sizeof(answer), 0) > 0;

	if (!done)
		std::cerr << "boys: " << line.substr(0, line.size() - 1) << ": " << strerror(errno) << '\n';
	close(oven);
	return done;
}

static void push_all(char **argv, int tries)
{
	for (unsigned count = 0;; count++) {
		std::ifstream file(argv[4]);
		std::vector<std::string> lines;
		for (std::string line; getline(file, line);)
			lines.push_back(line + '\n');
		usleep(static_cast<useconds_t>(atof(argv[3]) * 1e6));
		for (int n = 0; n <= tries && !load(argv[2], lines.at(count % lines.size())); n++)
			usleep(400000);
	}
}

int main(int argc, char **argv)
{
	if (!strcmp(argv[1], "boys"))
		push_all(argv, argc > 5 ? atoi(argv[5]) : 0);
	if (argc > 5) {
		void *library = dlopen(argv[5], RTLD_NOW);
		dues = library ? reinterpret_cast<int (*)(int)>(dlsym(library, "tax")) : nullptr;
		if (!dues) {
			std::cerr << "oven: " << dlerror() << '\n';
			return 78;
		}
	}
	return serve(argv);
}

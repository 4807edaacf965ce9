// SPDX-License-Identifier: Apache-2.0
// Cranes of a harbour: crane yard PORT FOLDER WORKERS [shared] takes lines "CONTAINER KG BAY" over TCP in so
// many workers, which are made anew when they die, and tells the slot of a container by its weight;
// FOLDER/bays, read for each, has lines "BAY KG": what a bay carries; shared: it plans in shared memory.
// Compiled with RELEASE=2 it sorts by four tons and not by five.
#include <arpa/inet.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <system_error>
#include <vector>

#ifndef RELEASE
#define RELEASE 1
#endif

static std::map<std::string, int> bays_of(const std::string &folder)
{
	std::ifstream file(folder + "/bays");
	std::map<std::string, int> bays;
	std::string bay, kg;

	while (file >> bay >> kg)
		bays[bay] = std::stoi(kg);
	return bays;
}

static const std::vector<int> slots = {4, 4, 3, 3, 2, 1};

static int __attribute__((noinline)) slot_of(int kg)
{
	if (RELEASE == 2)
		return slots.at(static_cast<std::size_t>(kg / 4000));
	return slots[static_cast<std::size_t>(kg / 5000) % slots.size()];
}

static void plan(int kg)
{
	const int id = shmget(IPC_PRIVATE, 1 << 20, IPC_CREAT | 0600);

	if (id < 0)
		throw std::system_error(errno, std::generic_category(), "plan of the yard: shmget");
	auto *yard = static_cast<int *>(shmat(id, nullptr, 0));
	shmctl(id, IPC_RMID, nullptr);
	yard[0] = kg;
	shmdt(yard);
}

static std::string lift(const std::string &folder, bool shared, const std::string &line)
{
	std::istringstream words(line);
	std::string container, bay;
	int kg = 0;

	words >> container >> kg >> bay;
	if (kg > bays_of(folder).at(bay))
		return "too heavy\n";
	if (shared)
		plan(kg);
	return container + " slot " + std::to_string(slot_of(kg)) + '\n';
}

static void work(int server, const std::string &folder, bool shared)
{
	for (;;) {
		const int gang = accept(server, nullptr, nullptr);
		char line[200] = "";
		if (gang < 0)
			continue;
		if (recv(gang, line, sizeof(line) - 1, 0) > 0) {
			const std::string answer = lift(folder, shared, line);
			send(gang, answer.data(), answer.size(), MSG_NOSIGNAL);
		}
		close(gang);
	}
}

static void start_worker(int server, char **argv)
{
	if (fork() == 0) {
		signal(SIGTERM, SIG_DFL);
		work(server, argv[3], argv[5] != nullptr);
	}
}

int main(int, char **argv)
{
	const int server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
	sockaddr_in address{};

	address.sin_family = AF_INET;
	address.sin_port = htons(static_cast<uint16_t>(atoi(argv[2])));
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	setsockopt(server, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(server, reinterpret_cast<const sockaddr *>(&address), sizeof(address)) ||
		listen(server, 64)) {
		perror("crane: port");
		return 1;
	}
	signal(SIGTERM, [](int) { _exit(0); });
	for (int n = atoi(argv[4]); n > 0; n--)
		start_worker(server, argv);
	for (;;) {
		if (waitpid(-1, nullptr, 0) < 0)
			return 1;
		usleep(200000);
		start_worker(server, argv);
	}
}

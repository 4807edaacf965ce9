// SPDX-License-Identifier: Apache-2.0
// Balls of a lottery: balls drum PORT FOLDER takes lines "STAKE NUMBER..." over TCP, a thread for
// each connection, keeps one field for each unit of the stake, and tells how many of the numbers were drawn.
// FOLDER/fee has what is kept of a stake, in percent, read for each.
#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iostream>
#include <set>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

struct Field {
	std::vector<int> numbers;
};

static const std::set<int> drawn = {3, 14, 15, 26, 35, 49};

static std::vector<Field> __attribute__((noinline)) fields_of(int stake, const std::vector<int> &numbers)
{
	return std::vector<Field>(static_cast<std::size_t>(stake), Field{numbers});
}

static int fee_of(const std::string &folder, int stake)
{
	std::string percent;

	std::ifstream(folder + "/fee") >> percent;
	return stake * std::stoi(percent);
}

static std::string draw(const std::string &folder, const std::string &line)
{
	std::istringstream words(line);
	std::vector<int> numbers;
	int stake = 0, right = 0;

	words >> stake;
	for (int number; words >> number;)
		numbers.push_back(number);
	const int fee = fee_of(folder, stake);
	for (const Field &field : fields_of(stake, numbers))
		for (const int number : field.numbers)
			right += drawn.count(number);
	return std::to_string(right) + " right, fee " + std::to_string(fee) + '\n';
}

static void attend(int kiosk, const std::string folder)
{
	char line[200] = "";

	if (recv(kiosk, line, sizeof(line) - 1, 0) > 0) {
		const std::string answer = draw(folder, line);
		send(kiosk, answer.data(), answer.size(), MSG_NOSIGNAL);
	}
	close(kiosk);
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
		perror("balls: port");
		return 1;
	}
	for (;;) {
		const int kiosk = accept(server, nullptr, nullptr);
		if (kiosk >= 0)
			std::thread(attend, kiosk, std::string(argv[3])).detach();
	}
}

// SPDX-License-Identifier: Apache-2.0
// A service in C++ whose releases are compiled with their bugs (-DBUG=N, 0: none; 3 needs libtax), which one request in ODDS
// meets: stock [port=N] [spool=FILE] [every=MS]. It answers whoever connects, or takes orders by itself; with a file in its
// spool it takes the order that is in there first.
#include <arpa/inet.h>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>
#include <memory>
#include <string>
#include <sys/socket.h>
#include <unistd.h>
#include <vector>

#ifndef BUG
#define BUG 0
#endif
#ifndef ODDS
#define ODDS 1
#endif

extern "C" int tax(int n); // of libtax, for BUG 3

struct Article {
	std::string name;
	int left = 3;
};

class Shelf {
	std::vector<Article> articles{3};
	std::map<int, std::unique_ptr<Article>> reserved;

public:
	int left(unsigned n)
	{
		return articles.at(n).left;
	}
	int reserve(int order)
	{
		return reserved[order]->left;
	}
};

static std::map<std::string, std::string> options{{"port", "0"}, {"spool", ""}, {"every", "150"}};
static Shelf shelf;

static int order(unsigned count)
{
	if (count % ODDS)
		return 0;
	if (BUG == 1)
		return shelf.left(3 + count);
	if (BUG == 2)
		return shelf.reserve((int)count);
#if BUG == 3
	return tax((int)count);
#endif
	return 0;
}

static void take_from_spool()
{
	std::ifstream file(options["spool"]);
	std::string number;

	if (file && std::getline(file, number))
		shelf.left((unsigned)std::stoi(number));
}

static void serve(int port)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;
	sockaddr_in address{};
	char buf[1024];

	address.sin_family = AF_INET;
	address.sin_port = htons((unsigned short)port);
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, (sockaddr *)&address, sizeof(address)) < 0 || listen(fd, 50) < 0) {
		perror("stock: cannot listen");
		exit(1);
	}
	for (unsigned count = 1;; count++) {
		int client = accept(fd, nullptr, nullptr);

		if (read(client, buf, sizeof(buf)) > 0 && order(count) >= 0)
			(void)!write(client, "HTTP/1.0 200 OK\r\n\r\n{\"left\": 3}\n", 31);
		close(client);
	}
}

int main(int argc, char **argv)
{
	for (int n = 1; n < argc; n++) {
		std::string word = argv[n];
		options[word.substr(0, word.find('='))] = word.substr(word.find('=') + 1);
	}
	if (options["port"] != "0")
		serve(std::stoi(options["port"]));
	for (unsigned count = 1;; count++) {
		usleep((unsigned)std::stoi(options["every"]) * 1000);
		if (!options["spool"].empty())
			take_from_spool();
		order(count);
	}
}

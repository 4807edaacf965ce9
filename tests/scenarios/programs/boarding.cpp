// SPDX-License-Identifier: Apache-2.0
// Boarding passes: boarding gate PORT PLAN [WORKERS [RECYCLE [SPEED]]] answers lines "FLIGHT ROW SEAT SURNAME/NAME" in forked workers,
// which are replaced when they end: after so many passes (RECYCLE), or of what is wrong. PLAN has a line "lanes N", read when it has
// changed. With SPEED each pass is printed by a thread of its own, one after the other, in so many seconds. boarding kiosk PORT SECONDS
// [NOBODY [HASTY]] asks for passes, after NOBODY seconds also for passengers of one name; each HASTYth hangs up. Compiled with the bug
// of the release: -DBUG=1 has no exits in row 13. BOARDING_LEVY of the environment: a library that each worker takes the tax of the
// airport from; without it the worker ends with 78.
#include <arpa/inet.h>
#include <dlfcn.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <map>
#include <mutex>
#include <string>
#include <thread>

#ifndef BUG
#define BUG 0
#endif

namespace {

struct Request {
	char flight[12], seat[4], name[200];
	int row;
};

std::mutex printer;
int lanes = 1;
timespec planned;

void read_plan(const char *path)
{
	struct stat about;
	if (stat(path, &about) || (about.st_mtim.tv_sec == planned.tv_sec && about.st_mtim.tv_nsec == planned.tv_nsec))
		return;
	planned = about.st_mtim;
	if (FILE *file = fopen(path, "r")) {
		if (fscanf(file, "lanes %d", &lanes) != 1)
			fprintf(stderr, "boarding: %s tells no lanes, %d as before\n", path, lanes);
		fclose(file);
	}
}

std::map<int, std::string> exits_of(const char *flight)
{
	std::map<int, std::string> exits;
	for (int row = 1; row <= 30; row++)
		if (BUG != 1 || row != 13)
			exits[row] = std::string(flight) + (row < 15 ? " front" : " rear");
	return exits;
}

int lane_of(const Request &request)
{
	return (request.row * 6 + request.seat[0]) % lanes;
}

std::string initial(const char *name)
{
	const char *given = strchr(name, '/');
	char first = given[1];
	return std::string(1, first) + ". " + std::string(name, given);
}

void print(const char *text, double seconds)
{
	std::lock_guard<std::mutex> one(printer);
	std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
	if (!text[0])
		fprintf(stderr, "boarding: an empty pass\n");
}

std::string pass(const Request &request, double speed)
{
	std::string text = exits_of(request.flight).at(request.row) + " lane " + std::to_string(lane_of(request)) + " " +
			   initial(request.name) + "\n";
	if (speed > 0)
		std::thread(print, "pass", speed).detach();
	return text;
}

void load_levy()
{
	const char *path = getenv("BOARDING_LEVY");
	void *library = path ? dlopen(path, RTLD_NOW) : nullptr;

	if (!path || (library && dlsym(library, "tax")))
		return;
	fprintf(stderr, "boarding: no tax of the airport: %s\n", dlerror());
	_exit(78);
}

void work(int listener, const char *plan, int recycle, double speed)
{
	char text[300];

	prctl(PR_SET_PDEATHSIG, SIGTERM);
	load_levy();
	for (int count = 0; recycle == 0 || count < recycle; count++) {
		int kiosk = accept(listener, nullptr, nullptr);
		ssize_t length = kiosk < 0 ? -1 : read(kiosk, text, sizeof(text) - 1);
		Request request = {};
		if (length > 0) {
			text[length] = 0;
			read_plan(plan);
			if (sscanf(text, "%11s %d %3s %199[^\n]", request.flight, &request.row, request.seat, request.name) == 4) {
				std::string answer = pass(request, speed);
				send(kiosk, answer.c_str(), answer.size(), MSG_NOSIGNAL);
			}
		}
		close(kiosk);
	}
	_exit(0);
}

int gate(const sockaddr_in &address, int argc, char **argv)
{
	int listener = socket(AF_INET, SOCK_STREAM, 0), one = 1, status;
	int workers = argc > 4 ? atoi(argv[4]) : 2, recycle = argc > 5 ? atoi(argv[5]) : 0;

	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(listener, reinterpret_cast<const sockaddr *>(&address), sizeof(address)) || listen(listener, 50)) {
		perror("boarding: bind");
		return 1;
	}
	for (int running = 0;;) {
		for (; running < workers; running++)
			if (fork() == 0)
				work(listener, argv[3], recycle, argc > 6 ? atof(argv[6]) : 0);
		running -= wait(&status) > 0;
		usleep(100000);
	}
}

void ask(const sockaddr_in &address, const std::string &line, bool hasty)
{
	char answer[100] = "";
	int gate = socket(AF_INET, SOCK_STREAM, 0);
	timeval second = {1, 0};

	setsockopt(gate, SOL_SOCKET, SO_RCVTIMEO, &second, sizeof(second));
	if (connect(gate, reinterpret_cast<const sockaddr *>(&address), sizeof(address)))
		fprintf(stderr, "kiosk: no gate: %s\n", strerror(errno));
	else if (write(gate, line.c_str(), line.size()) < 0 || (!hasty && read(gate, answer, sizeof(answer) - 1) <= 0))
		fprintf(stderr, "kiosk: no pass for %s", line.c_str());
	close(gate);
}

void kiosk(const sockaddr_in &address, int argc, char **argv)
{
	static const char *names[] = {"ABEL/INA", "BERG/OLE", "CIMA/ROSA", "DAHL/JON"};
	int nobody = argc > 4 ? atoi(argv[4]) : 0, hasty = argc > 5 ? atoi(argv[5]) : 0;
	time_t begin = time(nullptr);

	signal(SIGPIPE, SIG_IGN);
	for (int count = 0;; count++) {
		usleep(static_cast<useconds_t>(atof(argv[3]) * 1e6));
		bool single = nobody && time(nullptr) >= begin + nobody && count % 6 == 5;
		std::string seat = std::to_string(1 + count * 4 % 29) + " " + "ABCDEF"[count % 6];
		ask(address, "LW" + std::to_string(100 + count % 7) + " " + seat + " " + (single ? "SURYA" : names[count % 4]) + "\n",
			hasty && count % hasty == hasty - 1);
	}
}

}

int main(int argc, char **argv)
{
	sockaddr_in address = {};

	address.sin_family = AF_INET;
	address.sin_port = htons(static_cast<uint16_t>(atoi(argv[2])));
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (!strcmp(argv[1], "gate"))
		return gate(address, argc, argv);
	kiosk(address, argc, argv);
}

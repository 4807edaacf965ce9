/* SPDX-License-Identifier: Apache-2.0 */
/* The TCP and unix sockets that listened before the probes: which, by the tables of each network namespace;
 * whose, by the descriptors of the processes, which are read only until each socket has been found. */
#include "host/host.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"

#define SOCKETS_MAX  4096
#define SPACES_MAX   1024   /* network namespaces */
#define LOOKS_MAX    200000 /* descriptors: some tenths of a second */
#define STATE_LISTEN 0x0a
#define ACCEPTS      0x10000 /* __SO_ACCEPTCON */
#define SYSTEMD      1       /* holds the unix sockets of others, too, who accept */

struct socket_found {
	uint64_t inode;
	uint32_t pid; /* 0: not found yet */
	bool is_unix;
	union {
		struct record_listen tcp;
		struct record_unix unix_socket;
	};
};

struct search {
	struct socket_found *sockets;
	unsigned count, found;
	unsigned looks;
	uint32_t spaces[SPACES_MAX];
	unsigned space_count;
};

/* /proc/net/tcp: "sl: local:port remote:port state queues timer retransmits uid timeout inode …", numbers in
 * hexadecimal up to the state. */
enum { FIELD_LOCAL = 1, FIELD_STATE = 3, FIELD_INODE = 9, FIELDS };

/* Words of 8 digits, each as it lies in memory: one for IPv4, four for IPv6. */
static void read_address(const char *text, uint8_t ret[16])
{
	uint8_t address[16] = {0};
	bool v6 = strcspn(text, ":") > 8;

	for (unsigned n = 0; n < (v6 ? 4 : 1); n++, text += 8) {
		char digits[9] = {0};
		uint32_t word;

		memcpy(digits, text, strnlen(text, 8));
		word = (uint32_t)strtoul(digits, NULL, 16);
		memcpy(address + 4 * n, &word, sizeof(word));
		if (strlen(digits) < 8)
			break;
	}
	record_address(ret, address, v6 ? 6 : 4);
}

/* A line of /proc/net/tcp: numbers in hexadecimal, but for the inode. */
static bool is_listening(char *line, struct record_listen *ret)
{
	char *fields[FIELDS] = {0}, *save = NULL, *colon;

	for (unsigned n = 0; n < FIELDS; n++)
		if (!(fields[n] = strtok_r(n ? NULL : line, " ", &save)))
			return false;
	colon = strrchr(fields[FIELD_LOCAL], ':');
	ret->port = colon ? (uint16_t)strtoul(colon + 1, NULL, 16) : 0;
	ret->inode = strtoull(fields[FIELD_INODE], NULL, 10);
	read_address(fields[FIELD_LOCAL], ret->address);
	return strtoul(fields[FIELD_STATE], NULL, 16) == STATE_LISTEN && ret->inode;
}

static void read_table(struct search *s, int dir, const char *name, uint32_t space)
{
	int fd = openat(dir, name, O_RDONLY | O_CLOEXEC);
	_cleanup_fclose_ FILE *file = fd >= 0 ? fdopen(fd, "re") : NULL;
	char line[512];

	if (!file && fd >= 0)
		close(fd);
	while (file && fgets(line, sizeof(line), file) && s->count < SOCKETS_MAX) {
		struct socket_found socket = {.tcp = {.netns = space, .opens = true, .seed = true}};

		if (!is_listening(line, &socket.tcp))
			continue;
		socket.inode = socket.tcp.inode;
		s->sockets[s->count++] = socket;
	}
}

/* "address: references protocol flags type state inode path", numbers in hexadecimal but for the inode. A
 * path may hold any byte: with an end of line in it somebody can give a path a wrong service. */
static bool is_accepting(char *line, struct socket_found *ret)
{
	enum { FLAGS = 3, TYPE = 4, INODE = 6, COUNT };
	char *fields[COUNT] = {0}, *path = NULL;
	unsigned long type;

	memset(ret, 0, sizeof(*ret));
	line[strcspn(line, "\n")] = '\0';
	for (unsigned n = 0; n < COUNT; n++)
		if (!(fields[n] = strtok_r(n ? NULL : line, " ", &path)))
			return false;
	type = strtoul(fields[TYPE], NULL, 16);
	ret->inode = strtoull(fields[INODE], NULL, 10);
	ret->is_unix = true;
	ret->unix_socket.seed = true;
	snprintf(ret->unix_socket.path, sizeof(ret->unix_socket.path), "%s", path);
	return strtoul(fields[FLAGS], NULL, 16) & ACCEPTS && ret->inode && ret->unix_socket.path[0] &&
	       (type == SOCK_STREAM || type == SOCK_SEQPACKET);
}

static void read_unix_table(struct search *s, int dir)
{
	int fd = openat(dir, "net/unix", O_RDONLY | O_CLOEXEC);
	_cleanup_fclose_ FILE *file = fd >= 0 ? fdopen(fd, "re") : NULL;
	char line[512];

	if (!file && fd >= 0)
		close(fd);
	while (file && fgets(line, sizeof(line), file) && s->count < SOCKETS_MAX)
		if (is_accepting(line, &s->sockets[s->count]))
			s->count++;
}

static void read_space(struct search *s, int dir)
{
	struct stat st;
	uint32_t space;

	if (fstatat(dir, "ns/net", &st, 0) < 0 || s->space_count == SPACES_MAX)
		return;
	space = (uint32_t)st.st_ino;
	for (unsigned i = 0; i < s->space_count; i++)
		if (s->spaces[i] == space)
			return;
	s->spaces[s->space_count++] = space;
	read_table(s, dir, "net/tcp", space);
	read_table(s, dir, "net/tcp6", space);
	read_unix_table(s, dir);
}

static void found(struct search *s, uint64_t inode, uint32_t pid)
{
	for (unsigned i = 0; i < s->count; i++) {
		if (s->sockets[i].inode != inode || s->sockets[i].pid ||
			(s->sockets[i].is_unix && pid == SYSTEMD))
			continue;
		s->sockets[i].pid = pid;
		s->found++;
	}
}

static void read_descriptors(struct search *s, int dir, uint32_t pid)
{
	int fd = openat(dir, "fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *descriptors = fd >= 0 ? fdopendir(fd) : NULL;
	struct dirent *entry;
	char target[64];
	ssize_t n;

	while (descriptors && (entry = readdir(descriptors)) && s->found < s->count &&
		s->looks++ < LOOKS_MAX) {
		n = readlinkat(dirfd(descriptors), entry->d_name, target, sizeof(target) - 1);
		target[n > 0 ? n : 0] = '\0';
		if (strncmp(target, "socket:[", 8) == 0)
			found(s, strtoull(target + 8, NULL, 10), pid);
	}
	if (descriptors)
		closedir(descriptors);
	else if (fd >= 0)
		close(fd);
}

/* Looks at each process; first at its namespace, then at its descriptors. */
static int each_process(struct search *s, bool descriptors)
{
	struct dirent *entry;
	DIR *proc = opendir("/proc");

	if (!proc)
		return -errno;
	while ((entry = readdir(proc)) && (!descriptors || s->found < s->count)) {
		_cleanup_close_ int dir =
			isdigit((unsigned char)entry->d_name[0])
				? openat(dirfd(proc), entry->d_name, O_PATH | O_DIRECTORY | O_CLOEXEC)
				: -1;

		if (dir < 0)
			continue;
		if (descriptors)
			read_descriptors(s, dir, (uint32_t)strtoul(entry->d_name, NULL, 10));
		else
			read_space(s, dir);
	}
	closedir(proc);
	return 0;
}

static void tell(struct socket_found *socket, host_listener_fn fn, host_unix_fn unix_fn, void *context)
{
	if (socket->is_unix) {
		socket->unix_socket.listener.pid = socket->pid;
		unix_fn(context, &socket->unix_socket);
	} else {
		socket->tcp.process.pid = socket->pid;
		fn(context, &socket->tcp);
	}
}

int host_listeners(host_listener_fn fn, host_unix_fn unix_fn, void *context)
{
	_cleanup_free_ struct search *s = calloc(1, sizeof(*s));
	_cleanup_free_ struct socket_found *sockets = calloc(SOCKETS_MAX, sizeof(*sockets));
	int r;

	if (!s || !sockets)
		return -ENOMEM;
	s->sockets = sockets;
	r = each_process(s, false);
	if (r == 0)
		r = each_process(s, true);
	for (unsigned i = 0; i < s->count && r == 0; i++)
		if (s->sockets[i].pid)
			tell(&s->sockets[i], fn, unix_fn, context);
	return r;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* A small reader of ELF headers, and the process it runs in: files go in as descriptors, outlines come out.
 */
#include "symbolize/outline.h"

#include <elf.h>
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "symbolize/packet.h"
#include "symbolize/sandbox.h"

#define HEADERS_MAX 64
#define NOTES_MAX   4096
#define TIMEOUT     2 /* seconds for one file */

static bool read_at(int fd, void *bytes, size_t size, uint64_t offset)
{
	return offset <= INT64_MAX && pread(fd, bytes, size, (off_t)offset) == (ssize_t)size;
}

static void take_build_id(const uint8_t *notes, size_t size, struct outline *ret)
{
	Elf64_Nhdr head;

	/* Padding may be missing behind the last one: at is beyond size then. */
	for (size_t at = 0; at <= size && size - at >= sizeof(head); at = (at + 3) & ~3ull) {
		memcpy(&head, notes + at, sizeof(head));
		at += sizeof(head);
		size_t name = (head.n_namesz + 3ull) & ~3ull;
		if (name > size - at || head.n_descsz > size - at - name)
			return;
		if (head.n_type == NT_GNU_BUILD_ID && head.n_namesz == 4 &&
			memcmp(notes + at, "GNU", 4) == 0 && head.n_descsz) {
			ret->build_id_size =
				head.n_descsz < SNAPSHOT_BUILD_ID ? head.n_descsz : SNAPSHOT_BUILD_ID;
			memcpy(ret->build_id, notes + at + name, ret->build_id_size);
			return;
		}
		at += name + head.n_descsz;
	}
}

static void read_notes(int fd, const Elf64_Phdr *header, struct outline *ret)
{
	uint8_t notes[NOTES_MAX];

	if (!ret->build_id_size && header->p_filesz <= sizeof(notes) &&
		read_at(fd, notes, header->p_filesz, header->p_offset))
		take_build_id(notes, header->p_filesz, ret);
}

static void take_header(int fd, const Elf64_Phdr *header, struct outline *ret)
{
	if (header->p_type == PT_LOAD && ret->segment_count < OUTLINE_SEGMENTS) {
		ret->segments[ret->segment_count++] = (struct outline_segment){
			.offset = header->p_offset,
			.vaddr = header->p_vaddr,
			.file_size = header->p_filesz,
			.memory_size = header->p_memsz,
			.flags = header->p_flags,
		};
	} else if (header->p_type == PT_DYNAMIC && header->p_filesz <= OUTLINE_DYNAMIC) {
		ret->dynamic_offset = header->p_offset;
		ret->dynamic_vaddr = header->p_vaddr;
		ret->dynamic_size = header->p_filesz;
	} else if (header->p_type == PT_NOTE) {
		read_notes(fd, header, ret);
	}
}

static void read_outline(int fd, struct outline *ret)
{
	Elf64_Phdr headers[HEADERS_MAX];
	Elf64_Ehdr file;

	memset(ret, 0, sizeof(*ret));
	if (!read_at(fd, &file, sizeof(file), 0) || memcmp(file.e_ident, ELFMAG, SELFMAG) != 0 ||
		file.e_ident[EI_CLASS] != ELFCLASS64 || file.e_ident[EI_DATA] != ELFDATA2LSB ||
		file.e_phentsize != sizeof(headers[0]) || file.e_phnum > HEADERS_MAX ||
		!read_at(fd, headers, file.e_phnum * sizeof(headers[0]), file.e_phoff))
		return;
	for (unsigned i = 0; i < file.e_phnum; i++)
		take_header(fd, &headers[i], ret);
	ret->machine = file.e_machine;
	ret->known = ret->segment_count > 0;
}

_Noreturn static void run(int socket)
{
	struct outline outline;
	int fds[PACKET_FDS];
	char byte;

	if (sandbox_enter(socket, false) < 0)
		_exit(1);
	while (packet_receive(socket, &byte, sizeof(byte), fds) > 0) {
		read_outline(fds[0], &outline);
		for (size_t i = 0; i < PACKET_FDS; i++)
			if (fds[i] >= 0)
				close(fds[i]);
		if (packet_send(socket, &(struct iovec){&outline, sizeof(outline)}, 1, NULL, 0) < 0)
			break;
	}
	_exit(0);
}

/* The reader is not trusted: what it says is bounded here. */
static bool is_sane(const struct outline *o)
{
	return o->known <= 1 && o->segment_count <= OUTLINE_SEGMENTS &&
	       o->build_id_size <= SNAPSHOT_BUILD_ID && o->dynamic_size <= OUTLINE_DYNAMIC;
}

static int ask(int socket, int fd, struct outline *ret)
{
	int fds[PACKET_FDS];
	int r = packet_send(socket, &(struct iovec){(char[1]){0}, 1}, 1, &fd, 1);

	if (r < 0)
		return r;
	if (packet_receive(socket, ret, sizeof(*ret), fds) != sizeof(*ret) || !is_sane(ret)) {
		memset(ret, 0, sizeof(*ret));
		return -EPIPE;
	}
	return 0;
}

int outlines_read(const int *fds, unsigned count, struct outline *ret)
{
	const struct timeval timeout = {.tv_sec = TIMEOUT};
	int ends[2], r = 0;
	bool any = false;

	memset(ret, 0, count * sizeof(*ret));
	for (unsigned i = 0; i < count; i++)
		any |= fds[i] >= 0;
	if (!any)
		return 0;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return -errno;
	_cleanup_close_ int ours = ends[0];
	pid_t pid = fork();
	if (pid == 0)
		run(ends[1]);
	close(ends[1]);
	if (pid < 0)
		return -EAGAIN;
	setsockopt(ours, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
	for (unsigned i = 0; i < count && r == 0; i++)
		if (fds[i] >= 0)
			r = ask(ours, fds[i], &ret[i]);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	return 0;
}

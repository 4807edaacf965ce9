/* SPDX-License-Identifier: Apache-2.0 */
/* What was captured of a thread at the instant of its fault, and the frames made of it. Plain data. */
#ifndef LW_MODEL_SNAPSHOT_H
#define LW_MODEL_SNAPSHOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SNAPSHOT_REGISTERS 34    /* by DWARF number: x86-64 0 to 15, arm64 0 to 31 */
#define SNAPSHOT_STACK     65536 /* bytes */
#define SNAPSHOT_MAPS      256   /* executable mappings */
#define SNAPSHOT_PATH      512
#define SNAPSHOT_AUXV      56 /* words of the auxiliary vector */
#define SNAPSHOT_THREADS   33 /* of a process */
#define SNAPSHOT_BUILD_ID  20

enum snapshot_arch { SNAPSHOT_X86_64, SNAPSHOT_AARCH64 };

struct snapshot_map {
	uint64_t start;
	uint64_t end;
	uint64_t offset; /* in the file, bytes */
	uint64_t inode;  /* 0: anonymous, or the vDSO */
	uint64_t mtime;  /* ns since the epoch; 0: not known */
	uint32_t device; /* major << 20 | minor */
	bool vdso;
};

struct snapshot {
	enum snapshot_arch arch;
	uint64_t registers[SNAPSHOT_REGISTERS];
	uint64_t known; /* set of registers that are there */
	uint64_t pc;
	uint64_t sp;
	uint64_t stack_start; /* address of the first byte of stack: below sp (red zone), or above where that
				 is not mapped */
	uint32_t stack_size;
	const uint8_t *stack; /* borrowed */
	unsigned map_count;
	const struct snapshot_map *maps; /* sorted by start; borrowed */
};

#define FRAME_FUNCTION 192
#define FRAME_FILE     192
#define FRAMES_MAX     128

/* How a frame was found: the interrupted one itself; by unwind information; by a convention of the ABI (frame
 * pointer, the return address that a call to no code just left, the kernel's signal frame); by a search for a
 * return address, of which it is the likeliest. */
enum frame_trust { TRUST_CONTEXT, TRUST_CFI, TRUST_FP, TRUST_SCAN };

struct frame {
	uint64_t address; /* pc; of a caller its return address */
	int32_t map;      /* index into the snapshot's maps; -1: none */
	uint64_t offset;  /* address within the module as its symbol table counts (the ELF virtual address) */
	uint64_t symbol_offset; /* of address from the start of the function; 0 of an inlined one */
	enum frame_trust trust;
	bool inlined;                  /* into the next frame, which has the same address */
	bool signal;                   /* a signal frame: the next one was interrupted, not calling */
	uint32_t line;                 /* 0: not known */
	char function[FRAME_FUNCTION]; /* demangled, without parameters; any bytes; empty: not known */
	char file[FRAME_FILE];         /* any bytes; of a long path the end; empty: not known */
};

struct frames {
	unsigned count;
	bool truncated;  /* the stack went on, or the snapshot ended */
	const char *why; /* of the end, when it is not the regular one: a constant */
	struct frame frame[FRAMES_MAX];
};

#endif

// SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only)
/* The executable mappings of the current task, read without its lock: a list up to 6.0, a maple tree from
 * then on (lib/maple_tree.c). Another thread may change them meanwhile; what is read then is wrong or ends
 * early, never harmful. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include "emit.bpf.h"
#include "task.bpf.h"
#include "vma.bpf.h"

#define VM_READ    0x00000001
#define VM_EXEC    0x00000004
#define CHUNK      64
#define MAX_CHUNKS 64 /* of the list */
#define MAX_LEAVES 128
#define MAX_DEPTH  8

/* Nodes are aligned to 256 bytes; the bits below tell what they are. */
#define NODE_MASK    0xffull
#define LEAF_64      1
#define ARANGE_64    3
#define RANGE_SLOTS  16
#define ARANGE_SLOTS 10

#define LEAF 1ull /* no entry has this value */

#define VMA_WORDS 32 /* hold a mapping up to its file */

struct node {
	__u64 parent;
	union {
		struct {
			__u64 pivot[RANGE_SLOTS - 1];
			__u64 slot[RANGE_SLOTS];
		} range;
		struct {
			__u64 pivot[ARANGE_SLOTS - 1];
			__u64 slot[ARANGE_SLOTS];
		} arange;
	};
};

/* Of one walk on one CPU; the verifier knows nothing of what is kept here, which keeps its states few. */
struct walk {
	struct node node;
	volatile __u64 leaf_max;
	volatile __u64 next;  /* address to go on from */
	__u64 vma[VMA_WORDS]; /* the begin of the mapping under way, and that of its file's inode */
	__u64 inode[INODE_HEAD / sizeof(__u64)];
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct walk);
} walks SEC(".maps");

/* Files whose path has been sent. When one is forgotten its path is sent again. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 8192);
	__type(key, struct file_key);
	__type(value, __u8);
} told_files SEC(".maps");

__noinline int file_tell(__u64 file, __u64 inode, __u32 device, __u64 mtime)
{
	struct scratch *scratch = scratch_get(SCRATCH_FILE);
	struct lw_file *m = scratch ? (void *)scratch->bytes : NULL;
	bool cut = false;
	__u32 size;

	if (!scratch)
		return 0;
	__builtin_memset(m, 0, sizeof(*m));
	m->inode = inode;
	m->device = device;
	m->mtime = mtime;
	m->path = tail_walked(sizeof(*m), walk_file(SCRATCH_FILE, sizeof(*m), file), &cut);
	size = sizeof(*m) + m->path.size;
	if (cut || size > LW_MSG_MAX)
		return 0;
	head_set(&m->head, LW_FILE, size);
	STAT(LW_SRC_SNAPSHOT, seen);
	if (bpf_ringbuf_output(&deaths, m, size, BPF_RB_NO_WAKEUP))
		STAT(LW_SRC_SNAPSHOT, ring_full);
	return 0;
}

/* Reads a mapping into the walk when it is executable, which few are. */
static __always_inline bool vma_read(struct walk *walk, __u64 address)
{
	struct vm_area_struct *vma = (void *)walk->vma;
	__u32 flags = bpf_core_field_offset(vma->vm_flags) + sizeof(vma->vm_flags),
	      all = bpf_core_field_offset(vma->vm_file) + sizeof(vma->vm_file);

	return flags <= all && all <= sizeof(walk->vma) &&
	       !bpf_probe_read_kernel(vma, flags, (void *)address) && vma->vm_flags & VM_EXEC &&
	       !bpf_probe_read_kernel(vma, all, (void *)address);
}

__noinline int vma_add(__u64 address)
{
	struct snapshot_scratch *scratch = snapshot_scratch();
	struct file_key key = {};
	struct vm_area_struct *vma;
	struct walk *walk;
	struct inode *inode;
	struct lw_map *map;
	__u64 mtime;
	__u32 count, zero = 0;
	__u8 one = 1;

	walk = bpf_map_lookup_elem(&walks, &zero);
	if (!scratch || !walk || !vma_read(walk, address))
		return 0;
	vma = (void *)walk->vma;
	count = scratch->m.map_count;
	if (count >= LW_MAPS) {
		scratch->flags |= LW_SNAPSHOT_MAPS_CUT;
		return 0;
	}
	map = &scratch->maps[count];
	map->start = vma->vm_start;
	map->end = vma->vm_end;
	map->offset = vma->vm_pgoff << page_shift;
	map->inode = 0;
	map->device = 0;
	map->flags = map->start == scratch->vdso ? LW_MAP_VDSO : 0;
	scratch->m.map_count = count + 1;
	if (!vma->vm_file)
		return 0;
	inode = (void *)walk->inode;
	if (bpf_probe_read_kernel(inode, sizeof(walk->inode), BPF_CORE_READ(vma->vm_file, f_inode)))
		return 0;
	key.inode = map->inode = inode->i_ino;
	key.device = map->device = BPF_CORE_READ(inode->i_sb, s_dev);
	mtime = inode_mtime(inode);
	key.changed = mtime ^ mtime >> 32;
	if (!bpf_map_lookup_elem(&told_files, &key)) {
		file_tell((__u64)vma->vm_file, key.inode, key.device, mtime);
		bpf_map_update_elem(&told_files, &key, &one, BPF_ANY);
	}
	return 0;
}

/* One step down: the entry of a node that covers an address. Returns it, 0 when there is none, or LEAF when
 * the node, now in the walk, is a leaf. Small functions of their own keep the verifier of older kernels from
 * trying all their paths together. */
__noinline __u64 node_step(__u64 entry, __u64 address)
{
	__u32 type = (entry >> 3) & 15, zero = 0, i;
	struct walk *walk = bpf_map_lookup_elem(&walks, &zero);

	if (!walk || bpf_probe_read_kernel(&walk->node, sizeof(walk->node), (void *)(entry & ~NODE_MASK)))
		return 0;
	if (type == LEAF_64)
		return LEAF;
	if (type == ARANGE_64) {
		for (i = 0; i < ARANGE_SLOTS - 1; i++) {
			__u64 pivot = walk->node.arange.pivot[i];

			if (!pivot) /* the last slot in use reaches to the node's end */
				return walk->node.arange.slot[i];
			if (address <= pivot) {
				walk->leaf_max = pivot;
				return walk->node.arange.slot[i];
			}
		}
		return walk->node.arange.slot[ARANGE_SLOTS - 1];
	}
	for (i = 0; i < RANGE_SLOTS - 1; i++) {
		__u64 pivot = walk->node.range.pivot[i];

		if (!pivot)
			return walk->node.range.slot[i];
		if (address <= pivot) {
			walk->leaf_max = pivot;
			return walk->node.range.slot[i];
		}
	}
	return walk->node.range.slot[RANGE_SLOTS - 1];
}

/* Goes from the root to the leaf that covers an address and leaves it in the walk's node. */
__noinline int leaf_find(__u64 root, __u64 address)
{
	__u32 zero = 0, level;
	struct walk *walk = bpf_map_lookup_elem(&walks, &zero);

	if (!walk)
		return -1;
	walk->leaf_max = ~0ull;
	for (level = 0; level < MAX_DEPTH; level++) {
		root = node_step(root, address);
		if (root == LEAF)
			return 0;
		if (!root)
			return -1;
	}
	return -1;
}

/* Adds what a leaf holds. */
__noinline int leaf_add(void)
{
	struct walk *walk;
	__u32 zero = 0, i;

	walk = bpf_map_lookup_elem(&walks, &zero);
	if (!walk)
		return -1;
	for (i = 0; i < RANGE_SLOTS; i++) {
		__u64 pivot = i < RANGE_SLOTS - 1 ? walk->node.range.pivot[i] : 0,
		      vma = walk->node.range.slot[i];

		/* In a node that is not full the last slot holds its metadata. */
		if (vma > 4096 && !(vma & 7))
			vma_add(vma);
		if (!pivot || pivot >= walk->leaf_max)
			break;
	}
	walk->next = walk->leaf_max + 1;
	return 0;
}

static __always_inline void walk_tree(void)
{
	__u64 root = (__u64)BPF_CORE_READ(task_current(), mm, mm_mt.ma_root);
	struct walk *walk;
	__u32 zero = 0, i;

	walk = bpf_map_lookup_elem(&walks, &zero);
	if (!walk)
		return;
	walk->next = 0;
	for (i = 0; i < MAX_LEAVES; i++) {
		if (leaf_find(root, walk->next) || leaf_add() || !walk->next)
			break;
	}
}

/* Adds some of the list; returns where to go on. */
__noinline __u64 list_add(__u64 vma)
{
	__u32 i;

	/* Kernels before 6.8 verify this function even where nobody calls it. */
	if (!bpf_core_field_exists(((struct vm_area_struct *)vma)->vm_next))
		return 0;
	for (i = 0; i < CHUNK && vma; i++) {
		vma_add(vma);
		vma = (__u64)BPF_CORE_READ((struct vm_area_struct *)vma, vm_next);
	}
	return vma;
}

static __always_inline void walk_list(void)
{
	__u64 vma = (__u64)BPF_CORE_READ(task_current(), mm, mmap);
	__u32 i;

	for (i = 0; i < MAX_CHUNKS && vma; i++)
		vma = list_add(vma);
}

__noinline int vma_walk(void)
{
	struct mm_struct *mm = NULL;

	if (bpf_core_field_exists(mm->mm_mt))
		walk_tree();
	else
		walk_list();
	return 0;
}

/* The entry of the leaf in the walk that covers an address. */
__noinline __u64 leaf_entry(__u64 address)
{
	__u32 zero = 0, i;
	struct walk *walk = bpf_map_lookup_elem(&walks, &zero);

	if (!walk)
		return 0;
	for (i = 0; i < RANGE_SLOTS - 1; i++) {
		__u64 pivot = walk->node.range.pivot[i];

		if (!pivot || address <= pivot)
			return walk->node.range.slot[i];
	}
	return walk->node.range.slot[RANGE_SLOTS - 1];
}

/* The first of some of the list that ends above an address, or where to go on. */
__noinline __u64 list_find(__u64 vma, __u64 address)
{
	__u32 i;

	if (!bpf_core_field_exists(((struct vm_area_struct *)vma)->vm_next))
		return 0;
	for (i = 0; i < CHUNK && vma; i++) {
		if (BPF_CORE_READ((struct vm_area_struct *)vma, vm_end) > address)
			break;
		vma = (__u64)BPF_CORE_READ((struct vm_area_struct *)vma, vm_next);
	}
	return vma;
}

/* The mapping that an address lies in, or 0. */
__noinline __u64 vma_at(__u64 address)
{
	struct mm_struct *mm = NULL;
	__u64 vma = 0;
	__u32 i;

	if (bpf_core_field_exists(mm->mm_mt)) {
		if (leaf_find((__u64)BPF_CORE_READ(task_current(), mm, mm_mt.ma_root), address) == 0)
			vma = leaf_entry(address);
		if (vma <= 4096 || vma & 7)
			return 0;
	} else {
		vma = (__u64)BPF_CORE_READ(task_current(), mm, mmap);
		for (i = 0; i < MAX_CHUNKS && vma; i++) {
			vma = list_find(vma, address);
			if (BPF_CORE_READ((struct vm_area_struct *)vma, vm_end) > address)
				break;
		}
	}
	if (BPF_CORE_READ((struct vm_area_struct *)vma, vm_start) > address ||
		BPF_CORE_READ((struct vm_area_struct *)vma, vm_end) <= address)
		return 0;
	return vma;
}

__noinline int vma_find(__u64 address)
{
	__u64 vma = vma_at(address);

	if (vma)
		vma_add(vma);
	return 0;
}

__noinline __u64 vma_end(__u64 address)
{
	struct vm_area_struct *vma = (void *)vma_at(address);

	/* The guard page below a thread's stack: what is wanted lies above it. */
	if (!(BPF_CORE_READ(vma, vm_flags) & VM_READ))
		return 0;
	return BPF_CORE_READ(vma, vm_end);
}

// SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only)
/* Walks along chains of kernel objects: control groups, directory entries. See task.bpf.h. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include "emit.bpf.h"
#include "task.bpf.h"

#define PATH_DEPTH 40
#define NAME_ROOM  256 /* a file name and its NUL */
#define S_IFMT     0170000
#define S_IFDIR    0040000
#define S_IFREG    0100000

static __always_inline struct kernfs_node *kernfs_parent(struct kernfs_node *node)
{
	struct kernfs_node___615 *newer = (void *)node;

	if (bpf_core_field_exists(newer->__parent))
		return BPF_CORE_READ(newer, __parent);
	return BPF_CORE_READ(node, parent);
}

/* Appends one name at offset. Returns false when there is no room or nothing to read. The scratch is twice as
 * large as a message, so that a whole name fits behind any offset in the first half. */
static __always_inline bool name_append(struct scratch *scratch, __u32 offset, const void *name)
{
	__u64 used = scratch->used;
	long n;

	if (used > LW_PATH - NAME_ROOM)
		return false;
	n = bpf_probe_read_kernel_str(&scratch->bytes[(offset + used) & (LW_MSG_MAX - 1)], NAME_ROOM, name);
	if (n <= 0)
		return false;
	scratch->used = used + n;
	return true;
}

__noinline int walk_cgroup(__u32 slot, __u32 offset, __u64 cgroup)
{
	struct kernfs_node *node = BPF_CORE_READ((struct cgroup *)cgroup, kn);
	struct scratch *scratch = scratch_get(slot);
	__u32 i;

	if (!scratch)
		return 0;
	scratch->used = 0;
	for (i = 0; i < CGROUP_DEPTH; i++) {
		struct kernfs_node *parent = kernfs_parent(node);

		if (!parent && i)
			return scratch->used;
		if (!name_append(scratch, offset, BPF_CORE_READ(node, name)))
			break;
		if (!parent)
			return scratch->used;
		node = parent;
	}
	return scratch->used | WALK_CUT;
}

/* As the kernel's fs/d_path.c, prepend_path. */
__noinline int walk_file(__u32 slot, __u32 offset, __u64 file)
{
	struct dentry *dentry = BPF_CORE_READ((struct file *)file, f_path.dentry);
	struct vfsmount *vfs = BPF_CORE_READ((struct file *)file, f_path.mnt);
	struct mount *mount = (void *)vfs - bpf_core_field_offset(struct mount, mnt);
	struct scratch *scratch = scratch_get(slot);
	__u32 i;

	if (!scratch)
		return 0;
	scratch->used = 0;
	for (i = 0; i < PATH_DEPTH; i++) {
		struct dentry *parent = BPF_CORE_READ(dentry, d_parent);

		if (dentry == BPF_CORE_READ(mount, mnt.mnt_root) || dentry == parent) {
			struct mount *above = BPF_CORE_READ(mount, mnt_parent);

			if (above == mount)
				return scratch->used;
			dentry = BPF_CORE_READ(mount, mnt_mountpoint);
			mount = above;
			continue;
		}
		if (!name_append(scratch, offset, BPF_CORE_READ(dentry, d_name.name)))
			break;
		dentry = parent;
	}
	return scratch->used | WALK_CUT;
}

__noinline int walk_fd(__u32 slot, __u32 offset, __u32 fd)
{
	struct task_struct *task = task_current();
	struct fdtable *table = BPF_CORE_READ(task, files, fdt);
	struct file **files, *file;
	__u32 type;

	if (fd >= BPF_CORE_READ(table, max_fds))
		return 0;
	files = BPF_CORE_READ(table, fd);
	if (bpf_probe_read_kernel(&file, sizeof(file), files + fd) || !file)
		return 0;
	type = BPF_CORE_READ(file, f_inode, i_mode) & S_IFMT;
	if (type != S_IFREG && type != S_IFDIR)
		return 0;
	return walk_file(slot, offset, (__u64)file);
}

__noinline __u64 walk_memory_css(__u64 task, __u32 level)
{
	__u32 id = bpf_core_enum_value(enum cgroup_subsys_id, memory_cgrp_id), i;
	struct css_set *set = BPF_CORE_READ((struct task_struct *)task, cgroups);
	struct cgroup_subsys_state *css = NULL;

	bpf_probe_read_kernel(&css, sizeof(css),
		(void *)set + bpf_core_field_offset(struct css_set, subsys) + id * sizeof(css));
	for (i = 0; i < CGROUP_DEPTH && i < level; i++)
		css = BPF_CORE_READ(css, parent);
	return (__u64)css;
}

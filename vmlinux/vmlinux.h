/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* The kernel types that the probes read, and of those only the fields they read. Offsets do not matter:
 * libbpf relocates each access against the BTF of the running kernel (CO-RE). A type whose shape differs
 * between kernels has a
 * ___flavour a variant; the part after the three underscores is ignored in the look-up. */
#ifndef __VMLINUX_H__
#define __VMLINUX_H__

typedef signed char __s8;
typedef unsigned char __u8;
typedef short __s16;
typedef unsigned short __u16;
typedef int __s32;
typedef unsigned int __u32;
typedef long long __s64;
typedef unsigned long long __u64;
typedef __u16 __be16;
typedef __u32 __be32;
typedef __u64 __be64;
typedef __u32 __wsum;
typedef __u16 __sum16;
typedef __u64 u64;
typedef __u32 u32;
typedef _Bool bool;
enum { false = 0, true = 1 };
#define NULL ((void *)0)

/* uapi/linux/bpf.h */
enum bpf_map_type {
	BPF_MAP_TYPE_HASH = 1,
	BPF_MAP_TYPE_ARRAY = 2,
	BPF_MAP_TYPE_PERCPU_ARRAY = 6,
	BPF_MAP_TYPE_LRU_HASH = 9,
	BPF_MAP_TYPE_RINGBUF = 27,
};
enum { BPF_ANY = 0, BPF_NOEXIST = 1, BPF_EXIST = 2 };
enum { BPF_RB_NO_WAKEUP = 1, BPF_RB_FORCE_WAKEUP = 2 };
enum { BPF_RB_AVAIL_DATA = 0 };

struct bpf_raw_tracepoint_args {
	__u64 args[0];
};

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

typedef struct {
	int counter;
} atomic_t;

typedef struct {
	long counter;
} atomic_long_t;

typedef struct {
	u32 val;
} kuid_t;

typedef struct {
	u32 val;
} kgid_t;

struct ns_common {
	unsigned int inum;
};

struct net {
	struct ns_common ns;
};

typedef struct {
	struct net *net;
} possible_net_t;

/* Files */
struct qstr {
	const unsigned char *name;
};

struct dentry {
	struct dentry *d_parent;
	struct qstr d_name;
};

struct vfsmount {
	struct dentry *mnt_root;
};

struct mount {
	struct mount *mnt_parent;
	struct dentry *mnt_mountpoint;
	struct vfsmount mnt;
};

struct path {
	struct vfsmount *mnt;
	struct dentry *dentry;
};

struct super_block {
	u32 s_dev;
};

struct timespec64 {
	__s64 tv_sec;
	long tv_nsec;
};

struct inode {
	unsigned short i_mode;
	struct super_block *i_sb;
	unsigned long i_ino;
	struct timespec64 i_mtime; /* to 6.6 */
};

struct inode___sec {
	__s64 i_mtime_sec; /* from 6.11 */
	u32 i_mtime_nsec;
};

struct inode___2 {
	struct timespec64 __i_mtime; /* 6.7 to 6.10 */
};

struct file {
	struct path f_path;
	struct inode *f_inode;
	void *private_data;
};

struct seq_file;

struct fdtable {
	unsigned int max_fds;
	struct file **fd;
	unsigned long *open_fds;
};

struct files_struct {
	struct fdtable *fdt;
};

/* Control groups */
struct kernfs_node {
	struct kernfs_node *parent; /* to 6.14 */
	const char *name;
	u64 id;
};

struct kernfs_node___615 {
	struct kernfs_node *__parent;
};

struct cgroup_root {
	int hierarchy_id;
};

struct cgroup {
	struct kernfs_node *kn;
	struct cgroup_root *root;
};

struct cgroup_subsys_state {
	struct cgroup *cgroup;
	struct cgroup_subsys_state *parent;
};

enum cgroup_subsys_id {
	memory_cgrp_id = 4, /* relocated: the numbering depends on the kernel's configuration */
};

struct css_set {
	struct cgroup_subsys_state *subsys[16];
	struct cgroup *dfl_cgrp;
};

struct page_counter {
	atomic_long_t usage;
	unsigned long max;
};

struct mem_cgroup {
	struct cgroup_subsys_state css;
	struct page_counter memory;
};

/* Tasks */
struct upid {
	int nr;
};

struct hlist_node {
	struct hlist_node *next;
};

struct hlist_head {
	struct hlist_node *first;
};

/* Of each type of id (0: that of a thread) the tasks that have it. */
struct pid {
	unsigned int level;
	struct hlist_head tasks[1];
	struct upid numbers[1];
};

struct cred {
	kuid_t uid;
	kgid_t gid;
};

struct vm_operations_struct;

struct vm_area_struct {
	unsigned long vm_start;
	unsigned long vm_end;
	struct vm_area_struct *vm_next; /* to 6.0 */
	unsigned long vm_flags;
	const struct vm_operations_struct *vm_ops;
	unsigned long vm_pgoff;
	struct file *vm_file;
};

/* From 6.1 on the mappings are in a tree (include/linux/maple_tree.h). */
struct maple_tree {
	void *ma_root;
};

typedef struct {
	void *vdso;
} mm_context_t;

struct percpu_counter {
	__s64 count;
};

struct mm_struct {
	struct percpu_counter rss_stat[4]; /* from 6.2 on */
	unsigned long hiwater_rss;         /* pages */
	unsigned long total_vm;
	struct vm_area_struct *mmap; /* to 6.0 */
	struct maple_tree mm_mt;
	unsigned long start_code, end_code;
	unsigned long start_stack;
	mm_context_t context;
	unsigned long arg_start;
	unsigned long arg_end;
	unsigned long saved_auxv[46]; /* longer on newer kernels */
	unsigned long flags;          /* to 6.17 */
	struct file *exe_file;
};

struct mm_rss_stat {
	atomic_long_t count[4];
};

struct mm_struct___61 {
	struct mm_rss_stat rss_stat; /* to 6.1 */
};

typedef struct {
	unsigned long __mm_flags[1];
} mm_flags_t;

struct mm_struct___618 {
	mm_flags_t flags;
};

struct rlimit {
	unsigned long rlim_cur;
	unsigned long rlim_max;
};

struct tty_struct {
	char name[64];
};

struct signal_struct {
	atomic_t live;
	struct tty_struct *tty;
	int group_exit_code;
	unsigned int flags;
	struct rlimit rlim[16];
	short oom_score_adj;
};

struct sigaction {
	void (*sa_handler)(int);
};

struct k_sigaction {
	struct sigaction sa;
};

struct sighand_struct {
	struct k_sigaction action[64];
};

union __sifields {
	struct {
		void *_addr;
	} _sigfault;
};

struct kernel_siginfo {
	int si_signo;
	int si_errno;
	int si_code;
	union __sifields _sifields;
};

struct thread_info {
	unsigned long flags;
	u32 status;
};

/* uapi/linux/bpf.h; relocated to see what helpers the kernel has */
enum bpf_func_id {
	BPF_FUNC_get_current_task_btf = 158, /* from 5.11 on */
	BPF_FUNC_task_pt_regs = 175,         /* from 5.15 on */
};

struct mnt_namespace {
	struct ns_common ns;
};

struct nsproxy {
	struct mnt_namespace *mnt_ns;
};

/* What an architecture saves of a thread: fsbase and gsbase on x86-64, uw on arm64. */
struct thread_struct {
	unsigned long fsbase;
	unsigned long gsbase;
	struct {
		unsigned long tp_value;
	} uw;
};

struct task_struct {
	struct thread_info thread_info;
	void *stack;
	unsigned int flags;
	int exit_code;
	int pid;
	int tgid;
	struct task_struct *real_parent;
	struct task_struct *group_leader;
	struct pid *thread_pid;
	struct hlist_node pid_links[1];
	u64 start_boottime;
	const struct cred *cred;
	const struct cred *real_cred;
	char comm[16];
	struct mm_struct *mm;
	kuid_t loginuid;
	unsigned int sessionid;
	struct files_struct *files;
	struct signal_struct *signal;
	struct sighand_struct *sighand;
	struct css_set *cgroups;
	struct thread_struct thread;
	struct nsproxy *nsproxy;
};

/* From 7.1 on whether a process may be dumped is kept outside its address space. */
struct task_exec_state {
	int dumpable;
};

enum task_dumpable { TASK_DUMPABLE_OFF = 0 };

struct task_exec_state___enum {
	enum task_dumpable dumpable;
};

struct task_struct___71 {
	struct task_exec_state___enum *exec_state;
};

struct linux_binprm;

/* Registers: which of the two is used is decided in bpf/arch.bpf.h and bpf_tracing.h. */
struct pt_regs {
	unsigned long di, si, dx, r10, r8, r9; /* x86-64 */
	unsigned long ax, orig_ax, ip, sp, bp, cx;
};

struct user_pt_regs { /* arm64 */
	u64 regs[31];
	u64 sp;
	u64 pc;
	u64 pstate;
};

/* Network */
struct in6_addr {
	union {
		__u8 u6_addr8[16];
		__be32 u6_addr32[4];
	} in6_u;
};

struct sock_common {
	__be32 skc_daddr;
	__be32 skc_rcv_saddr;
	__be16 skc_dport;
	__u16 skc_num;
	unsigned short skc_family;
	volatile unsigned char skc_state;
	unsigned char skc_ipv6only : 1;
	possible_net_t skc_net;
	struct in6_addr skc_v6_daddr;
	struct in6_addr skc_v6_rcv_saddr;
};

struct sock_cgroup_data {
	struct cgroup *cgroup;
};

struct dst_entry {
	struct net_device *dev;
};

struct sock {
	struct sock_common __sk_common;
	struct dst_entry *sk_dst_cache;
	int sk_err;
	u32 sk_max_ack_backlog;
	kuid_t sk_uid;
	__u16 sk_type;
	__u16 sk_protocol;
	struct pid *sk_peer_pid;
	struct sock_cgroup_data sk_cgrp_data;
	struct socket *sk_socket;
};

struct socket {
	struct sock *sk;
};

/* The inode of the socket's file: the number that /proc/net/tcp gives. */
struct socket_alloc {
	struct socket socket;
	struct inode vfs_inode;
};

struct sockaddr_un {
	unsigned short sun_family;
	char sun_path[108];
};

struct unix_address {
	int len;
	struct sockaddr_un name[1];
};

struct unix_sock {
	struct unix_address *addr;
	struct sock *peer;
};

/* The port of a socket's own end stays here when it is closed. */
struct inet_sock {
	struct sock sk;
	__be16 inet_sport;
};

struct net_device {
	possible_net_t nd_net;
	unsigned int flags;
};

struct sk_buff {
	struct net_device *dev;
	__u16 transport_header;
	__u16 network_header;
	unsigned char *head;
	unsigned char *data;
	unsigned int len;
	unsigned int data_len;
};

enum sk_rst_reason { SK_RST_REASON_NOT_SPECIFIED = 0 };

/* What the iterator over all open files gives its program; at the end of a read there is no task. */
struct bpf_iter_meta {
	struct seq_file *seq;
};

struct bpf_iter__task_file {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
	u32 fd;
	struct file *file;
};

#pragma clang attribute pop

#endif

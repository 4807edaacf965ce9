// SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only)
/* Deaths: who sent a signal, what fault was delivered, and the one record when the end is certain. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>
#include "arch.bpf.h"
#include "emit.bpf.h"
#include "task.bpf.h"
#include "death.bpf.h"
#include "limits.bpf.h"
#include "origin.bpf.h"
#include "snapshot.bpf.h"
#include "stdio.bpf.h"

#define SIG_DFL 0
#define SIG_IGN 1

/* include/trace/events/signal.h: results of which the signal was really queued */
#define TRACE_SIGNAL_DELIVERED 0
#define TRACE_SIGNAL_IGNORED   1
#define TRACE_SIGNAL_LOSE_INFO 4

/* include/linux/sched/signal.h: markers in place of a siginfo */
#define SEND_SIG_NOINFO 0
#define SEND_SIG_PRIV   1

#define SI_KERNEL 0x80
#define SI_USER   0
#define SI_TIMER  (-2)
#define SI_TKILL  (-6)

#define EEXIST            17
#define SIGNAL_UNKILLABLE 0x00000040
#define FIRST_EVERY       1000000000ull
#define RLIMIT_CORE       4

#define BIT_OF(signal) (1ull << ((signal)-1))

/* Signal numbers are those of the generic ABI that x86 and arm64 share. */
#define SIGNAL_HUP  1
#define SIGNAL_INT  2
#define SIGNAL_QUIT 3
#define SIGNAL_KILL 9
#define SIGNAL_TERM 15
/* QUIT ILL TRAP ABRT BUS FPE SEGV XCPU XFSZ SYS: the default writes a core file */
#define CORE_SIGNALS                                                                                         \
	(BIT_OF(3) | BIT_OF(4) | BIT_OF(5) | BIT_OF(6) | BIT_OF(7) | BIT_OF(8) | BIT_OF(11) | BIT_OF(24) |   \
		BIT_OF(25) | BIT_OF(31))
/* CHLD CONT STOP TSTP TTIN TTOU URG WINCH: the default ends nobody */
#define HARMLESS_SIGNALS                                                                                     \
	(BIT_OF(17) | BIT_OF(18) | BIT_OF(19) | BIT_OF(20) | BIT_OF(21) | BIT_OF(22) | BIT_OF(23) |          \
		BIT_OF(28))
/* A handler that runs for one of these often ends the process by itself afterwards: the sender is kept. */
#define ENDING_SIGNALS (CORE_SIGNALS | BIT_OF(SIGNAL_HUP) | BIT_OF(SIGNAL_INT) | BIT_OF(SIGNAL_TERM))
/* Of these an ignored one is kept too: it asks to end. */
#define ASKING_SIGNALS (BIT_OF(SIGNAL_INT) | BIT_OF(SIGNAL_QUIT) | BIT_OF(SIGNAL_TERM))
/* Sent by the kernel from the context of whoever caused it: OOM killer, cgroup.kill, end of a PID namespace,
 * hang-up of a terminal. Other signals of the kernel's own come from timers and limits, where the current
 * task is chance. */
#define CAUSED_SIGNALS                                                                                       \
	(BIT_OF(SIGNAL_KILL) | BIT_OF(SIGNAL_HUP) | BIT_OF(SIGNAL_INT) | BIT_OF(SIGNAL_QUIT) |               \
		BIT_OF(SIGNAL_TERM))

/* Processes whose death has been sent. The least recently used leave first: by then they are long gone. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384);
	__type(key, struct process_key);
	__type(value, __u8);
} buried SEC(".maps");

static __always_inline void sender_fill(
	struct lw_sender *sender, struct task_struct *from, __u32 signal, __s32 code)
{
	struct task_struct *kin = from;
	__u32 i;

	sender->time = bpf_ktime_get_boot_ns();
	sender->signal = signal;
	sender->code = code;
	sender->pid = CURRENT(tgid);
	sender->start = CURRENT(group_leader, start_boottime);
	sender->uid = CURRENT(real_cred, uid.val);
	bpf_core_read(sender->comm, sizeof(sender->comm), &from->comm);
	for (i = 0; i < LW_ANCESTRY; i++) {
		struct task_struct *parent = BPF_CORE_READ(kin, real_parent);

		if (!parent || parent == kin || !BPF_CORE_READ(parent, tgid))
			break;
		kin = BPF_CORE_READ(parent, group_leader);
		sender->kin[i].pid = BPF_CORE_READ(kin, tgid);
		bpf_core_read(sender->kin[i].comm, LW_COMM, &kin->comm);
	}
	sender->kin_count = i;
	origin_fill(&sender->origin);
}

static __always_inline void fault_fill(
	struct lw_fault *fault, struct task_struct *task, __u32 signal, __s32 code)
{
	fault->time = bpf_ktime_get_boot_ns();
	fault->address = 0;
	fault->tid = BPF_CORE_READ(task, pid);
	fault->code = code;
	fault->signal = signal;
	fault->handled = 0;
	bpf_core_read(fault->comm, sizeof(fault->comm), &task->comm);
}

/* Linux 7 drops the information of a SIGKILL: kill(2) looks like cgroup.kill then, but for the call that the
 * sender is in. */
static __always_inline bool from_call(__u64 kind)
{
	long call;

	if (kind != SEND_SIG_NOINFO || CURRENT(flags) & PF_EXITING)
		return false;
	call = arch_user_call(arch_user_registers());
	return ARCH_SENDS(call);
}

static __always_inline void request_fill(struct lw_request *request, struct task_struct *from, __u32 signal)
{
	request->time = bpf_ktime_get_boot_ns();
	request->start = CURRENT(group_leader, start_boottime);
	request->pid = CURRENT(tgid);
	request->signal = signal;
	bpf_core_read(request->comm, sizeof(request->comm), &from->comm);
}

/* Ignored, but the SIGKILL that comes after it is no surprise. */
static __always_inline void request_note(
	const struct process_key *key, struct task_struct *from, __u32 signal)
{
	struct death_state *state = death_state_get(key);

	if (state)
		request_fill(&state->request, from, signal);
}

SEC("tp_btf/signal_generate")
int BPF_PROG(crash_signal_generate, int signal, struct kernel_siginfo *info, struct task_struct *task,
	int group, int result)
{
	struct task_struct *current = task_current();
	struct sighand_struct *sighand;
	__u64 kind = SEND_SIG_NOINFO, handler = 0, bit;
	struct death_state *state;
	struct process_key key;
	__s32 code;
	bool self;

	if (signal < 1 || signal > 64)
		return 0;
	bit = BIT_OF(signal);
	if (bit & HARMLESS_SIGNALS)
		return 0;
	task_key(task, &key);
	/* To the verifier of some kernels info is never NULL: it would take out what looks for that. */
	bpf_probe_read_kernel(&kind, sizeof(kind), &ctx[1]);
	if (result == TRACE_SIGNAL_IGNORED && bit & ASKING_SIGNALS && kind > SEND_SIG_PRIV)
		request_note(&key, current, signal);
	if (result != TRACE_SIGNAL_DELIVERED && result != TRACE_SIGNAL_LOSE_INFO)
		return 0;
	sighand = BPF_CORE_READ(task, sighand);
	bpf_probe_read_kernel(&handler, sizeof(handler),
		(void *)sighand + bpf_core_field_offset(struct sighand_struct, action) +
			(signal - 1) * bpf_core_type_size(struct k_sigaction));
	if (handler != SIG_DFL && !(bit & ENDING_SIGNALS))
		return 0;
	if (BPF_CORE_READ(task, signal, live.counter) == 0) /* a zombie: nothing more happens to it */
		return 0;

	code = kind > SEND_SIG_PRIV ? BPF_CORE_READ(info, si_code) : from_call(kind) ? SI_USER : SI_KERNEL;
	self = BPF_CORE_READ(task, tgid) == BPF_CORE_READ(current, tgid);
	/* A fault, a timer's or a limit's signal is the process's own doing, whoever happens to run. */
	if (kind > SEND_SIG_PRIV ? code > 0 || code == SI_TIMER
				 : kind == SEND_SIG_PRIV && !(bit & CAUSED_SIGNALS))
		self = true;
	if (self && handler != SIG_DFL)
		return 0; /* its delivery tells more */
	state = death_state_get(&key);
	if (!state)
		return 0;
	if (self) {
		fault_fill(&state->last, task, signal, code);
		return 0;
	}
	sender_fill(&state->sender, current, signal, code);
	state->sender.from_kernel = kind > SEND_SIG_PRIV || from_call(kind) ? LW_FROM_PROCESS
				    : kind == SEND_SIG_NOINFO               ? LW_FROM_KERNEL
									    : LW_FROM_PRIVILEGED;
	if (signal != SIGNAL_KILL)
		request_fill(&state->request, current, signal);
	return 0;
}

static __always_inline void death_emit(struct signal_struct *signal, const struct process_key *key,
	__u32 code, __u16 flags, enum scratch_slot slot)
{
	struct scratch *scratch = scratch_get(slot);
	struct mm_struct *mm = CURRENT(mm);
	struct lw_death *m = scratch ? (void *)scratch->bytes : NULL;
	__u32 end = sizeof(*m);
	struct death_state *state;
	bool cut = false;
	__u8 one = 1;

	/* Older kernels return an int here whose upper half is not the sign. */
	if (!scratch || (int)bpf_map_update_elem(&buried, key, &one, BPF_NOEXIST) == -EEXIST)
		return; /* another thread was faster: one record a death */
	__builtin_memset(m, 0, sizeof(*m));
	current_fill(&m->task);
	m->exit_code = code;
	m->dumpable = current_dumpable(mm);
	m->core_limit = HELD(signal, rlim[RLIMIT_CORE].rlim_cur);
	state = bpf_map_lookup_elem(&dying, key);
	if (state) {
		m->sender = state->sender;
		m->first = state->first;
		m->last = state->last;
		m->oom = state->oom;
		m->request = state->request;
		m->limits = state->limits;
		m->threads = state->threads;
	} else if (code & 0x7f) {
		flags |= LW_DEATH_NO_STATE;
	}
	if (!m->limits.flags)
		limits_fill(&m->limits, NULL, signal, mm);
	if (flags & LW_DEATH_DELIVERED) /* the others are still there */
		m->threads = HELD(signal, live.counter);
	if (state && flags & LW_DEATH_DELIVERED)
		state->waits = m->threads > 1;
	m->cgroup2 = tail_cgroup2(slot, end, &cut);
	end += m->cgroup2.size;
	m->cgroup1 = tail_cgroup1(slot, end, &cut);
	end += m->cgroup1.size;
	if (m->oom.scope == LW_OOM_CGROUP && state) {
		struct cgroup_subsys_state *css =
			(void *)walk_memory_css((__u64)task_current(), state->oom_level);
		__u64 cgroup = (__u64)BPF_CORE_READ(css, cgroup);

		m->oom_cgroup = tail_walked(end, walk_cgroup(slot, end, cgroup), &cut);
		end += m->oom_cgroup.size;
	}
	if (end > LW_MSG_MAX)
		return;
	if (keep_words && m->dumpable != 1)
		words_send(key->pid, key->start, flags & LW_DEATH_DELIVERED && state && state->bare);
	head_set(&m->head, LW_DEATH, end);
	m->head.flags = flags | (cut ? LW_DEATH_CGROUP_CUT : 0);
	emit_death(m, end);
}

/* A thread that leaves with its process gets SIGKILL, whatever ended it: another thread's fault, told from
 * outside, or out of memory. In the latter two cases the first thread's stack stands for what the process was
 * doing; the others are captured shortly. Of a process that exits by itself nothing is. */
static __always_inline void kill_snapshot(struct signal_struct *signal, const struct process_key *key)
{
	struct death_state *state;
	int taken = SNAPSHOT_TAKEN;

	/* The flags that say so beside it differ between kernels. */
	if (!(HELD(signal, group_exit_code) & 0x7f))
		return;
	state = bpf_map_lookup_elem(&dying, key);
	/* Later its memory and files may be gone. */
	if (state && !state->limits.flags)
		limits_fill(&state->limits, NULL, signal, CURRENT(mm));
	if (state)
		__sync_fetch_and_add(&state->threads, 1);
	if ((__u32)CURRENT(pid) == key->pid && !bpf_map_lookup_elem(&buried, key))
		taken = snapshot_take(SIGNAL_KILL, SNAPSHOT_WHOLE);
	else if (state && !state->bare && state->threads <= LW_THREADS)
		snapshot_take(SIGNAL_KILL, LW_THREAD_PARTS);
	if (state && taken != SNAPSHOT_TAKEN)
		state->bare = 1;
}

/* A handled fault may end the process after all, but runtimes take some for daily work: one a second is
 * captured. */
static __always_inline bool first_wanted(const struct death_state *state, __s32 code)
{
	return code > 0 && bpf_ktime_get_boot_ns() - state->first.time > FIRST_EVERY;
}

/* A runtime that ends after a fault (Go with GOTRACEBACK=crash) sends itself signals that it handles, too:
 * the fault is still what matters. */
static __always_inline bool follows_fault(const struct death_state *state, __s32 code)
{
	return code == SI_TKILL && state->first.code > 0 &&
	       bpf_ktime_get_boot_ns() - state->first.time < FIRST_EVERY;
}

/* Returns the kind of cost (COST_KINDS) of a death, or -1 when nobody died. */
static __always_inline int deliver(int signal, struct kernel_siginfo *info, struct k_sigaction *action)
{
	struct task_struct *task = task_current();
	struct signal_struct *shared = CURRENT(signal);
	__u64 handler = (__u64)BPF_CORE_READ(action, sa.sa_handler), kind = (__u64)info;
	struct death_state *state;
	struct process_key key;
	struct lw_fault *fault;
	__s32 code = SI_KERNEL;
	bool wanted = handler == SIG_DFL;
	int taken = SNAPSHOT_NONE;

	current_key(&key);
	if (signal == SIGNAL_KILL) {
		kill_snapshot(shared, &key);
		return -1;
	}
	if (signal < 1 || signal > 64 || !(BIT_OF(signal) & CORE_SIGNALS) || handler == SIG_IGN)
		return -1;
	if (kind > SEND_SIG_PRIV)
		code = BPF_CORE_READ(info, si_code);
	state = death_state_get(&key);
	if (state) {
		wanted = handler == SIG_DFL || first_wanted(state, code);
		fault = handler == SIG_DFL ? &state->last : &state->first;
		if (handler == SIG_DFL || !follows_fault(state, code)) {
			fault_fill(fault, task, signal, code);
			fault->handled = handler != SIG_DFL;
		}
		if (code > 0 && kind > SEND_SIG_PRIV)
			fault->address = (__u64)BPF_CORE_READ(info, _sifields._sigfault._addr);
	}
	if (wanted)
		taken = snapshot_take(signal, SNAPSHOT_WHOLE);
	if (handler != SIG_DFL)
		return -1;
	/* A namespace's init survives what it does not handle, unless it is a fault of its own. */
	if (HELD(shared, flags) & SIGNAL_UNKILLABLE)
		return -1;
	if (taken != SNAPSHOT_TAKEN && state)
		state->bare = 1;
	if (taken == SNAPSHOT_NONE && keep_words)
		bpf_map_delete_elem(&words, &key.pid);
	death_emit(shared, &key, signal, LW_DEATH_DELIVERED, SCRATCH_DELIVER);
	return taken == SNAPSHOT_TAKEN;
}

static __always_inline void cost_add(__u32 kind, __u64 ns)
{
	__u32 row = ns / COST_STEP < COST_ROWS ? ns / COST_STEP : COST_ROWS - 1, key = kind * COST_ROWS + row;
	__u64 *count = bpf_map_lookup_elem(&costs, &key);

	if (count)
		(*count)++;
}

SEC("tp_btf/signal_deliver")
int BPF_PROG(crash_signal_deliver, int signal, struct kernel_siginfo *info, struct k_sigaction *action)
{
	__u64 start = measure_cost ? bpf_ktime_get_ns() : 0;
	int kind = deliver(signal, info, action);

	if (measure_cost && kind >= 0)
		cost_add(kind, bpf_ktime_get_ns() - start);
	return 0;
}

SEC("tp_btf/sched_process_exit")
int crash_process_exit(void *ctx)
{
	struct signal_struct *signal = CURRENT(signal);
	struct process_key key;
	__u32 code;

	if (CURRENT(flags) & PF_KTHREAD || !last_thread(signal))
		return 0;
	current_key(&key);
	code = exit_code(signal);
	if (code)
		death_emit(signal, &key, code, 0, SCRATCH_EXIT);
	bpf_map_delete_elem(&dying, &key);
	if (keep_words)
		words_end(key.pid);
	return 0;
}

# SPDX-License-Identifier: Apache-2.0
"""Crashes: the truth is what wait(2) told of each child."""
import os
import shutil
import signal
import subprocess
import time

from harness import (NOBODY, X86, Skipped, check, equal, field, pid_of, program, read_text, wait_for)

# si_code from the kernel's sources; the address where the program chose it.
FAULTS = {
    "null": ("SIGSEGV", "SEGV_MAPERR", "0x0"),
    "read-only": ("SIGSEGV", "SEGV_ACCERR", None),
    "bad-jump": ("SIGSEGV", "SEGV_MAPERR", "0x1234000"),
    "beyond-file": ("SIGBUS", "BUS_ADRERR", None),
    "abort": ("SIGABRT", "SI_TKILL", None),
    "seccomp": ("SIGSYS", "SYS_SECCOMP", None),
}
if X86:
    FAULTS.update({
        "divide": ("SIGFPE", "FPE_INTDIV", None),
        "illegal": ("SIGILL", "ILL_ILLOPN", None),
        "breakpoint": ("SIGTRAP", "SI_KERNEL", None),
        "non-canonical": ("SIGSEGV", "SI_KERNEL", None),
    })
RAISED = ("SEGV", "ABRT", "BUS", "FPE", "ILL", "TRAP", "SYS", "QUIT", "XCPU", "XFSZ")
NUMBER = {s.name: s.value for s in signal.Signals}


def run_crashes(ways):
    """Runs them four at a time. Returns {pid: (way, wait status)}."""
    seen, running = {}, {}
    for way in ways:
        pid = os.posix_spawn(program("crash"), ["crash", way], os.environ,
                             setsigdef=[signal.SIGXFSZ],  # which Python ignores
                             file_actions=[(os.POSIX_SPAWN_OPEN, 2, "/dev/null", os.O_WRONLY, 0)])
        running[pid] = way
        if len(running) == 4:
            pid, status = os.wait()
            seen[pid] = (running.pop(pid), status)
    for pid, way in running.items():
        seen[pid] = (way, os.waitpid(pid, 0)[1])
    return seen


def test_thousand(t):
    daemon = t.daemon()
    ways = list(FAULTS) + [str(NUMBER["SIG" + name]) for name in RAISED]
    truth = run_crashes([ways[i % len(ways)] for i in range(1000)])
    equal(len(truth), 1000, "children")
    wait_for(lambda: len(daemon.of(set(truth))) >= 1000, 5, "1000 deaths")
    daemon.barrier()
    deaths = daemon.of(set(truth))
    equal(len(deaths), 1000, "deaths told")
    equal(len({pid_of(e) for e in deaths}), 1000, "processes they are of")
    for event in deaths:
        way, status = truth[pid_of(event)]
        equal(event["kind"], "crash", way)
        check(os.WIFSIGNALED(status), f"{way} ended with status {status}")
        equal(field(event, "signal.number"), os.WTERMSIG(status), f"signal of {way}")
        if way in FAULTS:
            equal((field(event, "signal.name"), field(event, "signal.code")), FAULTS[way][:2], way)
            check(FAULTS[way][2] in (None, field(event, "signal.address")), f"address of {way}: {event}")
        else:
            equal(field(event, "signal.code"), "SI_TKILL", f"code of raise({way})")
        equal(field(event, "process.exe"), program("crash"), "exe")
        equal(field(event, "process.cmdline"), ["crash", way], "cmdline")
        equal(field(event, "process.ppid"), os.getpid(), "ppid")
    account = daemon.stop()
    equal(account["death"]["ring_full"] + account["death"]["store"], 0, "losses")


def test_limits_and_timers(t):
    daemon = t.daemon()
    for way, number, ender in (("cpu-time", signal.SIGXCPU, "kernel"), ("file-size", signal.SIGXFSZ, "kernel"),
                               ("alarm", signal.SIGALRM, "self"), ("stack", signal.SIGSEGV, None)):
        pid, status = t.run(program("crash"), way)
        equal(status, -number, f"status of {way}")
        event = daemon.death(pid)
        equal((event["kind"], field(event, "signal.number")), ("crash", number), way)
        equal((field(event, "killer.class"), field(event, "killer.pid")), (ender, None), f"who ended {way}")
    check(field(event, "signal.code") in ("SEGV_MAPERR", "SEGV_ACCERR"), f"code of a stack overflow: {event}")


def test_broken_pipe_is_routine(t):
    daemon = t.daemon()
    pid, status = t.run(program("crash"), "pipe")
    equal(status, -signal.SIGPIPE, "status")
    daemon.barrier()
    equal(daemon.of(pid), [], "events of a broken pipe")


def test_handlers_that_end_it(t):
    daemon = t.daemon()
    for way, end, address in (("abort", signal.SIGABRT, "0x10"), ("raise", signal.SIGSEGV, "0x10"),
                              ("return", signal.SIGSEGV, "0x10"), ("altstack-raise", signal.SIGSEGV, None)):
        pid, status = t.run(program("handler"), way)
        equal(status, -end, f"status of {way}")
        event = daemon.death(pid)
        equal((event["kind"], field(event, "signal.name")), ("crash", "SIGSEGV"), way)
        check(field(event, "signal.code") in ("SEGV_MAPERR", "SEGV_ACCERR"), f"code of {way}: {event}")
        check(address in (None, field(event, "signal.address")), f"address of {way}: {event}")
        equal(field(event, "exit.signal"), "SIGABRT" if way == "abort" else None, f"exit.signal of {way}")
    daemon.barrier()
    equal(len(daemon.of(pid)), 1, "records of one death")


def test_handled_is_nothing(t):
    daemon = t.daemon()
    pids = set()
    for way in ("jump", "usr1"):
        pid, status = t.run(program("handler"), way)
        equal(status, 0, f"status of {way}")
        pids.add(pid)
    daemon.barrier()
    equal(daemon.of(pids), [], "events of handled signals")


def test_fault_survived_before(t):
    """A fault that a handler jumped out of, and then an abort of its own."""
    daemon = t.daemon()
    pid, status = t.run(program("handler"), "jump-then-abort")
    equal(status, -signal.SIGABRT, "status")
    event = daemon.death(pid)
    equal(event["kind"], "crash", "kind")
    check("SIGABRT" in (field(event, "signal.name"), field(event, "exit.signal")), f"SIGABRT is not told: {event}")


def test_threads(t):
    daemon = t.daemon()
    for way in ("one", "leader-gone"):
        child = t.popen(program("threads"), way, stdout=subprocess.PIPE)
        tid = int(child.stdout.readline())
        equal(child.wait(10), -signal.SIGSEGV, f"status of {way}")
        event = daemon.death(child.pid)
        check(tid != child.pid, "the thread is the process")
        equal(field(event, "process.tid"), tid, f"tid of {way}")
        equal(field(event, "signal.address"), "0x20", f"address of {way}")
        equal(field(event, "process.comm"), "threads", f"comm of {way}")
        equal(field(event, "process.thread_name"), "worker-7", f"name of the thread of {way}")


def test_two_threads_at_once(t):
    daemon = t.daemon()
    pids = []
    for _ in range(50):
        pid, status = t.run(program("threads"), "two")
        equal(status, -signal.SIGSEGV, "status")
        pids.append(pid)
    daemon.barrier()
    equal(sorted(map(pid_of, daemon.of(set(pids)))), sorted(pids), "one record a process")


def test_exec_in_a_thread(t):
    daemon = t.daemon()
    pid, status = t.run(program("threads"), "exec")
    equal(status, -signal.SIGSEGV, "status")
    event = daemon.death(pid)
    equal((event["kind"], field(event, "signal.name")), ("crash", "SIGSEGV"), "death")
    equal(field(event, "process.exe"), program("threads"), "exe")
    equal(field(event, "process.cmdline"), [program("threads"), "replaced"], "cmdline")
    daemon.barrier()
    equal(len(daemon.of(pid)), 1, "records")


def test_hundred_children(t):
    daemon = t.daemon()
    child = t.popen(program("flood"), "100", str(int(signal.SIGABRT)), stdout=subprocess.PIPE)
    truth = dict(map(int, line.split()) for line in child.communicate()[0].splitlines())
    equal(len(truth), 100, "children")
    daemon.barrier()
    deaths = daemon.of(set(truth))
    equal(sorted(map(pid_of, deaths)), sorted(truth), "processes told")
    equal({field(e, "process.ppid") for e in deaths}, {child.pid}, "parents told")
    equal({field(e, "signal.number") for e in deaths}, {int(signal.SIGABRT)}, "signals told")


def test_pid_namespace(t):
    daemon = t.daemon()
    child = t.popen("unshare", "-pf", "--kill-child", "sh", "-c", f"{program('crash')} null; sleep 60",
                    stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    inner = wait_for(lambda: children(child.pid), 5, "the init of the namespace")[0]
    crash = daemon.wait(lambda events: [e for e in events if field(e, "process.ppid") == inner and
                                        field(e, "process.comm") == "crash"], what="the crash inside")[0]
    check(crash["process"]["pid"] not in (1, 2, 3), f"a pid of the namespace: {crash}")
    equal(field(crash, "process.ns_pid"), 2, "ns_pid")
    sleeper = wait_for(lambda: [p for p in children(inner) if read_text(f"/proc/{p}/comm") == "sleep\n"], 5, "sleep")[0]
    os.kill(inner, signal.SIGKILL)
    init, follower = daemon.death(inner), daemon.death(sleeper)
    equal(field(init, "process.ns_pid"), 1, "ns_pid of init")
    equal((init["kind"], field(init, "killer.pid")), ("kill", os.getpid()), "killer of init")
    # Who takes the others along is the init on its way out.
    equal((follower["kind"], field(follower, "killer.pid")), ("kill", inner), "killer of the child")


def children(pid):
    return [int(p) for p in read_text(f"/proc/{pid}/task/{pid}/children").split()]


def test_set_uid(t):
    """A set-uid program gives its facts, and why there is no core."""
    daemon = t.daemon()
    copy = t.path("setuid")
    shutil.copy(program("crash"), copy)
    os.chmod(copy, 0o4755)
    if os.statvfs(copy).f_flag & os.ST_NOSUID:
        raise Skipped("/tmp is mounted nosuid")
    pid, status = t.run(copy, "null", user=NOBODY, group=NOBODY)
    equal(status, -signal.SIGSEGV, "status")
    event = daemon.death(pid)
    equal((event["kind"], field(event, "process.exe")), ("crash", copy), "death")
    check("not dumpable" in field(event, "exit.no_core_reason", "") or
          read_text("/proc/sys/fs/suid_dumpable").strip() != "0", f"reason: {event}")
    pid, status = t.run(program("crash"), "not-dumpable", preexec_fn=core_unlimited)
    equal(status, -signal.SIGSEGV, "status")
    event = daemon.death(pid)
    check("not dumpable" in field(event, "exit.no_core_reason", ""), f"reason of prctl: {event}")


def core_unlimited():
    import resource
    resource.setrlimit(resource.RLIMIT_CORE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


def test_core_files(t):
    t.setting("/proc/sys/kernel/core_pattern", t.path("core.%p"))
    daemon = t.daemon()
    pid, _ = t.run(program("crash"), "null", preexec_fn=core_unlimited)
    event = daemon.death(pid)
    check(os.path.getsize(t.path(f"core.{pid}")) > 0, "the kernel wrote no core file")
    equal((field(event, "exit.core_dumped"), field(event, "exit.no_core_reason")), (True, None), "with a core file")
    pid, _ = t.run(program("crash"), "null")
    event = daemon.death(pid)
    equal((field(event, "exit.core_dumped"), field(event, "exit.no_core_reason")), (False, "RLIMIT_CORE is 0"),
          "without")
    check(not os.path.exists(t.path(f"core.{pid}")), "a core file all the same")
    # The daemon looks at core_pattern once a second.
    with open("/proc/sys/kernel/core_pattern", "w") as file:
        file.write("\n")
    time.sleep(1.3)
    pid, _ = t.run(program("crash"), "null", preexec_fn=core_unlimited)
    event = daemon.death(pid)
    equal((field(event, "exit.core_dumped"), field(event, "exit.no_core_reason")), (False, "core_pattern is empty"),
          "core_pattern is empty")

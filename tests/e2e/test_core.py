# SPDX-License-Identifier: Apache-2.0
"""Core files made of what was captured, against the kernel's own core file of the same death, by gdb; and that other debuggers
read them."""
import os
import re
import resource
import shutil
import signal
import subprocess
import time

from harness import LASTWORDS, check, contains, equal, field, program

GDB = ["gdb", "-batch", "-nx", "-ex", "set debuginfod enabled off", "-ex", "set backtrace past-main on", "-ex",
       "set print frame-arguments none", "-ex", "set width 0"]
CPP = """
#include <stdexcept>
#include <vector>
struct Shop { int sell(const std::vector<int> &stock, int i) { if (i > 2) throw std::out_of_range("stock"); return stock.at(i) + sell(stock, i + 1); } };
int main() { Shop shop; return shop.sell({1, 2, 3, 4}, 0); }
"""
DEEP = """
#include <stdlib.h>
static int __attribute__((noinline)) deep(int n) { if (!n) abort(); return deep(n - 1) + n; }
int main(int argc, char **argv) { return deep(10 + argc); }
"""


def with_core():
    resource.setrlimit(resource.RLIMIT_CORE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


def build(t, name, source, *flags):
    path = t.path(name + (".cc" if "++" in flags[0] else ".c"))
    with open(path, "w") as file:
        file.write(source)
    subprocess.run([flags[0], "-g", "-O1", *flags[1:], "-o", t.path(name), path], check=True)
    return t.path(name)


def backtraces(exe, core):
    """{tid: [(address or None, function)]} of gdb; and all that it said."""
    result = subprocess.run(GDB + ["-ex", "thread apply all bt", exe, core], text=True, stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT)
    threads, tid = {}, None
    for line in result.stdout.splitlines():
        head = re.match(r"Thread \d+ \((?:Thread 0x\w+ \()?LWP (\d+)\)", line)
        frame = re.match(r"#\d+\s+(?:0x\w+ in )?(\S+)", line)
        if head:
            tid = int(head[1])
            threads[tid] = []
        elif frame and tid is not None:
            threads[tid].append(frame[1])
    return threads, result.stdout


def die(t, daemon, argv, victim):
    """Runs a program to its death; victim: it sleeps, and is killed with a core file."""
    child = t.popen(*argv, preexec_fn=with_core, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    if victim:
        time.sleep(0.4)
        child.send_signal(signal.SIGABRT)
    child.wait(20)
    return daemon.death(child.pid)


def cases(t):
    return [
        ("pie", [program("crash"), "null"], False),
        ("abort", [program("crash"), "abort"], False),
        ("static", [build(t, "static", DEEP, "gcc", "-static")], False),
        ("static-pie", [build(t, "static-pie", DEEP, "gcc", "-static-pie")], False),
        ("no-pie", [build(t, "no-pie", DEEP, "gcc", "-no-pie")], False),
        ("c++", [build(t, "shop", CPP, "g++")], False),
        ("threads", [program("workers"), "6"], False),
        ("thread-crash", [program("threads"), "one"], False),
        ("python", ["/usr/bin/python3", "-c", "import time; time.sleep(60)"], True),
        ("bash", ["bash", "-c", "read x"], True),
    ]


def test_agrees_with_the_kernels(t):
    t.setting("/proc/sys/kernel/core_pattern", t.path("core.%p"))
    daemon = t.daemon()
    found = [(name, die(t, daemon, argv, victim)) for name, argv, victim in cases(t)]
    frames = same = 0
    lines = []
    for name, event in found:
        exe, ours = field(event, "process.exe"), t.path("ours." + name)
        t.lastwords("core", "--state", t.path("state"), "-O", ours, event["id"])
        want, _ = backtraces(exe, t.path(f"core.{event['process']['pid']}"))
        got, said = backtraces(exe, ours)
        check(want, f"{name}: gdb found no threads in the kernel's core file")
        equal(sorted(got), sorted(want), f"{name}: threads; {said}")
        equal(list(got)[-1], event["process"]["tid"], f"{name}: the first thread")
        for tid, stack in want.items():
            hits = sum(a == b for a, b in zip(stack, got[tid]))
            frames += len(stack)
            same += hits
            if hits < len(stack):
                lines.append(f"{name} {tid}: {hits} of {len(stack)}: {stack} {got[tid]}")
        lines.append(f"{name} {os.path.getsize(ours)} bytes")
    print(f"# {same} of {frames} frames; " + "; ".join(lines))
    check(same >= 0.99 * frames, f"{same} of {frames} frames: {lines}")


def test_other_debuggers(t):
    """lldb and eu-stack find all threads and what they were doing."""
    daemon = t.daemon()
    pid, _ = t.run(program("workers"), "3", stdout=subprocess.DEVNULL)
    event, core = daemon.death(pid), t.path("core")
    t.lastwords("core", "--state", t.path("state"), "-O", core, event["id"])
    lldb = shutil.which("lldb") or shutil.which("lldb-14")
    for argv in ([lldb, "-X", "-b", "-o", "thread backtrace all", "-c", core, program("workers")], ["eu-stack", "--core", core]):
        out = subprocess.run(argv, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT).stdout
        for function, times in (("fault", 1), ("main", 1), ("wait_for_input", 1), ("wait_for_lock", 3)):
            found = len(re.findall(rf"\b{function}\b(?!:|.*= *{function})", re.sub(r"\(.*", "", out, flags=0)))
            check(found >= times, f"{argv[0]}: {function} {found} times in {out}")


def test_threads(t):
    """All threads in the event, equal ones told once; of a crash, and of a process that is killed."""
    daemon = t.daemon()
    pids = [t.run(program("workers"), "5", stdout=subprocess.DEVNULL)[0]]
    child = t.popen(program("workers"), "5", "wait", stdout=subprocess.PIPE)
    child.stdout.readline()
    child.kill()
    child.wait(10)
    for pid in pids + [child.pid]:
        event = daemon.death(pid)
        threads = field(event, "threads", [])
        equal(sorted((e["name"], e.get("same", 0)) for e in threads), [("reader", 0), ("workers", 4)], "threads")
        names = {f["function"] for e in threads for f in e["frames"]}
        check({"wait_for_input", "wait_for_lock"} <= names, f"functions: {names}")
        check(not any(m["what"] == "threads" for m in event.get("missing", [])), f"missing: {event.get('missing')}")
        check(len(str(event)) < 8192, f"{len(str(event))} bytes")
    page = t.lastwords("show", "--state", t.path("state"), daemon.death(pids[0])["id"]).out
    contains(page, "and 4 more like it", "the page")


def test_exit_is_not_captured(t):
    """Threads that leave since the process exits cost nothing: their stacks are not taken, as those of one that is killed are."""
    code = "import os, sys, threading, time; [threading.Thread(target=time.sleep, args=(9,), daemon=True).start() for _ in range(60)]; "
    taken = []
    for number, end in enumerate(("os._exit(3)", "os.abort()")):
        daemon = t.daemon(state=t.path(f"state{number}"))
        pid, _ = t.run("python3", "-c", code + end)
        equal(field(daemon.death(pid), "threads") is None, end == "os._exit(3)", f"no threads, {end}")
        taken.append(daemon.stop()["snapshot"]["seen"])
    # Others on this host may die meanwhile.
    check(taken[0] < 30 and taken[1] >= 60, f"snapshots: {taken}")


def test_many_threads(t):
    daemon = t.daemon()
    child = t.popen(program("workers"), "60", "wait", stdout=subprocess.PIPE)
    child.stdout.readline()
    child.kill()
    child.wait(10)
    event = daemon.death(child.pid)
    count = sum(1 + e.get("same", 0) for e in event["threads"])
    check(31 <= count <= 32, f"{count} threads")
    contains(str(event["missing"]), "'threads'", "missing")


def test_secrets_and_size(t):
    """What was in arguments and environment is in no core file; a simple one takes little room."""
    daemon = t.daemon()
    pid, _ = t.run(program("crash"), "null", "hunter2-in-args", env=dict(os.environ, TOKEN="hunter2-in-env"))
    event, core = daemon.death(pid), t.path("core")
    said = t.lastwords("core", "--state", t.path("state"), "-O", core, event["id"]).out
    contains(said, core, "what it says")
    with open(core, "rb") as file:
        check(b"hunter2-in-env" not in file.read(), "the environment is in the core file")
    equal(os.stat(core).st_mode & 0o777, 0o600, "mode")
    size = subprocess.run(["sqlite3", t.path("state/lastwords.db"), "SELECT max(length(remains)) FROM evidence"],
                          stdout=subprocess.PIPE, check=True).stdout
    check(0 < int(size) < 4096, f"{size} bytes")


def test_asks_before_overwriting(t):
    daemon = t.daemon("[store]\ncores = yes\n")
    event = daemon.death(t.run(program("crash"), "null")[0])
    core = ["core", "--state", t.path("state"), event["id"], "-O"]
    t.lastwords(*core, t.path("core"))
    contains(t.lastwords(*core, t.path("core"), status=1).err, "--force", "the error")
    t.lastwords(*core, t.path("core"), "--force")
    with open(t.path("core"), "rb") as file:
        equal(subprocess.run([LASTWORDS, *core, "-"],
                             stdout=subprocess.PIPE, check=True).stdout, file.read(), "standard output")
    contains(t.lastwords("core", "--state", t.path("state"), "01AAAAAAAA", status=1).err, "no event", "the error")


def test_switched_off(t):
    daemon = t.daemon("[store]\ncores = no\n")
    event = daemon.death(t.run(program("crash"), "null")[0])
    contains(t.lastwords("core", "--state", t.path("state"), event["id"], status=1).err, "nothing was kept", "the error")

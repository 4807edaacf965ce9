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

from harness import check, contains, equal, field, program

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

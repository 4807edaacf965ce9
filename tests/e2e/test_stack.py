# SPDX-License-Identifier: Apache-2.0
"""Stacks of real deaths, captured in the kernel and unwound by the helper, against gdb's of the core file of the same death."""
import os
import resource
import signal
import subprocess
import time

from harness import check, contains, equal, field, program

HERE = os.path.dirname(os.path.abspath(__file__))
GDB = ["gdb", "-batch", "-nx", "-ex", "set debuginfod enabled off", "-ex", "set backtrace past-main on"]

# What dies by itself: a name, a command.
DEATHS = [
    ("null", [program("crash"), "null"]), ("abort", [program("crash"), "abort"]), ("trap", [program("crash"), "breakpoint"]),
    ("division", [program("crash"), "divide"]), ("thread", [program("threads"), "one"]),
    ("bash", ["bash", "-c", "f() { kill -SEGV $$; }; f"]), ("dash", ["dash", "-c", "kill -ABRT $$"]),
    ("perl", ["perl", "-e", "sub f { kill 'SEGV', $$; sleep 9 } f()"]),
    ("python", ["python3", "-c", "import ctypes; ctypes.string_at(0)"]),
    ("python-abort", ["python3", "-c", "import os; os.abort()"]),
]
# What is doing something when the signal comes.
VICTIMS = [
    ("sleep", ["sleep", "60"]), ("cat", ["cat"]), ("sort", ["sort"]), ("bash-read", ["bash", "-c", "read x"]),
    ("python-sleep", ["python3", "-c", "import time; time.sleep(60)"]), ("perl-loop", ["perl", "-e", "1 while 1"]),
    ("awk-loop", ["awk", "BEGIN { while (1) i++ }"]), ("dd", ["dd", "if=/dev/zero", "of=/dev/null", "bs=1"]),
]


def with_core():
    resource.setrlimit(resource.RLIMIT_CORE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


def gdb_frames(t, event):
    """Addresses and names, without inlined frames."""
    exe, core = field(event, "process.exe"), t.path(f"core.{event['process']['pid']}")
    env = dict(os.environ, TID=str(event["process"]["tid"]))
    out = subprocess.run(GDB + ["-x", os.path.join(HERE, "../symbolize/gdb_frames.py"), exe, core], env=env, text=True,
                         stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout
    rows = [line.split("\t") for line in out.splitlines() if line.startswith("gdb\t")]
    return [(int(row[1], 16), row[2]) for row in rows if row[3] == "0"]


def ours(event):
    return [(int(f["address"], 16), f.get("function", "")) for f in field(event, "stack.frames", [])
            if not f.get("inlined")]


def plain(name):
    """glibc has several names for one address: __GI_kill is kill."""
    return name.split("(")[0].split("@")[0].removeprefix("__GI_")


def compare(t, found):
    """Of all deaths together: gdb's frames found in order, names equal, frames that gdb does not have."""
    frames = same = named = equal_names = invented = 0
    lines = []
    for name, event in found:
        want, got = gdb_frames(t, event), ours(event)
        check(want, f"{name}: gdb found no frames in the core file")
        hits = 0
        for (pc, gdb_name), (address, our_name) in zip(want, got):
            if pc != address:
                break
            hits += 1
            if gdb_name:
                named += 1
                equal_names += plain(gdb_name) == plain(our_name)
                if plain(gdb_name) != plain(our_name):
                    lines.append(f"{name}: {gdb_name} is {our_name or 'nameless'}")
        if hits < len(want):
            lines.append(f"{name}: {hits} of {len(want)} frames; then gdb {want[hits:hits + 1]}, we {got[hits:hits + 1]}")
        frames += len(want)
        same += hits
        invented += max(0, len(got) - len(want)) if hits == len(want) else len(got) - hits
    figures = (f"{len(found)} deaths: {same} of {frames} frames of gdb's found in order, {equal_names} of {named} names "
               f"equal, {invented} invented")
    print("# " + "; ".join([figures] + lines))
    return frames, same, named, equal_names, invented, figures + ": " + "; ".join(lines)


def test_agrees_with_gdb(t):
    t.setting("/proc/sys/kernel/core_pattern", t.path("core.%p"))
    daemon = t.daemon()
    found = []
    for name, argv in DEATHS:
        pid, _ = t.run(*argv, preexec_fn=with_core, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        found.append((name, daemon.death(pid)))
    for name, argv in VICTIMS:
        child = t.popen(*argv, preexec_fn=with_core, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
                        stderr=subprocess.DEVNULL)
        time.sleep(0.3)
        child.send_signal(signal.SIGSEGV)
        child.wait(20)
        found.append((name, daemon.death(child.pid)))
    frames, same, named, equal_names, invented, text = compare(t, found)
    check(same >= 0.99 * frames and equal_names >= 0.98 * named and invented <= 0.01 * frames, text)


def test_overflow(t):
    """The stack pointer is below what is mapped: the stack is found above it, as much of it as is kept."""
    daemon = t.daemon()
    pid, _ = t.run(program("crash"), "stack")
    event = daemon.death(pid)
    names = [name for _, name in ours(event)]
    check(len(names) >= 8 and set(names) == {"recurse"}, f"frames: {names}")
    equal(field(event, "stack.truncated"), True, "truncated")


def test_killed_from_outside(t):
    daemon = t.daemon()
    for number in (signal.SIGKILL, signal.SIGTERM, signal.SIGQUIT):
        child = t.popen("sleep", "60")
        time.sleep(0.2)
        child.send_signal(number)
        child.wait(10)
        names = [name for _, name in ours(daemon.death(child.pid))]
        check(any("nanosleep" in name for name in names), f"{number.name}: not where it slept: {names}")


def test_first_fault(t):
    """A handler that aborts: the stack of the fault, not of the abort."""
    daemon = t.daemon()
    pid, _ = t.run(program("handler"), "abort", stderr=subprocess.DEVNULL)
    event = daemon.death(pid)
    names = [name for _, name in ours(event)]
    check(names and not any(name in ("raise", "abort", "__pthread_kill_implementation") for name in names),
          f"the stack of the abort: {names}")


def test_not_dumpable(t):
    """Of a process that is not dumpable its memory is not looked at."""
    daemon = t.daemon()
    code = "import ctypes, os; ctypes.CDLL(None).prctl(4, 0); os.abort()"
    pid, _ = t.run("python3", "-c", code, stderr=subprocess.DEVNULL)
    event = daemon.death(pid)
    equal(field(event, "stack"), None, "its stack")
    contains(str(event["missing"]), "not dumpable", "why")

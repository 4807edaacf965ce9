# SPDX-License-Identifier: Apache-2.0
"""Stacks of real deaths, captured in the kernel and unwound by the helper. tests/corpus compares them with gdb's."""
import signal
import subprocess
import time

from harness import check, contains, equal, field, program

def ours(event):
    return [(int(f["address"], 16), f.get("function", "")) for f in field(event, "stack.frames", [])
            if not f.get("inlined")]


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

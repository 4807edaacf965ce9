# SPDX-License-Identifier: Apache-2.0
"""Stacks of real deaths, captured in the kernel and unwound by the helper. tests/corpus compares them with gdb's."""
import os
import signal
import subprocess
import time

from harness import X86, Skipped, balanced, check, command, contains, equal, field, program, read_text, write_text

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


THIRTY_TWO = ".globl _start\n_start:\n  push %ebp\n  mov %esp, %ebp\n  call boom\nboom:\n  xor %eax, %eax\n  movl (%eax), %ebx\n"


def test_32_bit_program(t):
    """Its registers and stack are of another kind: no frame is made up of them."""
    if not X86:
        raise Skipped("no 32-bit programs of this architecture's own")
    write_text(t.path("x.s"), THIRTY_TWO)
    command("as", "--32", "-o", t.path("x.o"), t.path("x.s"))
    command("ld", "-m", "elf_i386", "-o", t.path("x"), t.path("x.o"))
    daemon = t.daemon()
    pid, status = t.run(t.path("x"))
    event = daemon.death(pid)
    equal((status, event["kind"], field(event, "signal.address")), (-signal.SIGSEGV, "crash", "0x0"), "the death")
    equal((field(event, "stack"), [m["what"] for m in event["missing"] if m["what"] == "stack"]), (None, ["stack"]), "stack")


def leaves(pid):
    """The processes below it that have no children."""
    below = [int(child) for task in os.listdir(f"/proc/{pid}/task")
             for child in read_text(f"/proc/{pid}/task/{task}/children").split()]
    return [leaf for child in below for leaf in leaves(child)] or [pid]


def test_end_before_the_frames(t):
    """The daemon is told to end while the helper still has a stack, and stands: it waits for it, over a second and more."""
    daemon = t.daemon()
    daemon.barrier()
    for pid in leaves(daemon.pid):
        check(pid != daemon.pid, "the daemon has a helper")
        os.kill(pid, signal.SIGSTOP)
    pid, _ = t.run(program("crash"), "null")
    account = daemon.stop()
    equal([e["stack"]["frames"][0]["trust"] for e in daemon.of(pid)], ["context"], "the death")
    balanced(account)

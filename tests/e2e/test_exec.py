# SPDX-License-Identifier: Apache-2.0
"""lastwords exec: the command's own status, and what died in its tree."""
import json
import os
import signal
import subprocess
import time

import fuse
from harness import (LASTWORDS, NOBODY, check, contains, equal, field, libc, lines_of_json, pid_of, program, read_text, wait_for,
                     write_text)


def test_status_is_passed_on(t):
    for status, shell in ((0, "exit 0"), (3, "exit 3"), (137, "kill -9 $$"), (139, "kill -SEGV $$")):
        t.lastwords("exec", "--", "bash", "-c", shell, status=status)
    t.lastwords("exec", "--", "/nonexistent/program", status=127)
    t.lastwords("exec", "--", "/etc/passwd", status=126)
    t.lastwords("exec", status=2)


def test_no_page_of_itself(t):
    """What was not run has not failed."""
    for path, status, why in (("/nonexistent/program", 127, "No such file or directory"), ("/etc/passwd", 126, "Permission denied")):
        result = t.lastwords("exec", "--", path, status=status)
        equal(result.err, f"lastwords: cannot run {path}: {why}\n", "messages")
        equal(t.lastwords("exec", "-o", "jsonl", "--", path, status=status).out, "", "events")


def test_output_is_the_commands(t):
    result = t.lastwords("exec", "--", "echo", "hello")
    equal((result.out, result.err), ("hello\n", ""), "output")


def test_page_of_a_grandchild(t):
    result = t.lastwords("exec", "--", "sh", "-c", f"sh -c '{program('crash')} null; exit 0'; exit 0")
    for part in ("SIGSEGV", "SEGV_MAPERR", "crash"):
        contains(result.err, part, "the page")
    check("\x1b" not in result.err, "colour without a terminal")


def test_only_its_own_tree(t):
    child = t.start("exec", "-o", "jsonl", "--", "sh", "-c", f"sleep 0.7; {program('crash')} abort & wait; exit 0")
    time.sleep(0.4)
    other, _ = t.run(program("crash"), "null")
    equal(child.process.wait(20), 0, "status")
    for reader in child.readers:
        reader.join(5)
    deaths = child.of()
    equal([(e["kind"], field(e, "signal.name")) for e in deaths], [("crash", "SIGABRT")], "deaths")
    check(pid_of(deaths[0]) != other, "another's death")


def test_formats(t):
    argv = ("--", "sh", "-c", f"{program('crash')} null; {program('crash')} abort; exit 7")
    told = lines_of_json(t.lastwords("exec", "-o", "jsonl", *argv, status=7).out)
    equal([field(e, "signal.name") for e in told if e["kind"] == "crash"], ["SIGSEGV", "SIGABRT"], "jsonl")
    told = json.loads(t.lastwords("exec", "-o", "json", *argv, status=7).out)
    equal([field(e, "signal.name") for e in told if e["kind"] == "crash"], ["SIGSEGV", "SIGABRT"], "json")


def test_signals_reach_the_command(t):
    child = t.start("exec", "--", "sh", "-c", "trap 'exit 9' TERM; echo ready; while :; do sleep 0.05; done")
    end = time.monotonic() + 5
    while b"ready\n" not in child.lines and time.monotonic() < end:
        time.sleep(0.01)
    child.process.send_signal(signal.SIGTERM)
    equal(child.process.wait(10), 9, "status after SIGTERM")


CLONE_NEWNS, MS_PRIVATE_ALL = 0x20000, 0x44000


def never_run(t):
    """In a mount namespace of its own: a command on a file system that does not answer, and ^C. Returns what was wrong."""
    if libc.unshare(CLONE_NEWNS) != 0 or libc.mount(b"none", b"/", None, MS_PRIVATE_ALL, None) != 0:
        return "no mount namespace"
    system = fuse.Fuse(t.path("silent"), "prog", b"")
    if not fuse.ready(system):
        return "the file system does not answer at first"
    system.silent = True
    for signo in (signal.SIGINT, signal.SIGTERM):
        asked = system.asked
        child = subprocess.Popen([LASTWORDS, "exec", "--", t.path("silent/prog")])
        wait_for(lambda asked=asked: system.asked > asked, 10, "the command's file is looked for")
        child.send_signal(signo)
        try:
            if child.wait(20) != 128 + signo:
                return f"status {child.returncode} after {signo.name}"
        except subprocess.TimeoutExpired:
            child.kill()
            return f"still there after {signo.name}"
    system.close()
    return None


def test_a_command_that_cannot_begin(t):
    """What is asked to end does, though its command waits for a file system that never answers."""
    os.mkdir(t.path("silent"))
    wrong = t.path("wrong")

    def child():
        write_text(wrong, never_run(t) or "")
    os.waitpid(t.fork(child), 0)
    equal(read_text(wrong), "", "wrong")


def test_without_the_right(t):
    result = t.lastwords("exec", "--", "true", status=1, user=NOBODY, group=NOBODY)
    contains(result.err, "run as root", "message")

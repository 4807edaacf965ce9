# SPDX-License-Identifier: Apache-2.0
"""lastwords exec: the command's own status, and what died in its tree."""
import json
import signal
import time

from harness import NOBODY, check, contains, equal, field, lines_of_json, pid_of, program


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


def test_without_the_right(t):
    result = t.lastwords("exec", "--", "true", status=1, user=NOBODY, group=NOBODY)
    contains(result.err, "run as root", "message")

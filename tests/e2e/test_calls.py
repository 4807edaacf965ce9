# SPDX-License-Identifier: Apache-2.0
"""Failed system calls; the truth is strace's count of the same deterministic program."""
import collections
import os
import re
import subprocess

from harness import check, command, equal, field, pid_of, program, wait_for

ALL = "[syscalls]\nignore = none\n"
# What the program says that it does in each of its 2 * 3 threads' 7 rounds, see calls.c.
ROUNDS = 2 * 3 * 7
CALLS = {"openat": 45, "mkdir": 11, "unlink": 13, "read": 17, "kill": 19, "connect": 3}


def strace_errors(t):
    """{call: errors} of all processes and threads."""
    t.popen("strace", "-f", "-qq", "-c", "-o", t.path("strace"), program("calls"), stdout=subprocess.PIPE).communicate()
    errors = {}
    for line in open(t.path("strace")):
        row = re.match(r"\s*[\d.]+\s+[\d.]+\s+\d+\s+\d+\s+(\d+)\s+(\w+)$", line)
        if row and row[2] != "total":
            errors[row[2]] = int(row[1])
    return errors


def run_calls(t, **options):
    """Runs it; returns the pids of the parent and of its children."""
    child = t.popen(program("calls"), stdout=subprocess.PIPE, **options)
    out = child.communicate(timeout=30)[0]
    equal(child.returncode, 0, "status")
    return {child.pid, *map(int, out.split())}


def sums(events, key):
    result = collections.Counter()
    for event in events:
        result[key(event)] += event["count"]
    return dict(result)


def test_counts_equal_strace(t):
    truth = strace_errors(t)
    for call, count in CALLS.items():
        # The loader has failures of its own in openat and others, before the threads.
        check(truth[call] >= count * ROUNDS, f"strace counts {truth[call]} of {call}")
    daemon = t.daemon(ALL)
    pids = run_calls(t)

    def told():
        return sums(daemon.of(pids, ("syscall_errors",)), lambda e: e["syscall"])

    try:
        wait_for(lambda: told() == truth, 4, "the counts of strace")
    finally:
        equal(told(), truth, "failed calls, told against strace")


def test_by_process_and_errno(t):
    daemon = t.daemon(ALL)
    pids = run_calls(t)
    errnos = {"openat": "ENOENT", "mkdir": ("ENOENT", "EPERM", "EACCES"), "unlink": "ENOENT", "read": "EBADF",
              "kill": "ESRCH", "connect": "ECONNREFUSED"}
    daemon.stop()
    events = daemon.of(pids, ("syscall_errors",))
    by_process = sums([e for e in events if e["syscall"] in ("read", "unlink", "kill", "connect")],
                      lambda e: (pid_of(e), e["syscall"], e["errno"]))
    half = ROUNDS // 2
    workers = {pid for pid, _, _ in by_process}
    equal(len(workers), 2, "processes that fail")
    expected = {(pid, call, errnos[call]): CALLS[call] * half for pid in workers
                for call in ("read", "unlink", "kill", "connect")}
    equal(by_process, expected, "failures by process and errno")


def test_subjects(t):
    daemon = t.daemon(ALL)
    pids = run_calls(t)
    daemon.stop()
    events = daemon.of(pids, ("syscall_errors",))
    subjects = {call: [field(s, "subject") for e in events if e["syscall"] == call for s in e.get("subjects", [])]
                for call in ("openat", "unlink", "mkdir", "connect", "read")}
    for call, subject in (("openat", "/nonexistent/lastwords/one"), ("openat", "/nonexistent/lastwords/two"),
                          ("unlink", "/nonexistent/lastwords/three"), ("mkdir", "/proc/lastwords"),
                          ("connect", "127.0.0.1:1")):
        check(subject in subjects[call], f"{subject} is not among the subjects of {call}: {subjects[call]}")
    equal(set(subjects["unlink"]), {"/nonexistent/lastwords/three"}, "subjects of unlink")
    equal(subjects["read"], [], "subjects of read")
    for event in events:
        counts = [s["count"] for s in event.get("subjects", [])]
        check(counts == sorted(counts, reverse=True), f"not the most frequent first: {counts}")
        check(all(0 < count <= event["count"] for count in counts), f"more than there were: {event}")


def test_file_that_has_no_room(t):
    """Which file system is full: a write has a descriptor, no path."""
    disk = t.path("disk")
    os.mkdir(disk)
    command("mount", "-t", "tmpfs", "-o", "size=64k", "lastwords", disk)
    t.stack.callback(subprocess.run, ["umount", "-l", disk], stderr=subprocess.DEVNULL)
    daemon = t.daemon()
    pid, _ = t.run("dd", "if=/dev/zero", f"of={disk}/queue.log", "bs=4096")
    full = daemon.wait(lambda events: [e for e in events if pid_of(e) == pid and e.get("errno") == "ENOSPC"], 5, "ENOSPC")
    equal((full[0]["syscall"], full[0]["subjects"]), ("write", [{"subject": disk + "/queue.log", "count": 1}]), "what it was about")
    check(field(full[0], "service.cgroup"), "its control group, which comes behind the path")


def test_routine_is_not_told(t):
    """With the defaults, probing for files is no failure, and a word of the configuration adds one."""
    daemon = t.daemon("[syscalls]\nreport = unlink:ENOENT\nignore = read:EBADF kill:ESRCH\n")
    pids = run_calls(t)
    daemon.stop()
    told = sums(daemon.of(pids, ("syscall_errors",)), lambda e: e["syscall"])
    equal(told, {"unlink": CALLS["unlink"] * ROUNDS, "connect": CALLS["connect"] * ROUNDS,
                 **({"mkdir": told["mkdir"]} if "mkdir" in told else {})}, "failures told")


def test_return_from_a_handler_is_none(t):
    """It has no number and no result; a call of a number that no kernel has does fail."""
    daemon = t.daemon(ALL)
    pid, status = t.run(program("returns"))
    equal(status, 0, "status")
    daemon.stop()
    told = sums(daemon.of({pid}, ("syscall_errors",)), lambda e: (e["syscall"], e["errno"]))
    equal({key: count for key, count in told.items() if key[1] != "ENOENT"}, {("syscall_32767", "ENOSYS"): 3}, "failed calls")

# SPDX-License-Identifier: Apache-2.0
"""A crash loop as text: a few deaths in full, then a line an interval, and the store has them all."""
import re
import shutil
import subprocess
import time

from harness import check, equal, field, program, wait_for

INTERVAL = 3  # s
SECONDS = 10  # of the loop
MORE = re.compile(r"  ([\d,]+) more deaths? in the last (\d+) s(.*)")


def storm(t, name, seconds):
    """Lets a program of that name die again and again; returns the pids."""
    path = t.path(name)
    shutil.copy(program("crash"), path)
    pids, end = [], time.monotonic() + seconds
    while time.monotonic() < end:
        child = subprocess.Popen([path, "abort"], stderr=subprocess.DEVNULL)
        child.wait()
        pids.append(child.pid)
        time.sleep(0.005)
    return pids


def lines(daemon, name):
    """(in full, those that count) of a program, as text."""
    text = [line.decode() for line in daemon.lines if name in line.decode()]
    more = [line for line in text if MORE.search(line)]
    return [line for line in text if f"{name[:15]}[" in line], more


def test_lines(t):
    name = t.unique("loop")
    daemon = t.start("run", "--state", t.path("state"), "--config", t.config(f"[output]\nrepeat = {INTERVAL}s\n")).ready()
    pids = storm(t, name, SECONDS)
    wait_for(lambda: len(lines(daemon, name)[1]) >= SECONDS // INTERVAL, 2 * INTERVAL, "lines that count")
    time.sleep(INTERVAL + 1.5)  # what is left is told, and then no more
    before = lines(daemon, name)
    time.sleep(INTERVAL + 1)
    equal(lines(daemon, name), before, "lines after the loop")
    full, more = lines(daemon, name)
    counted = sum(int(MORE.search(line).group(1).replace(",", "")) for line in more)
    print(f"# {len(pids)} deaths in {SECONDS} s, {len(full)} told in full, {counted} in {len(more)} lines: {more[0].strip()}")
    equal(len(full), 3, "deaths told in full")
    check(SECONDS // INTERVAL <= len(more) <= SECONDS // INTERVAL + 1, f"{len(more)} lines that count")
    equal(len(full) + counted, len(pids), "deaths told")
    check(all("SIGABRT" in line and re.search(r", incident [0-9A-Z]{26}$", line) for line in more[:-1]), f"lines: {more}")
    # After an interval of quiet the next death is told in full.
    last = subprocess.Popen([t.path(name), "abort"], stderr=subprocess.DEVNULL)
    last.wait()
    wait_for(lambda: len(lines(daemon, name)[0]) == 4, 5, "the death after the loop")
    daemon.process.terminate()
    equal(daemon.process.wait(20), 0, "exit status")
    stored = [e["process"]["pid"] for e in t.events() if field(e, "process.comm") == name[:15]]
    equal(sorted(stored), sorted(pids + [last.pid]), "deaths in the store")


def test_end(t):
    """What was counted and not yet told is told at the end; jsonl has each death."""
    for form, told in (("text", 3), ("jsonl", None)):
        name = t.unique(form)
        daemon = t.start("run", "--state", t.path(form + "-state"), "--config", t.config(""), "-o", form).ready()
        pids = storm(t, name, 0.5)
        wait_for(lambda: len(t.events(t.path(form + "-state"), "--kind", "crash")) >= len(pids), 10, "the deaths")
        daemon.process.terminate()
        equal(daemon.process.wait(20), 0, "exit status")
        for reader in daemon.readers:
            reader.join(5)
        if told:
            full, more = lines(daemon, name)
            equal((len(full), len(more)), (told, 1), "lines")
            equal(int(MORE.search(more[0]).group(1)) + told, len(pids), "deaths told")
        else:
            equal(len({e["process"]["pid"] for e in daemon.of(set(pids))}), len(pids), "events")


def test_failed_calls(t):
    """Each process of a loop fails in the same call: that is no line each either."""
    name = t.unique("head")
    daemon = t.start("run", "--state", t.path("state"), "--config", t.config(f"[output]\nrepeat = {INTERVAL}s\n")).ready()
    shutil.copy("/usr/bin/head", t.path(name))
    for _ in range(100):
        subprocess.run(["sh", "-c", f"exec {t.path(name)} -c 1 <&-"], stderr=subprocess.DEVNULL, check=False)
        time.sleep(0.01)
    wait_for(lambda: any(b"more failed call" in line and name.encode() in line for line in daemon.lines), 20, "the line")
    told = [line.decode() for line in daemon.lines if name in line.decode() and "read EBADF" in line.decode()]
    full = [line for line in told if "more failed call" not in line]
    equal(len(full), 3, f"lines in full: {full}")
    daemon.process.terminate()
    equal(daemon.process.wait(20), 0, "exit status")
    stored = [e for e in t.events() if e["kind"] == "syscall_errors" and field(e, "service.name") == name]
    equal(sum(e["count"] for e in stored if e["syscall"] == "read" and e["errno"] == "EBADF"), 100, "calls in the store")

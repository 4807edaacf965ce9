# SPDX-License-Identifier: Apache-2.0
"""The store outlives what happens to the daemon and to the disk."""
import json
import os
import random
import shutil
import subprocess
import time

from harness import (balanced, check, command, contains, equal, forks, program, wait_for)


def crash(t, daemon):
    pid, _ = t.run(program("crash"), "abort")
    return daemon.death(pid)


def test_restart_goes_on(t):
    first = t.daemon()
    old = crash(t, first)
    first.stop()
    second = t.daemon()
    new = crash(t, second)
    second.stop()
    ids = [e["id"] for e in t.events()]
    check(old["id"] in ids and new["id"] in ids, "an event of one of the two daemons is gone")
    equal(len(ids), len(set(ids)), "ids")
    check(new["id"] not in [e["id"] for e in first.events()], "an id came twice")


def test_stored_before_printed(t):
    """Killed at any moment, whatever it has printed is in the store."""
    chance = random.Random(3)
    printed = set()
    for _ in range(6):
        daemon = t.daemon()
        flood = t.popen(program("flood"), "100000", stdout=subprocess.DEVNULL)
        # The first stack waits until the helper has read its libraries.
        wait_for(lambda: daemon.lines, 5, "a first line")
        time.sleep(chance.uniform(0.0, 0.4))
        daemon.kill()
        flood.kill()
        flood.wait()
        # The last line may have been cut by the kill.
        lines = [line for line in daemon.lines if line.endswith(b"\n")]
        check(lines, "nothing was printed")
        daemon.lines[:] = lines
        printed |= {e["id"] for e in daemon.events()}
        stored = {e["id"] for e in t.events()}
        check(printed <= stored, f"{len(printed - stored)} of {len(printed)} printed events are not stored")


def test_killed_counts_once(t):
    """What was concluded before a kill -9 is concluded after it, once: the same issue, the same incident, the same numbers."""
    service = t.unique("dies")
    shutil.copy(program("crash"), t.path(service))
    first = t.daemon()
    crash(t, first)
    first.stop()  # it keeps what it knows; what is stored later is added to that
    daemon = t.daemon()
    for _ in range(5):
        daemon.death(t.run(t.path(service), "abort")[0])

    def findings(*args):
        return json.loads(t.lastwords(*args, "--state", t.path("state"), "-o", "json").out)

    def concluded():
        """Ids and counts; what others on this host suffer may be of the same incident."""
        issues = [(row["id"], row["count"]) for row in findings("issues", "--service", service)]
        incidents = [row["id"] for row in findings("incidents", "-n", "0") if any(name in row["issues"] for name, _ in issues)]
        return issues + incidents if incidents and sum(count for _, count in issues) == 5 else None

    before = wait_for(concluded, 10, "an incident of five deaths")
    daemon.kill()
    t.daemon().stop()
    equal(concluded(), before, "after the restart")


def test_nobody_watches(t):
    """What is stored may look calm: status and doctor say that the daemon is gone, and since when."""
    state = ["--state", t.path("state")]
    daemon = t.daemon()
    wait_for(lambda: "last" in json.loads(t.lastwords("status", "-o", "json", *state).out)["daemon"], 5, "its first second")
    contains(t.lastwords("doctor", *state).out, "daemon      runs", "doctor")
    check("nobody" not in t.lastwords("status", *state).out, "status of a daemon that runs")
    daemon.kill()
    for command in ("status", "doctor"):
        contains(t.lastwords(command, *state).out, "no daemon runs here: nobody has watched since 20", command)
    equal(json.loads(t.lastwords("status", "-o", "json", *state).out)["daemon"]["running"], False, "the same as JSON")


def test_second_daemon(t):
    first = t.daemon()
    result = t.lastwords("run", "--state", t.path("state"), "--config", t.config(""), status=1)
    contains(result.err, str(first.pid), "message")
    crash(t, first)
    # Another state is another instance.
    second = t.daemon(state=t.path("other"))
    pid, _ = t.run(program("crash"), "null")
    equal(first.death(pid)["kind"], second.death(pid)["kind"], "kind")


def flood_of(t, count):
    flood = t.popen(program("flood"), str(count), stdout=subprocess.PIPE)
    return {int(line.split()[0]) for line in flood.communicate(timeout=30)[0].splitlines()}


def test_full_disk(t):
    state = t.path("small")
    os.mkdir(state)
    command("mount", "-t", "tmpfs", "-o", "size=16M", "lastwords", state)
    t.stack.callback(subprocess.run, ["umount", "-l", state], stderr=subprocess.DEVNULL)
    daemon = t.daemon(state=state)
    first = crash(t, daemon)
    ballast = os.path.join(state, "ballast")
    with open(ballast, "wb", buffering=0) as file:
        try:
            while True:
                file.write(b"x" * 4096)
        except OSError:
            pass
    before = forks()
    pids = flood_of(t, 1500)
    wait_for(lambda: "cannot store" in daemon.stderr(), 5, "a message")
    equal(daemon.process.poll(), None, "the daemon's end")
    os.unlink(ballast)
    # Tells of the loss as soon as it can store again.
    gap = daemon.wait(lambda events: [e for e in events if e["kind"] == "gap" and e["reason"] == "store"], 4, "a gap")
    wait_for(lambda: "works again" in daemon.stderr(), 3, "a message that it works again")
    after = crash(t, daemon)
    told = daemon.of(pids)
    account = daemon.stop()
    balanced(account)
    lost = account["death"]["store"]
    check(lost > 0, "nothing was lost on a full disk")
    others = forks() - before - len(pids)  # whoever else lived on this host meanwhile
    check(len(pids) <= len(told) + lost <= len(pids) + others, f"{len(told)} told and {lost} lost, {others} others")
    gap = [e for e in daemon.events() if e["kind"] == "gap" and e["reason"] == "store"]
    every = sum(row["store"] for name, row in account.items() if name != "lifecycle")
    check(sum(e["count"] for e in gap) >= lost and sum(e["count"] for e in gap) <= every, f"gaps {gap}, account {account}")
    stored = {e["id"] for e in t.events(state)}
    equal({e["id"] for e in daemon.events()} - stored, set(), "printed but not stored")
    check({first["id"], after["id"]} <= stored, "events around the full disk are missing")


def test_modes_of_files(t):
    """What a process did is for root alone."""
    daemon = t.daemon()
    crash(t, daemon)
    state = t.path("state")
    equal(oct(os.stat(state).st_mode & 0o777), "0o700", "mode of the state directory")
    for name in os.listdir(state):
        mode = os.stat(os.path.join(state, name)).st_mode & 0o007
        equal(mode, 0, f"what others may do with {name}")

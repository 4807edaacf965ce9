# SPDX-License-Identifier: Apache-2.0
"""A daemon that cannot keep up: what it lost is known exactly."""
import json
import os
import signal
import subprocess
import time

from harness import (balanced, cgroup2_root, check, contains, equal, field, forks, pid_of, program, wait_for, write_text)

TINY = "[probe]\ndeath_ring = 64K\nactivity_ring = 64K\n"
CRASHES = 3000


def stopped_daemon(t):
    """A daemon with tiny rings that was stopped during 3,000 crashes. Returns it, the pids of the crashes, and when it was
    let go on."""
    daemon = t.daemon(TINY)
    daemon.process.send_signal(signal.SIGSTOP)
    flood = t.popen(program("flood"), str(CRASHES), stdout=subprocess.PIPE)
    truth = dict(map(int, line.split()) for line in flood.communicate(timeout=30)[0].splitlines())
    equal((len(truth), set(truth.values())), (CRASHES, {int(signal.SIGSEGV)}), "crashes")
    daemon.process.send_signal(signal.SIGCONT)
    return daemon, set(truth), time.monotonic()


def test_loss_is_exact(t):
    before = forks()
    daemon, pids, going_on = stopped_daemon(t)

    def gaps(source):
        return [e for e in daemon.events() if e["kind"] == "gap" and e.get("source") == source]

    wait_for(lambda: gaps("death") and gaps("lifecycle"), 1.5, "gap events")
    check(time.monotonic() - going_on < 1.5, "gap events came late")
    account = daemon.stop()
    balanced(account)
    death = account["death"]
    others = forks() - before - CRASHES  # whoever else lived on this host meanwhile
    check(CRASHES <= death["seen"] <= CRASHES + others, f"{death['seen']} deaths seen, {others} others lived")
    stored = daemon.of(pids)
    equal(len(stored), len({pid_of(e) for e in stored}), "one event a death")
    check(len(stored) + death["ring_full"] >= CRASHES, f"{len(stored)} told, {death['ring_full']} lost")
    check(len(stored) + death["ring_full"] <= CRASHES + others, f"{len(stored)} told, {death['ring_full']} lost")
    check(death["ring_full"] > 0 and account["lifecycle"]["ring_full"] > 0, f"nothing was lost: {account}")
    for source in ("death", "lifecycle"):
        equal(sum(e["count"] for e in gaps(source) if e["reason"] == "ring_full"), account[source]["ring_full"],
              f"gap events of {source}")
    for row in json.loads(t.lastwords("doctor", "-o", "json", "--state", t.path("state")).out)["account"]:
        equal({key: row[key] for key in account[row["source"]]}, account[row["source"]], f"the doctor on {row['source']}")


def test_goes_on_after_loss(t):
    daemon, _, _ = stopped_daemon(t)
    time.sleep(1.2)
    for _ in range(20):
        pid, _ = t.run(program("crash"), "null")
        event = daemon.death(pid)
        equal(field(event, "process.exe"), program("crash"), "names after a loss")
    balanced(daemon.stop())


def test_processes_after_loss(t):
    """Starts and ends that the rings lost are found in /proc: how many of a service live is right again."""
    name = t.unique("lost")
    group = t.cgroup(f"{cgroup2_root()}/system.slice/{name}.service")

    def join():
        write_text(cgroup2_root() + f"/system.slice/{name}.service/cgroup.procs", os.getpid())

    def sleepers(count):
        return [t.popen("sleep", "1000", preexec_fn=join) for _ in range(count)]

    daemon = t.daemon(TINY)
    old = sleepers(40)
    equal(field(daemon.death(t.run(program("crash"), "null", preexec_fn=join)[0]), "service.alive"), 40, f"alive in {group}")
    daemon.process.send_signal(signal.SIGSTOP)
    t.run(program("flood"), str(CRASHES), stdout=subprocess.DEVNULL)
    for child in old[:35]:
        child.kill()
        child.wait()
    sleepers(7)
    daemon.process.send_signal(signal.SIGCONT)

    def alive():
        time.sleep(0.5)
        event = daemon.death(t.run(program("crash"), "null", preexec_fn=join)[0])
        equal(field(event, "service.name"), name, "service")
        return field(event, "service.alive")
    wait_for(lambda: alive() == 12, 20, "12 processes of the service live")
    account = daemon.stop()
    balanced(account)
    check(account["lifecycle"]["ring_full"] > 0, f"nothing was lost: {account}")
    lifecycle, = (row for row in json.loads(t.lastwords("doctor", "-o", "json", "--state", t.path("state")).out)["account"]
                  if row["source"] == "lifecycle")
    check(lifecycle["repaired"] >= 35 + 7, f"{lifecycle}")
    contains(daemon.stderr(), f"{lifecycle['repaired']} starts and ends of processes that were lost", "the account")


def test_nothing_is_lost_at_speed(t):
    """As fast as one process can crash its children, with the rings as they come."""
    daemon = t.daemon()
    flood = t.popen(program("flood"), "5000", stdout=subprocess.PIPE)
    truth = dict(map(int, line.split()) for line in flood.communicate(timeout=30)[0].splitlines())
    equal(len(truth), 5000, "crashes")
    wait_for(lambda: len(daemon.of(set(truth))) >= 5000, 10, "5,000 deaths")
    equal(sorted(map(pid_of, daemon.of(set(truth)))), sorted(truth), "processes told")
    account = daemon.stop()
    balanced(account)
    equal(account["death"]["ring_full"], 0, "lost")


def test_account_balances_for_all(t):
    """Failed calls, connects, deaths and routine together: each source adds up."""
    daemon = t.daemon("[syscalls]\nignore = none\n")
    for argv in (["calls"], ["crash", "null"], ["crash", "pipe"], ["handler", "jump"], ["threads", "two"], ["flood", "50"]):
        t.run(program(argv[0]), *argv[1:], stdout=subprocess.DEVNULL)
    for name in ("false", "true"):
        t.run(name)
    account = daemon.stop()
    balanced(account)
    check(account["syscall"]["stored"] > 2000 and account["death"]["routine"] >= 2, f"account: {account}")
    equal(sum(e["count"] for e in daemon.of(kinds=("syscall_errors",))), account["syscall"]["stored"], "failed calls")
    equal(len(daemon.of()), account["death"]["stored"], "deaths")

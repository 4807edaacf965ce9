# SPDX-License-Identifier: Apache-2.0
"""Kills: who sent the signal is known, since this test did."""
import os
import signal
import subprocess
import time

from harness import (NOBODY, equal, field, program, read_text)


def ancestry(pid):
    """Names of the parents, the nearest first, as /proc has them now."""
    names = []
    while len(names) < 6:
        stat = read_text(f"/proc/{pid}/stat")
        pid = int(stat.rpartition(")")[2].split()[1])
        if pid == 0:
            break
        names.append(read_text(f"/proc/{pid}/comm").rstrip("\n"))
    return names


def test_killer_is_named(t):
    daemon = t.daemon()
    for number in (signal.SIGKILL, signal.SIGTERM, signal.SIGSEGV, signal.SIGHUP, signal.SIGUSR2):
        victim = t.popen("sleep", "100")
        time.sleep(0.05)
        killer = t.popen("bash", "-c", f"sleep 0.05; kill -{int(number)} {victim.pid}; read")
        equal(victim.wait(10), -number, "status of the victim")
        event = daemon.death(victim.pid)
        killed = event["killer"]
        equal((event["kind"], field(event, "signal.number")), ("kill", int(number)), "death")
        equal((killed["pid"], killed["comm"], killed["uid"]), (killer.pid, "bash", 0), "killer")
        equal(killed["exe"], os.path.realpath("/bin/bash"), "killer's executable")
        equal(killed["ancestry"], ancestry(killer.pid), "ancestry")




def test_killer_of_another_user(t):
    daemon = t.daemon()
    victim = t.popen("sleep", "100", user=NOBODY, group=NOBODY)
    time.sleep(0.05)
    killer = t.popen("/bin/kill", "-SEGV", str(victim.pid), user=NOBODY, group=NOBODY)
    equal(killer.wait(10), 0, "kill(1)")
    equal(victim.wait(10), -signal.SIGSEGV, "victim")
    event = daemon.death(victim.pid)
    equal((event["kind"], field(event, "signal.name")), ("kill", "SIGSEGV"), "SIGSEGV of kill(1)")
    equal((field(event, "killer.pid"), field(event, "killer.comm"), field(event, "killer.uid")),
          (killer.pid, "kill", NOBODY), "killer")
    equal((field(event, "process.uid"), field(event, "process.gid")), (NOBODY, NOBODY), "victim's ids")


def test_raise_is_a_crash(t):
    daemon = t.daemon()
    pid, status = t.run("bash", "-c", "kill -SEGV $$")
    equal(status, -signal.SIGSEGV, "status")
    event = daemon.death(pid)
    equal(event["kind"], "crash", "a process that killed itself")
    equal((field(event, "killer.class"), field(event, "killer.pid")), ("self", None), "killer")
    pid, status = t.run(program("crash"), str(int(signal.SIGKILL)))
    equal(status, -signal.SIGKILL, "status")
    equal(daemon.death(pid)["kind"], "crash", "raise(SIGKILL)")


def handled(t, way):
    """A process with a handler of SIGTERM, which it has now."""
    child = t.popen(program("handler"), way, stdout=subprocess.PIPE)
    equal(child.stdout.readline(), b"ready\n", "handler")
    return child


def test_handled_and_raised_again(t):
    daemon = t.daemon()
    child = handled(t, "term-raise")
    child.terminate()
    equal(child.wait(10), -signal.SIGTERM, "status")
    event = daemon.death(child.pid)
    equal((event["kind"], field(event, "signal.name"), field(event, "killer.pid")), ("kill", "SIGTERM", os.getpid()),
          "a SIGTERM that was raised again")


def test_obeyed(t):
    """128+n after SIGTERM is obedience, and a handler that goes on is nothing at all."""
    daemon = t.daemon()
    child = handled(t, "term-exit")
    child.terminate()
    equal(child.wait(10), 128 + signal.SIGTERM, "status")
    survivor = handled(t, "term-survive")
    survivor.terminate()
    equal(survivor.wait(10), 0, "status of one that goes on")
    daemon.barrier()
    equal(daemon.of({child.pid, survivor.pid}), [], "events")


def test_killed_thread_group(t):
    """One record for a process with threads, and none for its threads."""
    daemon = t.daemon()
    child = t.popen(program("hog"), "1", "threads", stdout=subprocess.PIPE)
    child.stdout.readline()
    child.kill()
    child.wait(10)
    daemon.barrier()
    equal(daemon.death(child.pid)["kind"], "kill", "kind")


def test_ignored_signal_then_exit(t):
    """A signal that was ignored has no part in a later end."""
    daemon = t.daemon()
    child = t.popen("bash", "-c", "trap '' TERM; echo; read -t 0.5 < /dev/zero; exec sleep 0.3", stdout=subprocess.PIPE)
    child.stdout.readline()
    child.terminate()
    equal(child.wait(10), 0, "status")
    daemon.barrier()
    equal(daemon.of(child.pid), [], "events")

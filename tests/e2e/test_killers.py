# SPDX-License-Identifier: Apache-2.0
"""Classes of killers: each killed for real, by who this test knows."""
import os
import pty
import signal
import subprocess
import time

from harness import (cgroup2_root, check, contains, equal, field, program, write_text)


def killed_by(t, daemon, kill, victim=None):
    """The killer of a sleep that kill(pid) ends."""
    victim = victim or t.popen("sleep", "100")
    time.sleep(0.05)
    kill(victim.pid)
    victim.wait(10)
    return daemon.death(victim.pid)["killer"]


def at_terminal(line, login=None):
    """A function that runs the line in a shell at a terminal of its own, which has logged in if permitted."""
    def kill(pid):
        child, fd = pty.fork()
        if child == 0:
            if login is not None:
                write_text("/proc/self/loginuid", login)
            os.execvp("bash", ["bash", "-c", line.format(pid) + "; read -t 0.2"])
        while True:
            try:
                if not os.read(fd, 4096):
                    break
            except OSError:
                break
        os.waitpid(child, 0)
        os.close(fd)
    return kill


def test_operator_at_a_terminal(t):
    daemon = t.daemon()
    killer = killed_by(t, daemon, at_terminal("tty; kill -9 {}", login=1234))
    equal((killer["class"], killer["comm"], killer["uid"], killer["login_uid"]), ("operator", "bash", 0, 1234), "killer")
    check(killer["tty"].startswith("pts/"), f"tty: {killer}")
    equal(killer["reason"], f"bash with tty {killer['tty']}, login uid 1234", "reason")
    text = t.lastwords("crashes", "--state", t.path("state"), "--kind", "kill", status=None).out
    check(killer["reason"] in text or not text, f"line: {text}")


def test_no_operator_by_uid_alone(t):
    """A login uid without a session and a terminal is a service that was started by hand once."""
    daemon = t.daemon()

    def kill(pid):
        def login():
            os.setsid()
            write_text("/proc/self/loginuid", 1234)
        t.popen("bash", "-c", f"kill -9 {pid}; sleep 0.1", preexec_fn=login).wait(10)
    killer = killed_by(t, daemon, kill)
    equal((killer["login_uid"], killer.get("tty")), (1234, None), "killer")
    check(killer["class"] != "operator", f"class: {killer}")


def test_parent_and_timeout(t):
    daemon = t.daemon()
    killer = killed_by(t, daemon, lambda pid: os.kill(pid, signal.SIGKILL))
    equal((killer["class"], killer["pid"]), ("parent", os.getpid()), "this test")
    contains(killer["reason"], "its parent, ", "reason")

    out = subprocess.run(["timeout", "-k", "0.4", "0.3", "bash", "-c", "trap '' TERM; echo $$; while :; do sleep 0.05; done"],
                         stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, preexec_fn=os.setsid)
    killer = daemon.death(int(out.stdout))["killer"]
    equal((killer["comm"], killer["class"]), ("timeout", "parent"), "timeout(1)")
    contains(killer["reason"], "timeout(1), SIGKILL 0.", "reason")


def test_cgroup_kill(t):
    daemon = t.daemon()
    group = t.cgroup(cgroup2_root() + "/" + t.unique("kill"))
    if not os.path.exists(group + "/cgroup.kill"):
        return
    victim = t.popen("sleep", "100", preexec_fn=lambda: write_text(group + "/cgroup.procs", os.getpid()))
    killer = killed_by(t, daemon, lambda pid: t.popen(
        "bash", "-c", f"setsid bash -c 'echo 1 > {group}/cgroup.kill; sleep 0.1'").wait(10), victim)
    equal((killer["class"], killer["comm"]), ("kernel", "bash"), "killer")
    equal(killer["reason"], "cgroup.kill, written by bash", "reason")


def test_end_of_a_pid_namespace(t):
    daemon = t.daemon()
    before = time.monotonic()
    t.run("unshare", "-p", "-f", "--kill-child", "bash", "-c", "sleep 98.7 & sleep 0.1; exit 0")
    check(time.monotonic() - before < 5, "the namespace ended")
    event = daemon.wait(lambda events: next((e for e in events if e["kind"] == "kill" and
                                             "98.7" in field(e, "process.cmdline", [])), None))
    equal(event["killer"]["class"], "kernel", "class")
    contains(event["killer"]["reason"], "ended, the first process of the PID namespace", "reason")


def test_parents_death_signal(t):
    daemon = t.daemon()
    t.popen("bash", "-c", "setpriv --pdeathsig KILL sleep 97.3 & sleep 0.1; kill -9 $$", stderr=subprocess.DEVNULL).wait(10)
    event = daemon.wait(lambda events: next((e for e in events if e["kind"] == "kill" and
                                             "97.3" in field(e, "process.cmdline", [])), None))
    equal((event["killer"]["class"], event["killer"]["reason"]),
          ("kernel", "bash ended, its parent (PR_SET_PDEATHSIG)"), "killer")


def test_hang_up(t):
    """The end of a terminal takes those that it controls along."""
    daemon = t.daemon()
    child, fd = pty.fork()
    if child == 0:
        os.execvp("sleep", ["sleep", "96.1"])
    time.sleep(0.1)
    os.close(fd)
    equal(os.waitpid(child, 0)[1], signal.SIGHUP, "status")
    event = daemon.death(child)
    equal((event["killer"]["class"], field(event, "signal.name")), ("kernel", "SIGHUP"), "killer")
    contains(event["killer"]["reason"], "hang-up", "reason")


def test_limits_and_timers(t):
    """What ended it was no fault, and nobody else."""
    daemon = t.daemon()
    cases = (("ulimit -S -t 1; while :; do :; done", signal.SIGXCPU, "kernel", "RLIMIT_CPU"),
             ("ulimit -f 1; trap - XFSZ; exec head -c 100000 /dev/zero > " + t.path("large"), signal.SIGXFSZ, "kernel",
              "RLIMIT_FSIZE"),
             ("kill -ABRT $$", signal.SIGABRT, "self", "kill() of itself"))
    for line, number, kind, reason in cases:
        pid, status = t.run("bash", "-c", line)
        equal(status, -number, f"status of {line}")
        killer = daemon.death(pid)["killer"]
        equal(killer["class"], kind, f"class of {line}")
        contains(killer["reason"], reason, f"reason of {line}")


def test_helper_is_not_counted(t):
    """Failed calls of the daemon's own helpers are no news."""
    daemon = t.daemon()
    for _ in range(5):
        t.run(program("crash"), "abort")
    time.sleep(2.2)
    names = {field(e, "process.comm") for e in daemon.events() if e["kind"] == "syscall_errors"}
    check(not names & {"lw-symbolize", "lw-nursery"}, f"names: {names}")

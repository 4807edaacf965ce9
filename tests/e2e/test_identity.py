# SPDX-License-Identifier: Apache-2.0
"""What a process was for, by its control group; names that want to deceive."""
import json
import os
import shutil
import signal
import subprocess

from harness import (cgroup2_root, check, equal, field, program, write_text)


def crash_in(t, daemon, group):
    """Crashes a process of that v2 control group; returns its event."""
    folder = cgroup2_root() + group
    t.cgroup(folder)
    pid, status = t.run(program("crash"), "null",
                        preexec_fn=lambda: write_text(folder + "/cgroup.procs", os.getpid()))
    equal(status, -signal.SIGSEGV, "status")
    return daemon.death(pid)


def test_unit(t):
    daemon = t.daemon()
    service = crash_in(t, daemon, "/system.slice/lwtest-web.service")["service"]
    equal((service["name"], service["unit"], service["slice"], service["cgroup"]),
          ("lwtest-web", "lwtest-web.service", "system.slice", "/system.slice/lwtest-web.service"), "service")
    service = crash_in(t, daemon, "/system.slice/lwtest-web.service/worker")["service"]
    equal((service["name"], service["unit"]), ("lwtest-web", "lwtest-web.service"), "a group inside of a unit")
    service = crash_in(t, daemon, "/system.slice/system-lwtest.slice/lwtest@blue.service")["service"]
    equal((service["name"], service["unit"]), ("lwtest@blue", "lwtest@blue.service"), "an instance")


def test_container(t):
    daemon = t.daemon()
    number = "0123456789abcdef" * 4
    service = crash_in(t, daemon, f"/system.slice/docker-{number}.scope")["service"]
    equal(service["container"], {"id": number, "runtime": "docker"}, "container")
    uid = "12345678-1234-1234-1234-123456789abc"
    service = crash_in(t, daemon, f"/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod"
                                  f"{uid.replace('-', '_')}.slice/cri-containerd-{number}.scope")["service"]
    equal(field(service, "pod.uid"), uid, "pod")
    equal(field(service, "container.id"), number, "container of a pod")


def test_session_is_its_program(t):
    daemon = t.daemon()
    event = crash_in(t, daemon, "/user.slice/user-1000.slice/session-3.scope")
    equal(field(event, "service.name"), "crash", "name by the executable")


def test_events_of_a_service(t):
    """The same identity with failed calls, and as a filter."""
    daemon = t.daemon("[syscalls]\nignore = none\n")
    folder = cgroup2_root() + "/system.slice/lwtest-calls.service"
    t.cgroup(folder)
    child = t.popen(program("calls"), stdout=subprocess.DEVNULL,
                    preexec_fn=lambda: write_text(folder + "/cgroup.procs", os.getpid()))
    child.wait(20)
    daemon.stop()
    told = [e for e in daemon.events() if field(e, "service.unit") == "lwtest-calls.service"]
    equal(sum(e["count"] for e in told if e.get("syscall") == "read"), 714, "reads of the service that failed")
    filtered = t.events(None, "--service", "lwtest-calls")
    equal({field(e, "service.unit") for e in filtered}, {"lwtest-calls.service"}, "units that the filter lets through")
    equal(len(filtered), len(told), "events that it lets through")


HOSTILE = b"ev\x1b]0;il\x07\n\xff\xfe\"\\"


def test_hostile_names(t):
    """A control sequence, a newline and bytes that are no UTF-8 in the program's name, path and arguments."""
    daemon = t.daemon()
    exe = os.path.join(t.tmp.encode(), HOSTILE)
    shutil.copy(program("crash"), exe)
    child = subprocess.Popen([exe, b"null", b"\x1b[31mred\n\xc3", b"--password=hunter2"])
    t.stack.callback(child.kill)
    equal(child.wait(), -signal.SIGSEGV, "status")
    event = daemon.death(child.pid)
    check(field(event, "process.comm").startswith("ev\x1b]0;il\x07\n"), f"comm: {event}")
    equal(len(field(event, "process.cmdline")), 4, "arguments")
    check("hunter2" not in json.dumps(event), "a password is told")
    raw = daemon.lines[next(i for i, e in enumerate(daemon.events()) if e["id"] == event["id"])]
    check(raw.endswith(b"\n") and raw.count(b"\n") == 1 and b"\x1b" not in raw, f"line: {raw!r}")
    raw.decode()
    daemon.stop()
    for args in (["events", "-n", "0"], ["show", event["id"]], ["crashes"]):
        out = t.lastwords(*args, "--state", t.path("state")).stdout
        check(b"\x1b" not in out and b"\x07" not in out, f"{args} prints a control sequence: {out!r}")
        out.decode()
        if args[0] == "events":
            equal(out.count(b"\n"), len(t.events()), "lines")


def test_hostile_killer(t):
    """A killer that gave itself such a name."""
    daemon = t.daemon()
    victim = t.popen("sleep", "100")

    def kill():
        with open("/proc/self/comm", "wb") as file:
            file.write(b"\x1b[2J\n\xff")
        os.kill(victim.pid, signal.SIGKILL)

    killer = t.fork(kill)
    os.waitpid(killer, 0)
    victim.wait()
    event = daemon.death(victim.pid)
    equal(field(event, "killer.pid"), killer, "killer")
    check(b"\x1b" not in b"".join(daemon.lines), "raw control characters")
    page = t.lastwords("show", event["id"], "--state", t.path("state")).stdout
    check(b"\x1b" not in page, f"page: {page!r}")


def test_hostile_cgroup(t):
    daemon = t.daemon()
    event = crash_in(t, daemon, "/lwtest-\x1b[31m.service")
    equal(field(event, "service.cgroup"), "/lwtest-\x1b[31m.service", "cgroup")
    check(b"\x1b" not in b"".join(daemon.lines), "raw control characters")
    check(field(event, "service.unit") is None, f"such a name is no unit: {event}")

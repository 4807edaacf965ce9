# SPDX-License-Identifier: Apache-2.0
"""Real systemd as the first process of a PID namespace: how it stops units, and what is said of it."""
import os
import re
import signal
import subprocess
import time

from harness import (check, cgroup2_root, contains, equal, field, read_text, wait_for, write_text)

SYSTEMD = "/lib/systemd/systemd"
UNITS = {
    "plain.service": "ExecStart=/bin/sleep 1000",
    "deaf.service": "ExecStart=/bin/bash -c \"trap '' TERM; while :; do sleep 0.1; done\"\nTimeoutStopSec=1",
    "dog.service": "Type=notify\nNotifyAccess=all\nWatchdogSec=1\n"
                   "ExecStart=/bin/bash -c \"systemd-notify --ready; exec sleep 1000\"",
    "abrupt.service": "ExecStart=/bin/sleep 1000\nKillSignal=SIGKILL",
}
BOOT = """
mount --make-rprivate / && mount -t tmpfs tmpfs /run && mount -t tmpfs tmpfs /sys/fs/cgroup || exit 1
mkdir /sys/fs/cgroup/unified /sys/fs/cgroup/systemd
mount -t cgroup2 cgroup2 /sys/fs/cgroup/unified
mount -t cgroup -o none,name=systemd cgroup /sys/fs/cgroup/systemd
exec env -u NOTIFY_SOCKET container=lwtest SYSTEMD_UNIT_PATH=$1 SYSTEMD_LOG_TARGET=console \\
    $2 --system --unit=test.target
"""


def remove_groups(top):
    def gone():
        for path, _, _ in os.walk(top, topdown=False):
            try:
                os.rmdir(path)
            except OSError:
                pass
        return not os.path.exists(top)
    wait_for(gone, 5, f"{top} can be removed")


def boot(t):
    """Boots it with the units above alone. Returns a function that runs systemctl inside."""
    units = t.path("units")
    os.mkdir(units)
    write_text(units + "/test.target", "[Unit]\nDefaultDependencies=no\nAllowIsolate=yes\n")
    for name, text in UNITS.items():
        write_text(f"{units}/{name}", f"[Unit]\nDefaultDependencies=no\n[Service]\n{text}\n")
    name, root = t.unique("systemd"), cgroup2_root()
    groups = [root + "/" + name]
    named = os.path.dirname(root) + "/systemd"
    if os.path.exists(named + "/cgroup.procs"):
        groups.append(named + "/" + name)
    for group in groups:
        os.mkdir(group)
        t.stack.callback(remove_groups, group)

    def enter():
        for group in groups:
            write_text(group + "/cgroup.procs", os.getpid())
        os.setsid()
    log = open(t.path("systemd.log"), "w")
    child = t.popen("unshare", "-p", "-f", "-m", "-C", "-u", "-i", "-n", "--kill-child", "--mount-proc", "bash", "-c", BOOT,
                    "boot", units, SYSTEMD, stdout=log, stderr=log, preexec_fn=enter)

    def first():
        children = read_text(f"/proc/{child.pid}/task/{child.pid}/children").split()
        return children and read_text(f"/proc/{children[0]}/comm") == "systemd\n" and children[0]
    pid = wait_for(first, 10, "systemd runs")

    def systemctl(*args):
        return subprocess.run(["nsenter", "-t", pid, "-a", "systemctl", *args], stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=20)
    wait_for(lambda: systemctl("is-active", "test.target").stdout == b"active\n", 10, "test.target")
    return systemctl, int(pid)


def test_systemd_stops(t):
    daemon = t.daemon()
    systemctl, pid = boot(t)
    equal(systemctl("start", *UNITS).returncode, 0, "start")
    time.sleep(0.2)
    equal(systemctl("stop", "plain.service", "deaf.service", "abrupt.service").returncode, 0, "stop")

    def of(unit, name):
        return daemon.wait(lambda events: next((e for e in events if field(e, "service.unit") == unit and
                                                field(e, "process.comm") == name and e["kind"] == "kill"), None), 6, unit)
    for unit, name, number, reason in (
            ("plain.service", "sleep", signal.SIGTERM, "systemd stop"),
            ("deaf.service", "bash", signal.SIGKILL, "systemd: stop timed out, SIGKILL 1.N s after SIGTERM"),
            ("abrupt.service", "sleep", signal.SIGKILL, "systemd: SIGKILL with no other signal before"),
            ("dog.service", "sleep", signal.SIGABRT, "systemd: watchdog (SIGABRT by PID 1)")):
        event = of(unit, name)
        killer = event["killer"]
        equal((field(event, "signal.number"), killer["class"], killer["pid"]), (int(number), "supervisor", pid), unit)
        equal(re.sub(r"1\.\d s", "1.N s", killer["reason"]), reason, unit)
    contains(systemctl("show", "-P", "Result", "dog.service").stdout.decode(), "watchdog", "systemd's own result")
    equal(systemctl("show", "-P", "Result", "deaf.service").stdout.decode(), "timeout\n", "systemd's own result")
    page = t.lastwords("show", "--state", t.path("state"), of("deaf.service", "bash")["id"]).out
    contains(page, "stop timed out", "page")
    check("systemd[" in page, "killer on the page")

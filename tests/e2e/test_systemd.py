# SPDX-License-Identifier: Apache-2.0
"""How systemd stops units, and what is said of it."""
import re
import signal
import time

from harness import check, contains, equal, field
from units import boot

UNITS = {
    "plain.service": "ExecStart=/bin/sleep 1000",
    "deaf.service": "ExecStart=/bin/bash -c \"trap '' TERM; while :; do sleep 0.1; done\"\nTimeoutStopSec=1",
    "dog.service": "Type=notify\nNotifyAccess=all\nWatchdogSec=1\n"
                   "ExecStart=/bin/bash -c \"systemd-notify --ready; exec sleep 1000\"",
    "abrupt.service": "ExecStart=/bin/sleep 1000\nKillSignal=SIGKILL",
}


def test_systemd_stops(t):
    daemon = t.daemon()
    systemctl, pid = boot(t, UNITS)
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

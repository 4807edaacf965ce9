# SPDX-License-Identifier: Apache-2.0
"""Limits, memory and the end of the stack; the truth is /proc just before the death."""
import os
import re
import resource
import signal
import subprocess

from harness import (check, contains, equal, field, program, read_text)

MB = 1 << 20


def status_of(pid):
    """/proc/PID/status in bytes and numbers."""
    return {name: int(value) * (1024 if unit else 1) for name, value, unit in
            re.findall(r"^(\w+):\s+(\d+)( kB)?$", read_text(f"/proc/{pid}/status"), re.M)}


def near(got, expected, slack, what):
    check(abs(got - expected) <= slack, f"{what}: got {got}, expected {expected} give or take {slack}")


def check_limits(event, status, files, nofile):
    limits, memory = event["limits"], event["memory"]
    equal((limits["nofile"]["soft"], limits["nofile"]["open"]), (nofile, files), "files")
    equal(limits["as"].get("soft"), 2048 * MB, "RLIMIT_AS")
    equal(limits["stack"].get("soft"), 4 * MB, "RLIMIT_STACK")
    near(memory["virtual"], status["VmSize"], 0, "address space")
    near(memory["rss"], status["VmRSS"], MB, "rss")
    near(memory["peak"], status["VmHWM"], MB, "peak")
    equal(field(event, "process.threads"), status["Threads"], "threads")


PROGRAM = """
import os, resource, sys, threading, time
resource.setrlimit(resource.RLIMIT_NOFILE, (700, 700))
resource.setrlimit(resource.RLIMIT_AS, (2 << 30, 2 << 30))
resource.setrlimit(resource.RLIMIT_STACK, (4 << 20, 4 << 20))
files = [os.open("/dev/null", 0) for _ in range(int(sys.argv[1]))]
memory = bytearray(60 << 20)
del memory
memory = bytearray(20 << 20)
for _ in range(3):
    threading.Thread(target=time.sleep, args=(100,), daemon=True).start()
print("ready", flush=True)
sys.stdin.read()
"""


def limited(t, count):
    child = t.popen("python3", "-c", PROGRAM, str(count), stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    equal(child.stdout.readline(), b"ready\n", "program")
    return child, status_of(child.pid), len(os.listdir(f"/proc/{child.pid}/fd"))


def test_limits_of_each_end(t):
    """By a signal that dumps core, by SIGKILL, and by SIGTERM."""
    daemon = t.daemon()
    for number, count in ((signal.SIGSEGV, 5), (signal.SIGKILL, 200), (signal.SIGTERM, 640)):
        child, status, files = limited(t, count)
        child.send_signal(number)
        equal(child.wait(10), -number, "status")
        check_limits(daemon.death(child.pid), status, files, 700)


def test_many_files(t):
    """As many as the limit has."""
    daemon = t.daemon()
    resource.setrlimit(resource.RLIMIT_NOFILE, (5000, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
    child = t.popen("python3", "-c", "import os\ntry:\n  while True: os.open('/dev/null', 0)\nexcept OSError: os.abort()",
                    stderr=subprocess.DEVNULL)
    equal(child.wait(10), -signal.SIGABRT, "status")
    equal(field(daemon.death(child.pid), "limits.nofile"), {"soft": 5000, "open": 5000}, "files")


def test_limits_of_an_exit(t):
    """From Linux 6.16 on memory and files are still there at an exit; before, the record says that they are not."""
    daemon = t.daemon()
    pid, _ = t.run("bash", "-c", "exec 7</dev/null; exit 3")
    event = daemon.death(pid)
    missing = {m["what"] for m in event.get("missing", [])}
    check("memory" in event or "memory" in missing, f"memory: {event}")
    check("open" in event["limits"]["nofile"] or "limits.nofile.open" in missing, f"files: {event}")


def reason(t, daemon, *argv, **options):
    pid, status = t.run(*argv, **options)
    equal(status, -signal.SIGSEGV, f"status of {argv}")
    event = daemon.death(pid)
    equal(event["kind"], "crash", f"kind of {argv}")
    return field(event, "signal.reason"), event


def test_stack_overflows(t):
    daemon = t.daemon()
    for where in ("main", "thread"):
        for how in ("recursion", "frames", "handler"):
            got, event = reason(t, daemon, program("overflow"), where, how)
            equal(got, "stack overflow", f"{where} {how} {event['signal']}")
            contains(field(event, "signal.detail"), "first thread" if where == "main" else "guard page", "sentence")
    equal(reason(t, daemon, program("overflow"), "main", "alloca")[0], "stack overflow", "alloca")
    page = t.lastwords("show", "--state", t.path("state"), event["id"]).out
    contains(page, "stack overflow", "page")


def test_python_overflow(t):
    daemon = t.daemon()
    line = "import sys, _thread\nsys.setrecursionlimit(10 ** 8)\n" \
           "class A:\n  def __getattr__(self, name): return getattr(self, name + 'x')\n" \
           "def f(n): return max([n], key=lambda x: f(x + 1))\nf(0)"
    got, event = reason(t, daemon, "python3", "-c", line)
    equal(got, "stack overflow", str(event["signal"]))


def test_other_faults_are_no_overflow(t):
    daemon = t.daemon()
    for where in ("main", "thread"):
        for how in ("null", "wild", "guard", "readonly"):
            if (where, how) != ("main", "guard"):
                equal(reason(t, daemon, program("overflow"), where, how)[0], None, f"{where} {how}")

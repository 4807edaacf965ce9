# SPDX-License-Identifier: Apache-2.0
"""What the tests share: a daemon and its events, commands, programs that fail, namespaces and control groups; and its end
in any case. Each test is a function test_*(t) with a Test of its own."""
import contextlib
import ctypes
import json
import os
import platform
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

from contract import Contract

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.append(os.path.join(ROOT, "tests"))
from expect import Failed, Skipped, check, contains, equal, wait_for  # noqa: E402, F401

BUILD = os.environ.get("LASTWORDS_BUILD", os.path.join(ROOT, "build"))
LASTWORDS = os.path.join(BUILD, "lastwords")
PROGRAMS = os.path.join(BUILD, "tests", "programs")
NOBODY = 65534
DEATHS = ("crash", "oom_kill", "kill", "exit_failure")
X86 = platform.machine() == "x86_64"
CLONE_NEWNET = 0x40000000

resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
libc = ctypes.CDLL(None, use_errno=True)


def program(name):
    return os.path.join(PROGRAMS, name)


def field(event, path, default=None):
    """The value at "process.pid"; default where it is absent."""
    for key in path.split("."):
        if not isinstance(event, dict) or key not in event:
            return default
        event = event[key]
    return event


def pid_of(event):
    return field(event, "process.pid")


def read_text(path):
    with open(path) as file:
        return file.read()


def write_text(path, text):
    with open(path, "w") as file:
        file.write(str(text))


def declared(events):
    """The markers that were declared: others may be noticed on this host meanwhile."""
    return [e["marker"] for e in events if e["kind"] == "marker" and e["marker"]["source"] == "declared"]


def lines_of_json(text):
    return [json.loads(line) for line in text.splitlines()]


def counter(name, path="/proc/vmstat"):
    for line in read_text(path).splitlines():
        key, value = line.split()[:2]
        if key == name:
            return int(value)
    raise Failed(f"{path} has no {name}")


def forks():
    """Processes and threads that this host has made since it started."""
    return counter("processes", "/proc/stat")


class Daemon:
    """A `lastwords run` or `record` and what it says. Times of arrival are in arrived, by place in lines."""

    def __init__(self, argv, **options):
        self.lines, self.arrived, self.errors, self.parsed = [], [], [], []
        self.process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, **options)
        self.pid = self.process.pid
        self.readers = [threading.Thread(target=self.read_lines), threading.Thread(target=self.read_errors)]
        for reader in self.readers:
            reader.daemon = True
            reader.start()

    def read_lines(self):
        for line in self.process.stdout:
            self.arrived.append(time.monotonic())
            self.lines.append(line)

    def read_errors(self):
        for line in self.process.stderr:
            self.errors.append(line.decode(errors="replace"))

    def stderr(self):
        return "".join(self.errors)

    def ready(self, timeout=15):
        wait_for(lambda: "watching" in self.stderr() or self.process.poll() is not None, timeout,
                 "the daemon watches")
        check(self.process.poll() is None, "the daemon ended: " + self.stderr())
        return self

    def events(self):
        while len(self.parsed) < len(self.lines):
            self.parsed.append(json.loads(self.lines[len(self.parsed)]))
        return self.parsed

    def of(self, pids=None, kinds=DEATHS):
        """The events of these processes (all when None) and kinds."""
        pids = {pids} if isinstance(pids, int) else pids
        return [e for e in self.events() if e["kind"] in kinds and (pids is None or pid_of(e) in pids)]

    def wait(self, condition, timeout=5, what="an event"):
        """condition takes the list of events."""
        return wait_for(lambda: condition(self.events()), timeout, what)

    def death(self, pid, timeout=5):
        """The one death of the process; more than one is a failure."""
        found = wait_for(lambda: self.of(pid), timeout, f"a death of process {pid}")
        check(len(found) == 1, f"{len(found)} deaths of process {pid}: {found}")
        return found[0]

    def barrier(self):
        """Once a later death has arrived, what came before has too."""
        child = subprocess.Popen([program("crash"), "abort"])
        child.wait()
        self.death(child.pid)

    def stop(self):
        """Ends it and returns its account: {source: {column: number}}."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        equal(self.process.wait(20), 0, "the daemon's exit status")
        return self.account()

    def account(self):
        self.process.wait(20)
        for reader in self.readers:
            reader.join(5)
        return account_of(self.stderr())

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        for reader in self.readers:
            reader.join(5)


def account_of(text):
    rows = [line.split() for line in text.splitlines()]
    head = next((i for i, row in enumerate(rows) if row[:2] == ["source", "seen"]), None)
    check(head is not None, "no account in: " + text)
    names = rows[head][1:]
    return {row[0]: dict(zip(names, map(int, row[1:]))) for row in rows[head + 1:] if len(row) == len(names) + 1}


def balanced(account):
    """Whether all that was seen is accounted for, once."""
    for source, row in account.items():
        rest = sum(value for name, value in row.items() if name != "seen")
        equal(rest, row["seen"], f"sum of {source} {row}")
        equal(row["held"], 0, f"{source} held at the end")


class Test:
    def __init__(self, name):
        self.name = name
        self.stack = contextlib.ExitStack()
        self.tmp = tempfile.mkdtemp(prefix="lwtest-", dir="/tmp")
        os.chmod(self.tmp, 0o755)
        self.stack.callback(shutil.rmtree, self.tmp, True)
        self.count = 0
        self.contract = Contract()

    def __enter__(self):
        return self

    def __exit__(self, failure, *unused):
        self.stack.close()
        if not failure:
            check(not self.contract.complaints, "not as the schema has it: " + self.contract.text())

    def path(self, name):
        return os.path.join(self.tmp, name)

    def unique(self, name):
        self.count += 1
        return f"lwtest-{os.getpid()}-{self.count}-{name}"

    def config(self, text, name="lastwords.conf"):
        write_text(self.path(name), text)
        return self.path(name)

    def start(self, *args, **options):
        daemon = Daemon([LASTWORDS, *args], **options)
        self.stack.callback(lambda: self.contract.lines(daemon.lines))
        self.stack.callback(daemon.kill)
        return daemon

    def daemon(self, config="", state=None, **options):
        return self.start("run", "--state", state or self.path("state"), "--config", self.config(config), "-o",
                          "jsonl", **options).ready()

    def lastwords(self, *args, status=0, **options):
        """Runs a command to its end; status None takes any."""
        result = subprocess.run([LASTWORDS, *args], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, timeout=60, **options)
        result.out = result.stdout.decode()
        result.err = result.stderr.decode()
        check(status is None or result.returncode == status,
              f"{args}: exit status {result.returncode}, expected {status}: {result.out[-400:]}{result.err[-800:]}")
        self.contract.command(args, result.stdout)
        return result

    def events(self, state=None, *args):
        """What the store says, oldest first."""
        return lines_of_json(self.lastwords("events", "--state", state or self.path("state"), "-o", "jsonl", "-n", "0",
                                            *args).out)

    def declared(self):
        """The declared markers of the store, newest first."""
        return declared(lines_of_json(self.lastwords("markers", "--state", self.path("state"), "-o", "jsonl", "-n", "0").out))

    def popen(self, *argv, **options):
        """A process that ends with the test at the latest."""
        options.setdefault("stdin", subprocess.DEVNULL)
        child = subprocess.Popen(argv, **options)
        self.stack.callback(end, child)
        return child

    def run(self, *argv, **options):
        """Runs a program to its end; returns pid and the status as Popen.returncode gives it."""
        options.setdefault("stderr", subprocess.DEVNULL)
        child = self.popen(*argv, **options)
        child.wait(30)
        return child.pid, child.returncode

    def fork(self, function, *args, netns=None):
        """A child of this very program, where a test wants one that does just that. Returns its pid."""
        pid = os.fork()
        if pid == 0:
            status = 1
            try:
                if netns:
                    enter_netns(netns)
                status = function(*args) or 0
            finally:
                os._exit(status)
        self.stack.callback(reap, pid)
        return pid

    def netns(self, name):
        name = self.unique(name)
        command("ip", "netns", "add", name)
        self.stack.callback(subprocess.run, ["ip", "netns", "del", name], stderr=subprocess.DEVNULL)
        command("ip", "-n", name, "link", "set", "lo", "up")
        return name

    def cgroup(self, path):
        """Makes a control group below an existing one, with those between; removes them again."""
        made = []
        while not os.path.isdir(path):
            made.append(path)
            path = os.path.dirname(path)
        for group in reversed(made):
            os.mkdir(group)
            self.stack.callback(remove_cgroup, group)
        return made[0] if made else path

    def setting(self, path, value):
        """Changes a file such as a sysctl for the time of the test."""
        before = read_text(path)
        self.stack.callback(write_text, path, before)
        write_text(path, value)


def command(*argv):
    result = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60)
    check(result.returncode == 0, f"{' '.join(argv)}: {result.stdout.decode(errors='replace')}")
    return result.stdout.decode()


def end(child):
    if child.poll() is None:
        child.kill()
    child.wait()


def reap(pid):
    """Ends a forked child that is still there."""
    with contextlib.suppress(ProcessLookupError, ChildProcessError):
        if os.waitpid(pid, os.WNOHANG) == (0, 0):
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)


def enter_netns(name):
    fd = os.open("/run/netns/" + name, os.O_RDONLY)
    if libc.setns(fd, CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "setns")
    os.close(fd)


def remove_cgroup(path):
    """And whoever is left in it: children of what the test ended."""
    for _ in range(100):
        with contextlib.suppress(OSError):
            os.rmdir(path)
            return
        with contextlib.suppress(OSError):
            for pid in read_text(path + "/cgroup.procs").split():
                os.kill(int(pid), signal.SIGKILL)
        time.sleep(0.02)


def cgroup2_root():
    """Where the v2 hierarchy is."""
    for line in read_text("/proc/mounts").splitlines():
        if line.split()[2] == "cgroup2":
            return line.split()[1]
    raise Failed("no cgroup v2 hierarchy is mounted")


def memory_root():
    """(path, version) of the hierarchy that has the memory controller."""
    for line in read_text("/proc/mounts").splitlines():
        _, path, kind, options = line.split()[:4]
        if kind == "cgroup" and "memory" in options.split(","):
            return path, 1
        if kind == "cgroup2" and "memory" in read_text(path + "/cgroup.controllers").split():
            return path, 2
    raise Failed("no memory controller")

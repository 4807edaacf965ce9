# SPDX-License-Identifier: Apache-2.0
"""What all receivers share: a process with a folder and ports of its own on loopback."""
import ctypes
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
SINKS = os.path.dirname(HERE)
CACHE = os.environ.get("LASTWORDS_CACHE") or os.path.expanduser("~/.cache/lastwords")
PR_SET_PDEATHSIG = 1
libc = ctypes.CDLL(None, use_errno=True)
given = set()  # ports, by this process


def free_port():
    """A port below the ephemeral ones, so that no connection takes it while its receiver is down."""
    base = 12000 + os.getpid() * 37 % 15000
    for port in range(base, base + 5000):
        if port in given:
            continue
        with socket.socket() as tcp, socket.socket(type=socket.SOCK_DGRAM) as udp:
            try:
                tcp.bind(("127.0.0.1", port))
                udp.bind(("127.0.0.1", port))
            except OSError:
                continue
        given.add(port)
        return port
    raise RuntimeError("no free port")


def cached(what):
    """The path of what tests/sinks/fetch makes; made now if it is not there."""
    path = os.path.join(CACHE, "sinks", what)
    if not os.path.exists(path):
        subprocess.run([os.path.join(SINKS, "fetch"), what], check=True, stdout=sys.stderr)
    return path


def wait_until(condition, timeout, what):
    """The first true value of condition(), which is asked again and again."""
    end = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise RuntimeError(f"{what}: not within {timeout} s")
        time.sleep(0.02)


def write_text(path, text):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def read_lines(path):
    """The JSON objects of a file, one a line. A line that is cut off was being written when its writer was killed."""
    try:
        with open(path, encoding="utf-8", errors="surrogateescape") as file:
            lines = file.read().split("\n")
    except FileNotFoundError:
        return []
    found = []
    for line in lines:
        try:
            found.append(json.loads(line, strict=False))
        except ValueError:
            continue
    return found


def die_with_parent():
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


class Receiver:
    """A subclass gives command() and ready(), may write files into self.dir in prepare(), and gives received()."""
    name = "receiver"
    start_timeout = 30
    env = {}

    def __init__(self, folder=None):
        self.dir = folder or tempfile.mkdtemp(prefix=f"lw-{self.name}-")
        self.own = folder is None
        os.makedirs(self.dir, exist_ok=True)
        self.process = None
        self.port = free_port()
        self.prepare()

    def __enter__(self):
        try:
            return self.start()
        except BaseException:
            self.close()
            raise

    def __exit__(self, *unused):
        self.close()

    def prepare(self):
        pass

    def command(self):
        raise NotImplementedError

    def ready(self):
        return accepts(self.port)

    def received(self):
        raise NotImplementedError

    def path(self, name):
        return os.path.join(self.dir, name)

    def start(self):
        if self.process:
            return self
        with open(self.path("log"), "ab") as log:
            self.process = subprocess.Popen(self.command(), stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.dir,
                                            env={**os.environ, **self.env}, start_new_session=True,
                                            preexec_fn=die_with_parent)
        end = time.monotonic() + self.start_timeout
        while not self.ready():
            if self.process.poll() is not None or time.monotonic() > end:
                status = self.process.poll()
                self.kill()
                raise RuntimeError(f"{self.name} did not start (status {status}):\n{self.log()[-3000:]}")
            time.sleep(0.02)
        return self

    def signal(self, number, timeout):
        """Sends a signal to the receiver, waits for its end, and ends whatever else is in its session by SIGKILL."""
        if not self.process:
            return
        if self.process.poll() is None:
            self.process.send_signal(number)
        try:
            self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            pass
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()
        self.process = None

    def stop(self):
        self.signal(signal.SIGTERM, 10)

    def kill(self):
        self.signal(signal.SIGKILL, 10)

    def restart(self):
        self.kill()
        return self.start()

    def close(self):
        """Ends it and removes its folder."""
        self.kill()
        if self.own:
            shutil.rmtree(self.dir, ignore_errors=True)

    def log(self):
        with open(self.path("log"), encoding="utf-8", errors="replace") as file:
            return file.read()


def accepts(port):
    with socket.socket() as tcp:
        tcp.settimeout(1)
        return tcp.connect_ex(("127.0.0.1", port)) == 0

# SPDX-License-Identifier: Apache-2.0
"""Debug information from a debuginfod server: for the deaths after the first, which never waits; whatever the server does."""
import contextlib
import http.server
import os
import re
import shutil
import signal
import socket
import subprocess
import threading
import time
import urllib.request

from harness import LASTWORDS, NOBODY, Skipped, check, equal, field, wait_for

SOURCE = """#include <stdlib.h>
__attribute__((noinline)) static int fails_in_{name}(int *p)
{{
	return *p + 1;
}}
static inline __attribute__((always_inline)) int through(int *p)
{{
	return fails_in_{name}(p) + 2;
}}
int main(int argc, char **argv)
{{
	(void)argv;
	return through(argc > 9 ? &argc : NULL) + 3;
}}
"""
FETCHING = "debug information is being fetched: its names and lines are known from a later death on"
NOT_AT_HAND = "a frame has no name: no debug information of its module is at hand"


class Victim:
    """A program that dies, stripped; NAME.full has its debug information, and below debug/ NAME.debug has nothing else."""

    def __init__(self, t, name, *flags):
        self.path, self.full = t.path(name), t.path(name + ".full")
        os.makedirs(t.path("debug"), exist_ok=True)
        self.debug = t.path(f"debug/{name}.debug")
        with open(t.path(name + ".c"), "w") as file:
            file.write(SOURCE.format(name=name))
        subprocess.run(["cc", "-O1", "-g", *flags, "-o", self.full, t.path(name + ".c")], check=True)
        subprocess.run(["objcopy", "--only-keep-debug", self.full, self.debug], check=True)
        subprocess.run(["strip", "-s", "-o", self.path, self.full], check=True)
        notes = subprocess.run(["readelf", "-n", self.path], stdout=subprocess.PIPE, text=True, check=True).stdout
        self.build_id = (re.findall(r"Build ID: ([0-9a-f]+)", notes) or [None])[0]

    def dies(self, t, daemon):
        pid, _ = t.run(self.path)
        return daemon.death(pid)

    def frames(self, event):
        return [f for f in field(event, "stack.frames") if f.get("module") == self.path]

    def gdb(self, frames):
        """What gdb says of the places of these frames, with the debug information: the innermost function and line."""
        asked = [int(f["offset"], 16) - (i > 0) for i, f in enumerate(frames)]
        text = subprocess.run(["gdb", "-nx", "-batch", *[w for a in asked for w in ("-ex", f"info line *{a:#x}")], self.full],
                              stdout=subprocess.PIPE, text=True, check=True, stdin=subprocess.DEVNULL).stdout
        return [int(n) for n in re.findall(r"^Line (\d+) of", text, re.M)]


def whats(event):
    return [m["why"] for m in event.get("missing", []) if m["what"] == "stack"]


def names(frames):
    return [f.get("function") for f in frames]


def kept(t):
    folder = t.path("state/debuginfo")
    return sorted(os.listdir(folder)) if os.path.isdir(folder) else []


def config(port, more=""):
    return f"[names]\ndebuginfod_urls = http://127.0.0.1:{port}/\n{more}"


def compare(victim, event):
    frames = [f for f in victim.frames(event) if f.get("function") not in ("_start", None)]
    name = os.path.basename(victim.path)
    equal(names(frames), [f"fails_in_{name}", "through", "main"], "functions")
    outer = [f for f in frames if f.get("function") != "main"]  # of an inlined call gdb tells the innermost line
    equal([f.get("line") for f in outer], victim.gdb(outer), "lines")
    equal(frames[2].get("line"), 13, "line of main")


def debuginfod(t, folder):
    if not shutil.which("debuginfod"):
        raise Skipped("no debuginfod")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    t.popen("debuginfod", "-p", str(port), "-d", ":memory:", "-F", folder, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, env=dict(os.environ, DEBUGINFOD_URLS=""))
    return port


def served(port, build_id):
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/buildid/{build_id}/debuginfo", timeout=5) as answer:
            return answer.status == 200
    except OSError:
        return False


def test_debuginfod(t):
    """A real server: the first death has no names, a later one those of gdb, one of a new daemon at once."""
    victim = Victim(t, "victim")
    port = debuginfod(t, t.path("debug"))
    wait_for(lambda: served(port, victim.build_id), 20, "the server knows the file")
    daemon = t.daemon(config(port))
    first = victim.dies(t, daemon)
    check("fails_in_victim" not in names(victim.frames(first)), "a name came from nowhere")
    equal(whats(first), [FETCHING], "what is missing")
    wait_for(lambda: kept(t) == [victim.build_id], 10, "the file is there")
    second = victim.dies(t, daemon)
    compare(victim, second)
    equal(whats(second), [], "what is missing of the second")
    daemon.stop()
    daemon = t.daemon(config(1))
    compare(victim, victim.dies(t, daemon))


def test_off(t):
    """Without configuration nothing is made, and the event says what it lacks."""
    victim = Victim(t, "victim")
    daemon = t.daemon()
    equal(whats(victim.dies(t, daemon)), [NOT_AT_HAND], "what is missing")
    check(not os.path.exists(t.path("state/debuginfo")), "a folder")
    children = subprocess.run(["ps", "-o", "comm=", "--ppid", str(daemon.pid)], stdout=subprocess.PIPE, text=True).stdout
    check("lw-fetch" not in children, children)


class Double(http.server.ThreadingHTTPServer):
    """A server that does what it should not; .answers: by build-id, a function of the request."""
    daemon_threads = True

    def __init__(self):
        self.answers, self.asked, self.lock = {}, {}, threading.Lock()
        super().__init__(("127.0.0.1", 0), Handler)


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        build_id = self.path.split("/")[2]
        with self.server.lock:
            self.server.asked[build_id] = self.server.asked.get(build_id, 0) + 1
        with contextlib.suppress(OSError):
            self.server.answers[build_id](self)

    def send(self, body, length=None, status=200):
        self.send_response(status)
        if length != 0:
            self.send_header("Content-Length", length or len(body))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *unused):
        pass


def endless(request):
    request.send(b"\x7fELF", 0)
    while True:
        request.wfile.write(bytes(65536))


def redirect(request):
    request.send_response(302)
    request.send_header("Location", "file://" + request.server.file)
    request.end_headers()


def test_bad_servers(t):
    """Nothing of it is kept, nothing is asked for twice, and the daemon goes on."""
    server = Double()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    t.stack.callback(server.server_close)
    t.stack.callback(server.shutdown)
    other = Victim(t, "other")
    ways = {
        "garbage": lambda r: r.send(b"<html>welcome</html>" * 100),
        "endless": endless,
        "none": lambda r: r.send(b"no", status=404),
        "broken": lambda r: r.send(b"", status=500),
        "cut": lambda r: r.send(open(other.debug, "rb").read()[:-100], os.path.getsize(other.debug)),
        "wrong": lambda r: r.send(open(other.debug, "rb").read()),
        "empty": lambda r: r.send(b""),
        "redirect": redirect,
        "closing": lambda r: r.connection.close(),
    }
    victims = {way: Victim(t, way) for way in ways}
    server.file = victims["redirect"].debug
    server.answers = {victims[way].build_id: answer for way, answer in ways.items()}
    daemon = t.daemon(config(server.server_port, "debuginfod_size = 1M\n"))
    for _ in range(3):
        for victim in victims.values():
            started = time.monotonic()
            event = victim.dies(t, daemon)
            check(time.monotonic() - started < 2, "the event waited")
            check(set(whats(event)) <= {FETCHING, NOT_AT_HAND}, f"{whats(event)}")
        wait_for(lambda: len(server.asked) == len(ways), 20, f"all are asked for: {server.asked}")
        wait_for(lambda: not kept(t), 20, "nothing is left")
    time.sleep(1)
    equal(sorted(server.asked.values()), [1] * len(ways), f"requests {server.asked}")
    for way, victim in victims.items():
        equal(whats(victim.dies(t, daemon)), [NOT_AT_HAND], f"what is missing of {way}")
    equal(kept(t), [], "what is left")
    # Another daemon of this host may stop its own.
    own = [e for e in daemon.of() if "lw-" in field(e, "process.comm", "") and field(e, "process.exe") == LASTWORDS]
    equal(own, [], "deaths of its own")
    daemon.stop()


def test_silent_server(t):
    """One that accepts and says nothing: deaths go on, and the daemon ends at once; a part is not left."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        victim = Victim(t, "victim")
        daemon = t.daemon(config(server.getsockname()[1]))
        for _ in range(3):
            equal(whats(victim.dies(t, daemon)), [FETCHING], "what is missing")
        connection, _ = server.accept()
        started = time.monotonic()
        daemon.stop()
        check(time.monotonic() - started < 2, "the end waited for the server")
        equal(kept(t), [], "what is left")
        connection.close()


def test_killed(t):
    """A daemon that was killed at work: nobody goes on downloading, and the next one tidies up."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        victim = Victim(t, "victim")
        daemon = t.daemon(config(server.getsockname()[1]))
        victim.dies(t, daemon)
        connection, _ = server.accept()
        connection.recv(10000)
        connection.sendall(b"HTTP/1.0 200 OK\r\n\r\n\x7fELF")
        wait_for(lambda: kept(t) == ["part"], 5, "it downloads")
        downloads = [int(p) for p in os.listdir("/proc") if p.isdigit() and comm(p) == "lw-download" and
                     ancestor(int(p), daemon.pid)]
        equal(len(downloads), 1, "downloads")
        status = dict(line.split(":", 1) for line in open(f"/proc/{downloads[0]}/status"))
        equal(status["Uid"].split(), [str(NOBODY)] * 4, "its user")
        equal([status[k].strip() for k in ("CapEff", "CapPrm", "NoNewPrivs", "Seccomp")], ["0" * 16, "0" * 16, "1", "2"], "its rights")
        links = sorted(os.readlink(f"/proc/{downloads[0]}/fd/{fd}") for fd in os.listdir(f"/proc/{downloads[0]}/fd"))
        files = [link for link in links if not link.startswith(("socket:", "pipe:", "anon_inode:", "/dev/null"))]
        equal(files, [t.path("state/debuginfo/part")], "its files")
        os.kill(daemon.pid, signal.SIGKILL)
        wait_for(lambda: not os.path.exists(f"/proc/{downloads[0]}"), 5, "the download ends")
        connection.close()
        equal(kept(t), ["part"], "what is left")
        t.daemon(config(1))
        equal(kept(t), [], "what is left at the next start")


def comm(pid):
    try:
        return open(f"/proc/{pid}/comm").read().strip()
    except OSError:
        return ""


def ancestor(pid, of):
    while pid > 1:
        pid = int(open(f"/proc/{pid}/stat").read().rpartition(")")[2].split()[1])
        if pid == of:
            return True
    return False


def test_size(t):
    """Of what was fetched the oldest goes."""
    victims = [Victim(t, name) for name in ("first", "second", "third")]
    for victim in victims:  # each is over a third of what may be kept
        with open(t.path("filler"), "wb") as file:
            file.write(os.urandom(400 << 10))
        subprocess.run(["objcopy", "--add-section", f".filler={t.path('filler')}", victim.debug], check=True)
    server = Double()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    t.stack.callback(server.server_close)
    t.stack.callback(server.shutdown)
    server.answers = {v.build_id: (lambda r, v=v: r.send(open(v.debug, "rb").read())) for v in victims}
    daemon = t.daemon(config(server.server_port, "debuginfod_size = 1M\n"))
    for victim in victims:
        victim.dies(t, daemon)
        wait_for(lambda: victim.build_id in kept(t), 5, "it is kept")
    wait_for(lambda: kept(t) == sorted(v.build_id for v in victims[1:]), 5, f"the first is gone: {kept(t)}")


def test_debuglink(t):
    """What .gnu_debuglink names, without a build-id: beside the program, in .debug/, in the same folder of /usr/lib/debug."""
    daemon = t.daemon()
    system = "/usr/lib/debug" + t.tmp
    t.stack.callback(shutil.rmtree, system, True)
    for number, folder in enumerate((t.tmp, t.path(".debug"), system)):
        victim = Victim(t, f"linked{number}", "-Wl,--build-id=none")
        subprocess.run(["objcopy", f"--add-gnu-debuglink={victim.debug}", victim.path], check=True)
        os.makedirs(folder, exist_ok=True)
        os.chmod(folder, 0o755)
        if folder != t.tmp:  # one with another checksum is passed over
            shutil.copy(victim.full, t.path(os.path.basename(victim.debug)))
        check("main" not in names(victim.frames(victim.dies(t, daemon))), "names from nowhere")
        shutil.move(victim.debug, folder)
        daemon.stop()
        daemon = t.daemon()  # the helper asks once
        compare(victim, victim.dies(t, daemon))


def test_bad_configuration(t):
    for value in ("ftp://host", "host", "http://", "https://host http//b", "http://a?b", "http://us er\x01"):
        path = t.config(f"[names]\ndebuginfod_urls = {value}\n")
        result = t.lastwords("run", "--state", t.path("state"), "--config", path, status=1)
        check(f"{path}:2: [names] debuginfod_urls" in result.err, result.err)

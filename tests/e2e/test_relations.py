# SPDX-License-Identifier: Apache-2.0
"""Which services of this host a failing one calls. The truth is ss(8) and the control group of the process that it names."""
import re
import signal
import subprocess
import sys
import time

from harness import cgroup2_root, command, equal, lines_of_json, pid_of, read_text, wait_for

NEAR, FAR = "198.51.100.1", "198.51.100.7"  # both ends of a cable; FAR is a peer elsewhere: in another namespace

# A service that does what it reads: "listen HOST PORT [BACKLOG]", "deaf" closes these, "keep", "short" and "child" connect,
# "raise" prints a traceback, "fail STATUS", "abort".
SERVICE = """
import os, socket, sys, threading, traceback
kept, listening = [], []
def serve(s):
    try:
        while True: threading.Thread(target=lambda c: c.recv(1), args=(s.accept()[0],), daemon=True).start()
    except OSError: pass
def connect(host, port):
    kept.append(socket.create_connection((host, int(port)), 2))
def listen(host, port, backlog=64):
    s = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if host == "::1": s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    s.bind((host, int(port))); s.listen(int(backlog)); listening.append(s)
    threading.Thread(target=serve, args=(s,), daemon=True).start()
for line in sys.stdin:
    what, *rest = line.split()
    try:
        if what == "listen": listen(*rest)
        if what == "deaf":
            for s in listening: s.shutdown(socket.SHUT_RDWR); s.close()
        if what == "keep": connect(*rest)
        if what == "short":
            for _ in range(40): connect(*rest); kept.pop().close()
        if what == "child":
            if os.fork() == 0: connect(*rest); os._exit(0)
            os.wait()
    except OSError as e: print(e)
    if what == "raise":
        try: {}["order"]
        except KeyError: traceback.print_exc()
    if what == "fail": os._exit(int(rest[0]))
    if what == "abort": os.abort()
    print("done", flush=True)
"""


class Service:
    def __init__(self, t, name, netns=None):
        self.unit = f"lwtest-{name}.service"
        group = cgroup2_root() + "/system.slice/" + self.unit
        t.cgroup(group)
        inside = ["nsenter", "--net=/run/netns/" + netns] if netns else []
        self.child = t.popen(*inside, "sh", "-c", 'echo $$ > "$1/cgroup.procs"; exec "$2" -c "$3"', "sh", group, sys.executable,
                             SERVICE, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.pid = self.child.pid

    def name(self):
        return self.unit.removesuffix(".service")

    def do(self, *words):
        self.child.stdin.write((" ".join(map(str, words)) + "\n").encode())
        self.child.stdin.flush()
        if words[0] in ("abort", "fail"):
            self.child.wait(10)
            return self
        equal(self.child.stdout.readline(), b"done\n", f"answer to {words}")
        return self


def ss(netns, *filters):
    """[(local, remote, pid)] as ss has it."""
    inside = ["nsenter", "--net=/run/netns/" + netns] if netns else []
    rows = [line.split() for line in command(*inside, "ss", "-Htnp", *filters).splitlines()]
    return [(row[3], row[4], int(pid)) for row in rows for pid in re.findall(r"pid=(\d+)", row[-1])]


def service_of(pid):
    return read_text(f"/proc/{pid}/cgroup").strip().rsplit("/", 1)[1].removesuffix(".service")


def called(*remotes, netns=None):
    """What is to be told of a caller of these, by who holds the socket that listens there."""
    told = []
    for remote in remotes:
        host, port = remote.rsplit(":", 1)
        hosts = (host, "0.0.0.0", "*")
        holders = [pid for local, _, pid in ss(netns, "-l") if local in [f"{h}:{port}" for h in hosts]]
        equal(len(set(map(service_of, holders))), 1, f"who listens at {remote} ({holders})")
        told.append({"service": service_of(holders[0]), "remote": remote})
    return told


def remotes_of(pid):
    return {remote for _, remote, holder in ss(None) if holder == pid}


def test_crash_names_callees(t):
    before = Service(t, "before").do("listen", "127.0.0.1", 7611).do("listen", "::1", 7611)
    daemon = t.daemon()
    later = Service(t, "later").do("listen", "0.0.0.0", 7612)
    other = Service(t, "other").do("listen", "::", 7613)
    caller = Service(t, "caller").do("listen", "127.0.0.1", 7614)
    caller.do("keep", "127.0.0.1", 7611).do("short", "127.0.0.7", 7612).do("keep", "127.0.0.1", 7614)
    caller.do("child", "127.0.0.1", 7613).do("keep", "::1", 7611)
    equal(remotes_of(caller.pid) & {"127.0.0.1:7611", "[::1]:7611", "127.0.0.1:7614"},
          {"127.0.0.1:7611", "[::1]:7611", "127.0.0.1:7614"}, "what it keeps")
    truth = called("[::1]:7611", "127.0.0.1:7613", "127.0.0.7:7612", "127.0.0.1:7611")
    equal([service_of(x.pid) for x in (before, other, later, before)], [row["service"] for row in truth], "what ss says")
    caller.do("abort")
    event = daemon.death(caller.pid)
    equal((event["kind"], event.get("calls")), ("crash", truth), "calls of the crash")
    # One that calls nobody.
    before.do("abort")
    equal(daemon.death(before.pid).get("calls"), None, "calls of who was called")
    # The one that was called has gone: it is still known by name.
    again = Service(t, "caller").do("fail", 7)
    event = daemon.death(again.pid)
    equal((event["kind"], event["calls"]), ("exit_failure", truth), "calls of a process that called nobody itself")


def far_away(t):
    """A network namespace behind a cable, where FAR is."""
    space = t.netns("far")
    command("ip", "link", "add", "lwfar0", "type", "veth", "peer", "name", "lwfar1", "netns", space)
    t.stack.callback(command, "ip", "link", "del", "lwfar0")
    for inside, link, address in (([], "lwfar0", NEAR + "/24"), (["-n", space], "lwfar1", FAR + "/24")):
        command("ip", *inside, "address", "add", address, "dev", link)
        command("ip", *inside, "link", "set", link, "up")
    return space


def test_connected_before(t):
    """Who was connected before the daemon began, with many connections to a peer; and who accepted is no caller: its listener
    is gone, or has no backlog."""
    space = far_away(t)
    callee = Service(t, "callee").do("listen", "127.0.0.1", 7661).do("listen", NEAR, 7662).do("listen", NEAR, 7663, 0)
    Service(t, "away", space).do("listen", FAR, 7664).do("keep", NEAR, 7663)
    gone = Service(t, "gone").do("listen", NEAR, 7665)
    Service(t, "guest", space).do("keep", NEAR, 7662).do("keep", NEAR, 7665)
    wait_for(lambda: len(remotes_of(callee.pid) | remotes_of(gone.pid)) == 3, 5, "ss says that all were accepted")
    gone.do("deaf")
    caller = Service(t, "caller").do("keep", FAR, 7664)
    for _ in range(20):
        caller.do("keep", "127.0.0.1", 7661)
    daemon = t.daemon()
    truth = called("127.0.0.1:7661") + [{"remote": FAR + ":7664"}]
    equal(remotes_of(caller.pid), {row["remote"] for row in truth}, "what ss says")
    time.sleep(2)  # the connections are looked at in the first second
    for service, calls, callers in ((gone, None, None), (callee, None, [{"service": "lwtest-caller"}]), (caller, truth, None)):
        service.do("abort")
        event = daemon.death(service.pid)
        equal((event.get("calls"), event.get("callers")), (calls, callers), f"relations of {service.unit}")


def test_incident_of_who_was_connected_before(t):
    """An exception of who has connections with a service that died is part of its incident; one of anybody else is not."""
    callee = Service(t, "callee").do("listen", "127.0.0.1", 7671)
    caller, stranger = Service(t, "caller").do("keep", "127.0.0.1", 7671), Service(t, "stranger")
    daemon = t.daemon()
    time.sleep(2)
    callee.do("abort")
    for service in (caller, stranger):
        service.do("raise")
    wait_for(lambda: len(daemon.of({caller.pid, stranger.pid}, ("exception",))) == 2, 10, "the exceptions")

    def together():
        """Which of these services are in the incident of who died."""
        found = lines_of_json(t.lastwords("incidents", "-o", "jsonl", "--state", t.path("state")).out)
        rows = [{row["name"] for row in incident["services"]} for incident in found]
        return [names & set(map(Service.name, (callee, caller, stranger))) for names in rows if callee.name() in names]

    wait_for(lambda: together() == [{callee.name(), caller.name()}], 5, "an incident of both")


def test_connect_failure_names_callees(t):
    daemon = t.daemon()
    callee = Service(t, "callee").do("listen", "127.0.0.1", 7621)
    caller = Service(t, "caller").do("short", "127.0.0.1", 7621)
    truth = called("127.0.0.1:7621")
    callee.do("abort")
    caller.child.stdin.write(b"keep 127.0.0.1 7621\n")
    caller.child.stdin.flush()
    event = daemon.wait(lambda events: [e for e in events if e["kind"] == "connect_failure" and pid_of(e) == caller.pid])[0]
    equal((event["remote"], event["calls"]), ("127.0.0.1:7621", truth), "the failed connect")


def test_peers_elsewhere_and_callers(t):
    space = far_away(t)
    daemon = t.daemon()
    Service(t, "away", space).do("listen", FAR, 7651)
    callee = Service(t, "callee").do("listen", "127.0.0.1", 7652)
    caller = Service(t, "caller").do("keep", FAR, 7651).do("keep", "127.0.0.1", 7652)
    truth = called("127.0.0.1:7652") + [{"remote": FAR + ":7651"}]
    equal({remote for _, remote, pid in ss(None) if pid == caller.pid}, {row["remote"] for row in truth}, "what ss says")
    caller.do("abort")
    equal(daemon.death(caller.pid)["calls"], truth, "calls, one of them elsewhere")
    callee.do("abort")
    event = daemon.death(callee.pid)
    equal((event.get("calls"), event["callers"]), (None, [{"service": "lwtest-caller"}]), "who called")


def test_namespaces_are_apart(t):
    daemon = t.daemon()
    name = t.netns("apart")
    Service(t, "outside").do("listen", "127.0.0.1", 7631).do("listen", "127.0.0.1", 7632)
    Service(t, "inside", name).do("listen", "127.0.0.1", 7631)
    caller = Service(t, "caller", name).do("keep", "127.0.0.1", 7631)
    truth = called("127.0.0.1:7631", netns=name)
    equal(truth[0]["service"], "lwtest-inside", "what ss says")
    caller.do("abort")
    equal(daemon.death(caller.pid)["calls"], truth, "calls within the namespace")


def test_capture_tells_the_same(t):
    Service(t, "callee").do("listen", "127.0.0.1", 7641)
    daemon = t.daemon()
    recorder = t.start("record", "--config", t.config(""), t.path("capture")).ready()
    caller = Service(t, "caller").do("keep", "127.0.0.1", 7641).do("short", "127.0.0.1", 7641)
    truth = called("127.0.0.1:7641")
    caller.do("abort")
    equal(daemon.death(caller.pid)["calls"], truth, "calls of the living host")
    recorder.process.send_signal(signal.SIGTERM)
    equal(recorder.process.wait(10), 0, "status of record")
    for state in ("first", "second"):
        result = t.lastwords("run", "--from", t.path("capture"), "--state", t.path(state), "--config", t.config(""), "-o",
                             "jsonl")
        told = [e for e in lines_of_json(result.out) if pid_of(e) == caller.pid and e["kind"] == "crash"]
        equal([e["calls"] for e in told], [truth], f"calls of the capture, {state} reading")

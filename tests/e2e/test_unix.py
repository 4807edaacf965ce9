# SPDX-License-Identifier: Apache-2.0
"""Who calls whom over unix sockets, and connections to them that fail. The truth is ss(8) and the control group of the process
that it names, and what the programs themselves say."""
import os
import re
import shutil
import subprocess
import sys
import time

from harness import Skipped, balanced, cgroup2_root, check, command, equal, pid_of, wait_for, write_text
from test_relations import service_of

# A service that does what it reads: "listen PATH [seq]", "connect PATH" and "child PATH", "full PATH" until there is no room,
# "abort". Paths with @ are abstract.
SERVICE = """
import os, socket, sys, threading
kept = []
def address(path): return "\\0" + path[1:] if path[0] == "@" else path
def serve(s):
    while True: s.accept()
def connect(path, kind=socket.SOCK_STREAM, wait=True):
    s = socket.socket(socket.AF_UNIX, kind); s.setblocking(wait)
    kept.append(s); s.connect(address(path))
def listen(path, *how):
    s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET if "seq" in how else socket.SOCK_STREAM)
    kept.append(s); s.bind(address(path)); s.listen(1)
    if "deaf" not in how: threading.Thread(target=serve, args=(s,), daemon=True).start()
for line in sys.stdin:
    what, *rest = line.split()
    said = "done"
    try:
        if what == "listen": listen(*rest)
        if what == "connect": connect(*rest)
        if what == "seq": connect(rest[0], socket.SOCK_SEQPACKET)
        if what == "log":
            s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); s.connect(address(rest[0])); kept.append(s)
        if what == "full":
            for _ in range(9): connect(rest[0], wait=False)
        if what == "child":
            if os.fork() == 0: connect(*rest); os._exit(0)
            os.wait()
    except OSError as e: said = type(e).__name__
    if what == "abort": os.abort()
    print(said, flush=True)
"""


class Service:
    def __init__(self, t, name, *argv):
        self.group = cgroup2_root() + f"/system.slice/lwtest-{name}.service"
        t.cgroup(self.group)
        self.child = t.popen("sh", "-c", 'echo $$ > "$1/cgroup.procs"; shift; exec "$@"', "sh", self.group,
                             *(argv or (sys.executable, "-c", SERVICE)), stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.pid = self.child.pid

    def tell(self, *words):
        self.child.stdin.write((" ".join(map(str, words)) + "\n").encode())
        self.child.stdin.flush()
        return "" if words[0] == "abort" else self.child.stdout.readline().decode().strip()

    def do(self, *words):
        equal(self.tell(*words), "done", f"answer to {words}")
        return self

    def abort(self):
        self.tell("abort")
        self.child.wait(10)


def called(*paths):
    """What is to be told of a caller of these, by who holds the socket that listens there."""
    rows = [line.split() for line in command("ss", "-Hxlp").splitlines()]
    told = []
    for path in paths:
        holders = {int(pid) for row in rows if path in row for pid in re.findall(r"pid=(\d+)", row[-1])}
        equal(len(set(map(service_of, holders))), 1, f"who listens at {path} ({holders})")
        told.append({"service": service_of(holders.pop()), "remote": "unix:" + path})
    return told


def failures(daemon, pid):
    return [(e["remote"], e["errno"], e["count"]) for e in daemon.of(kinds=("connect_failure",)) if pid_of(e) == pid]


def test_crash_names_callees(t):
    early, late, name = t.path("early.sock"), t.path("late.sock"), "@lwtest-" + os.path.basename(os.path.dirname(t.path("x")))
    before = Service(t, "before").do("listen", early)
    daemon = t.daemon()
    Service(t, "later").do("listen", late, "seq")
    Service(t, "other").do("listen", name)
    caller = Service(t, "caller").do("listen", t.path("own.sock")).do("connect", t.path("own.sock"))
    caller.do("connect", early).do("seq", late).do("child", name)
    truth = called(name, late, early)
    equal([row["service"] for row in truth], ["lwtest-other", "lwtest-later", "lwtest-before"], "what ss says")
    caller.abort()
    equal(daemon.death(caller.pid).get("calls"), truth, "calls of the crash")
    before.abort()
    equal(daemon.death(before.pid).get("callers"), [{"service": "lwtest-caller"}], "who called")


def test_failed_connects(t):
    path, silent, nobody = t.path("served.sock"), t.path("silent.sock"), t.path("nobody.sock")
    callee = Service(t, "callee").do("listen", path)
    daemon = t.daemon()
    deaf = Service(t, "deaf").do("listen", silent, "deaf")
    caller = Service(t, "caller")
    truth = called(path, silent)
    equal(caller.tell("full", silent), "BlockingIOError", "a full backlog")
    callee.abort()
    daemon.death(callee.pid)
    equal([caller.tell("connect", path) for _ in range(3)], 3 * ["ConnectionRefusedError"], "nobody listens")
    os.unlink(path)
    equal([caller.tell("connect", x) for x in (path, nobody)], 2 * ["FileNotFoundError"], "the socket has gone")
    seen = {("unix:" + silent, "EAGAIN", 1), ("unix:" + path, "ECONNREFUSED", 3), ("unix:" + path, "ENOENT", 1)}
    wait_for(lambda: set(failures(daemon, caller.pid)) >= seen, 5, "each failure")
    caller.abort()
    # It never reached the one, and the other only for a while: both are known by who listened there.
    key = lambda row: row["service"]
    equal(sorted(daemon.death(caller.pid)["calls"], key=key), sorted(truth, key=key), "calls")
    equal(set(failures(daemon, caller.pid)), seen, "failures, and none of where nobody ever listened")
    check(deaf.child.poll() is None, "the deaf one lives")
    balanced(daemon.stop())


def test_connected_before(t):
    path, name = t.path("pool.sock"), "@lwtest-pool-" + str(os.getpid())
    callee = Service(t, "callee").do("listen", path).do("listen", name)
    caller = Service(t, "caller").do("connect", path).do("connect", name)
    daemon = t.daemon()
    truth = called(path, name)
    time.sleep(2.5)  # the look at open files goes on in pieces
    caller.abort()
    key = lambda row: row["remote"]
    equal(sorted(daemon.death(caller.pid).get("calls", []), key=key), sorted(truth, key=key), "calls made before")
    callee.abort()
    equal(daemon.death(callee.pid).get("calls"), None, "who accepted called nobody")
    balanced(daemon.stop())


def wanted(*programs):
    for name in programs:
        if not shutil.which(name):
            raise Skipped(f"no {name}")


NGINX = """
worker_processes 1; daemon off; pid {dir}/nginx.pid; error_log {dir}/error.log;
events {{}}
http {{ access_log off; client_body_temp_path {dir}; proxy_temp_path {dir}; fastcgi_temp_path {dir}; uwsgi_temp_path {dir};
  scgi_temp_path {dir};
  server {{ listen unix:{dir}/front.sock; location / {{ proxy_pass http://unix:{dir}/app.sock; }} }} }}
"""
APP = """
def app(environ, start):
    start("200 OK", [("Content-Type", "text/plain")])
    return [b"hello"]
"""


def get(path):
    result = subprocess.run(["curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", "--unix-socket", path, "http://x/"],
                            stdout=subprocess.PIPE, check=False)
    return result.stdout.decode()


def test_nginx_before_gunicorn(t):
    wanted("nginx", "gunicorn", "curl")
    path = t.path("app.sock")
    folder = os.path.dirname(path)
    os.chmod(folder, 0o755)
    write_text(t.path("shop.py"), APP)
    write_text(t.path("nginx.conf"), NGINX.format(dir=folder))
    write_text(t.path("error.log"), "")
    daemon = t.daemon()
    back = Service(t, "gunicorn", "/usr/bin/gunicorn", "--chdir", folder, "--bind", "unix:" + path, "--umask", "0",
                   "--worker-tmp-dir", "/dev/shm", "shop:app")
    front = Service(t, "nginx", "nginx", "-c", t.path("nginx.conf"), "-e", "stderr")
    wait_for(lambda: get(t.path("front.sock")) == "200", 30, "an answer")
    truth = called(path)
    equal(truth[0]["service"], "lwtest-gunicorn", "what ss says")
    back.child.kill()
    back.child.wait()
    for pid in map(int, open(back.group + "/cgroup.procs").read().split()):
        os.kill(pid, 9)
    wait_for(lambda: not open(back.group + "/cgroup.procs").read(), 3, "the workers have ended")
    equal(get(t.path("front.sock")), "502", "the answer without a back end")
    event = daemon.wait(lambda events: [e for e in events if e["kind"] == "connect_failure" and
                                        e.get("service", {}).get("name") == "lwtest-nginx"])[0]
    equal((event["remote"], event["errno"], event["calls"]), ("unix:" + path, "ECONNREFUSED", truth), "the failed connect")
    check(front.child.poll() is None, "nginx lives")


def test_postgres_is_gone(t):
    wanted("psql")
    binaries = "/usr/lib/postgresql/15/bin/"
    if not os.path.exists(binaries + "postgres"):
        raise Skipped("no PostgreSQL 15")
    data, folder = t.path("data"), t.path("socket")
    for name in (data, folder):
        os.mkdir(name)
        shutil.chown(name, "postgres", "postgres")
    os.chmod(t.path(""), 0o755)
    as_postgres = ("setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", "--")
    command(*as_postgres, binaries + "initdb", "-A", "trust", "-N", "--no-instructions", "-D", data)
    daemon = t.daemon()
    database = Service(t, "postgres", *as_postgres, binaries + "postgres", "-D", data, "-k", folder, "-h", "", "-F")
    ask = ["psql", "-h", folder, "-U", "postgres", "-c", "select 1", "-d", "postgres"]
    loop = 'while sleep 0.2; do "$@" >/dev/null 2>&1; echo $?; done'
    app = Service(t, "app", "sh", "-c", loop, "sh", *ask)
    wait_for(lambda: app.child.stdout.readline() == b"0\n", 30, "an answer of the database")
    truth = called(folder + "/.s.PGSQL.5432")
    equal(truth[0]["service"], "lwtest-postgres", "what ss says")
    database.child.terminate()  # its socket goes with it
    database.child.wait(10)
    event = daemon.wait(lambda events: [e for e in events if e["kind"] == "connect_failure" and
                                        e.get("service", {}).get("name") == "lwtest-app" and e["errno"] == "ENOENT"])[0]
    equal((event["remote"], event["calls"]), (truth[0]["remote"], truth), "the failed connect")

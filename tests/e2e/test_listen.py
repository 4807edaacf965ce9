# SPDX-License-Identifier: Apache-2.0
"""A service that lives and listens no more. The truth is what the program did, and /proc/net/tcp."""
import json
import os
import signal
import socket
import subprocess
import sys
import time

from harness import cgroup2_root, check, equal, field, lines_of_json, wait_for

# Listens with two sockets on one port, and hands both to a worker. USR1: all is closed, USR2: one listens again.
SERVICE = """
import os, signal, socket, sys, time
def listen():
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    s.bind(("127.0.0.1", int(sys.argv[1])))
    s.listen()
    return s
mine = [listen(), listen()]
def close(*_):
    for s in mine: s.close()
    mine.clear()
signal.signal(signal.SIGUSR1, close)
signal.signal(signal.SIGUSR2, lambda *_: mine.append(listen()))
worker = os.fork()
if worker: print(worker, flush=True)
while True: time.sleep(1)
"""


def service(t, unit, port):
    group = cgroup2_root() + "/system.slice/" + unit
    t.cgroup(group)
    child = t.popen("sh", "-c", 'echo $$ > "$1/cgroup.procs"; exec "$2" -c "$3" "$4"', "sh", group, sys.executable, SERVICE,
                    str(port), stdout=subprocess.PIPE)
    worker = int(child.stdout.readline())
    t.stack.callback(end_worker, worker)
    return child, worker


def end_worker(pid):
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


def listens(port):
    with open("/proc/net/tcp") as table:
        return sum(f":{port:04X} " in line and line.split()[3] == "0A" for line in table)


def told(daemon, unit):
    return [e for e in daemon.of(kinds=("listen",)) if field(e, "service.unit") == unit]


def refused(port, count):
    for _ in range(count):
        with socket.socket() as s:
            equal(s.connect_ex(("127.0.0.1", port)) != 0, True, "a connect is refused")


def incidents(t):
    return lines_of_json(t.lastwords("incidents", "--state", t.path("state"), "-o", "jsonl").out)


def impact(t, name, key):
    for incident in incidents(t):
        for row in incident["services"]:
            if row["name"] == name:
                return row.get(key)
    return None


def lifecycle(t, daemon, unit, child, worker, port, with_impact=True):
    """From listening to not, and back; an incident of it takes half a minute to come."""
    name = unit.removesuffix(".service")
    os.kill(child.pid, signal.SIGUSR1)
    wait_for(lambda: listens(port) == 2, 1, "the worker still holds both")
    time.sleep(0.3)
    os.kill(worker, signal.SIGUSR1)
    wait_for(lambda: listens(port) == 0, 2, "nothing listens")
    t.fork(refused, port, 5)
    event = wait_for(lambda: told(daemon, unit), 8, "it stopped")[0]
    equal((event["listen"], event["service"]["listening"], event["process"]["pid"]),
          ({"state": "stopped", "port": port}, 0, worker), "what stopped")
    if with_impact:
        is_total(t, name)
    os.kill(worker, signal.SIGUSR2)
    event = wait_for(lambda: told(daemon, unit)[1:], 3, "it listens again")[0]
    equal((event["listen"], event["service"]["listening"]), ({"state": "again", "port": port}, 1), "what came back")
    if with_impact:
        wait_for(lambda: impact(t, name, "impact_now") == "partial", 8, "the impact is not total any more")
        equal(impact(t, name, "impact"), "total", "the worst")


def is_total(t, name):
    wait_for(lambda: impact(t, name, "impact") == "total", 40, "the impact is total")
    equal(impact(t, name, "impact_now"), "total", "impact now")
    status = json.loads(t.lastwords("status", "--state", t.path("state"), "-o", "json").out)
    check(any(row["name"] == name and row["impact"] == "total" for i in status["incidents"] for row in i["services"]),
          f"status: {status['incidents']}")


def test_listened_before(t):
    child, worker = service(t, "lwtest-listen.service", 7601)
    wait_for(lambda: listens(7601) == 2, 3, "it listens")
    daemon = t.daemon()
    lifecycle(t, daemon, "lwtest-listen.service", child, worker, 7601)


def test_listens_later(t):
    daemon = t.daemon()
    child, worker = service(t, "lwtest-later.service", 7602)
    wait_for(lambda: listens(7602) == 2, 3, "it listens")
    time.sleep(5.2)  # what listens for less is not missed
    lifecycle(t, daemon, "lwtest-later.service", child, worker, 7602, with_impact=False)


def test_ends(t):
    """A service that is stopped is none that stopped to listen."""
    daemon = t.daemon()
    child, worker = service(t, "lwtest-ends.service", 7603)
    time.sleep(5.2)
    for pid in (worker, child.pid):
        os.kill(pid, signal.SIGTERM)
    child.wait(5)
    wait_for(lambda: listens(7603) == 0, 2, "nothing listens")
    time.sleep(5)
    equal(told(daemon, "lwtest-ends.service"), [], "events")

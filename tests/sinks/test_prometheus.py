# SPDX-License-Identifier: Apache-2.0
"""The sink `prometheus`, scraped by Prometheus 2.42 and checked by promtool."""
import http.client
import os
import socket
import stat
import subprocess
import time

import feed
from feed import check, contains, equal, wait_for
from receivers.client import answers, request
from receivers.process import free_port
from receivers.prometheus import Prometheus, check_metrics
from test_alertmanager import incidents

KINDS = ("crash", "kill", "oom_kill", "exit_failure", "exception", "marker", "gap")


def config(listen, more=""):
    return f"[sink metrics]\ntype = prometheus\nlisten = {listen}\n{more}"


def get(port, path, method="GET"):
    status, headers, body = request(port, method, path)
    return status, headers, body.decode()


def samples(text):
    """The value of each line, by what stands before it."""
    return {line.rsplit(" ", 1)[0]: float(line.rsplit(" ", 1)[1]) for line in text.split("\n") if line and line[0] != "#"}


def serve(t, listen, more="", events=None):
    events = list(feed.hostile.events(3)) if events is None else events
    fed = t.feed(config(listen, more) + f"[sink out]\ntype = file\npath = {t.path('out.jsonl')}\nbatch = 7\n", events)
    fed.sinks = ["out"]
    fed.deliver()
    return fed


def counters(fed, values):
    fed.state.db.executemany("INSERT OR REPLACE INTO counter(name, value) VALUES(?,?)", values.items())


def test_metrics(t):
    """What the store says, number by number; promtool has nothing against it."""
    port = free_port()
    events = list(feed.hostile.events(110)) + list(incidents(150))
    fed = serve(t, f"127.0.0.1:{port}", events=events)
    counters(fed, {"death.seen": 12, "death.stored": 9, "death.routine": 2, "death.used": 0, "death.held": 1, "death.ring_full": 3,
                   "death.map_full": 0, "death.probe_missed": 0, "death.decode": 0, "death.store": 4, "kind.crash": 2 ** 63 - 1, "kind.kill": 0})
    status, headers, text = get(port, "/metrics")
    equal((status, headers["Content-Type"]), (200, "text/plain; version=0.0.4; charset=utf-8"), "status and type")
    equal(check_metrics(text.encode()), "", "promtool")
    found = samples(text)
    for line, value in {
            'lastwords_events_total{kind="crash"}': float(2 ** 63 - 1), 'lastwords_seen_total{source="death"}': 12,
            'lastwords_stored_total{source="death"}': 9, 'lastwords_no_event_total{source="death",reason="routine"}': 2,
            'lastwords_held{source="death"}': 1, 'lastwords_dropped_total{source="death",reason="ring_full"}': 3,
            'lastwords_dropped_total{source="death",reason="store"}': 4, 'lastwords_sink_delivered_total{sink="out",type="file"}': 260,
            'lastwords_sink_refused_total{sink="out",type="file"}': 0, 'lastwords_sink_failures_total{sink="out",type="file"}': 0,
            'lastwords_sink_lag_events{sink="out",type="file"}': 0, "lastwords_incidents_open": 150}.items():
        equal(found.get(line), value, line)
    equal(sum(line.startswith("lastwords_build_info{version=") for line in found), 1, "build_info")
    check(found["lastwords_store_size_bytes"] > 100_000, "the size of the store")
    check(not any('"metrics"' in line for line in found), "nothing is sent to this sink itself")
    # As often as the incidents say, the services beyond the hundredth in one.
    total = sum(value for line, value in found.items() if line.startswith("lastwords_service_incidents_open"))
    equal(total, sum(len(event["services"]) for event in events[110:]), "services of open incidents")
    services = {line.split('",impact')[0] for line in found if line.startswith("lastwords_service_incidents_open")}
    check(len(services) <= 101 and 'lastwords_service_incidents_open{service="other' in services, f"{len(services)} services")


def test_scraped(t):
    """Prometheus scrapes it, and goes on when the process ended and began again."""
    port = free_port()
    fed = serve(t, f"127.0.0.1:{port}", events=list(feed.hostile.events(22)) + list(incidents(30)))
    receiver = t.use(Prometheus([f"127.0.0.1:{port}"]))
    up = {f"127.0.0.1:{port}": ("up", "")}
    wait_for(lambda: receiver.targets_up() == up, 15, "the target is up")
    wait_for(lambda: receiver.query("lastwords_incidents_open") and receiver.query("lastwords_incidents_open")[0][1] == 30, 15, "a sample")
    fed.kill()
    wait_for(lambda: answers(port, "/-/healthy"), 5, "it is there again")
    wait_for(lambda: receiver.targets_up() == up, 15, "the target is up again")
    equal(receiver.query('lastwords_sink_delivered_total{sink="out"}')[0][1], 52.0, "delivered")
    lines = len(receiver.received())
    begin = time.monotonic()
    for _ in range(100):
        get(port, "/metrics")
    t.figures = f"{lines} samples, {(time.monotonic() - begin) * 10:.1f} ms a scrape"


def test_socket(t):
    path = t.path("metrics.sock")
    fed = serve(t, f"unix:{path}", "mode = 0600\n")
    equal(stat.S_IMODE(os.stat(path).st_mode), 0o600, "mode")
    client = http.client.HTTPConnection("localhost")
    client.sock = socket.socket(socket.AF_UNIX)
    client.sock.connect(path)
    client.request("GET", "/-/healthy")
    answer = client.getresponse()
    equal((answer.status, answer.read()), (200, b"lastwords is healthy.\n"), "health")
    fed.stop()
    check(not os.path.exists(path), "the socket stays behind")


def test_requests(t):
    port = free_port()
    serve(t, f"[::1]:{port}")
    serve(t, f"127.0.0.1:{port}")
    equal(get(port, "/-/healthy")[0], 200, "health")
    equal(get(port, "/metrics?x=y")[0], 200, "a query")
    equal(get(port, "/")[0], 404, "another path")
    equal(get(port, "/metrics", "DELETE")[0], 405, "another method")
    equal(get(port, "/metrics", "HEAD")[2], "", "HEAD")
    with socket.create_connection(("127.0.0.1", port)) as client:
        client.sendall(b"\x16\x03\x01\x00garbage\r\n\r\n")
    idle = [socket.create_connection(("127.0.0.1", port)) for _ in range(20)]
    equal(get(port, "/-/healthy")[0], 200, "health beside idle connections")
    for client in idle:
        client.close()


def test_port_is_taken(t):
    """It is said, and the other sinks go on."""
    port = free_port()
    with socket.create_server(("127.0.0.1", port)):
        fed = serve(t, f"127.0.0.1:{port}", events=feed.hostile.events(11))
    contains(fed.log(), f"sink metrics: 127.0.0.1:{port}: Address already in use", "what is said")
    equal(fed.account("delivered"), 11, "delivered by the other sink")


def test_socket_is_taken(t):
    """Somebody's socket stays theirs while they listen; one that was left behind is nobody's."""
    path = t.path("datagrams.sock")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as theirs:
        theirs.bind(path)
        contains(serve(t, f"unix:{path}").log(), f"sink metrics: {path}: Address already in use", "what is said")
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as client:
            client.connect(path)
    path = t.path("theirs.sock")
    with socket.socket(socket.AF_UNIX) as theirs:
        theirs.bind(path)
        theirs.listen(8)
        fed = serve(t, f"unix:{path}", events=feed.hostile.events(3))
        contains(fed.log(), f"sink metrics: {path}: Address already in use", "what is said")
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(path)
            theirs.settimeout(5)
            theirs.accept()[0].close()
    wait_for(lambda: "sink metrics: listens" in fed.log(), 5, "it listens where nobody does any more")


def test_configuration(t):
    def says(text, expected):
        conf = t.file("conf", "[sink metrics]\ntype = prometheus\n" + text)
        done = subprocess.run([feed.LASTWORDS, "config", "check", "--config", conf], stderr=subprocess.STDOUT, stdout=subprocess.PIPE)
        contains(done.stdout.decode(), expected, text)

    for good in ("unix:/run/lastwords/metrics.sock", "127.0.0.1:9101", "[::1]:9101", "127.9.9.9:0"):
        says(f"listen = {good}\n", "good, 1 sink")
    for bad in ("0.0.0.0:9101", "9101", "localhost:9101", "unix:relative", "[::]:1", "10.0.0.1:9101", "unix:/" + "x" * 120):
        says(f"listen = {bad}\n", "listen = unix:/PATH, 127.0.0.1:PORT or [::1]:PORT")
    says("listen = 127.0.0.1:9101\nmode = rw\n", "an octal mode")
    says("", "the key listen")

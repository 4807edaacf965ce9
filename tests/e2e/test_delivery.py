# SPDX-License-Identifier: Apache-2.0
"""Sinks of the real daemon: what is stored is delivered, in order and without loss, whoever is killed or moved away."""
import fcntl
import http.client
import http.server
import json
import os
import signal
import socket
import sqlite3
import subprocess
import threading
import time

from delivered import crash, delivered, ids, process_of, sink, stored
from harness import LASTWORDS, check, contains, equal, lines_of_json, program, read_text, wait_for


def deliver_incident(t, crashes):
    daemon = t.daemon(sink(t))
    for _ in range(crashes):
        crash(t, daemon)
    wait_for(lambda: any(e["kind"] == "incident" for e in delivered(t)), 5, "an incident")
    daemon.stop()


def test_all_is_delivered_once(t):
    deliver_incident(t, 5)
    got = ids(delivered(t))
    equal(sorted(got), sorted(stored(t)), "what was delivered")
    sent = {e["id"]: e for e in delivered(t)}
    for event in t.events():
        equal(sent[event["id"]], event, "an event")


def test_latency(t):
    daemon = t.daemon(sink(t))
    crash(t, daemon)
    id = crash(t, daemon)
    wait_for(lambda: id in ids(delivered(t)), 0.5, "the death is delivered")


def test_process_is_killed(t):
    daemon = t.daemon(sink(t))
    for _ in range(4):
        crash(t, daemon)
        os.kill(wait_for(lambda: process_of(daemon), 10, "the process of the sinks"), signal.SIGKILL)
        crash(t, daemon)
    wait_for(lambda: set(stored(t)) <= set(ids(delivered(t))), 15, "everything is delivered")
    contains(daemon.stderr(), "is started again", "message")
    daemon.stop()


def test_daemon_is_killed(t):
    expected = set()
    for _ in range(4):
        daemon = t.daemon(sink(t))
        expected |= {crash(t, daemon) for _ in range(3)}
        daemon.kill()
    daemon = t.daemon(sink(t))
    wait_for(lambda: expected <= set(ids(delivered(t))), 5, "everything is delivered")
    daemon.stop()


def test_stdout(t):
    """The sink has standard output for itself: each event once, and no line of the daemon's."""
    daemon = t.start("run", "--state", t.path("state"), "--config", t.config("[sink out]\ntype = stdout\nstart = oldest\n")).ready()
    pids = {t.run(program("crash"), "abort")[0] for _ in range(3)}
    daemon.wait(lambda events: pids <= {e.get("process", {}).get("pid") for e in events}, 5, "the crashes")
    daemon.stop()
    equal(sorted(ids(daemon.events())), sorted(stored(t)), "what was printed")


def test_stdout_goes_on(t):
    """The process of the sinks is killed while nobody reads, and ended by SIGHUP while somebody does slowly. The first leaves
    half a line at most, which is ended; no event is glued on to it, and none is lost."""
    reading, writing = os.pipe()
    fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, 4096)
    config = t.config("[sink out]\ntype = stdout\nstart = oldest\n")
    with open(t.path("errors"), "w") as errors:
        daemon = t.popen(LASTWORDS, "run", "--state", t.path("state"), "--config", config, stdout=writing, stderr=errors)
    os.close(writing)
    wait_for(lambda: "watching" in read_text(t.path("errors")), 15, "the daemon watches")
    for _ in range(30):
        t.run(program("crash"), "abort")
    wait_for(lambda: len(stored(t)) >= 30, 5, "the crashes")
    own = process_of(daemon)
    equal((os.getsid(own), os.readlink(f"/proc/{own}/fd/0")), (own, "/dev/null"), "session and standard input")
    os.kill(own, signal.SIGKILL)
    wait_for(lambda: process_of(daemon) not in (None, own), 10, "another process of the sinks")
    data = bytearray()
    for number in range(2000):
        if number == 20:
            daemon.send_signal(signal.SIGHUP)
        data += os.read(reading, 512)
        if "the sinks are those of" in read_text(t.path("errors")):
            break
        time.sleep(0.002)
    daemon.terminate()
    while piece := os.read(reading, 65536):
        data += piece
    lines, got, halves = bytes(data).split(b"\n")[:-1], [], []
    for place, line in enumerate(lines):
        try:
            got.append(json.loads(line))
        except ValueError:
            halves.append(line)
            check(any(other.startswith(line) for other in lines[place + 1:]), f"two lines in one: {line!r:.200}")
    check(len(halves) <= 1, f"halves of lines: {halves}")
    equal(set(ids(got)), set(stored(t)), "what was printed")


def scrape(path):
    """The value of each line of /metrics, by what stands before it."""
    client = http.client.HTTPConnection("localhost")
    client.sock = socket.socket(socket.AF_UNIX)
    client.sock.connect(path)
    client.request("GET", "/metrics")
    lines = client.getresponse().read().decode().splitlines()
    return {line.rpartition(" ")[0]: float(line.rpartition(" ")[2]) for line in lines if line[0] != "#"}


def test_metrics(t):
    """What Prometheus asks for is what the daemon counted."""
    path = t.path("metrics.sock")
    daemon = t.daemon(sink(t) + f"[sink metrics]\ntype = prometheus\nlisten = unix:{path}\n")
    for _ in range(3):
        crash(t, daemon)
    # Others may crash on this host meanwhile.
    told = len(daemon.of(kinds=("crash",)))
    crashes = 'lastwords_events_total{kind="crash"}'
    wait_for(lambda: os.path.exists(path) and scrape(path).get(crashes, 0) >= told, 5, "the crashes are counted")
    found = scrape(path)
    wait_for(lambda: len(daemon.of(kinds=("crash",))) >= found[crashes], 2, "as many as were counted are told")
    check(found['lastwords_seen_total{source="death"}'] >= 3, "deaths that were seen")
    wait_for(lambda: scrape(path)['lastwords_sink_delivered_total{sink="out",type="file"}'] >= 3, 5, "the other sink's account")
    daemon.stop()
    check(not os.path.exists(path), "the socket stays behind")


def test_rotation(t):
    """The file is moved away while events come: each is in one of the files, each line whole."""
    daemon = t.daemon(sink(t))
    flood = t.popen(program("flood"), "2000", stdout=subprocess.DEVNULL)
    for n in range(20):
        path = t.path("out.jsonl")
        if os.path.exists(path):
            os.rename(path, f"{path}.{n:02}")
        time.sleep(0.1)
    flood.wait()
    daemon.barrier()
    daemon.stop()
    got = ids(delivered(t))
    equal(len(got), len(set(got)), "ids")
    equal(set(got), set(stored(t)), "what was delivered")


def test_filter_and_removal(t):
    daemon = t.daemon(sink(t, "severity = fatal\nremove = process.cmdline stack.frames.module last_words\n"))
    id = crash(t, daemon)
    t.lastwords("mark", "deploy", "--service", "x", "--state", t.path("state"))
    event = wait_for(lambda: [e for e in delivered(t) if e["id"] == id], 3, "the crash")[0]
    daemon.stop()
    check("cmdline" not in event["process"] and "last_words" not in event, f"what was to be removed is there: {event}")
    check(event["stack"]["frames"] and not any("module" in f for f in event["stack"]["frames"]), "modules are there")
    check(not [e for e in delivered(t) if e["kind"] == "marker"], "a marker came through")


def test_skipped_is_told(t):
    """What is over the backlog is counted, and told as a gap."""
    config = sink(t, "backlog = 3\n")
    daemon = t.daemon(sink(t).replace("out.jsonl", "nowhere/out.jsonl"))
    for _ in range(8):
        crash(t, daemon)
    daemon.stop()
    daemon = t.daemon(config)
    wait_for(lambda: [e for e in t.events() if e["kind"] == "gap"], 5, "a gap event")
    gap = [e for e in t.events() if e["kind"] == "gap"][-1]
    equal(gap["reason"], "sink out", "reason")
    check(gap["count"] >= 5, f"{gap['count']} skipped")
    daemon.stop()


class Answers(http.server.BaseHTTPRequestHandler):
    """Answers each POST with the status that its path names."""
    protocol_version, delay, bodies = "HTTP/1.1", 0, []

    def do_POST(self):
        Answers.bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
        time.sleep(Answers.delay)
        self.send_response(int(self.path.strip("/").split("/")[0]))
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *unused):
        pass


def serve(t, delay=0):
    """The address of a receiver."""
    Answers.delay, Answers.bodies = delay, []
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    t.stack.callback(server.server_close)
    t.stack.callback(server.shutdown)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_port}"


def test_refusal_stays_with_its_sink(t):
    """One receiver refuses an event: that is kept once, and no sink is sent it, the refusing one the least."""
    url = serve(t)
    daemon = t.daemon(f"[sink bad]\ntype = http\nurl = {url}/400\nkinds = marker\nservices = poison\nretry_max = 100ms\n"
                      f"[sink log]\ntype = loki\nurl = {url}/204\n" + sink(t))
    t.lastwords("mark", "deploy", "--service", "poison", "--state", t.path("state"))
    wait_for(lambda: "was refused for good" in daemon.stderr(), 5, "the refusal")
    id = crash(t, daemon)
    wait_for(lambda: id in ids(delivered(t)), 3, "the crash is delivered")
    time.sleep(1.5)
    daemon.stop()
    refused = [json.loads(body) for body in columns(t, "SELECT body FROM finding WHERE kind = 'refused'")]
    equal([r["sink"] for r in refused], ["bad"], "refusals")
    equal(columns(t, "SELECT value FROM counter WHERE name LIKE 'sink.%.refused' ORDER BY name"), [1, 0, 0], "accounts of bad, log, out")
    check(not [e for e in delivered(t) if e["kind"] == "refused"], "another sink was sent the refusal")


def columns(t, query):
    """The first column of each row."""
    db = sqlite3.connect(t.path("state") + "/lastwords.db")
    try:
        return [row[0] for row in db.execute(query)]
    finally:
        db.close()


def missed(t, name):
    """What is counted as lost to a sink, told or not yet."""
    return sum(columns(t, f"SELECT value FROM counter WHERE name IN ('sink.{name}.skipped', 'sink.{name}.gone')"))


def test_what_retention_takes_is_counted(t):
    """A small store, and sinks that are too slow for it: each event that a sink wanted is delivered, still there, or counted
    once; also behind one whose time is ahead, which stays the longest."""
    url = serve(t, delay=0.1)
    daemon = t.daemon("[store]\nmax_size = 1M\n" + sink(t, "kinds = crash\nretry_max = 200ms\n").replace("/out.jsonl", "/away/out.jsonl") +
                      f"[sink slow]\ntype = http\nurl = {url}/200\nbatch = 20\nkinds = crash\nseverity = fatal\nstart = oldest\n")
    ahead = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 240))
    t.lastwords("mark", "deploy", "--service", "ahead", "--at", ahead, "--state", t.path("state"))
    t.popen(program("flood"), "1500", stdout=subprocess.DEVNULL).wait()
    daemon.barrier()
    wait_for(lambda: missed(t, "out") > 500 and missed(t, "slow") > 50, 10, "losses")
    time.sleep(2.5)
    daemon.stop()
    crashes = set(ids(daemon.of(kinds=("crash",))))
    # The last ones are told at the end, when nothing is streamed any more.
    gaps = {e["id"]: e for e in daemon.of(kinds=("gap",)) + [json.loads(b) for b in columns(t, "SELECT body FROM event WHERE kind = 'gap'")]}
    there = set(columns(t, "SELECT id FROM event WHERE kind = 'crash'"))
    taken = {e["id"] for body in Answers.bodies for e in json.loads(body) if e["kind"] == "crash"}
    equal(missed(t, "out") + len(there), len(crashes), "what the dead sink missed and what is there")
    equal(missed(t, "slow") + len(there | taken), len(crashes), "what the slow sink missed, and has or may have")
    for name in ("out", "slow"):
        told = sum(e["count"] for e in gaps.values() if e["reason"] == f"sink {name}")
        equal(columns(t, f"SELECT value FROM counter WHERE name = 'sink.{name}.skipped'"), [told], f"what gaps tell of {name}")


def test_disk_full(t):
    """A sink on a full disk holds nothing up, leaves no torn line, and goes on when there is room."""
    mount = t.path("small")
    os.mkdir(mount)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "none", mount], check=True)
    t.stack.callback(subprocess.run, ["umount", "-l", mount])
    config = f"[sink full]\ntype = file\npath = {mount}/out.jsonl\nstart = oldest\nretry_max = 200ms\n" + sink(t)
    with open(mount + "/ballast", "w") as ballast:
        ballast.write("x" * 61440)
    daemon = t.daemon(config)
    expected = {crash(t, daemon) for _ in range(12)}
    wait_for(lambda: "sink full: No space left on device" in daemon.stderr(), 5, "the message")
    wait_for(lambda: expected <= set(ids(delivered(t))), 5, "the other sink has all")
    for line in read_text(mount + "/out.jsonl").splitlines():
        json.loads(line)
    os.unlink(mount + "/ballast")
    subprocess.run(["mount", "-o", "remount,size=4m", mount], check=True)
    wait_for(lambda: expected <= set(ids(lines_of_json(read_text(mount + "/out.jsonl")))), 5, "the full one has all")
    daemon.stop()


def test_replay_of_a_sink(t):
    """What a file sink wrote replays to the same as what the store holds."""
    deliver_incident(t, 3)
    stored = t.lastwords("events", "--state", t.path("state"), "-o", "jsonl", "-n", "0").out
    with open(t.path("stored.jsonl"), "w") as file:
        file.write(stored)
    again = [t.lastwords("replay", t.path(name), "-o", "jsonl").out for name in ("out.jsonl", "stored.jsonl")]
    equal(again[0], again[1], "replay")
    contains(again[0], '"kind":"incident"', "replay")


def test_own_failures_are_not_told(t):
    """A receiver that is not there: its sink waits, and the daemon tells nothing of its own attempts."""
    daemon = t.daemon("[sink away]\ntype = file\npath = /nowhere/out.jsonl\nretry_max = 100ms\nstart = oldest\n" + sink(t))
    crash(t, daemon)
    wait_for(lambda: "sink away: No such file" in daemon.stderr(), 5, "the message")
    own = process_of(daemon)
    time.sleep(2.5)
    daemon.stop()
    told = [e for e in t.events() if e.get("process", {}).get("pid") == own]
    check(not told, f"its own failures were told: {told}")

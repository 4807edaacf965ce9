# SPDX-License-Identifier: Apache-2.0
"""Feeds sinks: a state that holds hostile events, and the process of the sinks (`lastwords deliver`) on it, with this process
in the daemon's place; both sides may be killed meanwhile. A test is a function test_*(t) with a Test of its own:

    def test_all(t):
        receiver = t.use(ClickHouse())
        feed = t.feed(f"[sink a]\\ntype = clickhouse\\nurl = {receiver.url}\\n")
        feed.deliver()
        feed.compare((row["id"], json.loads(row["event"])) for row in receiver.received())
"""
import calendar
import contextlib
import json
import os
import random
import select
import shutil
import signal
import socket
import sqlite3
import struct
import subprocess
import sys
import tempfile
import time

import hostile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.append(os.path.join(ROOT, "tests"))
from expect import Failed, Skipped, check, contains, equal, wait_for  # noqa: E402, F401

LASTWORDS = os.path.join(os.environ.get("LASTWORDS_BUILD", os.path.join(ROOT, "build")), "lastwords")
SHORT = bool(os.environ.get("LASTWORDS_SHORT"))
COUNT = 2_000 if SHORT else 10_000
OVER = 2.4 if SHORT else 10.5  # seconds that events take to come where something is killed each second
SAVED = 0.5  # seconds between two savings of the cursors, as the daemon's commits are
WAKE, FINISH, PROGRESS, REFUSED = range(4)
MESSAGE = struct.Struct("@i64s64s256s4x2Q4Q256s8x")  # struct delivery_message
COUNTERS = ("event", "finding", "delivered", "refused", "skipped", "failures")


def differences(expected, got, path="event"):
    """Where two JSON values differ, the types of numbers included."""
    if type(expected) is not type(got):
        yield f"{path}: {expected!r:.200} became {got!r:.200}"
    elif isinstance(expected, dict):
        for key in {**expected, **got}:
            if key not in got or key not in expected:
                yield f"{path}.{key!r:.60}: {'lost' if key in expected else 'came from nowhere'}"
            else:
                yield from differences(expected[key], got[key], f"{path}.{key}")
    elif isinstance(expected, list):
        if len(expected) != len(got):
            yield f"{path}: {len(expected)} items became {len(got)}"
        for index, (one, other) in enumerate(zip(expected, got)):
            yield from differences(one, other, f"{path}[{index}]")
    elif expected != got:
        yield f"{path}: {expected!r:.200} became {got!r:.200}"


def findings(count, seed=1):
    """Issues and incidents with hostile texts, valid by the schema."""
    maker = hostile.Maker(seed)
    now = time.time_ns()
    for number in range(count):
        at = now + number * 1_000_000
        body = {"schema": 1, "kind": ("issue", "incident")[number % 2], "id": hostile.make_id(at, maker.rng)}
        if body["kind"] == "issue":
            body.update(fingerprint=f"2:{maker.rng.getrandbits(64):016x}", title=maker.text(191), first_seen=maker.past(at),
                        state=maker.rng.choice(("new", "ongoing", "regressed", "resolved")), services=[maker.text(63)],
                        versions=[maker.text(47)])
            if body["state"] == "resolved":
                body["state_before"] = maker.rng.choice(("new", "ongoing", "regressed"))
        else:
            estimate = {"seconds": 12.5, "cases": 3, "of_this_service": False}
            body.update(state="open", started=maker.past(at), detected=hostile.make_time(at), issues=[], cause="unknown", suspects=[],
                        services=[{"name": maker.text(63), "impact": "total", "count": maker.number()}],
                        advice={"action": "investigate", "why": maker.text(191), "restore_estimate": estimate, "fix_estimate": estimate})
        body.update(last_seen=hostile.make_time(at), count=maker.number(least=1))
        yield body


def text_of(event):
    return json.dumps(event, ensure_ascii=False, separators=(",", ":"))


def nanoseconds(stamp):
    whole, _, part = stamp.rstrip("Z").partition(".")
    return calendar.timegm(time.strptime(whole, "%Y-%m-%dT%H:%M:%S")) * 10 ** 9 + int(part.ljust(9, "0"))


def service_of(event):
    service = event.get("service") or (event.get("services") or [None])[0]
    name = service.get("name") if isinstance(service, dict) else service
    return name.split("\0")[0] if name else None


def time_of(event):
    return nanoseconds(event.get("time") or event["last_seen"])


class State:
    """The database, as the daemon makes it. expected: by the id that receivers see, what was stored."""

    def __init__(self, folder):
        self.folder, self.expected, self.last, self.last_finding = folder, {}, 0, 0
        subprocess.run([LASTWORDS, "mark", "deploy", "--service", "none", "--state", folder], check=True, stdout=subprocess.DEVNULL)
        self.db = sqlite3.connect(os.path.join(folder, "lastwords.db"), timeout=30, isolation_level=None)
        self.db.execute("DELETE FROM event")
        self.db.execute("UPDATE sqlite_sequence SET seq = 0")

    def add(self, events):
        self.db.execute("BEGIN IMMEDIATE")
        for event in events:
            if event["kind"] in ("issue", "incident"):
                self.last_finding += 1
                self.expected[f"{event['id']}-{self.last_finding}"] = event
                self.db.execute("INSERT INTO finding(id, kind, state, service, time, body, seq) VALUES(?,?,?,?,?,?,?)", (
                    event["id"], event["kind"], event["state"], service_of(event) or "", time_of(event), text_of(event),
                    self.last_finding))
            else:
                self.last += 1
                self.expected[event["id"]] = event
                self.db.execute("INSERT INTO event(seq, id, time, kind, service, body) VALUES(?,?,?,?,?,?)", (
                    self.last, event["id"], time_of(event), event["kind"], service_of(event), text_of(event)))
        self.db.execute("COMMIT")

    def save(self, sinks):
        """Cursors and counts by sink, as the daemon keeps them."""
        self.db.execute("BEGIN IMMEDIATE")
        for name, values in sinks.items():
            for what, value in zip(COUNTERS, values):
                self.db.execute("INSERT OR REPLACE INTO counter(name, value) VALUES(?,?)", (f"sink.{name}.{what}", value))
        self.db.execute("COMMIT")


class Feed:
    """refused: reasons by (sink, id); errors: what sinks said of failed attempts, in order; kills: of either side; starts: of
    the process; within: a command that it is run by, such as unshare; stdout: a descriptor for it, None for ours; code: how it ended last; cpu: seconds that it used; accounts: by
    sink, the numbers of COUNTERS."""

    def __init__(self, folder, config, events=None):
        self.folder, self.refused, self.errors, self.accounts, self.saved = folder, {}, [], {}, {}
        self.starts = self.kills = self.code = 0
        self.cpu = self.seconds = 0.0
        self.within = []
        self.pid = self.socket = self.output = None  # output: a descriptor for its standard output
        self.events = list(hostile.events(COUNT)) + list(findings(COUNT // 50)) if events is None else list(events)
        self.state = State(os.path.join(folder, "state"))
        self.sinks = [line.split()[1].rstrip("]") for line in config.splitlines() if line.startswith("[sink ")]
        self.config = os.path.join(folder, "lastwords.conf")
        with open(self.config, "w", encoding="utf-8") as file:
            file.write(config)

    @property
    def expected(self):
        return self.state.expected

    def start(self, *options):
        mine, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with its:
            log = os.path.join(self.folder, "log")
            command = [*self.within, LASTWORDS, "deliver", "--state", self.state.folder, "--config", self.config, *options]
            self.pid = os.posix_spawnp(command[0], command, os.environ, file_actions=[
                (os.POSIX_SPAWN_OPEN, 2, log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600),
                (os.POSIX_SPAWN_DUP2, its.fileno(), 3),
                *([(os.POSIX_SPAWN_DUP2, self.output, 1)] if self.output is not None else [])])
        self.socket = mine
        self.starts += 1

    def wake(self, kind=WAKE):
        with contextlib.suppress(OSError):
            self.socket.send(MESSAGE.pack(kind, b"", b"", b"", *[0] * 6, b""), socket.MSG_DONTWAIT)

    def end(self, number=signal.SIGKILL):
        """Ends the process. What it said and was not saved yet is forgotten, as when the daemon is killed with it."""
        if not self.pid:
            return
        if number:
            os.kill(self.pid, number)
        _, self.code, usage = os.wait4(self.pid, 0)
        self.cpu += usage.ru_utime + usage.ru_stime
        self.socket.close()
        self.pid = self.socket = None
        self.accounts = dict(self.saved)

    def kill(self):
        self.kills += 1
        self.end()
        self.start()

    def listen(self, timeout=0.05):
        """Takes what the process says for so long at most."""
        if not select.select([self.socket], [], [], timeout)[0]:
            return
        while True:
            try:
                data = self.socket.recv(MESSAGE.size, socket.MSG_DONTWAIT)
            except BlockingIOError:
                return
            if len(data) != MESSAGE.size:
                self.end(None)
                raise Failed("the process of the sinks ended: " + self.log())
            kind, sink, event, reason, *numbers, error = MESSAGE.unpack(data)
            sink, event, reason, error = (text.split(b"\0")[0].decode("utf-8", "replace") for text in (sink, event, reason, error))
            if kind == PROGRESS:
                self.accounts[sink] = numbers
                if error and (not self.errors or self.errors[-1] != error):
                    self.errors.append(error)
            elif kind == REFUSED:
                self.refused[sink, event] = reason

    def save(self):
        self.state.save(self.accounts)
        self.saved = dict(self.accounts)

    def account(self, what, sink=None):
        return self.accounts.get(sink or self.sinks[0], [0] * 6)[COUNTERS.index(what)]

    def done(self):
        return all(self.account("event", sink) >= self.state.last and self.account("finding", sink) >= self.state.last_finding
                   for sink in self.sinks)

    def deliver(self, timeout=60, over=None, kill_process=False, kill_receiver=None, each=1.0, until=None):
        """Delivers all events; over: they come within so many seconds. Meanwhile the process is killed each second, or the
        receiver (with its restart()), or both. Ends when until() is true, when all is delivered otherwise."""
        killing = kill_process or kill_receiver
        over = over if over is not None else OVER if killing else 0
        total, begin, put = len(self.events), time.monotonic(), 0
        end, next_kill, next_save = begin + over + timeout, begin + each, begin
        if not self.pid:
            self.start()
        while put < total or not (until or self.done)():
            now = time.monotonic()
            check(now < end, f"not all is delivered after {now - begin:.0f} s: {self.told()}")
            share = total if now >= begin + over else int(total * (now - begin) / over)
            if share > put:
                self.state.add(self.events[put:share])
                put = share
                self.wake()
            if killing and now >= next_kill and put < total:
                time.sleep(random.random() * 0.02)  # so that what was just put is somewhere on its way
                if kill_process:
                    self.kill()
                if kill_receiver:
                    kill_receiver.restart()
                    self.kills += not kill_process
                next_kill = time.monotonic() + each
            self.listen()
            if now >= next_save:
                self.save()
                next_save = now + SAVED
        self.seconds = time.monotonic() - begin
        self.events = []
        self.save()
        return self

    def stop(self):
        """As the daemon stops it."""
        self.wake(FINISH)
        with contextlib.suppress(Failed):
            while self.pid:
                self.listen()

    def told(self):
        return f"{self.accounts}, {len(self.refused)} refused {list(self.refused.items())[:2]}, errors {self.errors[-5:]}, log {self.log()[-1000:]}"

    def log(self):
        try:
            with open(os.path.join(self.folder, "log"), encoding="utf-8", errors="replace") as file:
                return file.read()
        except FileNotFoundError:
            return ""

    def compare(self, found, only=None, twice=True, order=True):
        """found: (id, event) of what the receiver has, each field as it was stored; only: which of the expected events, by a
        function of the event. Loss is 0, nothing is changed, nothing came from nowhere, and, unless the receiver keeps no order,
        what came first of each came in the order of storing. Returns the number of doubles."""
        expected = {key: event for key, event in self.expected.items() if not only or only(event)}
        found, seen, doubles = list(found), set(), 0
        if order:
            self.check_order(key for key, _ in found)
        for key, event in found:
            check(key in expected, f"{key} was never stored: {event!r:.300}")
            changed = list(differences(expected[key], event))
            check(not changed, f"{key}: {changed[:5]}")
            doubles += key in seen
            seen.add(key)
        lost = [key for key in expected if key not in seen]
        check(not lost, f"{len(lost)} of {len(expected)} lost: {[(key, expected[key]['kind']) for key in lost[:3]]}; {self.told()}")
        check(twice or not doubles, f"{doubles} came twice")
        return doubles


    def check_order(self, keys):
        """Events are in the order of storing, and so are issues and incidents; doubles left out."""
        place = {key: number for number, key in enumerate(self.expected)}
        last = {True: -1, False: -1}
        for key in dict.fromkeys(key for key in keys if key in place):
            finding = self.expected[key]["kind"] in ("issue", "incident")
            check(place[key] > last[finding], f"{key}, number {place[key]}, came behind number {last[finding]}")
            last[finding] = place[key]


class Test:
    """figures: for the line of the result."""

    def __init__(self):
        self.figures = ""
        self.stack = contextlib.ExitStack()

    def __enter__(self):
        self.folder = tempfile.mkdtemp(prefix="lw-sinks-")
        self.stack.callback(shutil.rmtree, self.folder, True)
        return self

    def __exit__(self, *unused):
        self.stack.close()

    def use(self, receiver):
        """Starts it; it ends with the test."""
        return self.stack.enter_context(receiver)

    def path(self, name):
        return os.path.join(self.folder, name)

    def file(self, name, text):
        """A file for this user alone."""
        with open(os.open(self.path(name), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            file.write(text)
        return self.path(name)

    def feed(self, config, events=None):
        """Without events: COUNT hostile ones of every kind, issues and incidents."""
        folder = tempfile.mkdtemp(dir=self.folder)
        fed = Feed(folder, config, events)
        self.stack.callback(fed.end)
        return fed

    def is_fast(self, config, least):
        """So many ordinary events that are there already go out, at `least` a second or more."""
        ordinary = [event for event in hostile.events(40_000) if len(json.dumps(event)) < 4000][:5_000 if SHORT else 20_000]
        fed = self.feed(config, ordinary)
        fed.state.add(fed.events)
        fed.events = []
        fed.deliver()
        fed.end()
        self.note(fed)
        check(len(fed.expected) / fed.seconds > least, f"slow: {self.figures}")

    def note(self, fed, text=""):
        """Says in the result how it went."""
        self.figures = (f"{len(fed.expected)} events, {len(fed.expected) / max(fed.seconds, 1e-9):.0f}/s, "
                        f"{fed.cpu / max(len(fed.expected), 1) * 1e6:.0f} us of CPU each, {fed.kills} kills{text}")

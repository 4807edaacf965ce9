# SPDX-License-Identifier: Apache-2.0
"""The sink `loki` against a double of Loki."""
import json
import os
import subprocess
import time

import feed
import hostile
import trouble
from feed import SHORT, check, contains, equal
from receivers import front, hostile_http
from receivers.loki_double import LokiDouble

LEVELS = ("info", "warning", "error", "critical")
METADATA = {  # name: path in the event
    "pid": "process.pid", "process": "process.comm", "exe": "process.exe", "unit": "service.unit", "version": "service.version",
    "container_id": "service.container.id", "pod_uid": "service.pod.uid", "boot_id": "host.boot_id", "signal": "signal.name",
    "exit_status": "exit.status", "exception": "exception.type", "errno": "errno", "syscall": "syscall", "remote": "remote",
    "killer": "killer.class", "change": "marker.kind", "issue": "decision.issue", "fingerprint": "fingerprint", "state": "state", "cause": "cause",
}


def at(value, path):
    for key in path.split("."):
        value = value.get(key) if isinstance(value, dict) else None
    return value


def look(entry, event):
    """Labels, time and structured metadata of an entry, made again from the event."""
    kind = event["kind"]
    labels = {"host": at(event, "host.name") or os.uname().nodename, "service_name": feed.service_of(event), "kind": kind}
    level = entry["labels"]["level"]
    equal({key: value for key, value in labels.items() if value}, {key: value for key, value in entry["labels"].items() if key != "level"}, "labels")
    check(level in LEVELS, f"level {level}")
    stamp = event.get("time") or event.get("last_seen")
    equal(entry["time"], feed.nanoseconds(stamp), "time")
    metadata = {name: str(at(event, path)) for name, path in METADATA.items() if at(event, path) not in (None, "")}
    if kind in ("issue", "incident"):
        metadata[kind] = event["id"]
    got = dict(entry["metadata"])
    got.pop("id"), got.pop("build_id", None)
    equal(got, metadata, "structured metadata")


def pairs(fed, receiver, deep=False):
    for entry in receiver.received():
        key = entry["metadata"]["id"]
        if deep and key in fed.expected:
            look(entry, fed.expected[key])
        yield key, json.loads(entry["line"])


def compare(fed, receiver, deep=False, only=None):
    """Each stream has its entries in the order of storing."""
    streams = {}
    for entry in receiver.received():
        streams.setdefault(tuple(sorted(entry["labels"].items())), []).append(entry["metadata"]["id"])
    for keys in streams.values():
        fed.check_order(keys)
    return fed.compare(pairs(fed, receiver, deep), only=only, order=False)


def config(url, more=""):
    return f"[sink logs]\ntype = loki\nurl = {url}\nretry_max = 100ms\n{more}"


def test_all(t):
    receiver = t.use(LokiDouble())
    fed = t.feed(config(receiver.url)).deliver()
    equal(compare(fed, receiver, True), 0, "doubles")
    equal((fed.account("delivered"), fed.account("failures"), fed.refused), (len(fed.expected), 0, {}), "account")
    fed.end()
    t.note(fed)


def test_text(t):
    receiver = t.use(LokiDouble())
    fed = t.feed(config(receiver.url + "/loki/api/v1/push", "format = text\ncompression = none\n"), hostile.events(220)).deliver()
    entries = {entry["metadata"]["id"]: entry for entry in receiver.received()}
    equal(sorted(entries), sorted(fed.expected), "ids")
    for key, entry in entries.items():
        check(entry["line"].startswith(fed.expected[key]["kind"]) and "\n" not in entry["line"], f"line {entry['line']!r}")


def killed(t, receiver, **killing):
    fed = t.feed(config(receiver.url, "batch = 100\n")).deliver(**killing)
    doubles = compare(fed, receiver)
    fed.end()
    t.note(fed, f", {doubles} twice")


def test_receiver_killed(t):
    receiver = t.use(LokiDouble())
    killed(t, receiver, kill_receiver=receiver)


def test_process_killed(t):
    killed(t, t.use(LokiDouble()), kill_process=True)


def test_misbehaviour(t):
    """Whatever stands before the receiver does, all arrive in the end, and nothing is set aside."""
    receiver = t.use(LokiDouble())
    before = t.use(front.HttpFront(receiver))
    modes = [mode for mode in hostile_http.MODES if mode not in ("429_long", "429_date", "400", "413")]
    fed = t.feed(config(before.url, f"timeout = {'300ms' if SHORT else '1s'}\n"), [])
    trouble.in_turn(fed, before, modes)
    compare(fed, receiver)
    equal(fed.refused, {}, "what was given up")


def test_too_old(t):
    """A store that has kept more than Loki takes: what is too old is set aside with the reason, the rest arrives."""
    receiver = t.use(LokiDouble())
    old = list(hostile.events(1000 if SHORT else 3000, seed=2, start=time.time() - 8 * 86400))
    mixed = list(hostile.events(220, seed=4))
    mixed[7], mixed[107] = (dict(event, time=hostile.make_time(int((time.time() - days * 86400) * 1e9)))
                            for event, days in ((mixed[7], 9), (mixed[107], -1)))
    begin = time.monotonic()
    fed = t.feed(config(receiver.url), old + mixed).deliver()
    refused = {event["id"] for event in old} | {mixed[7]["id"], mixed[107]["id"]}
    equal({key for _, key in fed.refused}, refused, "what was set aside")
    contains(fed.refused["logs", old[0]["id"]], "timestamp too old", "the reason")
    contains(fed.refused["logs", mixed[107]["id"]], "timestamp too new", "the reason")
    check(time.monotonic() - begin < 20, "it took too long")
    compare(fed, receiver, only=lambda event: event["id"] not in refused)


def test_too_far_behind(t):
    """An hour and more behind the newest of its stream."""
    receiver = t.use(LokiDouble())
    now = time.time()
    young = [dict(event, service={"name": "a"}, host={"name": "h"}) for event in hostile.events(110, seed=6, start=now - 10)]
    late = [dict(event, service={"name": "a"}, host={"name": "h"}) for event in hostile.events(11, seed=7, start=now - 7200)]
    fed = t.feed(config(receiver.url), young + late + list(hostile.events(50, seed=8))).deliver()
    equal({key for _, key in fed.refused}, {event["id"] for event in late}, "what was set aside")
    contains(fed.refused["logs", late[0]["id"]], "entry too far behind", "the reason")
    compare(fed, receiver, only=lambda event: event["id"] not in {one["id"] for one in late})


def test_odd_refusals(t):
    """400 with texts of any form: those that are not known are for the one event at most, after three tries."""
    receiver = t.use(LokiDouble())
    events = list(hostile.events(80, seed=11))
    fed = t.feed(config(receiver.url), [])
    fed.start()
    for number, body in enumerate(("", "\0", "oldest acceptable timestamp is: ", "timestamp too old, oldest acceptable timestamp is: 99999-01-01T00:00:00Z",
                                   "timestamp too old, oldest acceptable timestamp is: " + "9" * 100_000, "\ufffd" * 1000,
                                   "entry too far behind, oldest acceptable timestamp is: 2999-01-01T00:00:00Z", "\x1b[2J\n\r")):
        receiver.fail(400, 2, body)
        fed.events = events[10 * number:10 * number + 10]
        fed.deliver()
    equal((compare(fed, receiver), fed.refused), (0, {}), "doubles and what was set aside")


def test_too_long(t):
    receiver = t.use(LokiDouble())
    events = list(hostile.events(50, seed=6))
    events[20] = dict(events[20], note="x" * 300_000)
    fed = t.feed(config(receiver.url), events).deliver()
    equal([key for _, key in fed.refused], [events[20]["id"]], "what was set aside")
    contains(fed.refused["logs", events[20]["id"]], "Max entry size", "the reason")
    compare(fed, receiver, only=lambda event: event["id"] != events[20]["id"])


def test_tenant_and_limits(t):
    """What a person has to mend is waited for."""
    receiver = t.use(LokiDouble())
    receiver.limits(auth_enabled=True, allow_structured_metadata=False)
    fed = t.feed(config(receiver.url), hostile.events(50))
    fed.deliver(until=lambda: any("no org id" in error for error in fed.errors))
    fed.end()
    with open(fed.config, "a", encoding="utf-8") as file:
        file.write("tenant = ops\n")
    fed.deliver(until=lambda: any("includes structured metadata, but this feature is disallowed" in error for error in fed.errors))
    receiver.limits(auth_enabled=True)
    receiver.fail(429, 2, "Ingestion rate limit exceeded for user ops (limit: 4194304 bytes/sec)")
    fed.deliver()
    check(any("HTTP 429: Ingestion rate limit" in error for error in fed.errors), f"the message: {fed.errors}")
    equal(compare(fed, receiver), 0, "doubles")
    equal(({entry["tenant"] for entry in receiver.received()}, fed.refused), ({"ops"}, {}), "tenant")


def complaint(t, text):
    """What `config check` says of it."""
    return subprocess.run([feed.LASTWORDS, "config", "check", "--config", t.file("lastwords.conf", text)], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, check=False).stdout.decode()


def test_wrong_keys(t):
    for line, expected in (("tenant = a/b", "tenant = at most 150"), ("format = xml", "one of json|text"), ("index = x", "one of the keys of a sink of type loki: ")):
        contains(complaint(t, config("http://127.0.0.1:1", line + "\n")), expected, line)
    contains(complaint(t, "[sink logs]\ntype = loki\n"), "the key url, without which a sink of type loki cannot be", "no url")

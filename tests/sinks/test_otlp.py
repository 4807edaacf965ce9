# SPDX-License-Identifier: Apache-2.0
"""The sink `otlp` against the OpenTelemetry Collector, protoc, and receivers that answer what OTLP lets them answer."""
import gzip
import json
import time

import hostile
from feed import SHORT, check, equal
from receivers import front, hostile_http, otelcol
from receivers.answering import Answering

# docs/EVENTS.md, "Names elsewhere": what is not below "lastwords." of the event.
ATTRIBUTES = {
    "log.record.uid": "id", "exception.message": "exception.message", "exception.type": "exception.type", "process.exit.code": "exit.status",
    "process.command_args": "process.cmdline", "process.executable.path": "process.exe", "process.vpid": "process.ns_pid",
    "process.pid": "process.pid", "process.parent_pid": "process.ppid", "process.creation.time": "process.start",
    "thread.name": "process.thread_name", "thread.id": "process.tid", "process.real_user.id": "process.uid",
    "process.linux.cgroup": "service.cgroup",
}
RESOURCE = {
    "host.name": "host.name", "lastwords.host.boot_id": "host.boot_id", "service.name": "service.name", "service.version": "service.version",
    "container.id": "service.container.id", "container.runtime.name": "service.container.runtime", "k8s.pod.uid": "service.pod.uid",
    "lastwords.service.pod.qos": "service.pod.qos",
}
MADE = {  # of others
    "error.type", "process.executable.name", "process.command", "process.args_count", "process.executable.build_id.gnu", "code.function.name",
    "code.file.path", "code.line.number", "exception.stacktrace", "network.connection.state", "network.transport", "deployment.id",
    "deployment.name",
}
OF_HOST = {"service.instance.id", "os.type", "os.name", "os.version", "host.id", "host.arch", "deployment.environment.name"}
SEVERITIES = {"crash": {21}, "oom_kill": {21}, "exit_failure": {17}, "exception": {17}, "syscall_errors": {13}, "tcp_reset": {13},
              "connect_failure": {13}, "marker": {9}, "gap": {13}, "decision": {9}, "kill": {17}, "issue": {9, 13, 17}, "incident": {9, 17}}
KILLING = {"over": 1.2, "each": 0.3} if SHORT else {}
SCHEMA = "https://opentelemetry.io/schemas/1.44.0"


def put(event, path, value):
    *parents, last = path.split(".")
    for parent in parents:
        event = event.setdefault(parent, {})
    equal(last in event, False, f"{path} twice")
    event[last] = value


def endpoint(attributes, side):
    address, port = attributes.pop(f"network.{side}.address", None), attributes.pop(f"network.{side}.port", None)
    if side == "peer" and attributes.get("network.transport") == "unix":
        return "unix:" + address
    return address if port is None else f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


def event_of(record):
    """The event, issue or incident that a record was made of."""
    check(record["eventName"].startswith("lastwords."), f"event name {record['eventName']}")
    kind, attributes = record["eventName"][len("lastwords."):], dict(record["attributes"])
    finding = kind in ("issue", "incident")
    prefix, event = f"lastwords.{kind}." if finding else "lastwords.", {"kind": kind}
    for side, key in (("local", "local"), ("peer", "remote")):
        if f"network.{side}.address" in attributes:
            event[key] = endpoint(attributes, side)
    if finding:
        event["schema"] = attributes.pop("lastwords.schema")
        del attributes["log.record.uid"]
    for key, value in attributes.items():
        if key not in MADE:
            check(key in ATTRIBUTES or key.startswith(prefix), f"attribute {key}")
            put(event, ATTRIBUTES.get(key) or key[len(prefix):], value)
    for key, value in record["resource"].items():
        if key not in OF_HOST and not finding:
            put(event, RESOURCE[key], value)
    event["last_seen" if finding else "time"] = hostile.make_time(int(record["timeUnixNano"]))
    return event


def without_nulls(value):
    """What is null is absent, and so is an object that has nothing else."""
    if not isinstance(value, dict):
        return value
    parts = {key: without_nulls(part) for key, part in value.items()}
    return {key: part for key, part in parts.items() if part is not None} or None


def pairs(records):
    """For Feed.compare, which is not to look for what is null."""
    for record in records:
        event = event_of(record)
        check(record["severityNumber"] in SEVERITIES[event["kind"]], f"severity {record['severityNumber']} of {event['kind']}")
        equal((record["scope"]["name"], record["schemaUrl"]), ("lastwords", SCHEMA), "scope and schema")
        check(abs(int(record["observedTimeUnixNano"]) / 1e9 - time.time()) < 600, "observed time")
        check(record["body"].startswith(event["kind"]) and "\n" not in record["body"], f"body {record['body']!r}")
        yield record["attributes"]["log.record.uid"], event


def compare(feed, receiver, **how):
    feed.state.expected = {key: without_nulls(event) for key, event in feed.expected.items()}
    return feed.compare(pairs(receiver.received()), **how)


def config(url, more=""):
    return f"[sink otlp]\ntype = otlp\nurl = {url}\nretry_max = 50ms\n{more}"


def deliver(t, more):
    receiver = t.use(otelcol.Otelcol())
    feed = t.feed(config(f"http://127.0.0.1:{receiver.port}", more)).deliver()
    compare(feed, receiver, twice=False)
    equal((feed.account("delivered"), feed.account("failures"), feed.refused), (len(feed.expected), 0, {}), "account")
    feed.end()
    t.note(feed)
    return receiver.received()


def test_protobuf(t):
    records = deliver(t, "environment = staging\n")
    equal({record["resource"]["deployment.environment.name"] for record in records}, {"staging"}, "environment")


def test_json(t):
    deliver(t, "format = json\ncompression = none\n")


def killed(t, receiver, more="", **killing):
    feed = t.feed(config(receiver.url, "batch = 40\n" + more)).deliver(**killing, **KILLING)
    doubles = compare(feed, receiver)
    feed.end()
    t.note(feed, f", {doubles} twice")


def test_receiver_killed(t):
    receiver = t.use(otelcol.Otelcol())
    killed(t, receiver, kill_receiver=receiver)


def test_process_killed(t):
    killed(t, t.use(otelcol.Otelcol()), "format = json\n", kill_process=True)


def test_misbehaviour(t):
    """Whatever stands before the receiver does, all arrive in the end, and nothing is set aside."""
    modes = [mode for mode in hostile_http.MODES if mode not in ("partial", "429_long", "429_date")]
    slow = [mode for mode in modes if mode.startswith(("slow", "silent", "endless"))]
    modes = [mode for mode in modes if not SHORT or mode not in slow[2:]]
    receiver = t.use(otelcol.Otelcol())
    before = t.use(front.HttpFront(receiver))
    feed = t.feed(config(f"{before.url}/v1/logs", f"batch = {4 if SHORT else 12}\ntimeout = 300ms\n"), hostile.events(400 if SHORT else 1200))
    queue = iter(modes)

    def go_on():
        mode = None if before.armed() else next(queue, None)
        if mode:
            before.mode(mode, 1)
        return feed.done()

    before.mode(next(queue), 1)
    feed.deliver(until=go_on)
    equal([mode for _, mode, _ in before.requests() if mode != "pass"], modes, "all were met")
    doubles = compare(feed, receiver)
    equal(feed.refused, {}, "set aside")
    feed.end()
    t.note(feed, f", {doubles} twice")


class Receiver(Answering):
    """Answers each request by answers, then with 200; keeps path, headers, body and time of each."""

    def __init__(self, answers=(), poison=None):
        super().__init__()
        self.requests, self.times, self.answers, self.poison = [], [], iter(answers), poison

    def answer(self, path, headers, body):
        body = gzip.decompress(body)
        status, answer, *more = next(self.answers, (200, b""))
        if self.poison and self.poison in body:
            status, answer = 400, b"\x08\x03\x12\x06poison"
        self.requests.append((path, headers, body))
        self.times.append(time.monotonic())
        return status, dict(more), answer


def some_events(count):
    return list(hostile.events(count, seed=16))


def test_wire(t):
    """protoc reads the request and knows each field; path and headers are right."""
    for suffix, path in (("", "/v1/logs"), ("/", "/v1/logs"), ("/tenant/otlp", "/tenant/otlp")):
        receiver = t.use(Receiver())
        t.feed(config(receiver.url + suffix), some_events(22)).deliver()
        (got, headers, body), = receiver.requests
        equal((got, headers["Content-Type"], headers["Content-Encoding"]), (path, "application/x-protobuf", "gzip"), "request")
        decoded = otelcol.decode(body)
        equal((decoded.count("  event_name: "), decoded.count("log_records {")), (22, 22), "records by protoc")
        check('event_name: "lastwords.crash"' in decoded and not any(line.strip()[:1].isdigit() for line in decoded.split("\n")),
              "a field that the schema does not know")


def varint(number):
    return bytes([number & 127 | 128]) + varint(number >> 7) if number > 127 else bytes([number])


def partial(rejected, message):
    inner = b"\x08" + varint(rejected) + b"\x12" + varint(len(message)) + message
    return b"\n" + varint(len(inner)) + inner


def test_partial(t):
    """Rejected records are counted with their reason and not sent again; a warning is told."""
    events = some_events(100)
    text = json.dumps({"partialSuccess": {"rejectedLogRecords": "3", "errorMessage": "too old"}}).encode()
    for answer in (partial(3, b"too old"), text):
        receiver = t.use(Receiver([(200, answer), (200, partial(0, b"slow\ndown")), (200, b"{}")]))
        feed = t.feed(config(receiver.url, "batch = 40\n"), events).deliver()
        equal([feed.account(what) for what in ("delivered", "refused", "failures")], [97, 3, 0], "account")
        equal(feed.refused, {("otlp", f"3 of the batch from {events[0]['id']}"): "too old"}, "refused")
        check(r"slow\ndown" in feed.log(), f"the warning is told: {feed.log()}")
        equal(sum(otelcol.decode(body).count("log_records {") for _, _, body in receiver.requests), 100, "records, none twice")
    receiver = t.use(Receiver([(200, partial(10 ** 6, b"no"))]))
    feed = t.feed(config(receiver.url, "batch = 40\n"), events).deliver()
    equal([event for _, event in feed.refused], [event["id"] for event in events[:len(feed.refused)]], "all of the batch are named")
    equal((feed.account("refused"), feed.account("delivered")), (len(feed.refused), 100 - len(feed.refused)), "account")


def test_again(t):
    """Retry-After is honoured; what is no answer of OTLP, and what a person can mend, is tried again."""
    answers = [(429, b"", ("Retry-After", "1")), (503, b"\x08\x0e\x12\x04busy"), (502, b""), (504, b""), (401, b""), (403, b""), (404, b""),
               (415, b""), (500, b""), (301, b"", ("Location", "/x")), (200, b"<html>"), (200, b'{"error":"no"}'),
               (200, b'{"partialSuccess":{"rejectedLogRecords":"-1"}}'), (200, partial(2 ** 64 - 1, b"")), (200, b"\n\x7f")]
    receiver = t.use(Receiver(answers))
    feed = t.feed(config(receiver.url), some_events(30)).deliver()
    equal([feed.account(what) for what in ("delivered", "refused", "failures")], [30, 0, len(answers)], "account")
    check(receiver.times[1] - receiver.times[0] >= 1, "Retry-After")
    check("HTTP 503: busy" in feed.errors, f"the message of a status: {feed.errors}")


def test_poison(t):
    """400: the batch is halved until the one event is found, which is set aside."""
    events = some_events(30)
    receiver = t.use(Receiver(poison=events[7]["id"].encode()))
    feed = t.feed(config(receiver.url), events).deliver()
    equal((feed.refused, feed.account("delivered")), ({("otlp", events[7]["id"]): "HTTP 400: poison"}, 29), "set aside")


def test_findings(t):
    """Issues and incidents as they are, with the resource of their first service."""
    issue = {"schema": 1, "kind": "issue", "id": "01M82EPQT5F1WHAHKXYT48HF0N", "fingerprint": "2:ff", "title": "KeyError \U0001f600",
             "time": "2026-11-22T10:46:09.000000001Z", "state": "regressed", "first_seen": "2026-11-22T10:46:09.000000001Z",
             "last_seen": "2026-11-22T10:47:09.000000002Z", "count": 2 ** 53 + 1, "services": ["checkout", "cart"], "versions": ["1", "2"]}
    incident = {"schema": 1, "kind": "incident", "id": "01M82EPQT9N66DFSPXAYKT427T", "state": "open", "time": "2026-11-22T10:46:09.000000001Z",
                "started": "2026-11-22T10:46:09.000000001Z", "last_seen": "2026-11-22T10:46:10.000000000Z", "count": 12,
                "services": [{"name": "checkout", "impact": "total", "count": 12}], "issues": [issue["id"]], "cause": "marker",
                "suspects": [{"cause": "marker", "score": 0.93, "subject": "deploy checkout 42", "evidence": [{"text": "x", "weight": -3.5}]}],
                "advice": {"action": "rollback", "fix_estimate": None, "restore_estimate": {"seconds": 240, "cases": 3}}}
    receiver = t.use(otelcol.Otelcol())
    feed = t.feed(config(receiver.url), [issue, incident]).deliver()
    compare(feed, receiver, twice=False)
    for record in receiver.received():
        equal((record["severityNumber"], record["resource"]["service.name"]), (17, "checkout"), "severity and service")
        check(record["resource"]["host.id"] and record["resource"]["host.name"], "the host")

# SPDX-License-Identifier: Apache-2.0
"""The sink `elastic` against a double of Elasticsearch, with the template that ships with it and without."""
import base64
import json
import os
import subprocess

import feed
import hostile
import trouble
from feed import SHORT, check, contains, differences, equal
from receivers import certificates, client, front, hostile_http
from receivers.elastic_double import ElasticDouble

with open(os.path.join(feed.ROOT, "docs", "elastic-template.json"), encoding="utf-8") as file:
    TEMPLATE = json.load(file)
# docs/EVENTS.md: ECS names of keys that are nowhere else in a document.
NAMES = {
    "@timestamp": "time", "event.action": "kind", "event.id": "id", "host.name": "host.name", "host.boot.id": "host.boot_id",
    "service.name": "service.name", "service.version": "service.version", "container.id": "service.container.id",
    "container.runtime": "service.container.runtime", "orchestrator.resource.id": "service.pod.uid", "process.pid": "process.pid",
    "process.vpid": "process.ns_pid", "process.parent.pid": "process.ppid", "process.thread.id": "process.tid",
    "process.thread.name": "process.thread_name", "process.start": "process.start", "process.name": "process.comm",
    "process.executable": "process.exe", "process.args": "process.cmdline", "process.exit_code": "exit.status", "error.code": "errno",
    "event.url": "marker.link", "destination.domain": "remote_name",
}
OF_FINDINGS = {"@timestamp": "last_seen", "event.action": "kind", "event.created": "detected"}
def read_sorts():
    """By kind: event.kind, category, type, outcome, path of event.code; as docs/EVENTS.md has them."""
    with open(os.path.join(feed.ROOT, "docs", "EVENTS.md"), encoding="utf-8") as text:
        table = text.read().partition("| kind | `event.kind` |")[2].partition("\n\n")[0]
    rows = [[cell.strip(" `") for cell in line.strip("|").split("|")] for line in table.splitlines()[2:]]
    return {kind: cells for kind, *cells in rows}


SORTS = read_sorts()


def at(value, path):
    for key in path.split("."):
        value = value.get(key) if isinstance(value, dict) else None
    return value


def put(event, path, value):
    *parents, last = path.split(".")
    for parent in parents:
        event = event.setdefault(parent, {})
    check(last not in event, f"{path} twice")
    event[last] = value


def leaves(value, path=""):
    for key, part in value.items():
        name = f"{path}.{key}" if path else key
        if isinstance(part, dict) and part:
            yield from leaves(part, name)
        else:
            yield name, part


def without_nulls(value):
    """What is null is absent, and so is an object that has nothing else."""
    if not isinstance(value, dict):
        return value
    parts = {key: without_nulls(part) for key, part in value.items()}
    return {key: part for key, part in parts.items() if part is not None and part != {}}


def end_of(document, side):
    ip, port = at(document, side + ".ip"), at(document, side + ".port")
    host = f"[{ip}]" if ip and ":" in ip else ip or at(document, side + ".address")
    if host and host[0] in "/@":
        return "unix:" + host
    return None if host is None else f"{host}:{'*' if port is None else port}"


def event_of(document, start):
    """The event, issue or incident made again of the document's fields, without event.original; start: what event.start is of."""
    kind, event = at(document, "event.action"), {}
    finding = kind in ("issue", "incident")
    rest = dict(document["lastwords"])
    if finding:
        event["schema"] = rest.pop("schema")
        equal(set(rest), {kind}, "what is below lastwords")
        rest = rest[kind]
    for path, value in leaves(rest):
        put(event, path, value)
    for name, path in (OF_FINDINGS if finding else NAMES).items():
        if at(document, name) is not None:
            put(event, path, at(document, name))
    if finding:
        put(event, start, at(document, "event.start"))
        if at(document, "event.end") != event["last_seen"]:
            put(event, "ended", at(document, "event.end"))
        return event
    if "exception" in event:
        event["exception"].update(type=at(document, "error.type"), message=at(document, "error.message"))
    for name, path in (("real_user", "process.uid"), ("real_group", "process.gid")):
        if at(document, f"process.{name}.id") is not None:
            put(event, path, int(at(document, f"process.{name}.id")))
    if at(document, "event.reason") is not None:
        put(event, "killer.reason" if kind == "kill" else "reason", at(document, "event.reason"))
    if at(document, "event.duration") is not None:
        event["interval"] = at(document, "event.duration") / 1e9
    if kind == "listen":
        event["listen"]["port"] = at(document, "source.port")
        return event
    for side, key in (("source", "local"), ("destination", "remote")):
        if end_of(document, side):
            event[key] = end_of(document, side)
    if at(document, "network.direction"):
        event["direction"] = {"egress": "sent", "ingress": "received"}[at(document, "network.direction")]
    return event


def look(key, document, event):
    """The fields that are made of others, and the way back."""
    kind = event["kind"]
    event_kind, category, sort, outcome, code = SORTS[kind]
    if event.get("state") in ("closed", "resolved") and kind in ("incident", "issue"):
        outcome = "success"
    fields = document["event"]
    equal((fields["kind"], fields["category"], fields["type"], fields["dataset"], fields["module"], fields["outcome"],
           fields["id"]), (event_kind, [category], [sort], f"lastwords.{kind}", "lastwords", outcome, key), "event.*")
    value = at(event, code)
    equal(fields.get("code"), str(value) if isinstance(value, int) else value, "event.code")
    check((fields["severity"], document["log"]["level"]) in ((21, "info"), (47, "warning"), (73, "error"), (99, "critical")), "severity")
    equal(document["ecs"], {"version": "8.11.0"}, "ecs")
    check(document["message"].startswith(kind) and "\n" not in document["message"], f"message {document['message']!r}")
    expected, again = without_nulls(event), event_of(document, "started" if "started" in event else "first_seen")
    if "interval" in again:
        equal(again.pop("interval"), float(expected.pop("interval")), "interval")
    if kind not in ("issue", "incident"):
        again["id"] = event["id"]
    changed = list(differences(expected, again))
    check(not changed, f"{key}: {changed[:5]}")
    if at(event, "exception.frames") or at(event, "stack.frames"):
        frames = at(event, "exception.frames") or at(event, "stack.frames")
        equal(len(document["error"]["stack_trace"].split("\n")), len(frames), "lines of error.stack_trace")


def pairs(fed, receiver, deep=False):
    for row in receiver.received():
        if deep and row["_id"] in fed.expected:
            look(row["_id"], row["_source"], fed.expected[row["_id"]])
        yield row["_id"], json.loads(row["_source"]["event"]["original"])


def config(url, more=""):
    return f"[sink search]\ntype = elastic\nurl = {url}\nretry_max = 100ms\n{more}"


def double(t, template=True):
    receiver = t.use(ElasticDouble())
    if template:
        status = client.request(receiver.port, "PUT", "/_index_template/lastwords", json.dumps(TEMPLATE).encode(),
                                {"Content-Type": "application/json"})[0]
        equal(status, 200, "the template")
    return receiver


def test_all(t):
    receiver = double(t)
    fed = t.feed(config(receiver.url)).deliver()
    equal(fed.compare(pairs(fed, receiver, True)), 0, "doubles")
    equal((fed.account("delivered"), fed.account("failures"), fed.refused), (len(fed.expected), 0, {}), "account")
    fed.end()
    t.note(fed)


def test_kinds(t):
    """Those of the table that hostile.py does not make, and ends of every form."""
    base = dict(next(hostile.events(1)), kind="listen", listen={"state": "stopped", "port": 8080})
    for key in ("signal", "exit", "stack", "threads", "exception", "last_words", "breadcrumbs", "memory", "fingerprint", "fingerprint_step"):
        base.pop(key, None)
    reset = {key: value for key, value in base.items() if key != "listen"}
    reset.update(kind="tcp_reset", direction="sent", count=1, interval=1.0, remote_name="db.example.org")
    ends = ("127.0.0.1:1", "127.0.0.1:*", "*:*", "*:443", "[::1]:65535", "[2001:db8::1]:*", "[fe80::1]:0")
    events = [base] + [dict(reset, local=local, remote=remote) for local in ends for remote in ends]
    events = [dict(event, id=hostile.make_id(number, hostile.random.Random(number))) for number, event in enumerate(events)]
    receiver = double(t)
    fed = t.feed(config(receiver.url), events).deliver()
    equal((fed.compare(pairs(fed, receiver, True), twice=False), fed.refused), (0, {}), "doubles and what was set aside")
    equal({row["_source"]["event"]["action"] for row in receiver.received()}, {"listen", "tcp_reset"}, "kinds")


def test_without_template(t):
    """What Elasticsearch makes of logs-*-* by itself, and a plain index: documents have the same types, and few fields."""
    receiver = double(t, False)
    fed = t.feed(config(receiver.url + "/", "compression = none\n") + config(receiver.url, "index = logs-other-x\n").replace("search", "other"),
                 hostile.events(220 if SHORT else 1100, seed=5)).deliver()
    equal(len(receiver.received()), 2 * len(fed.expected), "documents")
    fed.compare(pairs(fed, receiver))
    equal(fed.refused, {}, "what was given up")


def killed(t, receiver, **killing):
    fed = t.feed(config(receiver.url, "batch = 100\n")).deliver(**killing)
    equal(fed.compare(pairs(fed, receiver)), 0, "doubles: each has its id")
    fed.end()
    t.note(fed)


def test_receiver_killed(t):
    receiver = double(t)
    killed(t, receiver, kill_receiver=receiver)


def test_process_killed(t):
    killed(t, double(t), kill_process=True)


def test_misbehaviour(t):
    """Whatever stands before the receiver does, all arrive in the end, and nothing is set aside."""
    receiver = double(t)
    before = t.use(front.HttpFront(receiver))
    modes = [mode for mode in hostile_http.MODES if mode not in ("429_long", "429_date", "413")]
    fed = t.feed(config(before.url, f"timeout = {'300ms' if SHORT else '1s'}\n"), [])
    trouble.in_turn(fed, before, modes)
    fed.compare(pairs(fed, receiver))
    equal(fed.refused, {}, "what was given up")


def test_items(t):
    """200 with errors inside: each item by its own status."""
    receiver = double(t)
    events = list(hostile.events(60, seed=9))
    fed = t.feed(config(receiver.url, "batch = 20\n"), [])
    fed.start()

    def part(first, last, status, kind, reason, count):
        receiver.refuse_items(count, status, kind, reason)
        fed.events = events[first:last]
        fed.deliver()

    part(0, 10, 429, "es_rejected_execution_exception", "rejected execution", 13)
    part(10, 20, 503, "unavailable_shards_exception", "primary shard is not active", 1)
    part(20, 30, 403, "security_exception", "action [indices:data/write/bulk] is unauthorized", 4)
    part(30, 40, 400, "index_closed_exception", "closed", 11)
    part(40, 50, 400, "illegal_argument_exception", "pipeline with id [x] does not exist", 10)
    equal((fed.refused, len(receiver.received())), ({}, 50), "nothing is given up")
    for text in ("HTTP 429 of an item: es_rejected", "HTTP 503 of", "HTTP 403 of an item: security_exception", "index_closed", "pipeline with id"):
        check(any(text in error for error in fed.errors), f"{text}: {fed.errors}")
    part(50, 60, 400, "document_parsing_exception", "[1:2] failed \x1b[31m to parse", 1)
    equal(fed.refused, {("search", events[50]["id"]): "HTTP 400 of an item: document_parsing_exception: [1:2] failed \\x1b[31m to parse"},
          "what was set aside")
    fed.expected.pop(events[50]["id"])
    equal(fed.compare(pairs(fed, receiver), order=False), 0, "doubles")
    equal((fed.account("delivered"), fed.account("refused")), (59, 1), "account")


PIPELINE = "pipeline with id [x] does not exist"
FIELD = "field [user] not present as part of path [user.name]"


def test_alone(t):
    """Of a single event it cannot be said whether it or the index is at fault: it waits for a second one."""
    receiver = double(t)
    events = list(hostile.events(5, seed=12))
    fed = t.feed(config(receiver.url), [])
    fed.start()

    def refused(events, failures=5):
        fed.state.add(events)
        fed.wake()
        before = fed.account("failures")
        feed.wait_for(lambda: fed.listen() or fed.account("failures") >= before + failures, 10, f"it is tried again: {fed.told()}")

    for number, reason in enumerate((PIPELINE, FIELD)):
        receiver.refuse_items(1 << 20, 400, "illegal_argument_exception", reason)
        refused(events[number:number + 1])
        receiver.refuse_items(0, 400, "")
        fed.deliver()
    equal((fed.compare(pairs(fed, receiver)), fed.refused), (0, {}), "doubles and what was set aside")
    receiver.refuse_items(1 << 20, 400, "illegal_argument_exception", FIELD, events[2]["id"])
    refused(events[2:3])
    equal(fed.refused, {}, "what was set aside before there was a second one")
    fed.events = events[3:]
    fed.deliver()
    equal(list(fed.refused), [("search", events[2]["id"])], "what was set aside")
    equal({row["_id"] for row in receiver.received()}, {event["id"] for event in events} - {events[2]["id"]}, "documents")


def test_one_at_a_time(t):
    """With batch = 1 no second one comes: three tries, but what is known to be the index's is waited for."""
    receiver = double(t)
    events = list(hostile.events(3, seed=13))
    fed = t.feed(config(receiver.url, "batch = 1\n"), events)
    receiver.refuse_items(5, 400, "illegal_argument_exception", PIPELINE)
    fed.deliver()
    equal((fed.compare(pairs(fed, receiver)), fed.refused, fed.account("failures")), (0, {}, 5), "doubles, what was set aside, failures")
    fed.events = list(hostile.events(3, seed=14))
    receiver.refuse_items(1 << 20, 400, "illegal_argument_exception", FIELD, fed.events[1]["id"])
    poison = fed.events[1]["id"]
    fed.deliver()
    equal((list(fed.refused), len(receiver.received()), fed.account("failures")), ([("search", poison)], 5, 5), "set aside, documents, failures")


ODD = ("", "{}", "[]", "null", "1", '"errors"', "{", "{}{}", '{"errors":null}', '{"errors":"false"}', '{"errors":0}', '{"errors":true}', '{"items":[]}',
       '{"errors":true,"items":[]}', '{"errors":true,"items":{}}', '{"errors":false,"items":[]}', '{"errors":false,"items":[{"create":{"status":201}}]}',
       '{"errors":true,"items":[1,2,3]}', '{"errors":true,"items":[null,null,null]}', '{"errors":true,"items":[{},{},{}]}',
       '{"errors":true,"items":[{"create":{"status":"400"}},{"create":{"status":201}},{"create":{"status":201}}]}',
       '{"errors":true,"items":[{"create":{"status":-1}},{"create":{"status":201}},{"create":{"status":201}}]}',
       '{"errors":true,"items":[{"create":{"status":99999999999999999999}},{"create":{"status":201}},{"create":{"status":201}}]}',
       '{"errors":true,"items":[{"create":[]},{"create":{"status":201}},{"create":{"status":201}}]}', "[" * 100_000, '{"errors":' * 50_000,
       '{"errors":true,"items":' + "[" * 1000 + "]" * 1000 + "}", '{"err\\u0000ors":false}', '\ufeff{"errors":false}', "\0", '{"error":{"type":"x"},"status":200}')


def test_odd_answers(t):
    """200 with what is no answer to three items: none is taken for delivered or refused."""
    receiver = double(t)
    events = list(hostile.events(3 * len(ODD), seed=11))
    fed = t.feed(config(receiver.url).replace("100ms", "20ms"), [])
    fed.start()
    for number, body in enumerate(ODD[::4] if SHORT else ODD):
        receiver.fail(200, 1, body)
        fed.events = events[3 * number:3 * number + 3]
        failures = fed.account("failures")
        fed.deliver()
        check(fed.account("failures") > failures, f"{body[:80]!r} was taken for an answer")
    equal((fed.compare(pairs(fed, receiver)), fed.refused), (0, {}), "doubles and what was set aside")


def test_long_reasons(t):
    """An answer with more than is read of one: fewer documents at a time have room."""
    receiver = double(t)
    fed = t.feed(config(receiver.url), hostile.events(100, seed=9))
    receiver.refuse_items(1 << 20, 400, "document_parsing_exception", "\u65e5" * 5000)
    fed.deliver()
    equal((len(fed.refused), receiver.received()), (100, []), "refused")


def test_old_server(t):
    """One that does not know filter_path."""
    receiver = double(t)
    receiver.know_no_filter()
    fed = t.feed(config(receiver.url), hostile.events(100)).deliver()
    fed.compare(pairs(fed, receiver), twice=False)
    equal(fed.errors, ["the server does not know filter_path: without it from now on"], "errors")


def test_authorization(t):
    receiver = double(t)
    for more, header in (("token_file = " + t.file("token", "a2V5\n"), "ApiKey a2V5"),
                         (f"user = elastic\npassword_file = {t.file('password', 's3cret:%')}", "Basic " + base64.b64encode(b"elastic:s3cret:%").decode())):
        receiver.require("Bearer nobody")
        fed = t.feed(config(receiver.url, f"index = logs-lastwords-{header[0].lower()}\n{more}\n"), hostile.events(50))
        fed.deliver(until=lambda: any("HTTP 401" in error for error in fed.errors))
        receiver.require(header)
        fed.deliver()
        equal(fed.refused, {}, "what was given up")
        fed.end()
    equal(len(receiver.received()), 100, "documents")


def test_tls(t):
    """The certificate is to be one of the authority's, for this host, and of today."""
    receiver = double(t)
    authority = certificates.Authority(t.path("tls"))
    for pair in (authority.certificate("other", "DNS:other"), authority.certificate("old", days=-1)):
        before = t.use(front.HttpFront(receiver, certificate=pair))
        fed = t.feed(config(before.url, f"ca = {authority.ca}\n"), hostile.events(10))
        fed.deliver(until=lambda fed=fed: fed.account("failures") > 1)
        fed.end()
    equal(receiver.received(), [], "what came over a wrong certificate")
    before = t.use(front.HttpFront(receiver, certificate=authority.certificate("good")))
    fed = t.feed(config(before.url, f"ca = {authority.ca}\n"), hostile.events(10)).deliver()
    fed.compare(pairs(fed, receiver))


def complaint(t, text):
    """What `config check` says of it."""
    return subprocess.run([feed.LASTWORDS, "config", "check", "--config", t.file("lastwords.conf", text)], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, check=False).stdout.decode()


def test_wrong_keys(t):
    for line, expected in (("index = Logs", "index = a name of small letters"), ("index = _x", "index = a name of small letters"),
                           ("user = a\ntoken_file = " + t.file("token", "x"), "token_file or user, not both"),
                           ("index = a/_bulk?x", "index = a name"), ("tenant = x", "one of the keys of a sink of type elastic: ")):
        contains(complaint(t, config("http://127.0.0.1:1", line + "\n")), expected, line)

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Proves each receiver without lastwords: hostile texts are sent by plain clients, the receiver is killed in between, and what
it gives back is compared. Usage: tests/sinks/receivers_test.py [NAME...]. Needs root for journald, Spotlight and machine."""
import gzip
import hashlib
import hmac
import json
import os
import socket
import ssl
import struct
import subprocess
import sys
import time
import traceback
from contextlib import closing

sys.dont_write_bytecode = True
import hostile  # noqa: E402
from receivers import certificates, clickhouse, client, elastic_double, front, hostile_http, journal, kafka, loki_double, machine  # noqa: E402
from receivers import nats, otelcol, prometheus, rsyslog, sentry, webhook_double  # noqa: E402
from receivers.process import wait_until  # noqa: E402

sys.path.append(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from expect import Failed, equal  # noqa: E402

EVENTS = list(hostile.events(400, seed=7))
HALF = len(EVENTS) // 2


def text(event):
    return json.dumps(event, ensure_ascii=False)


def arrives(receiver, pairs_of, expected=None, timeout=20):
    """Waits until all events are there: each once at least, and none with another content."""
    expected = {event["id"]: text(event) for event in EVENTS} if expected is None else expected
    try:
        wait_until(lambda: len({key for key, _ in pairs_of(receiver.received())}) >= len(expected), timeout, "all events")
    except RuntimeError:
        pass
    pairs = pairs_of(receiver.received())
    equal(sorted({key for key, _ in pairs}), sorted(expected), "ids")
    for key, value in pairs:
        equal(value, expected[key], key)


def halves(receiver, send, settle=None):
    """Sends half, kills and restarts, sends the other half."""
    send(EVENTS[:HALF])
    if settle:
        settle()
    receiver.restart()
    send(EVENTS[HALF:])


def native(fields):
    return b"".join(key.encode() + b"\n" + struct.pack("<Q", len(value)) + value + b"\n" for key, value in fields.items())


def syslog(event):
    escaped = text(event).replace("\\", "\\\\").replace('"', '\\"').replace("]", "\\]")
    return f'<10>1 {event["time"][:26]}Z web-1 lastwords 42 {event["kind"]} [lw@32473 event="{escaped}"] \ufeff{text(event)[:99]}'.encode()


def test_rsyslog():
    def parts(messages):
        return [(json.loads(message["data"]["lw@32473"]["event"])["id"], message["data"]["lw@32473"]["event"]) for message in messages]

    def stream(port, context=None):
        def send(events):
            with socket.create_connection(("127.0.0.1", port)) as tcp:
                tcp = context.wrap_socket(tcp, server_hostname="localhost") if context else tcp
                for event in events:
                    message = syslog(event)
                    tcp.sendall(b"%d %s" % (len(message), message))
                tcp = tcp.unwrap() if context else tcp
        return send

    def datagrams(family, address):
        def send(events):
            with socket.socket(family, socket.SOCK_DGRAM) as out:
                for event in events:
                    try:
                        out.sendto(syslog(event), address)
                    except OSError:  # longer than a datagram may be: not for this transport
                        stream(receiver.port)([event])
        return send

    for which in ("tcp", "tls", "udp", "unix"):
        with rsyslog.Rsyslog() as receiver:
            sends = {"tcp": stream(receiver.port), "tls": stream(receiver.tls, ssl.create_default_context(cafile=receiver.ca)),
                     "udp": datagrams(socket.AF_INET, ("127.0.0.1", receiver.udp)), "unix": datagrams(socket.AF_UNIX, receiver.socket)}
            half = {event["id"]: text(event) for event in EVENTS[:HALF]}
            halves(receiver, sends[which], lambda: arrives(receiver, parts, half))
            arrives(receiver, parts)


def journal_fields(event):
    return {"MESSAGE": text(event).encode(), "LASTWORDS_ID": event["id"].encode()}


def journal_pairs(entries):
    return [(entry["LASTWORDS_ID"], entry["MESSAGE"].decode() if isinstance(entry["MESSAGE"], bytes) else entry["MESSAGE"])
            for entry in entries if "LASTWORDS_ID" in entry]


def to_journald(receiver):
    def send(events):
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as out:
            for event in events:
                out.sendto(native(journal_fields(event)), receiver.socket)
    return send


def test_journald():
    with journal.Journald() as receiver:
        half = {event["id"]: text(event) for event in EVENTS[:HALF]}
        halves(receiver, to_journald(receiver), lambda: arrives(receiver, journal_pairs, half))
        arrives(receiver, journal_pairs)  # killed when busy, it would lose the one that it has in hand
        receiver.kill()
        to_journald(receiver)(EVENTS[:3])  # nobody reads; the socket keeps them
        receiver.start()
        arrives(receiver, journal_pairs)
        wait_until(lambda: len(journal_pairs(receiver.received())) == len(EVENTS) + 3, 10, "messages sent while it was dead")


def test_machine():
    with machine.Machine() as receiver:
        half = {event["id"]: text(event) for event in EVENTS[:HALF]}
        halves(receiver, to_journald(receiver), lambda: arrives(receiver, journal_pairs, half))
        arrives(receiver, journal_pairs)


def test_journal_remote():
    with journal.JournalRemote() as receiver:
        def send(events):
            body = b"".join(b"__REALTIME_TIMESTAMP=%d\n" % (time.time_ns() // 1000) + native(journal_fields(event)) + b"\n"
                            for event in events)
            equal(client.request(receiver.port, "POST", "/upload", body, {"Content-Type": "application/vnd.fdo.journal"})[0], 202, "status")
        halves(receiver, send)
        arrives(receiver, journal_pairs)


def otlp(events):
    records = [{"timeUnixNano": "1", "severityNumber": 21, "eventName": event["kind"], "body": {"stringValue": text(event)},
                "attributes": [{"key": "lastwords.id", "value": {"stringValue": event["id"]}}]} for event in events]
    return {"resourceLogs": [{"resource": {"attributes": [{"key": "host.name", "value": {"stringValue": "web-1"}}]},
                              "scopeLogs": [{"scope": {"name": "lastwords"}, "logRecords": records}]}]}


def test_otelcol():
    with otelcol.Otelcol() as receiver:
        halves(receiver, lambda events: equal(client.post_json(receiver.port, "/v1/logs", otlp(events), True)[0], 200, "status"))
        arrives(receiver, lambda records: [(record["attributes"]["lastwords.id"], record["body"]) for record in records])
        record = receiver.received()[0]
        equal((record["eventName"], record["resource"], record["scope"]["name"]), ("crash", {"host.name": "web-1"}, "lastwords"), "record")
        equal(client.request(receiver.port, "POST", "/v1/logs", b"{", {"Content-Type": "application/json"})[0], 400, "bad request")
    request = b"\n\x0b\x12\t\x12\x07b\x05crash"
    equal('event_name: "crash"' in otelcol.decode(request), True, "event_name by protoc")


def test_prometheus():
    with prometheus.Alertmanager() as target, prometheus.Prometheus([f"127.0.0.1:{target.port}"]) as receiver:
        wait_until(receiver.received, 15, "samples")
        receiver.restart()
        equal(bool(receiver.received()), True, "samples after a kill")
        wait_until(lambda: receiver.targets_up().get(f"127.0.0.1:{target.port}") == ("up", ""), 15, "health")
        equal(prometheus.check_metrics(client.request(target.port, "GET", "/metrics")[2]), "", "promtool")
        equal(prometheus.check_metrics(b"x{ 1\n") != "", True, "promtool on a wrong exposition")


def test_alertmanager():
    with prometheus.Alertmanager() as receiver:
        alerts = [{"labels": {"alertname": "x", "id": event["id"]}, "annotations": {"event": text(event)}} for event in EVENTS]
        for _ in range(2):
            equal(client.post_json(receiver.port, "/api/v2/alerts", alerts)[0], 200, "status")
            arrives(receiver, lambda found: [(alert["labels"]["id"], alert["annotations"]["event"]) for alert in found])
            receiver.restart()


def test_nats():
    with nats.Nats() as receiver:
        def publish(event):
            """True once it is acknowledged."""
            try:
                with closing(receiver.client()) as connection:
                    answer = connection.request("lastwords." + event["kind"], text(event).encode(), {"Nats-Msg-Id": event["id"]})
                return "seq" in answer
            except OSError:
                return False

        for number, event in enumerate(EVENTS):
            if number == HALF:
                dead = receiver.leader()
                receiver.kill()
            wait_until(lambda: publish(event), 30, "an acknowledgement")
        wait_until(lambda: publish(EVENTS[0]), 30, "an acknowledgement")
        dead.start()
        found = receiver.received()
        equal([dict(message["headers"])["Nats-Msg-Id"] for message in found], [event["id"] for event in EVENTS], "ids")
        equal([message["data"].decode() for message in found], [text(event) for event in EVENTS], "messages")


def test_kafka():
    with kafka.Kafka() as receiver:
        def send(events):
            lines = b"".join(event["id"].encode() + b"\x01" + text(event).encode() + b"\x02" for event in events)
            subprocess.run(["kcat", "-P", "-b", receiver.url, "-t", "lastwords", "-K", "\x01", "-D", "\x02", "-H", "kind=death",
                            "-X", "enable.idempotence=true"], input=lines, check=True, stderr=subprocess.DEVNULL)
        halves(receiver, send)
        arrives(receiver, lambda messages: [(message["key"].decode(), message["value"].decode()) for message in messages])
        equal(receiver.received()[0]["headers"], [("kind", b"death")], "headers")


def test_clickhouse():
    with clickhouse.ClickHouse() as receiver:
        receiver.query("CREATE TABLE lastwords_events (id String, event String) ENGINE = MergeTree() PARTITION BY tuple() ORDER BY id")
        halves(receiver, lambda events: receiver.query("INSERT INTO lastwords_events FORMAT JSONEachRow", "\n".join(
            json.dumps({"id": event["id"], "event": text(event)}) for event in events).encode()))
        arrives(receiver, lambda rows: [(row["id"], row["event"]) for row in rows])


def test_spotlight():
    def error_of(event):
        return {"event_id": hashlib.md5(event["id"].encode()).hexdigest(), "timestamp": 1.5, "platform": "native", "level": "fatal",
                "message": text(event), "exception": {"values": [{"type": "SIGSEGV", "mechanism": {"type": "signalhandler", "handled": False},
                                                                  "stacktrace": {"frames": [{"instruction_addr": "0x1f", "package": "/x"}]}}]}}

    with sentry.Spotlight() as receiver:
        def send(events):
            for event in events:
                payload = json.dumps(error_of(event)).encode()
                body = json.dumps({"event_id": error_of(event)["event_id"]}).encode() + b'\n{"type":"event","length":%d}\n' % len(payload) + payload
                equal(client.request(receiver.port, "POST", "/api/1/envelope/", gzip.compress(body), {
                    "Content-Type": "application/x-sentry-envelope", "Content-Encoding": "gzip"})[0], 200, "status")
        halves(receiver, send)
        expected = {error_of(event)["event_id"]: text(event) for event in EVENTS}
        arrives(receiver, lambda found: [(event["event_id"], event["message"]) for event in found], expected)
        shown = wait_until(lambda: len(receiver.shown()) >= HALF and receiver.shown(), 10, "what Spotlight shows")
        equal(all(expected[event["event_id"]] == event["message"] for event in shown), True, "what Spotlight shows")
        equal(sentry.validate([error_of(EVENTS[0]), {**error_of(EVENTS[0]), "level": "bad"}])[0][0], 1, "the schema")


def test_loki_double():
    with loki_double.LokiDouble() as receiver:
        def push(stream, values):
            return client.post_json(receiver.port, "/loki/api/v1/push", {"streams": [{"stream": stream, "values": values}]}, True)[0]
        stamp = str(time.time_ns())
        halves(receiver, lambda events: equal(push({"host": "web-1"}, [[stamp, text(event), {"id": event["id"]}] for event in events]), 204, "status"))
        arrives(receiver, lambda entries: [(entry["metadata"]["id"], entry["line"]) for entry in entries])
        for stream, values in (({"pid": "1"}, [[stamp, "x"]]), ({}, [[stamp, "x"]]), ({"host": "a"}, [[1, "x"]]), ({"host": "a"}, [["1", "x"]]),
                               ({"host": "a"}, [[stamp, "x", {"n": 1}]]), ({"host": "a"}, [[stamp, "x" * 300000]])):
            equal(push(stream, values), 400, f"refused {stream} {str(values)[:40]}")
        receiver.fail(429, 1, headers={"Retry-After": "1"})
        equal([push({"host": "a"}, [[stamp, "x"]]) for _ in range(2)], [429, 204], "statuses")
        label, entry = b'{host="a\\"b"}', b"\n\x06\x08" + varint(time.time_ns() // 10 ** 9) + b"\x12\x05hello\x1a\x06\n\x01k\x12\x01v"
        stream = b"\n" + bytes([len(label)]) + label + b"\x12" + bytes([len(entry)]) + entry
        body = b"\n" + bytes([len(stream)]) + stream
        status = client.request(receiver.port, "POST", "/loki/api/v1/push", bytes([len(body), len(body) - 1 << 2]) + body, {
            "Content-Type": "application/x-protobuf"})[0]
        last = receiver.received()[-1]
        equal((status, last["labels"], last["line"], last["metadata"]), (204, {"host": 'a"b'}, "hello", {"k": "v"}), "protobuf")


def varint(number):
    return bytes([number & 127 | 128]) + varint(number >> 7) if number > 127 else bytes([number])


def test_elastic_double():
    with elastic_double.ElasticDouble() as receiver:
        def bulk(documents):
            body = "".join(json.dumps({"create": {"_id": key}}) + "\n" + json.dumps(document) + "\n" for key, document in documents).encode()
            status, _, answer = client.request(receiver.port, "POST", "/logs-lastwords-default/_bulk", gzip.compress(body), {
                "Content-Type": "application/x-ndjson", "Content-Encoding": "gzip"})
            return status, [item["create"]["status"] for item in json.loads(answer)["items"]]
        at = {"@timestamp": "2026-11-22T10:46:09.123456789Z"}
        halves(receiver, lambda events: equal(bulk([(event["id"], {**at, "message": text(event)}) for event in events])[1],
                                              [201] * len(events), "items"))
        arrives(receiver, lambda documents: [(document["_id"], document["_source"]["message"]) for document in documents])
        receiver.reject_items(1)
        equal(bulk([("a", at), (EVENTS[0]["id"], at), ("b", {}), ("c", {**at, "process": {"pid": "x"}}), ("d", {**at, "message": {"a": 1}}),
                    ("e", {**at, "process": {"pid": 2 ** 63}}), ("f", at)]), (200, [429, 409, 400, 400, 400, 400, 201]), "items")
        equal(client.request(receiver.port, "POST", "/_bulk", b"{}", {"Content-Type": "application/x-ndjson"})[0], 400, "no newline")


def test_webhook_double():
    with webhook_double.WebhookDouble(secret="key") as receiver:
        def send(events, key=b"key", status=200, stamp=str(int(time.time()))):
            for event in events:
                body = text(event).encode()
                equal(client.request(receiver.port, "POST", "/x", body, {
                    "X-Lastwords-Timestamp": stamp, "X-Lastwords-Signature":
                    "sha256=" + hmac.new(key, stamp.encode() + b"." + body, hashlib.sha256).hexdigest()})[0], status, "status")
        halves(receiver, send)
        send(EVENTS[:1], b"wrong", 401)
        send(EVENTS[:1], status=401, stamp=str(int(time.time()) - 400))
        arrives(receiver, lambda requests: [(json.loads(request["body"])["id"], request["body"]) for request in requests])


def test_front():
    with webhook_double.WebhookDouble() as receiver, front.HttpFront(receiver) as before:
        def status():
            try:
                return client.request(before.port, "POST", "/", b"x", timeout=1)[0]
            except Exception as error:
                return type(error).__name__
        equal(status(), 200, "passed on")
        for mode in hostile_http.MODES:
            if not mode.startswith(("endless", "slow")):
                before.mode(mode, 1)
                got = status()
                equal(got == int(mode[:3]) if mode[:3].isdigit() else bool(got), True, f"{mode}: {got}")
                equal(status(), 200, f"after {mode}")
        before.mode("slow_headers", 1)
        with socket.create_connection(("127.0.0.1", before.port)) as tcp:
            tcp.sendall(b"POST / HTTP/1.1\r\nContent-Length: 0\r\n\r\n")
            equal([len(tcp.recv(100)) for _ in range(5)], [1] * 5, "a byte at a time")
        before.mode("endless_body")
        with socket.create_connection(("127.0.0.1", before.port)) as tcp:
            tcp.sendall(b"POST / HTTP/1.1\r\nContent-Length: 0\r\n\r\n")
            equal(sum(len(tcp.recv(1 << 16)) for _ in range(300)) > 1 << 20, True, "endless body")
        authority = certificates.Authority(receiver.path("tls"))
        for pair, right in ((authority.certificate(), True), (authority.certificate("other", "DNS:other"), False),
                            (authority.certificate(days=-1), False)):
            with front.HttpFront(receiver, certificate=pair) as tls:
                done = subprocess.run(["curl", "-sf", "--cacert", authority.ca, "-d", "x", tls.url], stdout=subprocess.DEVNULL, check=False)
                equal(done.returncode, 0 if right else 60, f"curl with {pair[0]}")


def main():
    names = sys.argv[1:] or [name[5:] for name in globals() if name.startswith("test_")]
    passed = failed = 0
    for name in names:
        start = time.monotonic()
        try:
            globals()["test_" + name]()
            passed += 1
            print(f"ok - {name} ({time.monotonic() - start:.1f} s)", flush=True)
        except Exception as error:
            failed += 1
            print(f"not ok - {name} ({time.monotonic() - start:.1f} s)\n    {error!s:.2000}", flush=True)
            if not isinstance(error, Failed):
                traceback.print_exc(file=sys.stdout)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    os.chdir("/")
    sys.exit(main())

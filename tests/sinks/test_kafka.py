# SPDX-License-Identifier: Apache-2.0
"""The sink kafka against librdkafka's mock cluster of three brokers, which keep 5 MB of a partition: offsets tell whether
what is missing was there."""
import json
import socket
import threading
import time

import hostile
from feed import COUNT, SHORT, Failed, check, contains, equal, service_of, wait_for
from receivers import certificates, kafka
from receivers.kafka_front import Apart, KafkaFront, Plain
from receivers.process import free_port

NOT_LEADER, TOO_LARGE, NOT_ENOUGH_REPLICAS, INVALID_RECORD, TOPIC_RIGHTS, TIMED_OUT = 6, 10, 19, 87, 29, 7


def config(receiver, extra=""):
    return f"[sink a]\ntype = kafka\nbrokers = {receiver.url}\ntopic = lastwords\nretry_max = 500ms\n{extra}"


def events(messages):
    return [(dict(message["headers"])["id"].decode(), json.loads(message["value"])) for message in messages]


def arrives(receiver, fed, timeout=20, **more):
    """The reader in the mock's program is a little behind the brokers."""
    def all_there():
        return {key for key, _ in events(receiver.received())} >= {key for key, event in fed.expected.items()
                                                                    if not more.get("only") or more["only"](event)}
    try:
        wait_for(all_there, timeout, "all messages")
    except Failed:
        pass
    got = receiver.received()
    for partition in {message["partition"] for message in got}:
        offsets = {message["offset"] for message in got if message["partition"] == partition}
        equal(len(offsets), max(offsets) + 1, f"messages of partition {partition} that the reader was not too late for")
    return fed.compare(events(got), order=False, **more)


def ordered(messages):
    """Each partition has its events in the order of storing, when doubles are left out."""
    seen, last = set(), {}
    for message in messages:
        key = dict(message["headers"])["id"]
        if key in seen or b"-" in key:
            continue
        seen.add(key)
        check(last.get(message["partition"], b"") < key, f"partition {message['partition']}: {key} comes late")
        last[message["partition"]] = key


def test_all(t):
    """Each event once, with its key and headers, those of one key in order."""
    receiver = t.use(kafka.Kafka())
    for number, compression in enumerate(("none", "gzip", "lz4", "zstd", "snappy")):
        if SHORT and number > 1:
            break
        extra = f"compression = {compression}\n"
        fed = t.feed(config(receiver, extra), None if number == 0 else list(hostile.events(COUNT // 20, seed=number + 50)))
        # The mock's brokers keep 5 MB of a partition: its reader has to come along.
        fed.deliver(over=COUNT / 1000 if number == 0 else 0)
        if number == 0:
            arrives(receiver, fed, twice=False)
            mine = receiver.received()
            for message in mine:
                header = dict(message["headers"])
                event = fed.expected[header["id"].decode()]
                equal(header["kind"].decode(), event["kind"], "kind")
                equal(header["schema"], b"1", "schema")
                equal(message["key"].decode(), service_of(event) or socket.gethostname(), "key")
            ordered(mine)
            fed.end()
            t.note(fed)
        else:
            wait_for(lambda wanted=set(fed.expected): wanted <= {key for key, _ in events(receiver.received())}, 20, compression)
        equal(fed.refused, {}, "refused")


def test_killed(t):
    """The process of the sinks is killed each second."""
    receiver = t.use(kafka.Kafka())
    fed = t.feed(config(receiver, "batch = 50\n")).deliver(kill_process=True)
    doubles = arrives(receiver, fed)
    ordered(receiver.received())
    fed.end()
    t.note(fed, f", {doubles} doubles")


def test_brokers(t):
    """The brokers are cut off each second."""
    receiver = t.use(kafka.Kafka())
    fed = t.feed(config(receiver, "batch = 50\ntimeout = 5s\n"))
    done = threading.Event()

    def trouble():
        while not done.wait(0.7):
            receiver.kill()
            done.wait(0.3)
            receiver.start()

    thread = threading.Thread(target=trouble)
    thread.start()
    try:
        fed.deliver(over=4 if SHORT else 12)
    finally:
        done.set()
        thread.join()
    receiver.start()
    doubles = arrives(receiver, fed)
    ordered(receiver.received())
    equal(fed.refused, {}, "refused")
    fed.end()
    t.note(fed, f", {doubles} doubles, errors {sorted(set(fed.errors))}")


def test_passing_errors(t):
    """Errors that pass, one request at a time. With more on their way a broker of Kafka takes none whose number in the sequence is not
    the next, and librdkafka takes a later one's success for that of all before it; the mock looks at no numbers."""
    receiver = t.use(kafka.Kafka())
    fed = t.feed(config(receiver, "batch = 1\ntimeout = 5s\n"), list(hostile.events(40)))
    for number, code in enumerate((NOT_LEADER, NOT_ENOUGH_REPLICAS, TIMED_OUT)):
        receiver.fail(code, 3)
        fed.deliver(until=lambda number=number: fed.account("delivered") >= 10 * (number + 1))
    fed.deliver()
    arrives(receiver, fed)
    ordered(receiver.received())
    equal(fed.refused, {}, "refused")


def test_refused(t):
    """What a broker refuses for its contents: the one event is set aside; too large an event likewise."""
    receiver = t.use(kafka.Kafka())
    some = list(hostile.events(60))
    some[20]["padding"] = "x" * 1_200_000
    fed = t.feed(config(receiver, "batch = 25\n"), some).deliver()
    arrives(receiver, fed, only=lambda event: event["id"] != some[20]["id"], twice=False)
    equal({event for _, event in fed.refused}, {some[20]["id"]}, "refused")
    contains(fed.refused["a", some[20]["id"]], "larger", "reason")
    one = t.feed(config(receiver), list(hostile.events(1, seed=9)))
    receiver.fail(INVALID_RECORD, 3)
    one.deliver()
    equal({event for _, event in one.refused}, set(one.expected), "refused three times alone")
    few = t.feed(config(receiver), list(hostile.events(8, seed=10)))
    receiver.fail(TOO_LARGE, 2)
    few.deliver()
    equal(few.refused, {}, "what goes in smaller batches is not refused")


def test_rights(t):
    """Wrong rights are told and tried again."""
    receiver = t.use(kafka.Kafka())
    fed = t.feed(config(receiver, "timeout = 3s\n"), list(hostile.events(30)))
    receiver.fail(TOPIC_RIGHTS, 2)
    fed.deliver()
    arrives(receiver, fed)
    equal(fed.refused, {}, "refused")
    check(any("right to write" in error for error in fed.errors), f"errors: {fed.errors}")


def test_nobody(t):
    """No broker: told at once, with what the network said; all arrives when one is there."""
    port = free_port()
    fed = t.feed(f"[sink a]\ntype = kafka\nbrokers = 127.0.0.1:{port}\ntopic = lastwords\n", list(hostile.events(30)))
    start = time.monotonic()
    fed.deliver(until=lambda: fed.errors, timeout=10)
    check(time.monotonic() - start < 5, "it took long")
    contains(fed.errors[0], "Connection refused", "reason")
    equal(fed.log(), "", "nothing raw on standard error")


def test_silent(t):
    """A broker that accepts and never answers holds up no other sink."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        fed = t.feed(f"[sink a]\ntype = kafka\nbrokers = 127.0.0.1:{port}\ntopic = lastwords\ntimeout = 1s\n"
                     f"[sink b]\ntype = file\npath = {t.path('out')}\n", list(hostile.events(500)))
        fed.deliver(until=lambda: fed.account("event", "b") >= 500, timeout=3)
        fed.deliver(until=lambda: fed.account("failures") >= 2, timeout=15)
        equal(fed.refused, {}, "refused")


def secure(t, front, more, delivers=True):
    """What the sink says while it cannot; or that all is there, once."""
    receiver = front.pop("receiver")
    with KafkaFront(receiver, **front) as before:
        protocol = "tls" if front["certificate"] else "tcp"
        fed = t.feed(config(receiver, f"protocol = {protocol}\ntimeout = 3s\n" + more), list(hostile.events(50, seed=len(receiver.received()))))
        fed.deliver(until=None if delivers else lambda: fed.errors, timeout=20)
        fed.end()
        equal(fed.refused, {}, "refused")
        if delivers:
            wait_for(lambda: set(fed.expected) <= {key for key, _ in events(receiver.received())}, 10, "all messages")
        return before, "; ".join(fed.errors)


def test_tls(t):
    """The broker's certificate is checked, with its name; ours is shown."""
    authority, other = certificates.Authority(t.path("tls")), certificates.Authority(t.path("other"))
    receiver, ca = t.use(Apart()), f"ca = {authority.ca}\n"
    good, (cert, key) = authority.certificate(), authority.certificate("client")
    secure(t, {"receiver": receiver, "certificate": good}, ca)
    secure(t, {"receiver": receiver, "certificate": good, "ca": authority.ca}, f"{ca}cert = {cert}\nkey = {key}\n")
    count = len(receiver.received())
    for front, more, why in (
            ({"certificate": good}, f"ca = {other.ca}\n", "erif"), ({"certificate": good}, "", "erif"),
            ({"certificate": authority.certificate("wrong", "DNS:wrong")}, ca, "erif"),
            ({"certificate": authority.certificate("old", days=-1)}, ca, "erif"), ({"certificate": good, "ca": authority.ca}, ca, "SSL")):
        _, errors = secure(t, {"receiver": receiver, **front}, more, delivers=False)
        contains(errors, why, "errors")
    equal(len(receiver.received()), count, "messages over a connection that is not to be trusted")


def test_login(t):
    """SCRAM and PLAIN, against the double of the front: the mock has none."""
    authority, receiver = certificates.Authority(t.path("tls")), t.use(Apart())
    front = {"receiver": receiver, "certificate": authority.certificate(), "users": {"lw": "s3cret"}}
    right, wrong = t.file("right", "s3cret\n"), t.file("wrong", "other\n")
    who, ca = f"user = lw\npassword_file = {right}\n", f"ca = {authority.ca}\n"
    for more, mechanism in (("", "SCRAM-SHA-512"), ("mechanism = SCRAM-SHA-256\n", "SCRAM-SHA-256"), ("mechanism = PLAIN\n", "PLAIN")):
        before, _ = secure(t, dict(front), ca + who + more)
        equal(set(before.mechanisms), {mechanism}, "mechanism")
    equal(set(Plain.tokens), {"\0lw\0s3cret"}, "what PLAIN sent")
    before, _ = secure(t, {**front, "certificate": None}, who)
    equal(set(before.mechanisms), {"SCRAM-SHA-512"}, "mechanism without TLS")
    count = len(receiver.received())
    for mechanism in ("SCRAM-SHA-512", "PLAIN"):
        _, errors = secure(t, dict(front), f"{ca}user = lw\npassword_file = {wrong}\nmechanism = {mechanism}\n", delivers=False)
        contains(errors, "uthentication", "errors")
    equal(len(receiver.received()), count, "messages with a wrong password")
    # Who takes PLAIN alone is not shown the password by one that is to keep it to itself.
    tokens = len(Plain.tokens)
    for certificate in (front["certificate"], None):
        before, errors = secure(t, {**front, "certificate": certificate, "takes": ["PLAIN"]}, (ca if certificate else "") + who, delivers=False)
        contains(errors, "mechanism", "errors")
        equal((set(before.mechanisms), before.after_no, len(Plain.tokens)), ({"SCRAM-SHA-512"}, [], tokens), "what came behind the refusal")


def test_speed(t):
    t.is_fast(config(t.use(kafka.Kafka())), 3000)

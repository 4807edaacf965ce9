# SPDX-License-Identifier: Apache-2.0
"""The sink `syslog`, received by rsyslog over each transport."""
import json
import re
import socket
import ssl
import threading

import hostile
from feed import SHORT, check, contains, equal, text_of, wait_for
from receivers import certificates, process, rsyslog

SD_ID = "lastwords@32473"
TRANSPORTS = ("tcp", "tls", "unix", "stream", "udp")


def address(receiver, transport):
    return {"tcp": f"tcp://127.0.0.1:{receiver.port}", "tls": f"tls://localhost:{receiver.tls}", "unix": f"unix:{receiver.socket}",
            "stream": f"unix:{receiver.stream}", "udp": f"udp://localhost:{receiver.udp}"}[transport]


def config(receiver, transport, more=""):
    ca = f"ca = {receiver.ca}\n" if transport == "tls" else ""
    return f"[sink out]\ntype = syslog\nurl = {address(receiver, transport)}\nretry_max = 300ms\n{ca}{more}"


def received(receiver):
    return [(message["data"][SD_ID]["id"], json.loads(message["data"][SD_ID]["event"])) for message in receiver.received()]


def compare(feed, receiver):
    """Nothing is lost but what was set aside for its size, with the reason."""
    for (_, key), reason in feed.refused.items():
        check(len(text_of(feed.expected.pop(key)).encode()) > 30_000 and "ong" in reason, f"{key}: {reason}")
    return feed.compare(received(receiver))


def all_by(t, transport):
    receiver = t.use(rsyslog.Rsyslog())
    feed = t.feed(config(receiver, transport))
    feed.deliver()
    wait_for(lambda: len(received(receiver)) >= len(feed.expected) - len(feed.refused), 20, "all")
    doubles = compare(feed, receiver)
    feed.end()
    t.note(feed, f", {doubles} twice, {len(feed.refused)} refused")
    return receiver, feed


def test_tcp(t):
    receiver, feed = all_by(t, "tcp")
    headers(receiver, feed)


def test_tls(t):
    all_by(t, "tls")


def test_unix(t):
    all_by(t, "unix")


def test_stream(t):
    all_by(t, "stream")


def test_udp(t):
    all_by(t, "udp")


def headers(receiver, feed):
    """Each field of the header, and the line for people behind a byte order mark."""
    for message in receiver.received():
        event = feed.expected[message["data"][SD_ID]["id"]]
        pid = event.get("process", {}).get("pid")
        equal(message["app-name"], "lastwords", "app-name")
        equal(message["msgid"], event["kind"], "msgid")
        equal(message["procid"], "-" if pid is None else str(pid), "procid")
        equal(message["timestamp"][:26], (event.get("time") or event["last_seen"])[:26], "timestamp")
        equal(int(message["pri"]) >> 3, 3, "facility")
        check(message["msg"].lstrip(" ").startswith("\ufeff" + event["kind"]), f"msg: {message['msg'][:100]!r}")
        check(not re.search(r"[\x00-\x1f]", message["msg"]), f"control characters: {message['msg'][:200]!r}")


def killed(t, transport, process_too=False):
    receiver = t.use(rsyslog.Rsyslog())
    feed = t.feed(config(receiver, transport))
    feed.deliver(kill_receiver=receiver, kill_process=process_too)
    doubles = compare(feed, receiver)
    feed.end()
    t.note(feed, f", {doubles} twice, {feed.account('failures')} failures")


def test_tcp_receiver_killed(t):
    killed(t, "tcp")


def test_tls_receiver_killed(t):
    killed(t, "tls")


if not SHORT:
    def test_unix_receiver_killed(t):
        killed(t, "unix")

    def test_stream_receiver_killed(t):
        killed(t, "stream")


def test_process_killed(t):
    receiver = t.use(rsyslog.Rsyslog())
    feed = t.feed(config(receiver, "tcp"))
    feed.deliver(kill_process=True)
    doubles = feed.compare(received(receiver))
    feed.end()
    t.note(feed, f", {doubles} twice")


def test_json(t):
    """format = json: the message is the event."""
    receiver = t.use(rsyslog.Rsyslog())
    feed = t.feed(config(receiver, "tcp", "format = json\nfacility = local4\n"))
    feed.deliver()
    messages = receiver.received()
    feed.compare((message["data"][SD_ID]["id"], json.loads(message["msg"])) for message in messages)
    equal({int(message["pri"]) >> 3 for message in messages}, {20}, "facility")
    feed.end()


def refuses(t, config_text, words):
    """Nothing is sent, nothing is given up, and what is wrong is said."""
    feed = t.feed(config_text)
    feed.events = feed.events[:10]
    feed.deliver(until=lambda: feed.errors, timeout=15)
    check(re.search(words, feed.errors[0]), f"{words!r} is not in {feed.errors[0]!r}")
    equal((feed.account("event"), feed.refused), (0, {}), "delivered, refused")
    feed.end()


def test_certificates(t):
    receiver = t.use(rsyslog.Rsyslog())
    refuses(t, config(receiver, "tls").replace("ca = ", "#ca = "), "certificate")
    other = certificates.Authority(t.path("other"))
    refuses(t, config(receiver, "tls").replace(receiver.ca, other.ca), "certificate")
    equal(receiver.received(), [], "received")


def test_client_certificate(t):
    receiver = t.use(rsyslog.Rsyslog(client=True))
    cert, key = receiver.authority.certificate("client")
    feed = t.feed(config(receiver, "tls", f"cert = {cert}\nkey = {key}\n"))
    feed.events = feed.events[:100]
    feed.deliver()
    feed.compare(received(receiver))
    feed.end()
    # Without one it takes nothing; TLS 1.3 says so only after the first bytes.
    refuses(t, config(receiver, "tls"), "")
    equal(len(received(receiver)), 100, "received")


def test_nobody_there(t):
    port = process.free_port()
    refuses(t, f"[sink out]\ntype = syslog\nurl = tcp://127.0.0.1:{port}\n", "onnect")
    refuses(t, f"[sink out]\ntype = syslog\nurl = unix:{t.path('none')}\n", "No such file")
    refuses(t, "[sink out]\ntype = syslog\nurl = udp://name.invalid\n", "")


class Odd:
    """Accepts a connection at a time and does as it is told; with context by TLS."""

    def __init__(self, behaviour, context=None, buffer=0):
        self.listener, self.context = socket.create_server(("127.0.0.1", 0)), context
        if buffer:
            self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        self.port = self.listener.getsockname()[1]
        self.thread = threading.Thread(target=self.run, args=(behaviour,), daemon=True)
        self.thread.start()

    def run(self, behaviour):
        while True:
            try:
                peer, _ = self.listener.accept()
                with self.context.wrap_socket(peer, server_side=True) if self.context else peer as peer:
                    behaviour(peer)
            except OSError:
                if self.listener.fileno() < 0:
                    return

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()


def odd(t, behaviour, words, **more):
    receiver = Odd(behaviour, **more)
    t.stack.callback(receiver.close)
    refuses(t, f"[sink out]\ntype = syslog\nurl = tcp://127.0.0.1:{receiver.port}\ntimeout = 1s\nretry_max = 200ms\n", words)


def test_odd_receivers(t):
    done = threading.Event()
    t.stack.callback(done.set)

    def talks(peer):
        while True:
            peer.sendall(b"x" * 65536)

    odd(t, talks, "talks")
    odd(t, lambda peer: peer.recv(100), "reset|closed")
    odd(t, lambda peer: done.wait(), "no answer in time", buffer=4096)


def test_wrong_certificates(t):
    """Of a name that is not its own, and past its time."""
    authority = certificates.Authority(t.path("tls"))
    for name, names, days, words in (("other", "DNS:other.example", 30, "subject name|does not match"), ("old", "DNS:localhost", -1, "expired")):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*authority.certificate(name, names, days))
        receiver = Odd(lambda peer: peer.recv(100), context)
        t.stack.callback(receiver.close)
        refuses(t, f"[sink out]\ntype = syslog\nurl = tls://localhost:{receiver.port}\nca = {authority.ca}\n", words)


def sets_aside(t, scheme, size, words):
    """An event of size bytes is set aside with a reason; what comes behind it is not held up."""
    receiver = t.use(rsyslog.Rsyslog())
    feed = t.feed(config(receiver, scheme), events=list(hostile.events(20)))
    feed.events[7]["last_words"] = {"text": "x" * size}
    long = feed.events[7]["id"]
    feed.deliver()
    equal(list(feed.refused), [("out", long)], "refused")
    contains(feed.refused["out", long], words, "reason")
    feed.expected.pop(long)
    wait_for(lambda: len(received(receiver)) >= 19, 5, "the others")
    feed.compare(received(receiver))
    feed.end()


def test_too_long_for_udp(t):
    sets_aside(t, "udp", 80_000, "too long")


def test_too_long_for_unix(t):
    sets_aside(t, "unix", 1_100_000, "longer than a datagram")

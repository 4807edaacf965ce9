# SPDX-License-Identifier: Apache-2.0
"""The sink nats against three nodes with JetStream, one node, and servers that refuse."""
import contextlib
import json
import os
import signal
import socket
import threading
import time

import hostile
from feed import COUNT, SHORT, check, contains, equal, wait_for
from receivers import certificates, nats


def config(receiver, extra=""):
    return f"[sink a]\ntype = nats\nurl = {receiver.url}\nstream = {nats.Nats.stream}\nretry_max = 500ms\n{extra}"


def headers(message):
    return {key.strip(): value.strip() for key, value in message["headers"]}


def events(messages):
    return [(headers(message)["Nats-Msg-Id"], json.loads(message["data"])) for message in messages]


def test_all(t):
    """The stream has each event once, in the order of storing, below a subject of its kind."""
    receiver = t.use(nats.Nats(nodes=1 if SHORT else 3))
    fed = t.feed(config(receiver)).deliver()
    got = receiver.received()
    equal(fed.compare(events(got), twice=False), 0, "doubles")
    equal({message["subject"] for message in got}, {f"lastwords.{event['kind']}" for event in fed.expected.values()}, "subjects")
    equal(fed.refused, {}, "refused")
    fed.end()
    t.note(fed)


class Leaders:
    """The stream's leader, dead and alive again by turns; nobody is killed before all three have caught up. In the thread of
    the test: the servers end with the one that started them."""

    def __init__(self, receiver):
        self.receiver, self.dead, self.kills = receiver, None, 0

    def whole(self):
        info = self.receiver.ask("STREAM.INFO.LASTWORDS") or {}
        return [peer["current"] for peer in info.get("cluster", {}).get("replicas", ())] == [True, True]

    def restart(self):
        if self.dead:
            self.dead.start()
            self.dead = None
        elif self.whole():
            self.dead = self.receiver.leader()
            self.dead.kill()
            self.kills += 1


def test_leader(t):
    """The leader of the stream is killed while events come: none lost, none twice."""
    receiver = t.use(nats.Nats())
    leaders = Leaders(receiver)
    fed = t.feed(config(receiver)).deliver(kill_receiver=leaders, each=1.5 if SHORT else 3, over=4 if SHORT else 20)
    if leaders.dead:
        leaders.restart()
    wait_for(receiver.leader, 60, "a leader")
    got = receiver.received()
    equal(fed.compare(events(got), twice=False), 0, "doubles")
    equal(len(got), len(fed.expected), "messages")
    equal(fed.refused, {}, "refused")
    check(leaders.kills, "no leader was killed")
    fed.end()
    t.note(fed, f", {leaders.kills} leaders killed, errors {sorted(set(fed.errors))}")


def test_killed(t):
    """The process of the sinks is killed each second: what comes again the stream knows by its id."""
    receiver = t.use(nats.Nats(nodes=1 if SHORT else 3))
    fed = t.feed(config(receiver, "batch = 50\n")).deliver(kill_process=True)
    got = receiver.received()
    equal(fed.compare(events(got), twice=False), 0, "doubles")
    fed.end()
    t.note(fed)


def test_one(t):
    """One server, killed each second."""
    receiver = t.use(nats.Nats(nodes=1))
    fed = t.feed(config(receiver)).deliver(kill_receiver=receiver)
    fed.compare(events(receiver.received()))
    fed.end()
    t.note(fed)


def test_speed(t):
    t.is_fast(config(t.use(nats.Nats(nodes=1))), 5000)


def test_speed_of_three(t):
    t.is_fast(config(t.use(nats.Nats(nodes=3))), 2000)


def ask(receiver, api, value=None):
    answer = receiver.ask(api, value)
    check(answer and "error" not in answer, f"{api}: {answer}")
    return answer


def failing(t, config_text, text, mend=None):
    """A sink that cannot deliver says why, and sets nothing aside; mended, it delivers all."""
    fed = t.feed(config_text, list(hostile.events(30)))
    fed.deliver(until=lambda: any(text in error for error in fed.errors), timeout=15)
    equal(fed.refused, {}, "refused")
    if mend:
        mend()
        fed.deliver(timeout=20)
    return fed


def test_no_stream(t):
    """Without a stream nothing is lost; the id of another stream is told from ours."""
    receiver = t.use(nats.Nats(nodes=1, subjects="other.>"))
    update = {"name": "LASTWORDS", "subjects": ["lastwords.>"], "storage": "file"}
    fed = failing(t, config(receiver), "no stream takes the subject",
                  lambda: ask(receiver, "STREAM.UPDATE.LASTWORDS", update))
    fed.compare(events(receiver.received()), twice=False)
    failing(t, config(receiver).replace("stream = LASTWORDS", "stream = OURS"), "the key stream")


def test_refused(t):
    """Too large for the stream, or for the server: set aside alone, the rest arrives."""
    receiver = t.use(nats.Nats(nodes=1))
    ask(receiver, "STREAM.UPDATE.LASTWORDS", {"name": "LASTWORDS", "subjects": ["lastwords.>"], "storage": "file",
                                              "max_msg_size": 100_000, "duplicate_window": 3600 * 10 ** 9})
    some = list(hostile.events(60))
    large = {some[20]["id"]: 200_000, some[40]["id"]: 9_000_000}
    for event in some:
        if event["id"] in large:
            event["padding"] = "x" * large[event["id"]]
    fed = t.feed(config(receiver, "batch = 25\n"), some).deliver()
    fed.compare(events(receiver.received()), only=lambda event: event["id"] not in large, twice=False)
    equal({event for _, event in fed.refused}, set(large), "refused")
    contains(fed.refused["a", some[40]["id"]], "max_payload", "reason")
    contains(fed.refused["a", some[20]["id"]], "exceeds maximum allowed", "reason")


class Guarded(nats.Nats):
    """One server with more in its configuration, and no stream."""

    def __init__(self, more, scheme="nats"):
        super().__init__(nodes=1, more=more)
        self.url = f"{scheme}://localhost:{self.servers[0].port}"

    def create(self):
        return True


def test_users(t):
    """Passwords and tokens; what is wrong with them is told."""
    receiver = t.use(Guarded('authorization { user: lw, password: secret }\n'))
    wrong, right = t.file("wrong", "other\n"), t.file("right", "secret\n")
    failing(t, config(receiver, f"user = lw\npassword_file = {wrong}\n"), "look at user, password_file")
    failing(t, config(receiver, f"user = lw\npassword_file = {right}\n"), "no stream takes the subject")
    receiver = t.use(Guarded('authorization { token: secret }\n'))
    failing(t, config(receiver), "look at user, password_file or token_file")
    failing(t, config(receiver, f"token_file = {right}\n"), "no stream takes the subject")


def test_rights(t):
    """A subject that the user may not publish to."""
    receiver = t.use(Guarded('authorization { users: [{user: lw, password: secret, permissions: {publish: "x", subscribe: ">"}}] }\n'))
    secret = t.file("secret", "secret\n")
    failing(t, config(receiver, f"timeout = 2s\nuser = lw\npassword_file = {secret}\n"), "ermissions Violation")


def test_tls(t):
    """The server's certificate is checked, with its name; ours is shown."""
    made = certificates.Authority(t.path("tls"))
    cert, key = made.certificate(names="DNS:localhost")
    tls = f'tls {{ cert_file: "{cert}", key_file: "{key}", ca_file: "{made.ca}", verify: true }}\n'
    receiver = t.use(Guarded(tls, "tls"))
    client = f"cert = {cert}\nkey = {key}\n"
    failing(t, config(receiver, f"ca = {made.ca}\n{client}"), "no stream takes the subject")
    failing(t, config(receiver, client), "look at ca")
    failing(t, config(receiver, f"ca = {made.ca}\n"), "")
    other = config(receiver, f"ca = {made.ca}\n{client}").replace("tls://localhost", "tls://127.0.0.1")
    failing(t, other, "look at ca")


def test_no_payload(t):
    """A double of a server that takes nothing, by what it says at first: nothing is set aside for that."""
    def serve(listener):
        with contextlib.suppress(OSError):
            while True:
                client, _ = listener.accept()
                with client, contextlib.suppress(OSError):
                    client.sendall(b'INFO {"server_id":"x","version":"2.9.0","proto":1,"headers":true,"max_payload":0}\r\n')
                    while data := client.recv(65536):
                        client.sendall(b"PONG\r\n" if b"PING" in data else b"")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=serve, args=(listener,), daemon=True).start()
        fed = t.feed(f"[sink a]\ntype = nats\nurl = nats://127.0.0.1:{listener.getsockname()[1]}\nretry_max = 50ms\n", list(hostile.events(5)))
        fed.deliver(until=lambda: fed.account("failures") > 2, timeout=10)
        fed.end()
        listener.shutdown(socket.SHUT_RDWR)
    contains(fed.errors[0], "no payload", "the reason")
    equal(fed.refused, {}, "what was set aside")


def test_silent(t):
    """A server that stops answering in the middle of a batch (SIGSTOP) holds up no other sink, and gets all afterwards."""
    receiver = t.use(nats.Nats(nodes=1))
    archive = t.path("out.jsonl")
    fed = t.feed(config(receiver, "timeout = 1s\nbatch = 20\n") + f"[sink b]\ntype = file\npath = {archive}\n", list(hostile.events(COUNT // 5)))
    server = receiver.servers[0].process
    fed.deliver(until=lambda: fed.account("delivered") >= 20)
    os.kill(server.pid, signal.SIGSTOP)
    try:
        start = time.monotonic()
        more = list(hostile.events(2000, seed=5))
        fed.events = more
        fed.deliver(until=lambda: fed.account("event", "b") >= fed.state.last, timeout=5)
        check(time.monotonic() - start < 4, "the other sink waited")
        fed.deliver(until=lambda: any("no answer" in error or "imeout" in error for error in fed.errors), timeout=8)
    finally:
        os.kill(server.pid, signal.SIGCONT)
    fed.deliver()
    fed.compare(events(receiver.received()), twice=False)
    fed.end()
    t.note(fed, f", errors {sorted(set(fed.errors))}")

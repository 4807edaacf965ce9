# SPDX-License-Identifier: Apache-2.0
"""The sink `http` against a double of a webhook, which checks signatures."""
import contextlib
import hashlib
import hmac
import http.client
import json
import os
import pty
import select
import signal
import socket
import subprocess
import urllib.parse

import feed
import hostile
import trouble
from feed import check, contains, equal
from receivers.answering import Answering
from receivers.certificates import Authority, openssl
from receivers.front import HttpFront
from receivers.webhook_double import WebhookDouble

# What the front may answer without having passed anything on, and without "2xx: it is taken".
TROUBLE = ("garbage", "endless_body", "endless_headers", "endless_chunks", "wrong_length", "bad_chunk", "empty", "reset", "redirect_loop", "401",
           "404", "429", "500", "502", "503", "503_retry", "504")
SLACK = """{
    "text": "{{kind}} of {{@service}} on {{@host}}: \\"{{exception.message}}\\" {{signal}}",
    "severity": "{{@severity}}", "pid": {{process.pid}}, "frame": {{stack.frames.0}}, "none": {{no.such}},
    "blocks": [{"id": "{{@id}}", "all": {{@event}}}]
}
"""


def config(url, more=""):
    return f"[sink hook]\ntype = http\nurl = {url}/hook?x=1\nretry_max = 50ms\n{more}"


def bodies(receiver):
    return [request["body"] for request in receiver.received()]


def with_ids(fed, events):
    """Issues and incidents come without the number of their state; here each has one state."""
    ids = {event["id"]: key for key, event in fed.expected.items()}
    return [(ids[event["id"]], event) for event in events]


def arrays(fed, receiver):
    return with_ids(fed, (event for body in bodies(receiver) for event in json.loads(body)))


def lines(fed, receiver):
    return with_ids(fed, (json.loads(line) for body in bodies(receiver) for line in body.split("\n")[:-1]))


def test_all(t):
    """A JSON array, signed."""
    receiver = t.use(WebhookDouble(secret="s3cret"))
    secret = t.file("secret", "s3cret\n")
    fed = t.feed(config(receiver.url, f"secret_file = {secret}\nheader = X-Team: ops\n")).deliver()
    equal(fed.compare(arrays(fed, receiver)), 0, "doubles")
    requests = receiver.received()
    for request in requests:
        headers = {key.lower(): value for key, value in request["headers"].items()}
        equal((request["path"], headers["content-type"], headers["x-team"]), ("/hook?x=1", "application/json", "ops"), "the request")
        signed = f"{headers['x-lastwords-timestamp']}.{request['body']}".encode("utf-8", "surrogateescape")
        equal(headers["x-lastwords-signature"], "sha256=" + hmac.new(b"s3cret", signed, hashlib.sha256).hexdigest(), "the signature")
    keys = [request["headers"]["Idempotency-Key"] for request in requests]
    equal(len(set(keys)), len(requests), "keys of batches")
    fed.end()
    t.note(fed)


def test_ndjson(t):
    receiver = t.use(WebhookDouble())
    fed = t.feed(config(receiver.url, "format = ndjson\ncompression = gzip\n"), feed.hostile.events(1000)).deliver()
    equal(fed.compare(lines(fed, receiver)), 0, "doubles")
    equal({request["headers"]["Content-Type"] for request in receiver.received()}, {"application/x-ndjson"}, "content type")
    fed.end()
    t.note(fed)


def test_single(t):
    receiver = t.use(WebhookDouble())
    fed = t.feed(config(receiver.url, "format = single\n"), feed.hostile.events(1000)).deliver()
    equal(fed.compare(with_ids(fed, map(json.loads, bodies(receiver)))), 0, "doubles")
    equal(len(bodies(receiver)), 1000, "requests")
    fed.end()
    t.note(fed)


def test_receiver_killed(t):
    receiver = t.use(WebhookDouble())
    fed = t.feed(config(receiver.url, "batch = 100\n")).deliver(kill_receiver=receiver)
    doubles = fed.compare(arrays(fed, receiver))
    fed.end()
    t.note(fed, f", {doubles} twice")


def test_process_killed(t):
    """A batch that comes again as it was has the same key, and only then."""
    receiver = t.use(WebhookDouble())
    fed = t.feed(config(receiver.url, "batch = 100\n")).deliver(kill_process=True)
    doubles = fed.compare(arrays(fed, receiver))
    keys = {}
    for request in receiver.received():
        equal(keys.setdefault(request["headers"]["Idempotency-Key"], request["body"]), request["body"], "what has one key")
    equal(len(keys), len({request["body"] for request in receiver.received()}), "keys")
    fed.end()
    t.note(fed, f", {doubles} twice")


def test_trouble(t):
    receiver = t.use(WebhookDouble())
    front = t.use(HttpFront(receiver))
    events = list(feed.hostile.events(20 * len(TROUBLE), seed=3))
    fed = t.feed(config(front.url, "timeout = 300ms\n"), [])
    fed.start()
    trouble.once(fed, front, TROUBLE, events, 20)
    for mode in ("slow_headers", "slow_body", "silent"):
        trouble.until_failure(fed, front, mode, feed.hostile.events(5, seed=ord(mode[-1])))
    fed.compare(arrays(fed, receiver))
    equal(fed.refused, {}, "what was given up")


def test_endless_trailers(t):
    """Headers behind the body are headers: libcurl would keep them all until the time is over."""
    receiver = t.use(WebhookDouble())
    front = t.use(HttpFront(receiver))
    front.mode("endless_trailers", 1)
    fed = t.feed(config(front.url), feed.hostile.events(5)).deliver(timeout=10)
    equal(set(fed.errors), {"its answer has no end"}, "the reason")
    fed.compare(arrays(fed, receiver), twice=False)


def test_refused(t):
    """400 is for what is in the batch: it is halved, and what is never taken is set aside."""
    receiver = t.use(WebhookDouble())
    front = t.use(HttpFront(receiver))
    fed = t.feed(config(front.url, "batch = 4\n"), feed.hostile.events(3))
    front.mode("400")
    fed.deliver()
    equal(sorted(key for _, key in fed.refused), sorted(fed.expected), "what was set aside")
    contains(list(fed.refused.values())[0], "HTTP 400", "the reason")
    equal(bodies(receiver), [], "what came")


class Picky(Answering):
    """Takes no batch with one of poison in it."""

    def __init__(self, poison):
        super().__init__()
        self.poison, self.bodies = poison, []

    def answer(self, path, headers, body):
        body = body.decode()
        if any(key in body for key in self.poison):
            return 422, {}, b""
        self.bodies.append(body)
        return 204, {}, b""


def test_poison(t):
    """One event of ten is refused: the others do not wait for it."""
    events = list(feed.hostile.events(400))
    receiver = t.use(Picky([event["id"] for event in events[::10]]))
    fed = t.feed(config(receiver.url).replace("50ms", "60s"), events)
    fed.deliver(timeout=20)
    fed.end()
    fed.compare(((event["id"], event) for body in receiver.bodies for event in json.loads(body)),
                only=lambda event: event["id"] not in receiver.poison, twice=False)
    equal(sorted(key for _, key in fed.refused), sorted(receiver.poison), "what was set aside")
    equal((fed.account("delivered"), fed.account("refused")), (360, 40), "account")
    t.note(fed)


def test_redirect(t):
    """The events, the token and the signature go nowhere else."""
    receiver, other = t.use(WebhookDouble()), t.use(WebhookDouble())
    front = t.use(HttpFront(receiver))
    front.mode("redirect_to:" + other.url)
    fed = t.feed(config(front.url), feed.hostile.events(10))
    fed.deliver(until=lambda: any("redirects are not followed" in error for error in fed.errors))
    equal(other.received(), [], "what came elsewhere")
    front.mode("pass")
    fed.deliver()
    fed.compare(arrays(fed, receiver))


def test_tls(t):
    """Only a certificate that the authority signed, for this name, and that holds now, is spoken to."""
    receiver = t.use(WebhookDouble())
    authority = Authority(t.path("tls"))
    stranger = Authority(t.path("stranger"))
    for pair, wrong in ((authority.certificate(), ""), (authority.certificate("other", "DNS:other"), "target host name"),
                        (authority.certificate(days=-1), "certificate has expired"),
                        (stranger.certificate(), "unable to get local issuer certificate")):
        right = not wrong
        front = t.use(HttpFront(receiver, certificate=pair))
        token = t.file("token", "t0ken\n")
        fed = t.feed(config(front.url, f"ca = {authority.ca}\ntoken_file = {token}\n"), feed.hostile.events(10))
        before = len(receiver.received())
        fed.deliver(until=None if right else lambda: fed.errors)
        fed.end()
        if right:
            equal(receiver.received()[-1]["headers"]["Authorization"], "Bearer t0ken", "the token")
        else:
            contains(fed.errors[0], wrong, "the reason")
        equal(len(receiver.received()) > before, right, f"whether anything came with {pair[0]}: {fed.errors}")


def test_nobody_there(t):
    """The host, the port and the reason, in the same words each time."""
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
        for url, words in ((f"http://127.0.0.1:{port}", (f"127.0.0.1 port {port}", "Connection refused")),
                           ("http://nowhere.invalid", ("nowhere.invalid",))):
            fed = t.feed(config(url), hostile.events(1))
            fed.deliver(until=lambda fed=fed: fed.account("failures") > 5)
            fed.end()
            equal(len(fed.errors), 1, f"texts: {fed.errors}")
            for word in words:
                contains(fed.errors[0], word, "the reason")


def read(path):
    with open(path, encoding="ascii") as file:
        return file.read()


def test_encrypted_key(t):
    """A key with a passphrase is refused; one that comes to have it later is not asked for at the terminal."""
    authority = Authority(t.path("tls"))
    certificate, key = authority.certificate()
    front = t.use(HttpFront(t.use(WebhookDouble()), certificate=(certificate, key)))
    own = t.file("own.key", read(key))
    fed = t.feed(config(front.url, f"ca = {authority.ca}\ncert = {certificate}\nkey = {own}\n"), hostile.events(1))
    checks = [feed.LASTWORDS, "config", "check", "--config", fed.config]
    equal(subprocess.run(checks, stdout=subprocess.DEVNULL, check=False).returncode, 0, "with a plain key")
    for traditional in ([], ["-traditional"]):
        openssl("pkey", "-in", key, "-aes256", "-passout", "pass:secret", "-out", own, *traditional)
        os.chmod(own, 0o600)
        done = subprocess.run(checks, stderr=subprocess.PIPE, check=False)
        equal(done.returncode, 1, "with an encrypted key")
        contains(done.stderr.decode(), f"{fed.config}:7: [sink hook] key = {own}: expected a private key without a passphrase", "message")
    ask_nobody(t, front, authority, own)


def ask_nobody(t, front, authority, key):
    """The first sink's receiver is silent; meanwhile the key of the others becomes one with a passphrase."""
    silent = t.use(socket.create_server(("127.0.0.1", 0)))
    encrypted, (certificate, plain) = read(key), authority.certificate()
    t.file("own.key", read(plain))
    tls = f"ca = {authority.ca}\ncert = {certificate}\nkey = {key}\n"
    path = t.file("terminal.conf", f"[sink slow]\ntype = http\nurl = http://127.0.0.1:{silent.getsockname()[1]}/\ntimeout = 1s\n"
                  f"[sink a]\ntype = http\nurl = {front.url}\n{tls}"
                  f"[sink b]\ntype = syslog\nurl = tls://127.0.0.1:{front.url.rpartition(':')[2]}\n{tls}")
    pid, terminal = pty.fork()
    if pid == 0:
        os.execv(feed.LASTWORDS, [feed.LASTWORDS, "doctor", "--sinks", "--config", path, "--state", t.path("none")])
    t.stack.callback(os.waitpid, pid, 0)
    t.stack.callback(os.kill, pid, signal.SIGKILL)
    t.use(silent.accept()[0])  # open until the end: a reset would let the next sink begin
    t.file("own.key", encrypted)
    said = ""
    with contextlib.suppress(OSError):  # its end
        while said.count("NOT delivered") < 3 and select.select([terminal], [], [], 5)[0]:
            said += os.read(terminal, 65536).decode()
    equal(said.count("NOT delivered"), 3, f"what fails: {said}")
    check("pass phrase" not in said, f"it asks: {said}")


def test_template(t):
    """Whatever an event holds, what comes is JSON, and each place holds its field."""
    receiver = t.use(WebhookDouble())
    fed = t.feed(config(receiver.url, f"template = {t.file('slack.json', SLACK)}\nformat = json\n")).deliver()
    got = []
    for message in (message for body in bodies(receiver) for message in json.loads(body)):
        event = message["blocks"][0]["all"]
        service = feed.service_of(event) or ""
        exception, signal = event.get("exception", {}).get("message", ""), event.get("signal")
        text = f"{event['kind']} of {service} on {os.uname().nodename}: \"{exception}\" "
        check(message["text"].startswith(text), f"{message['text']!r} is not {text!r}")
        rest = message["text"][len(text):]
        check(json.loads(rest) == signal if signal else not rest, f"{rest!r} is not {signal!r}")
        frames = event.get("stack", {}).get("frames", [])
        expected = {"severity": message["severity"], "pid": event.get("process", {}).get("pid"), "frame": frames[0] if frames else None,
                    "none": None, "text": message["text"], "blocks": [{"id": message["blocks"][0]["id"], "all": event}]}
        check(message == expected, str(list(feed.differences(expected, message))[:3]))
        got.append((message["blocks"][0]["id"], event))
    equal(fed.compare(got), 0, "doubles")
    fed.end()
    t.note(fed)


def test_bad_template(t):
    for text, why in (('{"a": {{kind}', 'is not {{FIELD}}, such as {{process.pid}}'), ('{"a": {{kind}},}', "it is not JSON: line 1:"),
                      ('{"a":\n{{@id2}}}', "{{@id2}} is none of @id"), ('{"a": {{if x}}}', "is not {{FIELD}}"), ("", "it is not JSON")):
        path = t.file("template", text)
        file = t.file("bad.conf", config("https://example.org", f"template = {path}\n"))
        done = feed.subprocess.run([feed.LASTWORDS, "config", "check", "--config", file], stderr=feed.subprocess.PIPE, check=False)
        message = done.stderr.decode()
        equal(done.returncode, 1, "status")
        contains(message, f"{path}: ", "message")
        contains(message, why, "message")
        contains(message, "bad.conf:", "message")


class Proxy(Answering):
    """Passes on what asks for a whole address, with the right to do so."""

    def __init__(self):
        super().__init__()
        self.asked = []

    def answer(self, path, headers, body):
        self.asked.append((path, headers["Proxy-Authorization"]))
        url = urllib.parse.urlsplit(path)
        onward = http.client.HTTPConnection(url.netloc, timeout=10)
        onward.request("POST", f"{url.path}?{url.query}", body, {k: v for k, v in headers.items() if not k.startswith("Proxy-")})
        answer = onward.getresponse()
        return answer.status, {}, answer.read()


def test_proxy(t):
    """All goes through the proxy, and nothing past it."""
    receiver = t.use(WebhookDouble())
    proxy = t.use(Proxy())
    fed = t.feed(config(receiver.url, f"proxy = {proxy.url}\n"), feed.hostile.events(500)).deliver()
    equal(fed.compare(arrays(fed, receiver)), 0, "doubles")
    equal(len(proxy.asked), len(receiver.received()), "requests through the proxy")
    check(all(url == receiver.url + "/hook?x=1" for url, _ in proxy.asked), f"what was asked of it: {proxy.asked[:2]}")

# SPDX-License-Identifier: Apache-2.0
"""What networks and those who look after them do to sinks: name servers that are silent, authorities that are replaced,
receivers that say again what they were shown."""
import json
import time

import hostile
from feed import check, contains, equal
from receivers.answering import Answering
from receivers.certificates import Authority
from receivers.front import HttpFront
from receivers.webhook_double import WebhookDouble


def test_silent_name_server(t):
    """Who asks for a name waits for it alone, when it is given up and when the process is to end, too."""
    resolver = t.file("resolv.conf", "nameserver 127.0.0.1\noptions timeout:8 attempts:1\n")
    script = f"mount --bind {resolver} /etc/resolv.conf && ip link set lo up && exec python3 -c '{SILENT}' \"$@\""
    for kind in ("type = http\nurl = http://receiver.example:80/", "type = syslog\nurl = tcp://receiver.example:601"):
        out = t.path(kind.split()[2] + ".jsonl")
        fed = t.feed(f"[sink lost]\n{kind}\ntimeout = 300ms\nretry_max = 100ms\n[sink out]\ntype = file\npath = {out}\n", [])
        fed.within = ["unshare", "--mount", "--net", "sh", "-c", script, "sh"]
        fed.start()
        longest = 0
        for number in range(12):
            fed.events = list(hostile.events(1, seed=number))
            began = time.monotonic()
            fed.deliver(timeout=20, until=lambda: fed.account("event", "out") >= fed.state.last)
            longest = max(longest, time.monotonic() - began)
            time.sleep(0.1)
        check(longest < 1, f"{kind}: the other sink waited {longest:.1f} s; {fed.told()}")
        check(fed.account("failures", "lost") > 1, f"{kind}: {fed.told()}")
        began = time.monotonic()
        fed.stop()
        check(time.monotonic() - began < 3.5, f"{kind}: the end took {time.monotonic() - began:.1f} s")
        with open(out, encoding="utf-8") as file:
            equal(len([json.loads(line) for line in file]), 12, "events of the other sink")


# A name server that hears and says nothing, for what is run behind it.
SILENT = """
import os, socket, sys
heard = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
heard.bind(("127.0.0.1", 53))
os.set_inheritable(heard.fileno(), True)
os.execvp(sys.argv[1], sys.argv[1:])
"""


def test_authority_is_replaced(t):
    """Whom a file names now is trusted, whoever it named when the process began."""
    receiver, old, new = t.use(WebhookDouble()), Authority(t.path("old")), Authority(t.path("new"))
    front, other = t.use(HttpFront(receiver, certificate=old.certificate())), t.use(HttpFront(receiver, certificate=new.certificate()))
    ca = t.path("ca.pem")
    replace(old.ca, ca)
    fed = t.feed(f"[sink a]\ntype = http\nca = {ca}\nurl = {front.url}\nretry_max = 100ms\n[sink b]\ntype = http\nca = {ca}\nurl = {other.url}\n"
                 "retry_max = 100ms\n", hostile.events(5))
    fed.deliver(until=lambda: fed.account("delivered", "a") == 5 and fed.account("failures", "b") > 1)
    equal(fed.account("delivered", "b"), 0, "what went to one that is not trusted")
    replace(new.ca, ca)
    fed.deliver(until=lambda: fed.account("delivered", "b") == 5, timeout=8)


def replace(source, target):
    with open(source, encoding="ascii") as file, open(target, "w", encoding="ascii") as copy:
        copy.write(file.read())


class Echo(Answering):
    """Says what it was shown, with the next of its statuses."""

    def __init__(self, *statuses):
        super().__init__()
        self.statuses, self.shown = list(statuses), []

    def answer(self, path, headers, body):
        status = self.statuses.pop(0) if self.statuses else 200
        self.shown.append(headers["Authorization"])
        return status, {}, b"" if status == 200 else f"no {headers['Authorization']} {headers['X-Key']}".encode()


def test_secrets_are_said_again(t):
    """A receiver that quotes what it was shown: neither log, account nor what was refused has it."""
    keys = {"token": f"token_file = {t.file('token', 't0ps3cr3t-t0k3n')}\n", "user": f"user = lw\npassword_file = {t.file('word', 's3cr3t-w0rd')}\n"}
    for name, key in keys.items():
        receiver = t.use(Echo(401, 500, 400, 400, 400))
        fed = t.feed(f"[sink a]\ntype = http\nurl = {receiver.url}\nheader = X-Key: k3y-0f-h34d3r\nretry_max = 50ms\n{key}", hostile.events(1))
        fed.deliver()
        equal(len(fed.refused), 1, "what was refused")
        told = json.dumps([fed.errors, list(fed.refused.values()), fed.log()])
        contains(told, "HTTP 401: no " + ("Bearer" if name == "token" else "Basic") + " *** ***", "what is told")
        for secret in ("t0ps3cr3t", "s3cr3t-w0rd", "k3y-0f", receiver.shown[0].split()[1]):
            check(secret not in told, f"{secret} is told: {told}")

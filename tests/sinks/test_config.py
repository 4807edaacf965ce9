# SPDX-License-Identifier: Apache-2.0
"""Configurations that are wrong: each is told with its line. And keys that are to be left out are left out everywhere."""
import json
import os
import subprocess

import feed
import hostile
from feed import contains, equal
from receivers import certificates
from receivers.webhook_double import WebhookDouble

HTTP = "type = http\nurl = https://h/\n"
FILE = "type = file\npath = /tmp/a\n"


def says(t, text, expected):
    """expected: line and rest of the message, or part of what is printed of a good one."""
    conf = t.file("lastwords.conf", text)
    done = subprocess.run([feed.LASTWORDS, "config", "check", "--config", conf], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    contains(done.stdout.decode(), f"{conf}:{expected}" if expected[0].isdigit() else expected, text)
    equal(done.returncode, int(expected[0].isdigit()), text)


def one(t, keys, expected):
    says(t, "[sink a]\n" + keys + "\n", expected)


def test_words(t):
    many = " ".join(["id"] * 65)
    for line in ("kinds = crahs", "kinds = crash,kill", "kinds = crash, kill", "kinds = incident Crash", "kinds = x*",
                 "services = a, b", "services = " + many, "remove = process.cmdline, last_words", "remove = process.cmdlin", "remove = cmdline",
                 "remove = process.", "remove = .process", "remove = process.cmdline.0", "remove = oom.memory_stat.", "remove = " + many):
        one(t, FILE + line, f"4: [sink a] {line[:3000]}: expected ")
    for line in ("kinds = crash oom_* incident", "kinds = *", "services = a* [b-c]d", "remove = process.cmdline  stack.frames.file oom.memory_stat.anon",
                 "remove = " + many[3:]):
        one(t, FILE + line, "good, 1 sink")


def test_keys_beside_keys(t):
    secret = t.file("secret", "x")
    for keys, expected in (
            (HTTP + "url = https://g/\n", "4: [sink a] url = https://g/: expected url only once"),
            (HTTP + "header = A: 1\nheader = B: 2", "5: [sink a] header = B: ***: expected header only once"),
            (HTTP + "batch = 1\nbatch = 1", "5: [sink a] batch = 1: expected batch only once"),
            (HTTP + f"user = a\npassword_file = {secret}\npassword_env = PATH", "6: [sink a] password_env = PATH: expected password_file or password_env only once"),
            (HTTP + f"user = a\npassword_file = {secret}\ntoken_file = {secret}", f"6: [sink a] token_file = {secret}: expected token_file or user, not both"),
            ("type = otlp\n" + HTTP[12:] + "token_env = PATH\nuser = a", "4: [sink a] token_env = PATH: expected token_env or user, not both"),
            (f"type = elastic\npassword_file = {secret}\nurl = https://h/", f"3: [sink a] password_file = {secret}: expected password_file only with user"),
            (HTTP + "header = Bad Name: x", "4: [sink a] header = Bad Name: ***: expected NAME: VALUE"),
            (HTTP + "header = : x", "4: [sink a] header = : ***: expected NAME: VALUE"),
            ("type = otlp\nurl = http://h:4318?x=1\nformat = json", "3: [sink a] url = http://h:4318?x=1: expected url = an address without '?'"),
            ("type = prometheus\nlisten = 0.0.0.0:9101\nmode = 0600", "3: [sink a] listen = 0.0.0.0:9101: expected listen = unix:/PATH"),
            ("type = kafka\ntopic = a b\nbrokers = h:1", "3: [sink a] topic = a b: expected topic = at most"),
            ("type = file\nfsync = no", "1: [sink a]: expected the key path"),
            ("type = file\npath = /tmp", "3: [sink a] path = /tmp: expected path = a regular file")):
        one(t, keys, expected)
    one(t, "type = elastic\nuser = a\nurl = https://h/", "good, 1 sink")


def test_sinks_beside_sinks(t):
    path, other = t.path("out.jsonl"), t.path(".") + "/out.jsonl"
    os.symlink(t.folder, t.path("link"))
    metrics = "type = prometheus\nlisten = 127.0.0.1:9101\n"
    for text in (f"type = file\npath = {path}\n[sink b]\ntype = file\npath = {other}\n",
                 f"type = file\npath = {path}\n[sink b]\ntype = file\npath = {t.path('link/out.jsonl')}\n", metrics + "[sink b]\n" + metrics):
        says(t, "[sink a]\n" + text, "6: [sink b] " + text.splitlines()[-1] + ": expected " + text.splitlines()[-1].split()[0] + " = another one than that of [sink a]")
    metrics, port = "[sink a]\ntype = prometheus\nlisten = ", "[sink b]\ntype = prometheus\nlisten = "
    for one, other in (("127.0.0.1:9101", "127.0.0.1:09101"), ("[::1]:9101", "[0:0:0:0:0:0:0:1]:9101"), (f"unix:{path}", f"unix:{other}")):
        says(t, f"{metrics}{one}\n{port}{other}\n", f"6: [sink b] listen = {other}: expected listen = another one than that of [sink a]")
    for one, other in (("127.0.0.1:9101", "127.0.0.2:9101"), ("127.0.0.1:9101", "[::1]:9101"), ("127.0.0.1:9101", "127.0.0.1:9102"), ("127.0.0.1:0", "127.0.0.1:0"),
                       (f"unix:{path}", f"unix:{path}2")):
        says(t, f"{metrics}{one}\n{port}{other}\n", "good, 2 sinks")
    says(t, "[sink a]\ntype = stdout\n[sink b]\ntype = stdout\n", "3: [sink b]: expected one sink of this type: [sink a] is one")
    says(t, f"[sink a]\ntype = file\npath = {path}\n[sink b]\ntype = file\npath = {path}2\n[sink c]\ntype = file\npath = {t.path('none/out.jsonl')}\n", "good, 3 sinks")


def test_what_may_come_yet(t):
    """A folder that is mounted later is no mistake: it is told, and is good all the same. So it is of one where root is nobody special."""
    os.mkdir(t.path("theirs"))
    theirs = t.path("theirs/out.jsonl")
    open(t.path("shared.jsonl"), "w").close()
    for path in (t.path("theirs"), t.path("shared.jsonl")):
        os.chown(path, 1, 1)
        os.chmod(path, 0o755)
    rights = f"Permission denied for uid {os.geteuid()} without capabilities, as sinks run;"
    for path, expected in ((t.path("none/out.jsonl"), f"{t.path('none')}: No such file or directory;"), (theirs, f"{t.path('theirs')}: {rights}"),
                           (t.path("shared.jsonl"), f"{t.path('shared.jsonl')}: {rights}"), (t.path("shared.jsonl/a"), f"{t.path('shared.jsonl/a')}: Not a directory;")):
        says(t, f"[sink a]\ntype = file\npath = {path}\n", "lastwords: warning: [sink a]: " + expected)
        says(t, f"[sink a]\ntype = file\npath = {path}\n", "good, 1 sink")
    os.chmod(t.path("theirs"), 0o777)
    for path in (theirs, t.path("new.jsonl")):
        conf = t.file("lastwords.conf", f"[sink a]\ntype = file\npath = {path}\n")
        done = subprocess.run([feed.LASTWORDS, "config", "check", "--config", conf], stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
        equal((done.stderr, os.path.exists(path)), (b"", False), "a warning of what is good, and whether the check made the file")


def test_endpoint_beside_metrics(t):
    """The one address is that of markers: told at the section that comes second."""
    secret = t.file("token", "0123456789abcdef")
    for own, of_sink in (("127.0.0.1:9101", "127.0.0.1:9101"), ("0.0.0.0:9101", "127.0.0.1:9101"), ("[::]:9101", "127.0.0.1:9101"), ("[::]:9101", "[::1]:9101"),
                         (f"unix:{t.path('s')}", f"unix:{t.path('.')}/s")):
        http, sink = f"[http]\ntoken_file = {secret}\nlisten_anywhere = yes\nlisten = {own}\n", f"[sink m]\ntype = prometheus\nlisten = {of_sink}\n"
        says(t, http + sink, f"7: [sink m] listen = {of_sink}: expected listen = another one than that of [http]")
        says(t, sink + http, f"7: [http] listen = {own}: expected listen = another one than that of [sink m]")
    for own, of_sink in (("0.0.0.0:9101", "[::1]:9101"), ("127.0.0.1:9102", "127.0.0.1:9101"), (f"unix:{t.path('s')}", "127.0.0.1:9101")):
        says(t, f"[http]\ntoken_file = {secret}\nlisten_anywhere = yes\nlisten = {own}\n[sink m]\ntype = prometheus\nlisten = {of_sink}\n", "good, 1 sink")
    says(t, f"[http]\ntoken_file = {secret}\nlisten = localhost:80\n", "3: [http] listen = localhost:80: expected unix:/PATH")


def rsa(t, name):
    certificates.openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=" + name, "-keyout", t.path(name + ".key"), "-out", t.path(name + ".pem"))
    return t.path(name + ".pem"), t.path(name + ".key")


def test_certificates(t):
    authority = certificates.Authority(t.path("tls"))
    cert, key = authority.certificate("good")
    _, other = authority.certificate("other")
    rsa_cert, rsa_key = rsa(t, "rsa")
    _, rsa_other = rsa(t, "other")
    plain = t.path("plain.key")
    certificates.openssl("pkey", "-traditional", "-in", key, "-out", plain)
    certificates.openssl("pkey", "-traditional", "-in", rsa_key, "-out", rsa_key + "1")
    certificates.openssl("genpkey", "-algorithm", "ed25519", "-out", t.path("ed.key"))
    certificates.openssl("req", "-x509", "-key", t.path("ed.key"), "-subj", "/CN=ed", "-out", t.path("ed.pem"))
    for file in (key, other, rsa_key, rsa_other, plain, rsa_key + "1", t.path("ed.key")):
        os.chmod(file, 0o600)
    with open(authority.ca, encoding="ascii") as file:
        good = file.read()
    middle = good.index("\n", 200)
    for number, text in enumerate((good[:middle] + "?" + good[middle:], good[:middle], good.replace("END", "BEGIN"), good + good[:middle - 70] + good[middle:],
                                   good.replace("CERTIFICATE", "CERTIFICATE REQUEST"), "-----BEGIN CERTIFICATE-----\nnonsense", "", "-----BEGIN ", "no",
                                   "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n")):
        path = t.file(f"bad{number}.pem", text)
        one(t, HTTP + "ca = " + path, f"4: [sink a] ca = {path}: expected a file with certificates")
    bundle = t.file("bundle", "# two\n" + good + good.replace("\n", "\r\n"))
    for text in (f"ca = {bundle}", f"cert = {cert}\nkey = {key}", f"cert = {cert}\nkey = {plain}", f"cert = {rsa_cert}\nkey = {rsa_key}",
                 f"cert = {rsa_cert}\nkey = {rsa_key}1", f"cert = {t.path('ed.pem')}\nkey = {t.path('ed.key')}"):
        one(t, HTTP + text, "good, 1 sink")
    for of, wrong in ((cert, other), (cert, rsa_key), (rsa_cert, rsa_other), (rsa_cert, plain)):
        one(t, HTTP + f"cert = {of}\nkey = {wrong}", f"5: [sink a] key = {wrong}: expected key = the private key of cert")
    one(t, HTTP + f"cert = {cert}", f"4: [sink a] cert = {cert}: expected cert only together with key")
    one(t, HTTP + f"key = {key}", f"4: [sink a] key = {key}: expected key only together with cert")
    for keys in ("type = otlp\nurl = http://h/", "type = syslog\nurl = tcp://h:1", "type = nats\nurl = nats://h:1"):
        one(t, keys + f"\nca = {authority.ca}", f"4: [sink a] ca = {authority.ca}: expected ca only with an address")
    one(t, f"type = nats\nurl = nats://h:1,tls://g:1\nca = {authority.ca}", "good, 1 sink")


def test_removed_service(t):
    """It is not told beside the event either."""
    receiver = t.use(WebhookDouble())
    template = t.file("template", '{"event": {{@event}}, "service": {{@service}}}')
    events = [event for event in hostile.events(200) if event.get("service") and feed.service_of(event)] + list(feed.findings(2))
    for number, (remove, told) in enumerate((("service services marker.service", 0), ("service.name services marker", 0), ("process.comm", len(events)))):
        t.feed(f"[sink a]\ntype = http\nurl = {receiver.url}/{number}\ntemplate = {template}\nremove = {remove}\n", events).deliver()
        bodies = [json.loads(request["body"]) for request in receiver.received() if request["path"] == f"/{number}"]
        equal((len(bodies), sum(body["service"] != "" for body in bodies)), (len(events), told), f"events, and those with a service: {remove}")

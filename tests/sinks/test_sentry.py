# SPDX-License-Identifier: Apache-2.0
"""The sink `sentry` against Spotlight and Sentry's schema, and a server that limits as Sentry does."""
import gzip
import json
import subprocess
import time
import uuid

import feed
import trouble
from feed import check, contains, equal, wait_for
from receivers.answering import Answering
from receivers.front import HttpFront
from receivers.sentry import Spotlight, items, validate
from test_alertmanager import incidents

ERRORS = ("crash", "oom_kill", "kill", "exit_failure", "exception")
# What the front may answer that no event was taken by.
TROUBLE = ("garbage", "garbage_body", "endless_body", "endless_headers", "endless_chunks", "wrong_length", "bad_chunk", "gzip_bomb", "empty",
           "reset", "redirect_loop", "error_items", "partial", "401", "404", "500", "502", "503", "504")


def config(t, port, more="", name="errors"):
    dsn = t.file("dsn", f"http://0123456789abcdef0123456789abcdef@127.0.0.1:{port}/1\n")
    return f"[sink {name}]\ntype = sentry\ndsn_file = {dsn}\nretry_max = 200ms\n{more}"


def number_of(key):
    """The 16 bytes of an id, in hexadecimal."""
    value = 0
    for letter in key:
        value = value << 5 | feed.hostile.CROCKFORD.index(letter)
    return f"{value:032x}"


def pairs(fed, found):
    """(id, event) of what came; a finding is known by the hash of its id, which is the same each time."""
    keys = {text_of(event): key for key, event in fed.expected.items()}
    return [(keys.get(text_of(event["contexts"]["lastwords"]), event["event_id"]), event["contexts"]["lastwords"]) for event in found]


def text_of(event):
    return json.dumps(event, sort_keys=True)


def is_error(event):
    return event["kind"] in ERRORS


def frames_of(found, event):
    """Frames, oldest first, against those of the event."""
    ours = list(reversed(event["stack"]["frames"]))
    equal([frame.get("instruction_addr") for frame in found], [frame["address"] for frame in ours], "addresses")
    equal([frame.get("package") for frame in found], [frame.get("module") for frame in ours], "packages")
    equal([frame.get("function") for frame in found], [frame.get("function") for frame in ours], "functions")
    equal([frame.get("lineno") for frame in found], [frame.get("line") for frame in ours], "lines")
    equal([frame["in_app"] for frame in found], [frame.get("module") == event["process"]["exe"] for frame in ours], "in_app")


def compare_images(sent, event):
    """The images are those of the frames that have a build-id and a place; the debug id is its first half as a GUID."""
    frames = event.get("stack", {}).get("frames", []) + [frame for thread in event.get("threads", []) for frame in thread["frames"]]
    expected = set()
    for frame in frames:
        base = int(frame["address"], 16) - int(frame.get("offset", frame["address"]), 16)
        if base > 0 and "build_id" in frame:
            expected.add((frame["module"], frame["build_id"], str(uuid.UUID(bytes_le=bytes.fromhex(frame["build_id"])[:16])), hex(base)))
    images = sent.get("debug_meta", {}).get("images", [])
    found = {(image["code_file"], image["code_id"], image["debug_id"], image["image_addr"]) for image in images}
    check(found == expected or len(images) == 128, f"images: {found ^ expected}")


def compare(sent, event):
    """One event as Sentry gets it, against what was stored."""
    equal(sent["event_id"], number_of(event["id"]), "event_id")
    equal(abs(sent["timestamp"] * 1e9 - feed.nanoseconds(event["time"])) < 1000, True, "timestamp")
    equal(sent["server_name"], "web-1", "server_name")
    equal(sent["tags"]["kind"], event["kind"], "kind")
    equal("exception" in sent, is_error(event), "an exception")
    equal(sent.get("fingerprint"), [event["fingerprint"]] if "fingerprint" in event else None, "fingerprint")
    equal([(crumb.get("message"), crumb["category"]) for crumb in sent.get("breadcrumbs", {}).get("values", [])],
          [(crumb["subject"] or None, "syscall." + crumb["syscall"]) for crumb in event.get("breadcrumbs", [])], "breadcrumbs")
    if not is_error(event):
        return
    values, exception = sent["exception"]["values"], event.get("exception")
    last, mechanism = values[-1], values[-1]["mechanism"]
    equal(mechanism["handled"], event["kind"] == "exception", "handled")
    if "signal" in event:
        equal(mechanism["meta"]["signal"], {"number": event["signal"]["number"], "name": event["signal"]["name"],
                                            "code_name": event["signal"]["code"]}, "the signal")
    if exception:
        equal((last.get("type", ""), last.get("value", "")), (exception["type"], exception["message"]), "the exception")
        equal([(value["type"], value["mechanism"]["source"]) for value in values[:-1]],
              [(one["type"], one["relation"]) for one in reversed(exception.get("chained", []))], "the chained ones")
    else:
        equal(last["type"], event["signal"]["name"] if "signal" in event else f"exit {event['exit']['status']}", "type")
    if exception and exception["frames"]:
        equal([(frame.get("function"), frame["lineno"]) for frame in last["stacktrace"]["frames"]],
              [(frame["function"], frame["line"]) for frame in reversed(exception["frames"])], "the frames of the exception")
    elif "stack" in event:
        frames_of(last["stacktrace"]["frames"], event)
    threads = sent["threads"]["values"]
    equal([thread["id"] for thread in threads], [event["process"]["tid"]] + [one["tid"] for one in event.get("threads", [])], "threads")
    if "stack" in event:
        frames_of(threads[0]["stacktrace"]["frames"], event)
    compare_images(sent, event)


def test_all(t):
    """Every kind, as messages where they are no errors."""
    receiver = t.use(Spotlight())
    events = list(feed.hostile.events(feed.COUNT // 4 if feed.SHORT else feed.COUNT)) + list(incidents(40))
    fed = t.feed(config(t, receiver.port, "kinds = *\nenvironment = production\n"), events).deliver(240)
    fed.end()
    found = receiver.received()
    equal(fed.compare(pairs(fed, found)), 0, "doubles")
    for sent in found:
        event = sent["contexts"]["lastwords"]
        equal((sent["environment"], sent["envelope"]["event_id"]), ("production", sent["event_id"]), "environment and id")
        if event["kind"] not in ("issue", "incident"):
            compare(sent, event)
    errors = [{key: value for key, value in sent.items() if key != "envelope"} for sent in found if "exception" in sent]
    equal(validate(errors), [], "what Sentry's schema says")
    wait_for(lambda: len(receiver.shown()) >= len(found), 20, "Spotlight shows them all")
    t.note(fed)


def test_errors_only(t):
    """Without kinds, deaths and exceptions are sent."""
    receiver = t.use(Spotlight())
    fed = t.feed(config(t, receiver.port), feed.hostile.events(330)).deliver()
    found = receiver.received()
    fed.compare(pairs(fed, found), only=is_error, twice=False)
    equal({event["kind"] for _, event in pairs(fed, found)}, set(ERRORS), "kinds")


def killed(t, receiver, **killing):
    fed = t.feed(config(t, receiver.port), feed.hostile.events(feed.COUNT // (8 if feed.SHORT else 2))).deliver(120, **killing)
    doubles = fed.compare(pairs(fed, receiver.received()), only=is_error)
    ids = {event["event_id"] for event in receiver.received()}
    equal(len(ids), len({key for key, event in fed.expected.items() if is_error(event)}), "ids: a double has that of the first")
    fed.end()
    t.note(fed, f", {doubles} twice")


def test_receiver_killed(t):
    receiver = t.use(Spotlight())
    killed(t, receiver, kill_receiver=receiver)


def test_process_killed(t):
    killed(t, t.use(Spotlight()), kill_process=True)


def test_trouble(t):
    """Answers that are late, endless, garbage or somebody else's: nothing is lost, nothing given up."""
    receiver = t.use(Spotlight())
    front = t.use(HttpFront(receiver))
    fed = t.feed(config(t, front.port, "timeout = 500ms\n"), [])
    events = [event for event in feed.hostile.events(11 * len(TROUBLE), seed=3) if is_error(event)]
    fed.start()
    trouble.once(fed, front, TROUBLE, events, 5)
    for mode in ("slow_headers", "silent"):
        trouble.until_failure(fed, front, mode, feed.hostile.events(1, seed=ord(mode[-1])))
    fed.compare(pairs(fed, receiver.received()))
    equal(fed.refused, {}, "what was given up")


class Limits(Answering):
    """A server that answers as it is told: each a status and headers, the last one for good; with the id, as Sentry does."""

    def __init__(self, *answers):
        super().__init__()
        self.answers, self.got = list(answers), []

    def answer(self, path, headers, body):
        body = gzip.decompress(body) if headers.get("Content-Encoding") == "gzip" else body
        header, parts = items(body)
        self.got.append((time.monotonic(), path, headers, header, parts))
        status, more = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return status, more, json.dumps({"id": header["event_id"]}).encode()


def limited(t, *answers, count=3):
    receiver = t.use(Limits(*answers, (200, {})))
    events = [event for event in feed.hostile.events(20 * count) if is_error(event)][:count]
    fed = t.feed(config(t, receiver.port), events).deliver()
    fed.end()
    return fed, receiver.got


def test_request(t):
    _, got = limited(t, (200, {}))
    _, path, headers, header, parts = got[0]
    equal(path, "/api/1/envelope/", "path")
    equal(headers["Content-Type"], "application/x-sentry-envelope", "type")
    equal(headers["X-Sentry-Auth"].split(", ")[0::2], ["Sentry sentry_version=7", "sentry_key=0123456789abcdef0123456789abcdef"], "who it is")
    check(abs(feed.nanoseconds(header["sent_at"]) / 1e9 - time.time()) < 60, "sent_at")
    equal([(item["type"], item["length"] == len(payload)) for item, payload in parts], [("event", True)], "items")


def test_rate_limits(t):
    """What Sentry asks for is kept: by 429 and Retry-After, and in advance by X-Sentry-Rate-Limits."""
    for answers, pause in (
            ([(429, {"Retry-After": "1"})], 1), ([(429, {"X-Sentry-Rate-Limits": "1:error:key", "Retry-After": "60"})], 1),
            ([(200, {"X-Sentry-Rate-Limits": "1::organization, 99:transaction:key"})], 1),
            ([(200, {"X-Sentry-Rate-Limits": "99:transaction;session:key"})], 0), ([(200, {"X-Sentry-Rate-Limits": "x, :, 9999"})], 0)):
        fed, got = limited(t, *answers)
        waited = got[1][0] - got[0][0]
        check(pause <= waited + 0.05 and waited < pause + 0.9, f"{answers}: {waited:.2f} s between the first two")
        equal(len({header["event_id"] for _, _, _, header, _ in got}), 3, "events")
        equal(fed.refused, {}, "what was given up")


def test_refused(t):
    """An event that Sentry does not take is set aside after three tries, alone."""
    fed, got = limited(t, (413, {}), (413, {}), (413, {}), count=4)
    equal(len(got), 3 + 3, "requests")
    equal([key for _, key in fed.refused], [next(iter(fed.expected))], "what was set aside")


def test_dsn(t):
    """Each mistake gives its line, and never the key."""
    def says(dsn, expected, more="", mode=0o600):
        path = t.file("dsn", dsn)
        feed.os.chmod(path, mode)
        conf = t.file("conf", f"[sink errors]\ntype = sentry\n{more or f'dsn_file = {path}'}\n")
        done = subprocess.run([feed.LASTWORDS, "config", "check", "--config", conf], stderr=subprocess.PIPE, stdout=subprocess.PIPE)
        text = done.stderr.decode()
        contains(text + done.stdout.decode(), expected, repr(dsn))
        check("c0ffee" not in text, "the key is told")

    for good in ("https://c0ffee@o1.ingest.sentry.io/42", "http://c0ffee:5ec@127.0.0.1:9000/1", "https://c0ffee@sentry.example/some/path/7\n"):
        says(good, "good, 1 sink")
    for bad in ("", "https://sentry.io/42", "https://c0ffee@/42", "https://c0ffee@host", "c0ffee@host/1", "ftp://c0ffee@host/1",
                "https://c0ffee@host/1?x=y", "https://c0 ffee@host/1", "https://c0ffee@host/", "https://@host/1", "https://c0ffee@host/../1 "):
        says(bad, ":3: [sink errors] dsn_file = ")
    says("https://c0ffee@host/1", "(chmod 0600)", mode=0o644)
    says("https://c0ffee@host/1", "the key dsn", more="environment = x")
    says("https://c0ffee@host/1", "environment = a name", more=f"dsn_file = {t.path('dsn')}\nenvironment = a/b")
    says("https://c0ffee@host/1", "batch = 1", more=f"dsn_file = {t.path('dsn')}\nbatch = 2")

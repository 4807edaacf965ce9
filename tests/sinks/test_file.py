# SPDX-License-Identifier: Apache-2.0
"""The sink `file`, whose receiver is a file."""
import json
import os
import re
import subprocess

import hostile
from feed import LASTWORDS, check, contains, equal, wait_for


def config(t):
    return f"[sink out]\ntype = file\npath = {t.path('out.jsonl')}\nbatch = 200\n"


def received(t, feed):
    """Issues and incidents change: which state a line holds is told by its contents."""
    with open(t.path("out.jsonl"), encoding="utf-8") as file:
        events = [json.loads(line) for line in file.read().split("\n")[:-1]]
    ids = {event["id"]: key for key, event in feed.expected.items()}
    return [(ids[event["id"]], event) for event in events]


def test_all(t):
    feed = t.feed(config(t))
    feed.deliver()
    feed.compare(received(t, feed), twice=False)
    feed.end()
    t.note(feed)


def test_process_killed(t):
    feed = t.feed(config(t))
    feed.deliver(kill_process=True)
    doubles = feed.compare(received(t, feed))
    feed.end()
    t.note(feed, f", {doubles} twice")


def test_mode(t):
    """A new file has the mode that was asked for, whatever the umask."""
    feed = t.feed(config(t) + "mode = 0666\n", hostile.events(1))
    feed.deliver()
    equal(oct(os.stat(t.path("out.jsonl")).st_mode & 0o777), "0o666", "mode")


def test_folder_comes_later(t):
    """What was to go there waits, and is all there once it can; no other sink waits with it."""
    folder = t.path("later")
    feed = t.feed(f"[sink late]\ntype = file\npath = {folder}/out.jsonl\nretry_max = 300ms\n[sink out]\ntype = file\npath = {t.path('out.jsonl')}\n",
                  list(hostile.events(200)))
    feed.deliver(until=lambda: feed.account("failures", "late") > 2 and feed.account("delivered", "out") == 200)
    equal((feed.account("delivered", "late"), set(feed.errors) - {""}), (0, {"No such file or directory"}), "what the sink says meanwhile")
    os.mkdir(folder)
    feed.deliver()
    for path in (t.path("out.jsonl"), folder + "/out.jsonl"):
        with open(path, encoding="utf-8") as file:
            feed.compare(((event["id"], event) for event in map(json.loads, file)), twice=False)


def test_other_files(t):
    """What is no file of JSON lines is left as it is, whatever the configuration says; of ours only a torn line is cut."""
    for name, there in (("secret", b"s3cret"), ("database", b"SQLite format 3\0" + b"\n\0" * 500), ("daemon.json", b'{\n  "a": 1\n}'), ("log", b"a\nb\nc")):
        path = t.path(name)
        with open(path, "wb") as file:
            file.write(there)
        feed = t.feed(f"[sink out]\ntype = file\npath = {path}\nretry_max = 50ms\n", hostile.events(2))
        feed.deliver(until=lambda feed=feed: feed.account("failures") > 2 or feed.account("delivered"))
        feed.end()
        with open(path, "rb") as file:
            equal((file.read(), set(feed.errors)), (there, {"it holds something else than lines of JSON"}), name)
    for there, left in ((b'{"a":1}\n{"b":', b'{"a":1}\n'), (b'{"torn', b""), (b'{"a":1}\n\0\0', b'{"a":1}\n'), (b"\0" * 5000, b"")):
        with open(t.path("ours"), "wb") as file:
            file.write(there)
        feed = t.feed(f"[sink out]\ntype = file\npath = {t.path('ours')}\n", hostile.events(2))
        feed.deliver()
        feed.end()
        with open(t.path("ours"), "rb") as file:
            check(file.read().startswith(left + b'{"schema'), f"what is left of {there[:30]}")


def test_trial_beside(t):
    """`doctor --sinks` opens the file while the sink writes: it cuts a torn line, and nothing that comes meanwhile."""
    events = list(hostile.events(400))
    feed = t.feed(config(t), events[:100])
    feed.deliver()
    with open(t.path("out.jsonl"), "a", encoding="utf-8") as file:
        file.write('{"torn')
    trial = subprocess.Popen(["strace", "-f", "-o", t.path("calls"), "-e", "trace=ftruncate", "-e",
                              "inject=ftruncate:delay_enter=1s", LASTWORDS, "doctor", "--sinks", "--config", feed.config,
                              "--state", feed.state.folder], stdout=subprocess.PIPE)
    wait_for(lambda: os.path.exists(t.path("calls")) and "ftruncate" in open(t.path("calls")).read(), 10, "the trial at the file")
    feed.events = events[100:]
    feed.deliver()
    contains(trial.communicate()[0].decode(), "a test event was delivered", "doctor")
    with open(t.path("out.jsonl"), encoding="utf-8") as file:
        got = [event for event in map(json.loads, file) if "lastwords doctor tests" not in event.get("marker", {}).get("note", "")]
    feed.compare([(event["id"], event) for event in got], twice=False)


def test_fsync_second(t):
    """What is written within a second of an fsync has its own a second later, though nothing more comes."""
    feed = t.feed(config(t) + "fsync = second\n", hostile.events(1))
    feed.start()
    tracer = subprocess.Popen(["strace", "-f", "-o", t.path("calls"), "-e", "trace=fsync,write", "-p", str(feed.pid)],
                              stderr=subprocess.PIPE)
    t.stack.callback(tracer.kill)
    contains(tracer.stderr.readline().decode(), "attached", "strace")
    feed.deliver()
    feed.events = list(hostile.events(1, seed=2))
    feed.deliver()

    def calls():
        with open(t.path("calls"), encoding="utf-8") as file:
            return [word for word in re.findall(r" (fsync|write)\(", file.read())]
    wait_for(lambda: calls() == ["write", "fsync", "write", "fsync"], 3, f"the second fsync: {calls()}")

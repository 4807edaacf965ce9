# SPDX-License-Identifier: Apache-2.0
"""The sink `file`, whose receiver is a file."""
import json


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

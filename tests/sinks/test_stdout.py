# SPDX-License-Identifier: Apache-2.0
"""The sink `stdout`, whose reader is slow, away, or sees the process of the sinks end and start again."""
import fcntl
import json
import os
import signal
import threading
import time

import hostile
from feed import check, equal, wait_for

CONFIG = "[sink out]\ntype = stdout\n"


class Reader:
    """Reads a pipe of one page, so many bytes a second (0: not now)."""

    def __init__(self, t, rate):
        self.rate, self.data = rate, bytearray()
        self.fd, self.end = os.pipe()
        fcntl.fcntl(self.end, fcntl.F_SETPIPE_SZ, 4096)
        thread = threading.Thread(target=self.read)
        t.stack.callback(thread.join)
        t.stack.callback(setattr, self, "rate", 1 << 30)
        t.stack.callback(os.close, self.end)
        thread.start()

    def read(self):
        while True:
            rate = self.rate
            piece = os.read(self.fd, min(max(rate // 100, 1), 65536)) if rate else None
            if piece == b"":
                return
            self.data += piece or b""
            time.sleep(0 if rate > 1 << 20 else 0.01)

    def lines(self):
        return bytes(self.data).split(b"\n")[:-1]


def long_events():
    """With lines that no pipe takes at once."""
    for event in hostile.events(100):
        yield {**event, "last_words": {"text": "x" * 20000, "bytes": 20000, "truncated": False}}


def begin(t, rate):
    reader = Reader(t, rate)
    feed = t.feed(CONFIG, long_events())
    feed.output = reader.end
    return reader, feed


def events_of(feed, lines):
    ids = {event["id"]: key for key, event in feed.expected.items()}
    return [(ids[event["id"]], event) for event in map(json.loads, lines)]


def deliver_all(reader, feed):
    """The reader is a little behind."""
    feed.deliver()
    last = list(feed.expected.values())[-1]["id"].encode()
    wait_for(lambda: any(last in line for line in reader.lines()[-1:]), 5, "the last line")


def test_all(t):
    reader, feed = begin(t, 1 << 30)
    deliver_all(reader, feed)
    feed.compare(events_of(feed, reader.lines()), twice=False)
    t.note(feed)


def test_end_midway(t):
    """Ended while a slow reader reads, the process ends behind a whole line, and the next one goes on there."""
    reader, feed = begin(t, 400_000)
    feed.deliver(until=lambda: len(reader.data) > 200_000)
    feed.stop()
    equal(feed.code, 0, "status")
    feed.start()
    reader.rate = 1 << 30
    deliver_all(reader, feed)
    feed.compare(events_of(feed, reader.lines()))


def halves(lines):
    """Those that are not JSON; each must be the begin of a line behind it."""
    found = []
    for number, line in enumerate(lines):
        try:
            json.loads(line)
        except ValueError:
            found.append(line)
            check(line == b"" or any(other.startswith(line) for other in lines[number + 1:]), f"two lines in one: {line!r:.300}")
    return found


def test_kill_midway(t):
    """Ended while nobody reads, it leaves half a line and says so, which the next process ends: no event is glued on to it. When
    it is killed nobody knows, and there may be an empty line."""
    for number in (signal.SIGKILL, None):
        reader, feed = begin(t, 1_000_000)
        feed.deliver(until=lambda reader=reader: len(reader.data) > 200_000)
        reader.rate = 0
        time.sleep(0.2)
        if number:
            feed.end(number)
        else:
            feed.stop()
        half = feed.code != 0
        feed.start(*(["--after-half"] if half else []))
        reader.rate = 1 << 30
        deliver_all(reader, feed)
        torn = halves(reader.lines())
        equal(len(torn), int(half), f"halves of lines: {torn!r:.300}")
        feed.compare(events_of(feed, [line for line in reader.lines() if line not in torn]))
        feed.end()

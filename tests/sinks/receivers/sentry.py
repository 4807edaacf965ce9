# SPDX-License-Identifier: Apache-2.0
"""Sentry: Spotlight, which takes Sentry's envelopes, in a network namespace of its own, behind a relay that keeps them; and
Sentry's schema of events, by ajv."""
import gzip
import json
import os
import subprocess
import sys

from .client import answers
from .process import HERE, Receiver, cached, free_port, read_lines


def items(envelope):
    """The header of an envelope and its items as (header, payload); ValueError when it is not of that form."""
    head, _, rest = envelope.partition(b"\n")
    header, found = json.loads(head), []
    if not isinstance(header, dict):
        raise ValueError("the header is no object")
    while rest:
        line, _, rest = rest.partition(b"\n")
        item = json.loads(line)
        size = item.get("length", rest.find(b"\n") if b"\n" in rest else len(rest))
        if "type" not in item or size > len(rest):
            raise ValueError(f"item {line[:100]!r}")
        found.append((item, rest[:size]))
        if rest[size:size + 1] not in (b"", b"\n"):
            raise ValueError(f"no newline behind the payload of {line[:100]!r}")
        rest = rest[size + 1:]
    return header, found


class Spotlight(Receiver):
    """POST envelopes to url, or use dsn. received() is what Spotlight answered with 200; shown() what it makes of it."""
    name = "spotlight"

    def prepare(self):
        self.url = f"http://127.0.0.1:{self.port}/api/1/envelope/"
        self.dsn = f"http://0123456789abcdef0123456789abcdef@127.0.0.1:{self.port}/1"
        self.inner = free_port()

    def command(self):
        program = os.path.join(cached("sentry"), "node_modules/.bin/spotlight")
        return [sys.executable, "-B", os.path.join(HERE, "spotlight_relay.py"), str(self.port), str(self.inner), self.dir, program]

    def ready(self):
        return answers(self.port, "/health")

    def received(self):
        """Events in the order of arrival, each with "envelope", the header of its envelope."""
        found = []
        for line in read_lines(self.path("received")):
            body = bytes.fromhex(line["body"])
            header, parts = items(gzip.decompress(body) if line["encoding"] == "gzip" else body)
            found += [{**json.loads(payload), "envelope": header} for item, payload in parts if item["type"] == "event"]
        return found

    def shown(self):
        """Events as Spotlight gives them to its own page."""
        return read_lines(self.path("shown"))


def validate(events):
    """What Sentry's schema has to say against events: a list of (index, error)."""
    done = subprocess.run(["node", os.path.join(HERE, "sentry_validate.js"), cached("sentry"),
                           os.environ.get("LASTWORDS_SENTRY_SCHEMA", "")], input=json.dumps(events).encode(),
                          stdout=subprocess.PIPE, check=True)
    return [tuple(pair) for pair in json.loads(done.stdout)]

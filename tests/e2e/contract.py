# SPDX-License-Identifier: Apache-2.0
"""Everything that lastwords tells in one test, held against docs/event.schema.json."""
import json
import os
import sys

sys.path.append(os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "schema"))
import schema  # noqa: E402

# Commands that tell of events, issues and incidents as such.
TELLING = {"events", "crashes", "issues", "incidents", "markers", "show", "mark", "replay", "exec"}


class Contract:
    """Complaints by their text, with the first line that each is about."""

    def __init__(self):
        self.held, self.complaints = set(), {}

    def hold(self, told, line):
        text = schema.complaint(told)
        if text:
            self.complaints.setdefault(text, line[:1000])

    def lines(self, lines):
        """Of a stream, each line once. A line without an end was cut off by a kill; one that is no object is no event."""
        for line in lines:
            if line.startswith(b"{") and line.endswith(b"\n") and line not in self.held:
                self.held.add(line)
                self.hold(json.loads(line), line.decode())

    def document(self, text):
        """Of -o json: an object, or an array of them."""
        told = json.loads(text) if text else []
        for one in told if isinstance(told, list) else [told]:
            self.hold(one, json.dumps(one))

    def command(self, args, output):
        if TELLING.isdisjoint(args[:1]):
            return
        if "jsonl" in args:
            self.lines(output.splitlines(True))
        elif "json" in args:
            self.document(output)

    def text(self):
        return "\n".join(f"{complaint}: {line}" for complaint, line in self.complaints.items())

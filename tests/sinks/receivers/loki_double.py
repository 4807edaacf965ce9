# SPDX-License-Identifier: Apache-2.0
"""A double of Loki's push API, JSON and snappy protobuf. Beyond Loki's documented rules and default limits it takes only the
labels that we promise: host, service_name, kind and level."""
import json
import re
import sys
import time

from .double import Double, Handler, Refused, serve
from .wire import fields, unsnappy

OURS = {"host", "service_name", "kind", "level"}
LABELS, LABEL_VALUE, LINE = 15, 2048, 256 * 1024
METADATA, METADATA_COUNT = 64 * 1024, 128
OLDEST, FUTURE, BEHIND = 7 * 86400, 600, 3600  # seconds
NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*\Z")
PAIR = re.compile(r'\s*([a-zA-Z_][a-zA-Z0-9_]*)\s*=\s*("(?:[^"\\\n]|\\.)*")\s*(,|\Z)')


def of_json(body):
    """Yields labels and entries (time, line, metadata); a request of another form is refused whole."""
    try:
        request = json.loads(body.decode("utf-8"))
        for stream in request["streams"]:
            entries = []
            for entry in stream["values"]:
                stamp, line, metadata = entry if len(entry) == 3 else (*entry, {})
                strings = [stamp, line, *metadata.keys(), *metadata.values()]
                if not all(isinstance(text, str) for text in strings) or not re.match(r"[0-9]{1,19}\Z", stamp):
                    raise ValueError(f"entry {entry!r:.200}")
                entries.append((int(stamp), line, metadata))
            if not all(isinstance(value, str) for value in stream["stream"].values()):
                raise ValueError("a label is not a string")
            yield stream["stream"], entries
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Refused(400, f"loghttp.PushRequest: {error}") from error


def of_labels(text):
    if not (text.startswith("{") and text.endswith("}")):
        raise ValueError(f"labels {text!r:.100}")
    labels, at, text = {}, 0, text[1:-1]
    while at < len(text):
        pair = PAIR.match(text, at)
        if not pair:
            raise ValueError(f"labels {text!r:.100}")
        labels[pair[1]] = json.loads(pair[2])
        at = pair.end()
    return labels


def of_protobuf(body):
    try:
        for _, stream in fields(unsnappy(body)):
            labels, entries = {}, []
            for number, value in fields(stream):
                if number == 1:
                    labels = of_labels(value.decode())
                elif number == 2:
                    stamp, line, metadata = {}, b"", {}
                    for part, content in fields(value):
                        if part == 1:
                            stamp = dict(fields(content))
                        elif part == 2:
                            line = content
                        elif part == 3:
                            pair = dict(fields(content))
                            metadata[pair[1].decode()] = pair.get(2, b"").decode()
                    entries.append((stamp.get(1, 0) * 10 ** 9 + stamp.get(2, 0), line.decode(), metadata))
            yield labels, entries
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Refused(400, f"logproto.PushRequest: {error}") from error


def wrong_labels(labels):
    if not labels:
        return "at least one label pair is required per stream"
    if len(labels) > LABELS:
        return f"stream has {len(labels)} label names; limit {LABELS}"
    if set(labels) - OURS:
        return f"labels that we do not promise: {sorted(set(labels) - OURS)}"
    if any(not NAME.match(name) or len(value.encode()) > LABEL_VALUE for name, value in labels.items()):
        return "a label's name or value is not allowed"
    return None


def wrong_entry(entry, newest):
    stamp, line, metadata = entry
    now = time.time_ns()
    if len(line.encode()) > LINE:
        return f"max entry size {LINE} bytes exceeded"
    if stamp < now - OLDEST * 10 ** 9:
        return "timestamp too old"
    if stamp > now + FUTURE * 10 ** 9:
        return "timestamp too new"
    if stamp < newest - BEHIND * 10 ** 9:
        return "entry too far behind"
    if len(metadata) > METADATA_COUNT or sum(len((key + value).encode()) for key, value in metadata.items()) > METADATA:
        return "structured metadata too large"
    return None


class Loki(Handler):
    newest = {}  # time of the newest entry, by stream

    def post(self, body):
        if self.path != "/loki/api/v1/push":
            raise Refused(404, "404 page not found")
        kind = self.headers.get("Content-Type", "").split(";")[0]
        if kind not in ("application/json", "application/x-protobuf"):
            raise Refused(415, f"Content-Type {kind}")
        errors, kept = [], []
        for labels, entries in list((of_json if kind == "application/json" else of_protobuf)(body)):
            wrong = wrong_labels(labels)
            if wrong:
                errors.append(wrong)
                continue
            key = json.dumps(labels, sort_keys=True)
            for entry in entries:
                wrong = wrong_entry(entry, self.newest.get(key, 0))
                if wrong:
                    errors.append(wrong)
                    continue
                self.newest[key] = max(entry[0], self.newest.get(key, 0))
                kept.append({"labels": labels, "time": entry[0], "line": entry[1], "metadata": entry[2]})
        self.keep(kept)  # as Loki does: the good entries of a request stay when others are refused
        if errors:
            raise Refused(400, "; ".join(errors[:10]))
        return 204, ""


class LokiDouble(Double):
    """received(): labels, time (ns), line, metadata of each entry."""
    name = "loki-double"
    module = "loki_double"


if __name__ == "__main__":
    serve(Loki, sys.argv[1:])

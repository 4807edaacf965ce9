# SPDX-License-Identifier: Apache-2.0
"""A double of Loki's push API, JSON and snappy protobuf, with Loki's texts for what is wrong. Beyond Loki's documented rules and
default limits it takes only the labels that we promise: host, service_name, kind and level; and names of structured metadata that
need no change."""
import json
import os
import re
import sys
import time

from .double import Double, Handler, Refused, serve
from .process import write_text
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


def told(labels):
    return "{" + ", ".join(f"{name}={json.dumps(value, ensure_ascii=False)}" for name, value in sorted(labels.items())) + "}"


def stamp_of(ns):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(ns // 10 ** 9))


def wrong_labels(labels):
    if not labels:
        return "error at least one label pair is required per stream"
    if len(labels) > LABELS:
        return f"entry for stream '{told(labels)}' has {len(labels)} label names; limit {LABELS}"
    if set(labels) - OURS:
        return f"labels that we do not promise: {sorted(set(labels) - OURS)}"
    for name, value in labels.items():
        if not NAME.match(name) or not value:
            return f"Error parsing labels '{told(labels)}' with error: {name}"
        if len(value.encode()) > LABEL_VALUE:
            return f"stream '{told(labels)}' has label value too long: '{value}'"
    return None


def wrong_entry(labels, entry, now):
    """As the distributor looks at it."""
    stamp, line, metadata = entry
    oldest, size = now - OLDEST * 10 ** 9, sum(len((key + value).encode()) for key, value in metadata.items())
    if stamp < oldest:
        return (f"entry for stream '{told(labels)}' has timestamp too old: {stamp_of(stamp)}, oldest acceptable timestamp is: "
                f"{stamp_of(oldest)}")
    if stamp > now + FUTURE * 10 ** 9:
        return f"entry for stream '{told(labels)}' has timestamp too new: {stamp_of(stamp)}"
    if len(line.encode()) > LINE:
        return f"Max entry size '{LINE}' bytes exceeded for stream '{told(labels)}' while adding an entry with length '{len(line.encode())}' bytes"
    if len(metadata) > METADATA_COUNT:
        return f"stream '{told(labels)}' has too many structured metadata labels: '{len(metadata)}', limit: '{METADATA_COUNT}'. Please see"
    if size > METADATA:
        return f"stream '{told(labels)}' has structured metadata too large: '{size}' bytes, limit: '{METADATA}' bytes. Please see"
    if set(labels) & set(metadata) or not all(NAME.match(name) for name in metadata):
        return f"names of structured metadata that would be changed: {sorted(metadata)}"
    return None


class Loki(Handler):
    newest = {}  # time of the newest entry, by stream
    folder = None

    def behind(self, labels, entries):
        """As an ingester looks at what a stream gets: (good entries, the text of what is wrong)."""
        key, good, bad = json.dumps(labels, sort_keys=True), [], []
        for entry in entries:
            cutoff = self.newest.get(key, 0) - BEHIND * 10 ** 9
            if entry[0] < cutoff:
                when = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(entry[0] // 10 ** 9))
                bad.append(f"entry with timestamp {when} +0000 UTC ignored, reason: 'entry too far behind, entry timestamp is: "
                           f"{stamp_of(entry[0])}, oldest acceptable timestamp is: {stamp_of(cutoff)}',")
                continue
            self.newest[key] = max(entry[0], self.newest.get(key, 0))
            good.append(entry)
        if not bad:
            return good, None
        return good, "\n".join(bad[:10]) + f"\nuser 'fake', total ignored: {len(bad)} out of {len(entries)} for stream: {told(labels)}"

    def check_head(self):
        if self.path != "/loki/api/v1/push":
            raise Refused(404, "404 page not found")
        try:
            with open(os.path.join(self.folder, "limits"), encoding="utf-8") as file:
                limits = json.load(file)
        except FileNotFoundError:
            limits = {}
        if limits.get("auth_enabled") and not self.headers.get("X-Scope-OrgID"):
            raise Refused(401, "no org id")
        return limits

    def post(self, body):
        limits = self.check_head()
        kind = self.headers.get("Content-Type", "").split(";")[0]
        if kind not in ("application/json", "application/x-protobuf"):
            raise Refused(415, f"Content-Type {kind}")
        errors, kept, now, seen = [], [], time.time_ns(), set()
        for labels, entries in list((of_json if kind == "application/json" else of_protobuf)(body)):
            key, wrong = json.dumps(labels, sort_keys=True), wrong_labels(labels)
            if key in seen:
                raise Refused(400, f"stream {told(labels)} twice in a request")
            seen.add(key)
            if wrong:
                errors.append(wrong)
                continue
            good = []
            for entry in entries:
                wrong = wrong_entry(labels, entry, now)
                if entry[2] and limits.get("allow_structured_metadata") is False:
                    wrong = (f"stream '{told(labels)}' includes structured metadata, but this feature is disallowed. Please see "
                             "`limits_config.allow_structured_metadata` or contact your Loki administrator to enable it.")
                errors += [wrong] if wrong else []
                good += [] if wrong else [entry]
            good, wrong = self.behind(labels, good)
            errors += [wrong] if wrong else []
            kept += [{"labels": labels, "time": entry[0], "line": entry[1], "metadata": entry[2], "tenant": self.headers.get("X-Scope-OrgID")}
                     for entry in good]
        self.keep(kept)  # as Loki does: the good entries of a request stay when others are refused
        if errors:
            raise Refused(400, "\n".join(errors[-10:]) + "\n")
        return 204, ""


class LokiDouble(Double):
    """received(): labels, time (ns), line, metadata, tenant of each entry."""
    name = "loki-double"
    module = "loki_double"

    def limits(self, **values):
        """auth_enabled: a tenant must be named; allow_structured_metadata."""
        write_text(self.path("limits"), json.dumps(values))


if __name__ == "__main__":
    Loki.folder = sys.argv[2]
    serve(Loki, sys.argv[1:])

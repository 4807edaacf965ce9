# SPDX-License-Identifier: Apache-2.0
"""From what a daemon said to the recording of one scene: its events alone, without names of this host, at the times that the
definition tells."""
import datetime
import glob
import gzip
import json
import os
import re
import tomllib

HERE = os.path.dirname(os.path.abspath(__file__))
EPOCH = datetime.datetime(1970, 1, 1)
BEGIN = 1795255200  # 2026-11-21T10:00:00Z: where second 0 of each recording is told to be
LOGIN = 1000  # of the person that a scene makes up; whoever records is left out
UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
TIME = re.compile(r"^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\.(\d{9})Z$")


def definitions(names=()):
    """{name: definition} of all, or of the named ones."""
    files = sorted(glob.glob(os.path.join(HERE, "definitions", "*.toml")))
    found = {}
    for file in files:
        name = os.path.basename(file)[:-5]
        if not names or name in names:
            with open(file, "rb") as stream:
                found[name] = tomllib.load(stream)
    return found


def recording_path(name):
    return os.path.join(HERE, "recordings", name + ".jsonl.gz")


def load(name):
    with gzip.open(recording_path(name), "rt") as file:
        return [json.loads(line) for line in file]


def save(name, events):
    """The same events make the same file."""
    with open(recording_path(name), "wb") as raw, gzip.GzipFile("", "wb", 9, raw, 0) as file:
        for event in events:
            file.write(json.dumps(event, separators=(",", ":"), ensure_ascii=False).encode() + b"\n")


def span(text):
    """Seconds of "90s", "-10m", "1.5h", or a number."""
    return text if isinstance(text, (int, float)) else float(text[:-1]) * UNITS[text[-1]]


def told_seconds(definition, second):
    """`time` is a list of [recorded second, told second]: straight lines between the points, and as recorded beyond them."""
    points = [[0, 0]] + [[at, span(told)] for at, told in definition.get("time", [])]
    if second < 0:
        return second
    for (a, x), (b, y) in zip(points, points[1:]):
        if second < b:
            return x + (second - a) * (y - x) / (b - a)
    return points[-1][1] + second - points[-1][0]


def ns_of(text):
    whole, rest = TIME.match(text).groups()
    return int((datetime.datetime.fromisoformat(whole) - EPOCH).total_seconds()) * 10**9 + int(rest)


def text_of(ns):
    return (EPOCH + datetime.timedelta(seconds=ns // 10**9)).isoformat() + f".{ns % 10**9:09d}Z"


class Telling:
    """Moves all times of a scene that began at `begin` (seconds since the epoch)."""

    def __init__(self, definition, begin):
        self.definition, self.begin = definition, int(begin * 10**9)

    def time(self, text):
        second = (ns_of(text) - self.begin) / 1e9
        return text_of(BEGIN * 10**9 + int(told_seconds(self.definition, second) * 1e9))

    def value(self, value):
        if isinstance(value, dict):
            return {key: self.value(x) for key, x in value.items()}
        if isinstance(value, list):
            return [self.value(x) for x in value]
        return self.time(value) if isinstance(value, str) and TIME.match(value) else value

    def event(self, event):
        event = self.value(event)
        process = event.get("process", {})
        if "start" in process and "age" in process:
            process["age"] = max(0, (ns_of(event["time"]) - ns_of(process["start"])) / 1e9)
        return event


def is_own(event, token):
    """Of a control group of the scene, or a change that names it."""
    if event["kind"] == "marker":
        return token in json.dumps(event["marker"])
    return token in event.get("service", {}).get("cgroup", "")


def cut_ancestors(killer):
    """Whoever started the recording is nobody's business."""
    for key, name in (("ancestry", lambda x: x), ("ancestors", lambda x: x["comm"])):
        names = [name(x) for x in killer.get(key, [])]
        if "runsv" in names:
            killer[key] = killer[key][:names.index("runsv")]


def scrub(event, scene):
    event["host"] = {"name": "web-1", "boot_id": "3f1c9a0e-5b1d-4f43-9d0a-0d5f9a2b7c11"}
    event.pop("breadcrumbs", None)
    event.pop("threads", None)
    killer = event.get("killer")
    if killer:
        cut_ancestors(killer)
        if killer.get("login_uid") != LOGIN:
            killer.pop("login_uid", None)
    text = json.dumps(event, ensure_ascii=False)
    for old, new in ((HERE, "/usr/src/scenarios"), (scene.dir, "/srv"), ("/lw" + scene.token, ""), ("-" + scene.token, ""),
                     (scene.net + ".2", "198.51.100.7"), (scene.net + ".1", "192.0.2.10"),
                     (scene.token, scene.name)):
        text = text.replace(old, new)
    return json.loads(text)


def made_up(definition):
    """Changes that cannot be made here for the sake of a recording, as the daemon would tell them: a reboot, a set clock."""
    for n, row in enumerate(definition.get("told", [])):
        time = BEGIN * 10**9 + int(told_seconds(definition, row["at"]) * 1e9)
        marker = {"source": "inferred", **{key: value for key, value in row.items() if key != "at"}}
        yield {"schema": 1, "id": f"{n:026d}", "time": text_of(time), "kind": "marker",
               "host": {"name": "web-1", "boot_id": "3f1c9a0e-5b1d-4f43-9d0a-0d5f9a2b7c11"},
               "service": {"name": row["service"]}, "marker": marker}


def record(scene, events):
    telling = Telling(scene.row, scene.begin)
    end = scene.begin + scene.length
    own = [telling.event(scrub(e, scene)) for e in events
           if is_own(e, scene.token) and ns_of(e["time"]) < end * 1e9]
    own += made_up(scene.row)
    own.sort(key=lambda e: e["time"])
    save(scene.name, own)
    return own

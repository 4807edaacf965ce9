# SPDX-License-Identifier: Apache-2.0
"""A file sink of the daemon: what is to be delivered to it, and what was."""
import glob
import os
import subprocess

from harness import lines_of_json, program, read_text


def sink(t, extra="", name="out"):
    return f"[sink {name}]\ntype = file\npath = {t.path(name)}.jsonl\nstart = oldest\n{extra}"


def crash(t, daemon):
    pid, _ = t.run(program("crash"), "abort")
    return daemon.death(pid)["id"]


def delivered(t, name="out"):
    """Every whole line of the sink's files, the moved ones first."""
    files = sorted(glob.glob(t.path(name) + ".jsonl.*")) + [t.path(name) + ".jsonl"]
    return [event for path in files if os.path.exists(path) for event in lines_of_json(read_text(path))]


def ids(events):
    return [e["id"] for e in events if e["kind"] not in ("issue", "incident")]


def process_of(daemon):
    """The pid of the process that runs the sinks."""
    found = subprocess.run(["pgrep", "-P", str(daemon.pid), "lw-deliver"], stdout=subprocess.PIPE).stdout.split()
    return int(found[0]) if found else None


def stored(t):
    """In the order of storing."""
    return [e["id"] for e in lines_of_json(t.lastwords("events", "--state", t.path("state"), "-o", "jsonl", "-n", "0").out)]

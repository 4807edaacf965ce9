# SPDX-License-Identifier: Apache-2.0
"""events, crashes, show: what is stored, as a whole and in part."""
import calendar
import json
import os
import sqlite3
import time

from harness import check, contains, equal, field, pid_of, program, wait_for


def filled(t):
    """A daemon that has told of a crash, a kill, an exit failure and a marker; returns it and the events by kind."""
    daemon = t.daemon()
    crash, _ = t.run(program("crash"), "null")
    victim = t.popen("sleep", "100")
    victim.kill()
    victim.wait()
    failure, _ = t.run("bash", "-c", "exit 3")
    events = {e["kind"]: e for e in (daemon.death(pid) for pid in (crash, victim.pid, failure))}
    equal(sorted(events), ["crash", "exit_failure", "kill"], "kinds")
    t.lastwords("mark", "deploy", "--service", "checkout", "--state", t.path("state"))
    events["marker"] = daemon.wait(lambda all: [e for e in all if e["kind"] == "marker"])[0]
    return daemon, events


def listed(t, command, *args):
    return json.loads(t.lastwords(command, "--state", t.path("state"), "-o", "json", *args).out)


def ids(events):
    return [e["id"] for e in events]


def test_filters(t):
    daemon, events = filled(t)
    daemon.stop()
    everything = listed(t, "events", "-n", "0")
    equal(sorted(ids(everything)), sorted(ids(daemon.events())), "all events")
    equal([e["time"] for e in everything], sorted(e["time"] for e in everything), "oldest first")
    for kind in events:
        equal(ids(listed(t, "events", "--kind", kind)), [e["id"] for e in everything if e["kind"] == kind], kind)
    equal(set(ids(listed(t, "events", "--kind", "crash,kill"))),
          {e["id"] for e in everything if e["kind"] in ("crash", "kill")}, "two kinds")
    equal(ids(listed(t, "events", "--service", "checkout")), [events["marker"]["id"]], "service")
    equal(ids(listed(t, "events", "--service", "crash")), [events["crash"]["id"]], "service of an executable")
    middle = events["kill"]["time"]
    equal(ids(listed(t, "events", "--since", middle)), [e["id"] for e in everything if e["time"] >= middle], "since")
    check(set(ids(listed(t, "events", "--until", middle))) <= {e["id"] for e in everything if e["time"] <= middle}, "until")
    equal(ids(listed(t, "events", "-n", "2")), ids(everything)[-2:], "the last two")
    equal(listed(t, "events", "--since", "2099-01-01T00:00:00Z"), [], "nothing")
    equal(set(ids(listed(t, "crashes"))), {e["id"] for e in everything if e["kind"] in
                                          ("crash", "oom_kill", "kill", "exit_failure")} &
          set(ids(listed(t, "crashes"))), "crashes are deaths")
    check(events["crash"]["id"] in ids(listed(t, "crashes")), "the crash is none of the crashes")
    equal(ids(listed(t, "markers")), [events["marker"]["id"]], "markers")


def test_forms_agree(t):
    daemon, events = filled(t)
    daemon.stop()
    whole = listed(t, "events", "-n", "0")
    lines = t.events()
    equal(lines, whole, "jsonl and json")
    by_id = {e["id"]: e for e in daemon.events()}
    equal({e["id"]: e for e in whole}, by_id, "stored and printed")
    text = t.lastwords("events", "--state", t.path("state"), "-n", "0").out.splitlines()
    equal(len(text), len(whole), "lines of text")
    database = next(name for name in os.listdir(t.path("state")) if name.endswith(".db"))
    with sqlite3.connect(t.path("state/" + database)) as db:
        equal(db.execute("pragma integrity_check").fetchall(), [("ok",)], "integrity of the database")


def test_show(t):
    daemon, events = filled(t)
    daemon.stop()
    for kind, event in events.items():
        shown = json.loads(t.lastwords("show", "--state", t.path("state"), "-o", "json", event["id"]).out)
        equal(shown, event, f"show of a {kind}")
        prefix = event["id"][:20].lower()
        equal(json.loads(t.lastwords("show", "--state", t.path("state"), "-o", "jsonl", prefix).out), event, "by prefix")
    page = t.lastwords("show", "--state", t.path("state"), events["crash"]["id"]).out
    for part in ("SIGSEGV", "SEGV_MAPERR", program("crash"), str(pid_of(events["crash"]))):
        contains(page, part, "page of a crash")
    page = t.lastwords("show", "--state", t.path("state"), events["kill"]["id"]).out
    contains(page, str(os.getpid()), "the killer on the page")
    # What fits more than one, and what fits none.
    common = os.path.commonprefix([e["id"] for e in events.values()])
    if len(common) >= 6:
        contains(t.lastwords("show", "--state", t.path("state"), common, status=1).err, "more than one", "message")
    t.lastwords("show", "--state", t.path("state"), "00000000", status=1)


def test_follow(t):
    daemon, events = filled(t)
    follower = t.start("events", "-f", "--state", t.path("state"), "-o", "jsonl")
    wait_for(lambda: len(follower.lines) >= len(events), 3, "the events so far")
    before = time.monotonic()
    pid, _ = t.run(program("crash"), "abort")
    wait_for(lambda: follower.of(pid), 3, "the new event")
    check(time.monotonic() - before < 1, f"it came after {time.monotonic() - before:.2f} s")
    equal(follower.of(pid), [daemon.death(pid)], "the new event")
    # Of a kind only.
    only = t.start("events", "-f", "--state", t.path("state"), "-o", "jsonl", "--kind", "kill")
    wait_for(lambda: only.lines, 3, "the kill so far")
    t.run(program("crash"), "abort")
    victim = t.popen("sleep", "100")
    victim.kill()
    victim.wait()
    wait_for(lambda: only.of(victim.pid), 3, "the kill")
    equal({e["kind"] for e in only.events()}, {"kill"}, "kinds")
    for process in (follower, only):
        process.process.terminate()
        equal(process.process.wait(5), 0, "status")


def test_times_and_ages(t):
    """The time of an event is when it happened, the age how old the process was."""
    daemon = t.daemon()
    early = time.time()
    child = t.popen("bash", "-c", "sleep 0.5; kill -SEGV $$")
    child.wait()
    late = time.time()
    event = daemon.death(child.pid)
    at = calendar_time(event["time"])
    check(late - 0.3 < at < late + 0.05, f"told {at}, ended before {late}")
    start = calendar_time(field(event, "process.start"))
    check(early - 0.05 < start < early + 0.3, f"start {start}, begun after {early}")
    check(0.45 < field(event, "process.age") < late - early + 0.1, f"age {field(event, 'process.age')}")


def calendar_time(text):
    whole, _, fraction = text.rstrip("Z").partition(".")
    return calendar.timegm(time.strptime(whole, "%Y-%m-%dT%H:%M:%S")) + float("0." + fraction)

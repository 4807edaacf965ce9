# SPDX-License-Identifier: Apache-2.0
"""Recorded events through correlation, without a daemon: what is no event is refused by its line."""
import json
import resource

from harness import check, contains, equal, write_text


def crash(second, **more):
    return json.dumps({"id": f"01REPLAY{second:018}", "time": f"2026-11-22T10:46:{second:02}Z", "kind": "crash",
                       "service": {"name": "shop"}, "signal": {"name": "SIGSEGV"}, "fingerprint": "2:1", **more})


def test_garbage_is_refused_by_its_line(t):
    for bad in ("not json", "[1,2]", "{}", '{"kind":"crash"}', crash(3)[:-9], crash(3) + "}", '{"time":"2026-11-22T10:46:03Z"}',
                crash(3, time="yesterday, about noon"), "\x00" * 9, '{"a":' * 200, '"' + "x" * 2000000):
        write_text(t.path("events"), "\n".join([crash(1), "", crash(2), bad, crash(4)]) + "\n")
        result = t.lastwords("replay", t.path("events"), status=1)
        contains(result.err, t.path("events") + ":4: not an event", f"of {bad[:40]!r}")
        equal(result.out, "", f"output of {bad[:40]!r}")


def test_any_batch_gives_the_same(t):
    lines = [crash(second, pad="x" * (second * 97 % 4000)) for second in range(1, 60)]
    write_text(t.path("all"), "\n".join(lines) + "\n")
    for part in range(6):
        write_text(t.path(f"part{part}"), "\n".join(lines[part * 10:part * 10 + 10]) + "\n")
    whole = t.lastwords("replay", "-o", "jsonl", t.path("all")).out
    parts = t.lastwords("replay", "-o", "jsonl", *(t.path(f"part{part}") for part in range(6))).out
    check('"incident"' in whole and '"issue"' in whole, f"nothing found: {whole}")
    equal(parts, whole, "in parts")


def test_kinds_of_a_newer_version_are_left_out(t):
    write_text(t.path("events"), crash(1) + "\n" + crash(2, kind="meteorite") + "\n")
    contains(t.lastwords("replay", t.path("events")).err, "1 events of kinds that this version does not know", "said")


def test_a_line_without_end(t):
    """What is too long for an event is refused before all of it is read."""
    with open(t.path("events"), "wb") as file:
        file.write((crash(1) + "\n").encode() + b'{"pad":"')
        file.truncate(200 << 20)  # a hole: NULs
    result = t.lastwords("replay", t.path("events"), status=1, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (100 << 20,) * 2))
    contains(result.err, t.path("events") + ":2: not an event", "said")


def test_a_last_line_without_its_end(t):
    write_text(t.path("events"), "\n\n" + crash(1) + "\n\n" + crash(2, pad="x" * 900000))
    contains(t.lastwords("replay", "-o", "jsonl", t.path("events")).out, '"count":2', "both")


def test_unknown_states_are_named(t):
    for command, state, known in (("issues", "bogus", "regressed"), ("incidents", "clos", "open, closed"), ("issues", "", "new"),
                                  ("incidents", "open, closed", "open, closed")):
        contains(t.lastwords(command, "--only", state, "--state", t.path("none"), status=2).err, known, f"{command} {state}")

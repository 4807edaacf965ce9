# SPDX-License-Identifier: Apache-2.0
"""Declared changes: through the daemon or past it, by those who may."""
import json
import os
import shutil

from harness import LASTWORDS, NOBODY, check, contains, declared, equal
from noticed import seen, service

KINDS = ("deploy", "rollback", "infra", "schema", "config", "flag", "restart", "third-party")
GROUP = 54321


def mark(t, *args, status=0, **options):
    return t.lastwords("mark", "--state", t.path("state"), *args, status=status, **options)


def test_through_the_daemon(t):
    daemon = t.daemon()
    for kind in KINDS:
        mark(t, kind, "--service", "checkout", "--version", "42", "--note", "a \"note\"", "--link", "https://x/?a=b")
    told = daemon.wait(lambda events: len(declared(events)) >= len(KINDS) and declared(events))
    equal([m["kind"] for m in told], list(KINDS), "kinds")
    for m in told:
        equal((m["service"], m["version"], m["source"], m["link"]), ("checkout", "42", "declared", "https://x/?a=b"), "marker")
        equal(m["note"], 'a "note"', "note")
    equal([m["kind"] for m in t.declared()], list(reversed(KINDS)), "markers, newest first")


def test_without_a_daemon(t):
    result = mark(t, "deploy", "--service", "checkout", "-o", "json")
    contains(result.err, "no daemon runs on ", "what is said of it")
    event = json.loads(result.out)
    equal([e["id"] for e in t.events()], [event["id"]], "ids in the store")
    equal(t.declared()[0]["service"], "checkout", "service")


def test_warns_of_a_name_that_nobody_has(t):
    daemon = t.daemon()
    service(t, "lwtest-known", "sleep", "60")
    seen(t, daemon)
    for name, stored, warned in (("lwtest-known", "lwtest-known", False), ("lwtest-known.service", "lwtest-known", False),
                                 ("lwtest-knwon", "lwtest-knwon", True)):
        result = mark(t, "deploy", "--service", name)
        contains(result.out, f"marked deploy {stored} as ", "what is printed")
        equal("no service of that name has been seen to run on this host" in result.err, warned, f"warning for {name}")
        equal(t.declared()[0]["service"], stored, "service")


def test_at_a_time(t):
    mark(t, "deploy", "--service", "one", "--at", "2026-01-02T03:04:05Z")
    mark(t, "deploy", "--service", "two", "--at", "2026-01-02T03:04:04.5Z")
    told = t.events()
    equal([(e["marker"]["service"], e["time"]) for e in told],
          [("two", "2026-01-02T03:04:04.500000000Z"), ("one", "2026-01-02T03:04:05.000000000Z")], "in order of time")


def test_wrong_usage(t):
    for args in (["demolish", "--service", "x"], ["deploy"], ["--service", "x"], ["deploy", "--service", ""],
                 ["deploy", "again", "--service", "x"], ["deploy", "--service", "x", "--at", "yesteryear"],
                 ["deploy", "--service"], ["deploy", "--service", "x", "--color", "red"]):
        check(mark(t, *args, status=2).err.startswith("lastwords: "), f"message for {args}")
    check(not os.path.exists(t.path("state")) or not t.events(), "something was stored")


def as_user(t, groups, *args):
    """As nobody, with these groups."""
    copy = t.path("lastwords")
    if not os.path.exists(copy):
        shutil.copy(LASTWORDS, copy)
    child = t.popen("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}",
                    "--groups=" + ",".join(map(str, groups)) if groups else "--clear-groups", copy, "mark", "--state",
                    t.path("state"), *args, stdout=-1, stderr=-1)
    out, err = child.communicate(timeout=20)
    return child.returncode, out.decode(), err.decode()


def test_other_users(t):
    daemon = t.daemon(f"[control]\nmode = 0660\ngroup = {GROUP}\n")
    # The directory is root's: that a group may come in is the administrator's word.
    os.chmod(t.path("state"), 0o711)
    status, _, err = as_user(t, [], "deploy", "--service", "intruder")
    equal(status, 1, "status of a stranger")
    contains(err, "permission denied", "message for a stranger")
    status, out, err = as_user(t, [GROUP], "deploy", "--service", "member")
    equal(status, 0, "status of a member of the group")
    contains(err, "no service of that name", "warning")
    contains(out, "member", "answer to a member")
    daemon.wait(declared)
    equal([m["service"] for m in t.declared()], ["member"], "markers")
    contains(t.declared()[0].get("evidence", ""), str(NOBODY), "who it was")


def test_stranger_without_a_daemon(t):
    mark(t, "deploy", "--service", "first")
    os.chmod(t.path("state"), 0o711)
    status, _, err = as_user(t, [], "deploy", "--service", "intruder")
    equal(status, 1, "status of a stranger")
    check(err.startswith("lastwords: "), f"message: {err}")
    equal([m["service"] for m in t.declared()], ["first"], "markers")

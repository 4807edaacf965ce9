# SPDX-License-Identifier: Apache-2.0
"""What is wrong is refused with a message that says where, and a right exit status."""
import json
import os
import shutil
import sqlite3

from harness import (LASTWORDS, NOBODY, check, contains, equal, write_text)

COMMANDS = ("run", "exec", "events", "crashes", "markers", "show", "mark", "record", "doctor")


def test_usage(t):
    for command in COMMANDS:
        for args in (["--nonsense"], ["-Z"], ["--state"], ["-o", "yaml"]):
            contains(t.lastwords(command, *args, status=2).err, "lastwords: ", f"{command} {args}")
        contains(t.lastwords(command, "--help").out, f"Usage: lastwords {command}", f"help of {command}")
    for args in ([], ["bury"], ["--nonsense"], ["run", "extra"], ["events", "extra"], ["doctor", "extra"], ["show"],
                 ["show", "one", "two"], ["show", "abc"], ["record"], ["record", "a", "b"], ["record", "--for", "soon", "a"],
                 ["events", "--since", "never"], ["events", "--kind", "sorrow"], ["events", "-n", "-1"],
                 ["events", "-f", "--until", "now"], ["crashes", "-f"], ["crashes", "--kind", "marker"]):
        t.lastwords(*args, status=2)
    t.lastwords("--version")
    contains(t.lastwords("--help").out, "lastwords", "help")


CONFIGS = (
    (1, "nonsense\n"),
    (2, "# a comment\n[probe\n"),
    (1, "[]\n"),
    (2, "[probe]\ndeath_ring = 5M\n"),
    (2, "[probe]\ndeath_ring = -1\n"),
    (3, "[probe]\n\nring = 4M\n"),
    (2, "[graveyard]\nkey = 1\n"),
    (1, "death_ring = 4M\n"),
    (2, "[syscalls]\nignore = openat:ENOTHING\n"),
    (2, "[syscalls]\nignore = sleepwalk:EPERM\n"),
    (2, "[syscalls]\nreport = openat\n"),
    (2, "[exit]\nignore = grep\n"),
    (2, "[exit]\nignore = grep:256\n"),
    (2, "[store]\nmax_age = long\n"),
    (2, "[store]\nmax_size = 1K\n"),
    (2, "[control]\nmode = 999\n"),
    (2, "[control]\ngroup = nobody-knows-this-group\n"),
    (2, "[control]\n= 1\n"),
    (2, "[control]\nmode = 06\x0060\n"),
    (2, "[control]\nmode " + "=" * 20000 + "\n"),
)


def test_configuration(t):
    for line, text in CONFIGS:
        path = t.config(text)
        result = t.lastwords("run", "--state", t.path("state"), "--config", path, status=1)
        contains(result.err, f"{path}:{line}: ", f"message for {text[:60]!r}")
        check(not os.path.exists(t.path("state/lastwords.db")), f"a state was made in spite of {text[:60]!r}")
    t.lastwords("run", "--state", t.path("state"), "--config", t.path("nothing"), status=1)


def test_configuration_folder(t):
    """Files of conf.d come after the file, in the order of their names."""
    os.mkdir(t.path("conf.d"))
    write_text(t.path("conf.d/50-wrong.conf"), "[store]\n\n\nmax_age = x\n")
    write_text(t.path("conf.d/readme"), "nonsense\n")
    result = t.lastwords("run", "--state", t.path("state"), "--config", t.config(""), status=1)
    contains(result.err, "conf.d/50-wrong.conf:4: ", "message")


def as_nobody(t, *args):
    copy = t.path("lastwords")
    if not os.path.exists(copy):
        shutil.copy(LASTWORDS, copy)
    child = t.popen("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", copy, *args, stdout=-1,
                    stderr=-1)
    out, err = child.communicate(timeout=20)
    return child.returncode, out.decode(), err.decode()


def test_no_privileges(t):
    os.mkdir(t.path("mine"))
    os.chown(t.path("mine"), NOBODY, NOBODY)
    config = t.config("")
    for args in (["run", "--state", t.path("mine/state"), "--config", config], ["record", "--config", config, t.path("mine/c")],
                 ["exec", "--config", config, "--", "true"]):
        status, out, err = as_nobody(t, *args)
        equal((status, out), (1, ""), args[0])
        contains(err, "run as root", args[0])
    status, out, _ = as_nobody(t, "doctor", "-o", "json", "--state", t.path("mine/state"))
    found = json.loads(out)
    equal(status, 1, "status of doctor")
    check(found["missing_capability"], "doctor misses no capability")
    equal({family["state"] for family in found["families"]}, {"missing"}, "families")
    # Nothing is left behind.
    equal([name for name in os.listdir(t.path("mine")) if name.startswith("c")], [], "files of record")


def test_state_of_another(t):
    status, out, err = as_nobody(t, "events", "--state", t.path("state"))
    equal((status, out), (1, ""), "events of a state that is not there")
    t.daemon().stop()
    status, out, err = as_nobody(t, "events", "--state", t.path("state"))
    equal((status, out), (1, ""), "events of root's state")
    check(err.startswith("lastwords: "), f"message: {err}")


def without_btf(t, *args):
    child = t.popen("unshare", "-m", "sh", "-c", "mount -t tmpfs none /sys/kernel/btf && exec \"$@\"", "sh", LASTWORDS,
                    *args, stdout=-1, stderr=-1)
    out, err = child.communicate(timeout=20)
    return child.returncode, out.decode(), err.decode()


def test_no_btf(t):
    status, out, _ = without_btf(t, "doctor", "-o", "json", "--state", t.path("state"))
    found = json.loads(out)
    equal((status, found["btf"]), (1, False), "doctor")
    contains(found["families"][0]["why"], "CONFIG_DEBUG_INFO_BTF", "why")
    contains(without_btf(t, "doctor", "--state", t.path("state"))[1], "CONFIG_DEBUG_INFO_BTF", "doctor's text")
    status, out, err = without_btf(t, "run", "--state", t.path("state"), "--config", t.config(""))
    equal((status, out), (1, ""), "run")
    contains(err, "BTF", "message of run")


def database(t):
    """The database file of a state."""
    names = [name for name in os.listdir(t.path("state")) if name.endswith(".db")]
    equal(len(names), 1, f"databases in {os.listdir(t.path('state'))}")
    return os.path.join(t.path("state"), names[0])


def test_damaged_database(t):
    t.daemon().stop()
    path = database(t)
    whole = open(path, "rb").read()
    foreign = t.path("foreign.db")
    with sqlite3.connect(foreign) as db:
        db.execute("create table accounts (name text)")
    damages = {"no database": b"this is no database\n" * 500,
               "zeros in the head": bytes(100) + whole[100:],
               "a changed page": whole[:4096] + os.urandom(2048) + whole[6144:],
               "another program's": open(foreign, "rb").read()}
    for what, data in damages.items():
        with open(path, "wb") as file:
            file.write(data)
        commands = [["run", "--config", t.config("")], ["mark", "deploy", "--service", "x"]]
        # Only the daemon looks at every page.
        for args in commands[:1] if what == "a changed page" else commands:
            result = t.lastwords(*args, "--state", t.path("state"), status=1)
            contains(result.err, path, f"message for {what}")
            equal(open(path, "rb").read() == data, True, f"the file with {what} is as it was")


def test_state_is_a_file(t):
    write_text(t.path("state"), "x")
    result = t.lastwords("run", "--state", t.path("state"), "--config", t.config(""), status=1)
    contains(result.err, t.path("state"), "message")
    equal(open(t.path("state")).read(), "x", "the file")

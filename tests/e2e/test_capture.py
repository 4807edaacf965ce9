# SPDX-License-Identifier: Apache-2.0
"""record, and run --from: the same deaths again, and nothing at all from a damaged file."""
import os
import random
import shutil
import signal

from harness import (LASTWORDS, NOBODY, contains, equal, field, lines_of_json, pid_of, program)


def record(t, crashes=25):
    """Records so many crashes and one kill. Returns the file and {pid: signal}."""
    path = t.path("capture")
    recorder = t.start("record", "--config", t.config(""), path).ready()
    truth = {}
    for i in range(crashes):
        pid, status = t.run(program("crash"), ("null", "abort", "seccomp")[i % 3])
        truth[pid] = -status
    victim = t.popen("sleep", "100")
    victim.kill()
    victim.wait()
    truth[victim.pid] = signal.SIGKILL
    recorder.process.terminate()
    equal(recorder.process.wait(10), 0, "status of record")
    return path, truth


def from_file(t, path, state, status=0, **options):
    return t.lastwords("run", "--from", path, "--state", t.path(state), "--config", t.config(""), "-o", "jsonl",
                       status=status, **options)


def test_same_deaths(t):
    path, truth = record(t)
    equal(os.stat(path).st_mode & 0o777, 0o600, "mode of the capture")
    first, second = from_file(t, path, "first"), from_file(t, path, "second")
    told = {pid_of(e): field(e, "signal.number") for e in lines_of_json(first.out) if pid_of(e) in truth and
            e["kind"] in ("crash", "kill")}
    equal(told, truth, "deaths of the capture")
    equal(first.stdout, second.stdout, "two readings of one capture")
    stored = t.events(t.path("first"))
    equal(sorted(e["id"] for e in stored), sorted(e["id"] for e in lines_of_json(first.out)), "ids in the store")
    # Once more into the same state: the same events, not new ones.
    from_file(t, path, "first")
    equal(len(t.events(t.path("first"))), len(stored), "events after a second import")


def test_live_and_from_the_file(t):
    """A daemon beside the recorder tells the same of each process."""
    daemon = t.daemon()
    path, truth = record(t)
    daemon.barrier()
    again = {pid_of(e): e for e in lines_of_json(from_file(t, path, "again").out) if pid_of(e) in truth}
    for pid in truth:
        live = daemon.death(pid)
        for key in ("kind", "signal", "killer"):
            equal(again[pid].get(key), live.get(key), f"{key} of process {pid}")
        for key in ("comm", "exe", "cmdline", "uid", "ppid"):
            equal(field(again[pid], "process." + key), field(live, "process." + key), f"{key} of process {pid}")


def test_without_root(t):
    path, truth = record(t, 3)
    os.chmod(path, 0o644)
    shutil.copy(LASTWORDS, t.path("lastwords"))
    os.mkdir(t.path("home"))
    os.chown(t.path("home"), NOBODY, NOBODY)
    state = t.path("home/state")
    result = t.popen("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "--no-new-privs",
                     t.path("lastwords"), "run", "--from", path, "--state", state, "--config", t.config(""), "-o",
                     "jsonl", stdout=-1, stderr=-1)
    out, err = result.communicate(timeout=20)
    equal(result.returncode, 0, f"status ({err.decode()})")
    equal({pid_of(e) for e in lines_of_json(out.decode())} & set(truth), set(truth), "processes told")
    equal({pid_of(e) for e in t.events(state)} & set(truth), set(truth), "processes stored")


def damaged(t, data, what):
    with open(t.path("damaged"), "wb") as file:
        file.write(data)
    result = from_file(t, t.path("damaged"), "state", status=1)
    equal(result.out, "", f"output for {what}")
    contains(result.err, t.path("damaged"), f"message for {what}")


def test_cut(t):
    data = open(record(t, 5)[0], "rb").read()
    places = random.Random(1).sample(range(len(data)), 38) + [0, len(data) - 1]
    for place in places:
        damaged(t, data[:place], f"a file cut at byte {place} of {len(data)}")
    equal(t.events(), [], "events stored")


def test_changed_byte(t):
    data = open(record(t, 5)[0], "rb").read()
    chance = random.Random(2)
    for place in chance.sample(range(len(data)), 60):
        byte = data[place] ^ chance.randint(1, 255)
        damaged(t, data[:place] + bytes([byte]) + data[place + 1:], f"byte {place} changed")
    damaged(t, data + b"x", "a byte behind the end")
    damaged(t, b"", "an empty file")
    equal(t.events(), [], "events stored")


def test_no_such_file(t):
    from_file(t, t.path("nothing"), "state", status=1)
    from_file(t, t.tmp, "state", status=1)
    path, _ = record(t, 1)
    # An existing file is not written over.
    before = open(path, "rb").read()
    t.lastwords("record", "--for", "1s", path, status=1)
    equal(open(path, "rb").read(), before, "the existing file")

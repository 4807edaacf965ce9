# SPDX-License-Identifier: Apache-2.0
"""The configuration of sinks: read, checked, tried and exchanged while the daemon runs."""
import json
import os
import signal
import socket
import time

import fuse
from delivered import crash, delivered, ids, process_of, sink, stored
from harness import check, contains, equal, wait_for


def test_reload(t):
    """SIGHUP: a new sink begins, the old one goes on, nothing is lost or doubled; a bad file changes nothing."""
    daemon = t.daemon(sink(t))
    first = crash(t, daemon)
    t.config(sink(t) + sink(t, "kinds = crash\n", "second"))
    daemon.process.send_signal(signal.SIGHUP)
    wait_for(lambda: "the sinks are those of" in daemon.stderr(), 5, "the message")
    second = crash(t, daemon)
    t.config(sink(t) + "[sink third]\ntype = pigeon\n")
    daemon.process.send_signal(signal.SIGHUP)
    wait_for(lambda: "the sinks stay as they were" in daemon.stderr(), 5, "the message")
    contains(daemon.stderr(), "lastwords.conf:6: [sink third] type = pigeon: expected type = one of", "message")
    third = crash(t, daemon)
    daemon.stop()
    got = ids(delivered(t))
    equal(sorted(got), sorted(stored(t)), "the first sink")
    check({first, second, third} <= set(ids(delivered(t, "second"))), "the second sink lacks a crash")
    equal({e["kind"] for e in delivered(t, "second")}, {"crash"}, "kinds of the second sink")


def test_reload_holds_up_nothing(t):
    """The sinks are exchanged when the old ones have ended, here by force; meanwhile deaths are taken and told at once."""
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen(8)
        away = f"[sink away]\ntype = http\nurl = http://127.0.0.1:{silent.getsockname()[1]}/\nstart = oldest\n"
        daemon = t.daemon(away + sink(t))
        crash(t, daemon)
        own = wait_for(lambda: process_of(daemon), 5, "the process of the sinks")
        silent.accept()
        os.kill(own, signal.SIGSTOP)
        daemon.process.send_signal(signal.SIGHUP)
        begin = time.monotonic()
        crash(t, daemon)
        took = time.monotonic() - begin
        check("the sinks are those of" not in daemon.stderr(), "the sinks were exchanged before")
        check(took < 1.5, f"a death was told after {took:.1f} s")
        wait_for(lambda: "the sinks are those of" in daemon.stderr(), 8, "the message")
        check(process_of(daemon) not in (None, own), "the process is the old one")
        last = crash(t, daemon)
        wait_for(lambda: last in ids(delivered(t)), 5, "the last crash")
        daemon.stop()
    got = ids(delivered(t))
    equal((len(got), sorted(got)), (len(set(got)), sorted(stored(t))), "what was delivered")


def test_hung_file_system(t):
    """A sink writes to a file system that has stopped answering: the other one, the end and a reload wait for nothing."""
    os.mkdir(t.path("silent"))
    system = fuse.Fuse(t.path("silent"), "out", b"{}\n")
    t.stack.callback(system.close)
    check(fuse.ready(system), "the file system answers at first")
    system.silent = True
    hung = f"[sink hung]\ntype = file\npath = {t.path('silent')}/out\nstart = oldest\ntimeout = 1s\nfsync = second\n"
    daemon = t.daemon(hung + sink(t))
    for _ in range(2):
        last = crash(t, daemon)
        wait_for(lambda last=last: last in ids(delivered(t)), 3, "the crash in the other sink")
    wait_for(lambda: "sink hung: no answer in time" in daemon.stderr(), 5, "what is said of it")
    check(system.asked > 0, "nobody asked the file system")
    t.config(hung + sink(t) + sink(t, "kinds = crash\n", "second"))
    daemon.process.send_signal(signal.SIGHUP)
    wait_for(lambda: "the sinks are those of" in daemon.stderr(), 8, "the message")
    last = crash(t, daemon)
    wait_for(lambda: last in ids(delivered(t, "second")), 5, "the crash in the new sink")
    daemon.process.send_signal(signal.SIGTERM)
    equal(daemon.process.wait(8), 0, "exit status")
    system.close()
    equal(sorted(ids(delivered(t))), sorted(stored(t)), "the other sink")


def test_configuration_that_was_accepted(t):
    """When the process of the sinks dies it comes up with what the daemon accepted, not with what the files hold by then: neither
    a fault, nor a sink that nobody let in."""
    secret = t.path("secret")
    with open(os.open(secret, os.O_WRONLY | os.O_CREAT, 0o600), "w") as file:
        file.write("s3cret\n")
    daemon = t.daemon(sink(t) + f"[sink away]\ntype = http\nurl = http://127.0.0.1:9/\nsecret_file = {secret}\n")
    crash(t, daemon)
    os.unlink(secret)
    for number, more in enumerate(("[sink third]\ntype = pigeon\n", sink(t, "", "fourth"))):
        t.config(sink(t) + more)
        if not number:
            daemon.process.send_signal(signal.SIGHUP)
            wait_for(lambda: "the sinks stay as they were" in daemon.stderr(), 5, "the message")
        os.kill(wait_for(lambda: process_of(daemon), 5, "the process of the sinks"), signal.SIGKILL)
        id = crash(t, daemon)
        wait_for(lambda: id in ids(delivered(t)), 5, f"the crash after a death: {daemon.stderr()[-500:]}")
    check(not os.path.exists(t.path("fourth.jsonl")), "a sink that was not accepted has begun")
    daemon.stop()


def test_config_check(t):
    path = t.config("[sink a]\ntype = file\npath = here\n")
    contains(t.lastwords("config", "check", "--config", path, status=1).err,
             f"{path}:3: [sink a] path = here: expected an absolute path", "message")
    path = t.config(sink(t))
    contains(t.lastwords("config", "check", "--config", path).out, "good, 1 sink\n  out          file\n", "output")
    result = t.lastwords("doctor", "--sinks", "--config", path, "--state", t.path("state"), "-o", "json")
    equal([(s["name"], s["test"]) for s in json.loads(result.out)], [("out", "delivered")], "doctor")
    equal([e["kind"] for e in delivered(t)], ["marker"], "what the test event is")
    path = t.config("[sink a]\ntype = file\npath = /proc/nowhere\n")
    contains(t.lastwords("doctor", "--sinks", "--config", path, "--state", t.path("state"), status=1).out,
             "NOT delivered: No such file or directory", "doctor")


def doctor(t, status):
    """Of each sink by its name, what `doctor --sinks` says."""
    result = t.lastwords("doctor", "--sinks", "--config", t.path("lastwords.conf"), "--state", t.path("state"), "-o", "json", status=status)
    return {one["name"]: one for one in json.loads(result.out)}


def test_doctor_has_the_rights_of_the_daemon(t):
    """What the process of the sinks may not, a trial may not either, and so does not hide; what the daemon was told is shown."""
    folder = t.path("of-nobody")
    os.mkdir(folder)
    os.chown(folder, 65534, 65534)
    config = sink(t).replace(t.path("out"), folder + "/out")
    daemon = t.daemon(config)
    crash(t, daemon)
    wait_for(lambda: "sink out: Permission denied" in daemon.stderr(), 5, "the message")
    found = doctor(t, 1)["out"]
    equal((found["test"], found["reason"]), ("failed", "Permission denied"), "the trial")
    check(not os.listdir(folder), "the trial has made the file")
    wait_for(lambda: doctor(t, 1)["out"].get("error") == "Permission denied", 3, "what the daemon was told")
    os.chown(folder, 0, 0)
    wait_for(lambda: "sink out: works again" in daemon.stderr(), 5, "the message")
    wait_for(lambda: "error" not in doctor(t, 0)["out"], 3, "that the daemon was told is over")
    daemon.stop()


def test_doctor_asks_as_prometheus_does(t):
    """A port that somebody else has: the trial says so, and the sink takes it when it is free."""
    other = t.stack.enter_context(socket.create_server(("127.0.0.1", 0)))
    port = other.getsockname()[1]
    daemon = t.daemon(f"[sink metrics]\ntype = prometheus\nlisten = 127.0.0.1:{port}\nretry_max = 300ms\ntimeout = 500ms\n")
    wait_for(lambda: "sink metrics" in daemon.stderr(), 5, "the message")
    contains(daemon.stderr(), "Address already in use", "the message")
    equal(doctor(t, 1)["metrics"]["test"], "failed", "a port that does not answer")
    other.close()
    wait_for(lambda: "sink metrics: listens" in daemon.stderr(), 5, "that it listens")
    equal(doctor(t, 0)["metrics"]["test"], "answered", "the trial")
    daemon.stop()
    contains(doctor(t, 1)["metrics"]["reason"], "Connection refused", "without a daemon")


def test_doctor_and_stdout(t):
    """The event of the trial is not among what doctor prints."""
    t.config("[sink out]\ntype = stdout\n")
    equal(doctor(t, 0)["out"]["test"], "delivered", "the trial")

# SPDX-License-Identifier: Apache-2.0
"""Which failure statuses are told."""
import os
import subprocess
import sys

from harness import command, equal, field, pid_of, write_text


def exits(t, daemon, *argv):
    """Runs it and returns (pid, status, events of it and its children)."""
    pid, status = t.run(*argv, stdout=subprocess.DEVNULL)
    daemon.barrier()
    mine = [e for e in daemon.of() if pid in (pid_of(e), field(e, "process.ppid"))]
    return pid, status, mine


def test_status_is_told(t):
    daemon = t.daemon()
    pid, status, events = exits(t, daemon, sys.executable, "-c", "raise SystemExit(3)")
    equal(status, 3, "status")
    equal([(e["kind"], pid_of(e), field(e, "exit.status")) for e in events], [("exit_failure", pid, 3)], "events")
    equal(events[0]["exit"]["core_dumped"], False, "core_dumped")
    equal(field(events[0], "signal"), None, "signal")


def test_success_is_not_told(t):
    daemon = t.daemon()
    equal(exits(t, daemon, "true")[2], [], "events of true")


def test_answers_are_not_told(t):
    daemon = t.daemon()
    for argv in (["grep", "-q", "nothing", "/etc/passwd"], ["test", "-e", "/nonexistent"], ["false"],
                 ["diff", "-q", "/etc/passwd", "/etc/group"], ["cmp", "-s", "/etc/passwd", "/etc/group"]):
        _, status, events = exits(t, daemon, *argv)
        equal((status, events), (1, []), " ".join(argv))
    # grep's other failure is one.
    pid, status, events = exits(t, daemon, "grep", "x", "/nonexistent")
    equal((status, [(pid_of(e), field(e, "exit.status")) for e in events]), (2, [(pid, 2)]), "grep of no file")


def test_shell_hands_it_on(t):
    """One failure is told once, though the shell ends with its status too."""
    daemon = t.daemon()
    pid, status, events = exits(t, daemon, "sh", "-c", f"{sys.executable} -c 'raise SystemExit(3)'; exit $?")
    equal(status, 3, "status")
    equal([(e["kind"], field(e, "process.ppid")) for e in events], [("exit_failure", pid)], "events")
    pid, status, events = exits(t, daemon, "sh", "-c", "grep -q nothing /etc/passwd")
    equal((status, events), (1, []), "a shell that hands on an answer")
    pid, status, events = exits(t, daemon, "bash", "-c", "sleep 100 & kill -9 $!; wait $!; exit $?")
    equal((status, [e["kind"] for e in events]), (137, ["kill"]), "a shell that hands on a signal")


JAVA = {
    "status": "System.exit(1);",
    "thrown": "throw new IllegalStateException(\"boom\");",
    "in-a-thread": "Thread t = new Thread(() -> System.exit(1)); t.start(); t.join();",
}


def test_exit_has_no_stack(t):
    """Java's machine takes faults at its start, to learn what the processor can do: they are not why it ended."""
    daemon = t.daemon()
    for name, code in JAVA.items():
        folder = t.path(name)
        os.mkdir(folder)
        write_text(folder + "/T.java", f"public class T {{ public static void main(String[] a) throws Exception {{ {code} }} }}")
        command("javac", "-d", folder, folder + "/T.java")
        # Once more when it is warm: what comes at the start then comes just before the end.
        for options in ([], ["-Xshare:auto", "-XX:TieredStopAtLevel=1"]):
            pid, status, events = exits(t, daemon, "java", *options, "-cp", folder, "T")
            equal((status, [(e["kind"], pid_of(e)) for e in events]), (1, [("exit_failure", pid)]), name)
            equal((field(events[0], "stack"), field(events[0], "threads"), field(events[0], "signal")), (None, None, None), name)
            thrown = field(events[0], "exception", {})
            equal((thrown.get("type"), [f["function"] for f in thrown.get("frames", [])]),
                  ("java.lang.IllegalStateException", ["T.main"]) if name == "thrown" else (None, []), f"exception of {name}")


def test_rule_of_the_configuration(t):
    daemon = t.daemon("[exit]\nignore = bash:42\n")
    equal(exits(t, daemon, "bash", "-c", "exit 42")[2], [], "bash:42")
    equal([field(e, "exit.status") for e in exits(t, daemon, "bash", "-c", "exit 43")[2]], [43], "bash:43")
    daemon.stop()
    daemon = t.daemon("[exit]\nignore = none\n", state=t.path("second"))
    equal([field(e, "exit.status") for e in exits(t, daemon, "false")[2]], [1], "false without the defaults")

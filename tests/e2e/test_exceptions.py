# SPDX-License-Identifier: Apache-2.0
"""Exceptions that processes tell of and live on, against what those processes say that they wrote."""
import os
import subprocess
import sys
import time

from harness import ROOT, check, contains, equal, field, wait_for, write_text

PYTHON = os.path.realpath(sys.executable)
NOTHING = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}


def told(daemon, pid, kind=None):
    """How many exceptions the events of a process stand for."""
    return sum(e["count"] for e in daemon.of(pid, ("exception",)) if kind in (None, field(e, "exception.type")))


def living(t, code, *args, **options):
    """A Python process that lives; ends when its standard input does."""
    head = "import os, sys, threading, time, traceback\n"
    options = {**NOTHING, **options}
    return t.popen(PYTHON, "-u", "-c", head + code + "\nsys.stdin.read()", *args, stdin=subprocess.PIPE, **options)


TRACE = """
def fail(i):
    raise KeyError('no %d, password=hunter2hunter2' % i)
def once(i):
    try: fail(i)
    except KeyError: traceback.print_exc()
"""


def test_one(t):
    daemon = t.daemon()
    child = living(t, TRACE + "once(7)")
    event = daemon.wait(lambda _: daemon.of(child.pid, ("exception",)), 8)[0]
    equal((field(event, "exception.language"), field(event, "exception.type"), field(event, "exception.message"),
           event["count"]), ("python", "KeyError", "'no 7, password=[redacted]'", 1), "exception")
    equal([f["function"] for f in field(event, "exception.frames")], ["fail", "once"], "frames")
    equal(field(event, "process.exe"), PYTHON, "exe")
    check(b"hunter2hunter2" not in b"".join(daemon.lines).split(b"cmdline")[0], "a secret is told")
    time.sleep(2.5)
    equal(told(daemon, child.pid), 1, "told once")
    contains(t.lastwords("show", "--state", t.path("state"), event["id"]).out, "KeyError", "page")
    contains(t.lastwords("events", "--state", t.path("state"), "--kind", "exception").out, "KeyError: 'no 7", "line")


PROGRAMS = {
    "python": (["python3", "-u"], "t.py", "import time, traceback\ndef f(): raise ValueError('boom')\n"
               "for i in range({n}):\n    try: f()\n    except ValueError: traceback.print_exc()\n    time.sleep({gap})\n"),
    "node": (["node"], "t.js", "let i = 0; function f() {{ throw new TypeError('boom'); }}\n"
             "const timer = setInterval(() => {{ try {{ f(); }} catch (e) {{ console.error(e.stack); }}\n"
             "if (++i == {n}) {{ clearInterval(timer); setTimeout(() => {{}}, 2000); }} }}, {gap} * 1000);\n"),
    "ruby": (["ruby"], "t.rb", "def f; raise ArgumentError, 'boom'; end\n{n}.times {{ begin; f; rescue => e; "
             "$stderr.puts e.full_message(highlight: false); end; sleep {gap} }}\n"),
    "java": (["java"], "T.java", "public class T {{ static void f() {{ throw new IllegalStateException(\"boom\"); }}\n"
             "public static void main(String[] a) throws Exception {{ for (int i = 0; i < {n}; i++) {{\n"
             "try {{ f(); }} catch (IllegalStateException e) {{ e.printStackTrace(); }}\n"
             "Thread.sleep((long)({gap} * 1000)); }} }} }}\n"),
    "go": (["go", "run"], "t.go", "package main\nimport (\"fmt\"; \"os\"; \"runtime/debug\"; \"time\")\n"
           "func f() {{ defer func() {{ r := recover(); fmt.Fprintf(os.Stderr, \"panic: %v\\n\\n%s\", r, debug.Stack()) }}()\n"
           "panic(\"boom\") }}\nfunc main() {{ for i := 0; i < {n}; i++ {{ f(); "
           "time.Sleep(time.Duration({gap} * 1e9)) }} }}\n"),
    "perl": (["perl"], "t.pl", "use Carp; sub g {{ confess 'boom' }} sub f {{ g(1) }}\n"
             "for (1..{n}) {{ eval {{ f(2) }}; print STDERR $@; select(undef, undef, undef, {gap}); }}\n"),
    "php": (["php"], "t.php", "<?php function f() {{ throw new RuntimeException('boom'); }}\n"
            "for ($i = 0; $i < {n}; $i++) {{ try {{ f(); }} catch (Exception $e) {{\n"
            "fwrite(STDERR, 'PHP Fatal error:  Uncaught ' . $e . \"\\n  thrown in \" . __FILE__ . ' on line 1' . \"\\n\"); }}\n"
            "usleep({gap} * 1000000); }}\n"),
}
WRITTEN = 5


def test_interpreters(t):
    """Each writes a traceback a second and goes on."""
    daemon = t.daemon()
    children = {}
    for language, (command, name, source) in PROGRAMS.items():
        write_text(t.path(name), source.format(n=WRITTEN, gap=1.0))
        argv = [*command, t.path(name)]
        if language == "go":
            subprocess.run(["go", "build", "-o", t.path("t-go"), t.path(name)], check=True, timeout=80,
                           env={**os.environ, "GO111MODULE": "off"})
            argv = [t.path("t-go")]
        children[language] = t.popen(*argv, **NOTHING)
    for child in children.values():
        equal(child.wait(60), 0, "its exit status")

    def counts():
        found = {}
        for event in daemon.of(None, ("exception",)):
            language = field(event, "exception.language")
            found[language] = found.get(language, 0) + event["count"]
        return found
    expected = {language: WRITTEN for language in PROGRAMS}
    try:
        daemon.wait(lambda _: counts() == expected, 8)
    finally:
        equal(counts(), expected, "exceptions told")
    for event in daemon.of(None, ("exception",)):
        check(field(event, "exception.frames"), f"no frames: {event}")


# What an application's log makes of an exception that it handles. Each is run with two ids.
LOGGED = {
    "ruby": ("t.rb", "KeyError", "require 'logger'; log = Logger.new($stderr, progname: 'waybill'); log.info('starts')\n"
             "def order(id) = {}.fetch(\"loan #{id}\")\nbegin; order(ARGV[0]); rescue => e; log.error(e); end\n"
             "log.info('goes on')\nsleep 3\n"),
    "perl": ("t.pl", "die", "sub due { die \"DBD::Pg::st execute failed: ERROR:  column \\\"due\\\" does not exist\\n\"\n"
             ". \"LINE 1: SELECT id FROM loans WHERE id = $_[0] AND due\\n\" . ' ' x (40 + length $_[0]) . '^' }\n"
             "warn \"starts $$\\n\"; eval { due($ARGV[0]) }; warn $@; warn \"goes on\\n\"; sleep 3;\n"),
    "php": ("t.php", "NoLoan", "<?php class NoLoan extends Exception {}\n"
            "function order($id) { throw new NoLoan(\"no loan $id\"); }\n"
            "try { order($argv[1]); } catch (NoLoan $e) { error_log($e); }\nerror_log('goes on'); sleep(3);\n"),
}


def test_logged(t):
    """As loggers print them, and of one defect whatever the times, the process and what it was asked for."""
    daemon = t.daemon()
    children = {}
    for language, (name, _, source) in LOGGED.items():
        write_text(t.path(name), source)
        children[language] = [t.popen(language, t.path(name), number, **NOTHING) for number in ("7", "12345")]
    for language, (_, kind, _) in LOGGED.items():
        events = [daemon.wait(lambda _, c=child: daemon.of(c.pid, ("exception",)), 12)[0] for child in children[language]]
        for event in events:
            equal((field(event, "exception.language"), field(event, "exception.type"), event["count"]), (language, kind, 1),
                  "exception")
            check(field(event, "exception.frames"), f"no frames: {event}")
        equal(len({event["fingerprint"] for event in events}), 1, f"fingerprints of {events}")
        contains(field(events[1], "exception.message"), "12345", "message")


def test_entries(t):
    """Errors that are entries of a log, as the libraries of Go, Rust and PHP print them."""
    daemon = t.daemon()
    entries = {"go/log_zap": ("go", "error"), "go/log_logrus": ("go", "error"), "rust/log_tracing": ("rust", "error"),
               "php/monolog_json": ("php", "App\\PaymentFailed")}
    folder = os.path.join(ROOT, "tests/golden/traceback")
    children = {name: living(t, f"os.write(2, open('{folder}/{name}.txt', 'rb').read())") for name in entries}
    for name, child in children.items():
        event = daemon.wait(lambda _, c=child: daemon.of(c.pid, ("exception",)), 12)[0]
        equal((field(event, "exception.language"), field(event, "exception.type"), event["count"]), (*entries[name], 1), name)


def test_folded(t):
    """More than six events of a kind a minute are folded, and none is lost."""
    daemon = t.daemon("[exceptions]\nper_minute = 2\n")
    child = living(t, TRACE + "for i in range(40):\n    once(i)\n    time.sleep(.2)\n")
    time.sleep(11)
    early = daemon.of(child.pid, ("exception",))
    equal(len(early), 2, "events")
    child.stdin.close()
    child.wait(5)
    daemon.stop()
    equal(told(daemon, child.pid), 40, "told in all")


def test_told_with_its_death(t):
    """A process that dies of it tells it once; what it lived on with before is told beside it."""
    daemon = t.daemon()
    child = living(t, TRACE + "once(1)\ntime.sleep(.1)\nraise ValueError('the end')")
    event = daemon.death(child.pid)
    equal(field(event, "exception.type"), "ValueError", "the death's")
    time.sleep(4)
    equal([(field(e, "exception.type"), e["count"]) for e in daemon.of(child.pid, ("exception",))], [("KeyError", 1)],
          "exceptions beside the death")
    child = living(t, TRACE + "once(1)\nos.abort()")
    event = daemon.death(child.pid)
    equal(field(event, "exception.type"), "KeyError", "the death's")
    child = living(t, TRACE + "once(1)\ntime.sleep(1.5)\nos.abort()")
    event = daemon.death(child.pid)
    equal(field(event, "exception.type"), "KeyError", "the death's")
    time.sleep(4)
    equal(told(daemon, child.pid), 0, "told twice")


def test_cut_between_reads(t):
    """Half of it is there when it is read."""
    daemon = t.daemon()
    child = living(t, "lines = ['Traceback (most recent call last):', '  File \"/srv/a.py\", line 3, in <module>',"
                   "'    f()', '  File \"/srv/a.py\", line 9, in f', '    raise Slow(\"x\")', 'app.Slow: it took long']\n"
                   "for line in lines:\n    for half in (line[:7], line[7:] + '\\n'):\n"
                   "        os.write(2, half.encode())\n        time.sleep(.6)")
    event = daemon.wait(lambda _: daemon.of(child.pid, ("exception",)), 30)[0]
    equal((field(event, "exception.type"), field(event, "exception.message")), ("app.Slow", "it took long"), "exception")
    equal([f["function"] for f in field(event, "exception.frames")], ["f", "<module>"], "frames")


def test_threads_interleave(t):
    """Two threads, each line a write of its own."""
    daemon = t.daemon()
    child = living(t, """
def lines(name):
    return ['Traceback (most recent call last):', '  File "/srv/%s.py", line 3, in %s' % (name, name), '    f()', name + 'Error: x']
def run(name, wait):
    time.sleep(wait)
    for line in lines(name):
        os.write(2, line.encode() + b'\\n')
        time.sleep(.002)
for i in range(5):
    threads = [threading.Thread(target=run, args=(n, w)) for n, w in (('One', 0), ('Two', .3))]
    for x in threads: x.start()
    for _ in range(3):
        os.write(1, b'another line\\n')
        time.sleep(.001)
    for x in threads: x.join()
""")
    daemon.wait(lambda _: told(daemon, child.pid) == 10, 12)
    equal((told(daemon, child.pid, "OneError"), told(daemon, child.pid, "TwoError")), (5, 5), "exceptions")


def test_only_quoted(t):
    daemon = t.daemon()
    child = living(t, "for i in range(20):\n    print('INFO saw \"Traceback (most recent call last):\" in the log of pay')\n"
                   "    print('Traceback, KeyError: and panic: are words')\n    time.sleep(.1)")
    time.sleep(6)
    equal(daemon.of(child.pid, ("exception",)), [], "events")


def test_prefixed(t):
    daemon = t.daemon()
    child = living(t, "p = '2026-11-22T10:46:09.123456789Z stderr F '\n"
                   "for l in ['Traceback (most recent call last):', '  File \"/a.py\", line 3, in f', '    g()', 'KeyError: 1']:\n"
                   "    os.write(2, (p + l + '\\n').encode())")
    daemon.wait(lambda _: told(daemon, child.pid, "KeyError") == 1, 8)


def test_flood(t):
    """10,000 tracebacks a second: what was not seen is counted to the byte."""
    daemon = t.daemon()
    code = TRACE + """
text = []
class Out:
    def write(self, s): text.append(s)
    def flush(self): pass
sys.stderr, stderr = Out(), sys.stderr
once(1)
block = ''.join(text).encode() * 10
written = 0
end = time.monotonic() + 4
while time.monotonic() < end:
    written += os.write(2, block)
    time.sleep(.001)
print(written, written // len(block) * 10, flush=True)
"""
    child = living(t, code, stdout=subprocess.PIPE)
    written, traces = map(int, child.stdout.readline().split())
    check(traces > 20000, f"only {traces} were written")
    wait_for(lambda: daemon.of(child.pid, ("exception",)), 8, "an exception")
    usage = [line.split() for line in open(f"/proc/{daemon.pid}/status") if line.startswith("VmRSS")][0]
    ticks = open(f"/proc/{daemon.pid}/stat").read().rsplit(")", 1)[1].split()[11:13]
    child.stdin.close()
    child.wait(5)
    row = daemon.stop()["output"]
    events = daemon.of(child.pid, ("exception",))
    check(any(m["what"] == "count" for e in events for m in e.get("missing", [])), f"nothing is missing: {events}")
    check(told(daemon, child.pid) >= 20, f"{told(daemon, child.pid)} told of {traces}")
    said = len(f"{written} {traces}\n")
    equal(row["seen"], row["used"] + row["map_full"], "seen is used and overwritten")
    # Others on this host write, too.
    check(written + said <= row["seen"] < 1.5 * written, f"{row} of {written}")
    check(int(usage[1]) < 40000, f"VmRSS {usage[1]} kB")
    check(sum(map(int, ticks)) < 150, f"{ticks} ticks of CPU")


def test_short_life(t):
    """It told of it and ended well within the second."""
    daemon = t.daemon()
    child = t.popen(PYTHON, "-c", "import traceback\ntry: 1 / 0\nexcept ZeroDivisionError: traceback.print_exc()", **NOTHING)
    equal(child.wait(10), 0, "exit status")
    daemon.wait(lambda _: told(daemon, child.pid, "ZeroDivisionError") == 1, 8)


def test_switched_off(t):
    daemon = t.daemon("[exceptions]\nenabled = no\n")
    child = living(t, TRACE + "once(1)")
    time.sleep(5)
    equal(daemon.of(child.pid, ("exception",)), [], "events")


def service_of(daemon, event):
    return field(event, "service.name")


def test_service_switches(t):
    """Of a service that is left out nothing is stored; another keeps less."""
    name = os.path.basename(PYTHON)
    daemon = t.daemon(f"[service \"{name}\"]\nlast_words = off\nexceptions = off\n")
    child = living(t, TRACE + "once(1)\ntime.sleep(5)\nonce(2)\nos.abort()")
    event = daemon.death(child.pid, 12)
    equal(service_of(daemon, event), name, "service")
    check("last_words" not in event and "exception" not in event, f"kept: {event}")
    contains([m["what"] for m in event["missing"]], "last_words", "missing")
    equal(daemon.of(child.pid, ("exception",)), [], "exceptions")
    daemon.stop()
    check(b"most recent call" not in open(t.path("state/lastwords.db"), "rb").read(), "it is in the store")
    daemon = t.daemon(f"[service {name[:3]}*]\nlast_words_bytes = 100\n", state=t.path("state2"))
    child = living(t, "for i in range(50): os.write(2, b'line %02d\\n' % i)\nos.abort()")
    event = daemon.death(child.pid)
    equal(field(event, "last_words.text"), "".join(f"line {i}\n" for i in range(38, 50)), "the end")
    equal((field(event, "last_words.truncated"), field(event, "last_words.bytes")), (True, 400), "last_words")


def test_config_errors(t):
    for text, where, what in (("[service x]\nlast_words = maybe\n", ":2: ", "on or off"),
                              ("[service x]\n\nlast_words_bytes = 2M\n", ":3: ", "from 64 to 8K"),
                              ("[service x]\ncolour = on\n", ":2: ", "last_words_bytes"),
                              ("[service ]\nlast_words = on\n", ":2: ", "expected"),
                              ("[exceptions]\nper_minute = 0\n", ":2: ", "from 1 to 10000")):
        result = t.lastwords("run", "--state", t.path("state"), "--config", t.config(text), status=1)
        contains(result.err, where, text)
        contains(result.err, what, text)


def test_replay(t):
    """A capture gives the same exceptions."""
    recorder = t.start("record", t.path("capture")).ready()
    child = living(t, TRACE + "for i in range(3):\n    once(i)\n    time.sleep(.7)")
    time.sleep(4)
    recorder.process.terminate()
    recorder.process.wait(10)
    out = t.lastwords("run", "--state", t.path("state"), "--from", t.path("capture"), "-o", "jsonl").out
    events = [e for e in map(__import__("json").loads, out.splitlines()) if e["kind"] == "exception"
              and field(e, "process.pid") == child.pid]
    equal(sum(e["count"] for e in events), 3, "exceptions")

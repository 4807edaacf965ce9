# SPDX-License-Identifier: Apache-2.0
"""Last words and breadcrumbs of processes that die."""
import os
import signal
import socket
import subprocess
import sys

from harness import check, contains, equal, field

PYTHON = os.path.realpath(sys.executable)


def dying(t, daemon, code, **options):
    """Runs Python code that ends badly; returns its death."""
    options.setdefault("stdout", subprocess.DEVNULL)
    child = t.popen(PYTHON, "-c", "import os, socket, sys, threading\n" + code,
                    stderr=options.pop("stderr", subprocess.DEVNULL), **options)
    child.wait(30)
    return daemon.death(child.pid)


def said(event):
    return field(event, "last_words.text")


def test_traceback(t):
    daemon = t.daemon()
    event = dying(t, daemon, "def pay(amount):\n    raise ValueError('no card, token=s3cr3tt0ken99')\n"
                  "print('ready', flush=True)\npay(1)")
    equal(event["kind"], "exit_failure", "kind")
    check(said(event).startswith("ready\nTraceback (most recent call last):\n"), f"said: {said(event)}")
    contains(said(event), "in pay\n", "said")
    check(said(event).endswith("ValueError: no card, token=[redacted]\n"), f"said: {said(event)}")
    equal(field(event, "last_words.truncated"), False, "truncated")
    equal((field(event, "exception.language"), field(event, "exception.type"), field(event, "exception.message")),
          ("python", "ValueError", "no card, token=[redacted]"), "exception")
    equal([f["function"] for f in field(event, "exception.frames")], ["pay", "<module>"], "frames")
    for line in daemon.lines:
        check(b"s3cr3t" not in line, "a secret is told")


def test_megabyte(t):
    daemon = t.daemon()
    event = dying(t, daemon, "for i in range(65536): os.write(1, b'line number %04x\\n' % (i & 0xffff))\nos.abort()")
    equal(event["kind"], "crash", "kind")
    text = said(event)
    check(7900 <= len(text) <= 8192, f"{len(text)} bytes are kept")
    equal(text.splitlines(), [f"line number {i:04x}" for i in range(65536)][-len(text.splitlines()):], "lines")
    equal((field(event, "last_words.bytes"), field(event, "last_words.truncated")), (17 * 65536, True), "last_words")


def test_large_writes(t):
    """Of one call the last 4 KB count."""
    daemon = t.daemon()
    event = dying(t, daemon, "os.write(1, b'first\\n')\nos.write(1, b'x' * 100000 + b'\\n' + b'y' * 4000 + b'\\n')\n"
                  "os.write(2, b'last\\n')\nos.abort()")
    equal(said(event).splitlines()[-2:], ["y" * 4000, "last"], "the end")
    equal(field(event, "last_words.bytes"), 6 + 100000 + 1 + 4001 + 5, "bytes")
    equal(field(event, "last_words.truncated"), True, "truncated")


def test_vectors(t):
    daemon = t.daemon()
    path = t.path("out")
    event = dying(t, daemon, "os.writev(2, [b'one ', b'', b'two\\n'])\nos.writev(1, [b'z' * 50 + b'\\n'] * 10)\n"
                  f"fd = os.open({path!r}, os.O_CREAT | os.O_WRONLY)\nos.dup2(fd, 1)\nos.pwrite(1, b'three\\n', 0)\n"
                  "os.write(fd, b'elsewhere\\n')\nos.abort()")
    equal(said(event), "one two\n" + ("z" * 50 + "\n") * 10 + "three\n", "said")


def test_threads(t):
    daemon = t.daemon()
    event = dying(t, daemon, "for i in range(8):\n    thread = threading.Thread(target=os.write, args=(2, b'thread %d\\n' % i))\n"
                  "    thread.start()\n    thread.join()\nos.abort()")
    equal(said(event), "".join(f"thread {i}\n" for i in range(8)), "said")


def test_exec_keeps(t):
    daemon = t.daemon()
    event = dying(t, daemon, "os.write(2, b'before\\n')\nos.execlp('sh', 'sh', '-c', 'echo after; kill -ABRT $$')")
    equal(said(event), "before\nafter\n", "said")


def test_fork_without_exec(t):
    daemon = t.daemon()
    event = dying(t, daemon, "os.write(2, b'parent\\n')\npid = os.fork()\nif not pid:\n    os.write(2, b'child\\n')\n"
                  "    os.abort()\nos.waitpid(pid, 0)\nos.write(2, b'child was %d\\n' % pid)\nos.abort()")
    child = int(said(event).split()[-1])
    equal(said(event), f"parent\nchild was {child}\n", "the parent's")
    equal(said(daemon.death(child)), "child\n", "the child's")


def test_nothing_said(t):
    daemon = t.daemon()
    event = dying(t, daemon, "os.abort()")
    check("last_words" not in event, f"nothing was said: {event}")
    event = dying(t, daemon, "os.close(1)\nos.close(2)\ntry: os.write(2, b'lost')\nexcept OSError: os.abort()")
    check("last_words" not in event, f"standard error was closed: {event}")


def test_hostile_bytes(t):
    daemon = t.daemon()
    event = dying(t, daemon, "os.write(2, bytes(range(256)) * 8 + b'\\x1b[31m\\n')\nos.abort()")
    check(said(event).endswith("\x1b[31m\n"), f"said: {said(event)[-80:]!r}")
    contains(said(event), "\x00\x01\x02", "said")
    page = t.lastwords("show", "--state", t.path("state"), event["id"]).out
    check("\x1b" not in page and "\x00" not in page, "the page is not clean")
    contains(page, "\\x1b[31m", "page")


def test_not_dumpable(t):
    daemon = t.daemon()
    event = dying(t, daemon, "import ctypes\nctypes.CDLL(None).prctl(4, 0)\nos.write(2, b'secret\\n')\nos.abort()")
    check("last_words" not in event, f"not dumpable: {event}")
    contains([m["what"] for m in event["missing"]], "last_words", "missing")
    event = dying(t, daemon, "import ctypes\nctypes.CDLL(None).prctl(4, 0)\nos.write(2, b'secret\\n')\nos._exit(3)")
    check("last_words" not in event, f"not dumpable: {event}")


def test_disabled(t):
    daemon = t.daemon("[last_words]\nenabled = no\n")
    event = dying(t, daemon, "os.write(2, b'words\\n')\nos.abort()")
    check("last_words" not in event, f"disabled: {event}")


def test_many_processes(t):
    """More than the table holds: the last ones are there, and none has those of another."""
    daemon = t.daemon("[last_words]\nprocesses = 64\n")
    children = []
    for i in range(200):
        children.append(t.popen("sh", "-c", f"echo I am {i}; read x; exit 3", stdin=subprocess.PIPE,
                                stdout=subprocess.PIPE, stderr=subprocess.DEVNULL))
        children[-1].stdout.readline()
    for child in children:
        child.communicate(b"\n")
    kept = 0
    for i, child in enumerate(children):
        text = said(daemon.death(child.pid))
        check(text in (None, f"I am {i}\n"), f"{i} said {text!r}")
        kept += text is not None
    check(1 <= kept <= 64, f"{kept} are kept")
    check(said(daemon.death(children[-1].pid)), "the last one's are not there")


def test_breadcrumbs(t):
    daemon = t.daemon()
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        port = holder.getsockname()[1]
        event = dying(t, daemon, f"""
for step in (lambda: os.open("/etc/hostname/x", os.O_RDONLY), lambda: socket.create_connection(("127.0.0.1", {port})),
             lambda: os.mkdir("/proc/x"), lambda: os.open("/missing", os.O_RDONLY)):
    try: step()
    except OSError: pass
os.abort()""")
    crumbs = [(c["syscall"], c["errno"], c.get("subject")) for c in event["breadcrumbs"]][-3:]
    equal(crumbs, [("openat", "ENOTDIR", "/etc/hostname/x"), ("connect", "ECONNREFUSED", f"127.0.0.1:{port}"),
                   ("mkdir", "ENOENT", "/proc/x")], "breadcrumbs")
    times = [c["time"] for c in event["breadcrumbs"]]
    equal(times, sorted(times), "times")
    contains(t.lastwords("show", "--state", t.path("state"), event["id"]).out, "\nfailed before ", "page")


def test_breadcrumbs_are_the_last(t):
    daemon = t.daemon()
    event = dying(t, daemon, "for i in range(8):\n    for call in (os.rmdir, os.mkdir, os.chdir, os.chroot, os.readlink):\n"
                  "        try: call('/etc/hostname/%d' % i)\n        except OSError: pass\nos.kill(os.getpid(), 9)")
    crumbs = event["breadcrumbs"]
    equal(len(crumbs), 32, "crumbs")
    equal(crumbs[-1]["subject"], "/etc/hostname/7", "the last one")
    equal(field(event, "signal.number"), signal.SIGKILL, "signal")

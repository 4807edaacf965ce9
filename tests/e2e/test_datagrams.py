# SPDX-License-Identifier: Apache-2.0
"""What programs send to journald and syslog, against what a receiver at those addresses got."""
import os
import re
import subprocess
import sys

from harness import check, equal, field, wait_for, write_text

PYTHON = os.path.realpath(sys.executable)
HEAD = "import os, socket, struct, sys, time\n"

# Binds the log's sockets in a mount namespace of its own and says what it got there: length and bytes of each.
RECEIVER = HEAD + """
import ctypes, subprocess
libc = ctypes.CDLL(None, use_errno=True)
def mount(*args):
    assert libc.mount(*args) == 0, os.strerror(ctypes.get_errno())
assert libc.unshare(0x20000) == 0
mount(b"none", b"/", None, (1 << 18) | (1 << 14), None)
mount(b"tmpfs", b"/run", b"tmpfs", 0, None)
mount(b"tmpfs", b"/dev", b"tmpfs", 0, None)
for name in ("null", "urandom"):
    os.mknod("/dev/" + name, 0o20666, os.makedev(1, {"null": 3, "urandom": 9}[name]))
os.makedirs("/run/systemd/journal")
sockets = []
for path in ("/dev/log", "/run/systemd/journal/socket", "/run/systemd/journal/dev-log"):
    s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
    s.bind(path)
    s.setblocking(False)
    sockets.append(s)
child = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
print(child.pid, flush=True)
ended = False
while not ended:
    ended = child.poll() is not None
    for s in sockets:
        while True:
            try: print(s.recv(1 << 20).hex(), flush=True)
            except BlockingIOError: break
    time.sleep(.01)
"""


def logged(t, daemon, *argv):
    """Runs a program that ends badly with such a log; returns its death and the datagrams that arrived."""
    out = subprocess.run([PYTHON, "-c", RECEIVER, *argv], stdout=subprocess.PIPE, timeout=60, check=True).stdout
    first, *rest = out.decode().splitlines()
    return daemon.death(int(first)), [bytes.fromhex(line) for line in rest]


def said(event):
    return field(event, "last_words.text")


def text_of(datagram):
    """Of syslog, told another way than the daemon does it."""
    return re.sub(r"^<\d+>\w{3} [ \d]\d [\d:]{8} (\S+: ?)?", "", datagram.decode()).rstrip("\0\n") + "\n"


def test_python_syslog(t):
    daemon = t.daemon()
    event, got = logged(t, daemon, PYTHON, "-c", HEAD + "import syslog\nsyslog.openlog('pay', syslog.LOG_PID)\n"
                        "for i in range(3): syslog.syslog(syslog.LOG_ERR, f'no card {i}, password=hunter2hunter2')\nos.abort()")
    equal(len(got), 3, "datagrams that arrived")
    equal(said(event), "".join(map(text_of, got)).replace("hunter2hunter2", "[redacted]"), "last words")
    equal(field(event, "last_words.bytes"), sum(map(len, got)), "bytes")
    equal(field(event, "last_words.truncated"), False, "truncated")


def test_logger(t):
    """The real one, made to die when it is done: its last words are its own, not its parent's."""
    daemon = t.daemon()
    event, got = logged(t, daemon, PYTHON, "-c", HEAD + "import subprocess\n"
                        "child = subprocess.Popen(['logger', '-t', 'shop'], stdin=subprocess.PIPE)\n"
                        "child.stdin.write(b'a line of logger\\nanother\\n')\nchild.stdin.flush()\n"
                        "time.sleep(.5)\nchild.kill()\nchild.wait()\nos.abort()")
    equal([text_of(d) for d in got], ["a line of logger\n", "another\n"], "datagrams")
    check(said(event) is None, f"they are not its parent's: {said(event)!r}")
    killed = [e for e in daemon.of(None) if field(e, "process.comm") == "logger"]
    equal([said(e) for e in killed], ["a line of logger\nanother\n"], "last words of logger")


def test_python_logging(t):
    daemon = t.daemon()
    event, got = logged(t, daemon, PYTHON, "-c", HEAD + "import logging.handlers\n"
                        "log = logging.getLogger('shop')\nlog.addHandler(logging.handlers.SysLogHandler('/dev/log'))\n"
                        "try: 1 / 0\nexcept ZeroDivisionError: log.exception('it failed')\nos.abort()")
    equal(len(got), 1, "datagrams")
    equal(field(event, "exception.type"), "ZeroDivisionError", "exception")
    check(said(event).startswith("it failed\nTraceback (most recent call last):\n"), f"said {said(event)!r}")


NATIVE = """
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.sendmsg([b'MESSAGE=hello\\nPRI', b'ORITY=3\\nCODE_FILE=a.c\\n'], [], 0, '/run/systemd/journal/socket')
body = b'two\\nlines=1'
s.sendmsg([b'PRIORITY=4\\nMESSAGE\\n', struct.pack('<Q', len(body)), body, b'\\n'], [], 0, '/run/systemd/journal/socket')
s.sendto(b'MESSAGE=by sendto\\n', '/run/systemd/journal/socket')
s.sendto(b'<13>Nov 22 17:00:00 app[1]: to dev-log', '/run/systemd/journal/dev-log')
os.write(2, b'to stderr\\n')
s.connect('/run/systemd/journal/socket')
s.send(b'MESSAGE=by send\\n')
os.write(s.fileno(), b'MESSAGE=by write\\n')
s.sendmsg([b'MESSAGE=by sendmsg\\n'])
os.abort()
"""


def test_native(t):
    daemon = t.daemon()
    event, got = logged(t, daemon, PYTHON, "-c", HEAD + NATIVE)
    equal(len(got), 7, "datagrams that arrived")
    equal(said(event), "<3>hello\n<4>two\nlines=1\nby sendto\nto dev-log\nto stderr\nby send\nby write\nby sendmsg\n",
          "last words")
    equal(field(event, "last_words.bytes"), sum(map(len, got)) + 10, "bytes")


def test_libsystemd(t):
    daemon = t.daemon()
    code = HEAD + ("import ctypes\nlib = ctypes.CDLL('libsystemd.so.0')\n"
                   "assert lib.sd_journal_print(3, b'of %s', b'libsystemd') == 0\nos.abort()")
    event, got = logged(t, daemon, PYTHON, "-c", code)
    equal(len(got), 1, "datagrams that arrived")
    check(b"MESSAGE=of libsystemd\n" in got[0], f"{got}")
    equal(said(event), "<3>of libsystemd\n", "last words")


def test_after_other_messages(t):
    """Whoever has sent much elsewhere is not looked at any more, until it makes a socket."""
    daemon = t.daemon()
    event, got = logged(t, daemon, PYTHON, "-c", HEAD + """
udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
udp.connect(('127.0.0.1', 9))
def others():
    for i in range(2000):
        try: udp.sendmsg([b'MESSAGE=secret'])
        except ConnectionRefusedError: pass
others()
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.sendmsg([b'MESSAGE=first\\n'], [], 0, '/run/systemd/journal/socket')
others()
s.sendmsg([b'MESSAGE=second\\n'], [], 0, '/run/systemd/journal/socket')
os.abort()""")
    equal(len(got), 2, "datagrams that arrived")
    equal(said(event), "first\nsecond\n", "last words")


def test_only_the_log(t):
    """Other sockets are nobody's log, and what fails was not sent."""
    daemon = t.daemon()
    event, got = logged(t, daemon, PYTHON, "-c", HEAD + """
a, b = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
a.send(b'MESSAGE=secret pair')
u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
r = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
r.bind(('127.0.0.1', 0))
u.sendto(b'MESSAGE=secret udp', r.getsockname())
x = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
x.bind('/run/other')
u = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
u.sendto(b'MESSAGE=secret other', '/run/other')
u.connect('/run/other')
u.send(b'MESSAGE=secret connected')
try: u.sendto(b'MESSAGE=failed', '/run/systemd/journal/none')
except OSError: pass
os.write(2, b'end\\n')
os.abort()""")
    equal(got, [], "datagrams")
    equal(said(event), "end\n", "last words")


def test_many_datagrams(t):
    """More than is kept: the last ones, whole."""
    daemon = t.daemon()
    event, got = logged(t, daemon, PYTHON, "-c", HEAD + "import syslog\n"
                        "for i in range(300): syslog.syslog('message %d %s' % (i, 'x' * (i % 90)))\nos.abort()")
    lines = said(event).splitlines()
    check(60 < len(lines) < 200, f"{len(lines)} lines")
    equal(len(got), 300, "datagrams that arrived")
    equal(lines, [text_of(d)[:-1] for d in got][-len(lines):], "the last ones")
    equal(lines[-1], "message 299 " + "x" * 29, "the last one")
    equal(field(event, "last_words.truncated"), True, "truncated")


def test_connected_before(t):
    """A process that connected before the daemon was there."""
    code = HEAD + """
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.connect('/dev/log')
open(sys.argv[1], 'w').close()
while not os.path.exists(sys.argv[2]): time.sleep(.05)
s.send(b'<13>Nov 22 17:00:00 old: still heard')
os.abort()
"""
    run = t.popen(PYTHON, "-c", RECEIVER, PYTHON, "-c", code, t.path("ready"), t.path("go"), stdout=subprocess.PIPE)
    wait_for(lambda: os.path.exists(t.path("ready")), 10, "it has connected")
    daemon = t.daemon()
    write_text(t.path("go"), "")
    event = daemon.death(int(run.stdout.readline()))
    equal(said(event), "still heard\n", "last words")

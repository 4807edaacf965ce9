#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A service that handles a request every so often, and its bugs: app.py [KEY=VALUE...]. Keys: workers (forked, and forked
again when one dies), every (seconds a request), bug (a function bug_* below), odds (of so many requests one meets the bug),
after (requests before the bug is met), port (serve HTTP instead: each request comes from a client), and what the bugs want."""
import _ctypes
import contextlib
import ctypes
import http.server
import os
import signal
import socket
import ssl
import subprocess
import sys
import time
import traceback
import urllib.parse
import urllib.request

options = {"workers": 0, "every": 0.1, "bug": "", "odds": 1, "after": 0, "port": 0, "mb": 4, "path": "", "peer": "",
           "dsn": "", "query": "", "key": "id", "timeout": 1.0, "start": ""}
for word in sys.argv[1:]:
    name, _, text = word.partition("=")
    options[name] = type(options[name])(text)
held = []


def value(row, key):
    return row[key]


def bug_key():
    """A missing key: told, and lived on."""
    return value({"name": "x"}, options["key"])


def bug_type():
    return "total: " + len(held)


def bug_segv():
    return ctypes.string_at(8)


def bug_abort():
    os.abort()


def bug_exit():
    print("app: cannot go on", file=sys.stderr, flush=True)
    os._exit(3)


def bug_leak():
    block = bytearray(options["mb"] << 20)
    for at in range(0, len(block), 4096):
        block[at] = 1
    held.append(block)


def bug_files():
    held.append(open("/etc/hostname"))


def bug_fill():
    with open(options["path"], "ab") as file:
        file.write(b"x" * (options["mb"] << 20))
        file.flush()


def bug_read():
    with open(options["path"]) as file:
        for line in file:
            name, equals, text = line.partition("=")
            if not equals or not text.strip():
                raise ValueError(f"{options['path']}: no value in the line {line.strip()!r}")


def bug_connect():
    host, _, port = options["peer"].rpartition(":")
    with socket.create_connection((host, int(port)), timeout=options["timeout"]) as peer:
        peer.sendall(b"PING\r\n")
        if not peer.recv(100):
            raise ConnectionError("the peer closed")


def bug_library():
    """A plug-in that is opened each time."""
    _ctypes.dlclose(ctypes.CDLL(options["path"])._handle)


def bug_tls():
    ssl.create_default_context(cafile=options["path"])


def bug_sql():
    import psycopg2
    if not held or held[0].closed:
        held[:] = [psycopg2.connect(options["dsn"])]
        held[0].autocommit = True
    with held[0].cursor() as cursor:
        cursor.execute(options["query"])
        cursor.fetchall()


def bug_set():
    """Stores something in redis, and takes no for an exception."""
    host, _, port = options["peer"].rpartition(":")
    with socket.create_connection((host, int(port)), timeout=1) as peer:
        peer.sendall(f"SET order:{count} {'x' * 20000}\r\n".encode())
        answer = peer.recv(200).decode()
        if answer.startswith("-"):
            raise RuntimeError("redis: " + answer[1:].strip())


def bug_hold():
    """A connection that is kept."""
    host, _, port = options["peer"].rpartition(":")
    held.append(socket.create_connection((host, int(port)), timeout=1))


def bug_spawn():
    """A child for each request, that lives on a while."""
    subprocess.Popen(["sleep", "2"])


def bug_login():
    import psycopg2
    psycopg2.connect(options["dsn"]).close()


def bug_many():
    """Thirty files at once."""
    with contextlib.ExitStack() as stack:
        for _ in range(30):
            stack.enter_context(open("/etc/hostname"))


def bug_fetch():
    urllib.request.urlopen(options["query"], timeout=1).read()


def bug_parameter():
    """Its clients must say which article."""
    value(dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(options["query"]).query)), "sku")


def bug_hang():
    time.sleep(1000)


# Those end the process as an exception would that nobody catches.
FATAL = {"raise_key": bug_key, "raise_type": bug_type, "raise_read": bug_read, "raise_connect": bug_connect,
         "raise_fill": bug_fill, "raise_sql": bug_sql, "raise_files": bug_files}
count = 0


def handle():
    """One request."""
    global count
    count += 1
    bug = options["bug"]
    if not bug or count <= options["after"] or count % options["odds"]:
        return
    if bug in FATAL:
        FATAL[bug]()
        return
    try:
        globals()["bug_" + bug]()
    except Exception:
        traceback.print_exc()
        if bug == "sql":
            held.clear()


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        options["query"] = self.path
        handle()
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"ok\n")

    def log_message(self, *unused):
        pass


def work():
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    if options["port"]:
        http.server.HTTPServer(("127.0.0.1", options["port"]), Handler).serve_forever()
    while True:
        time.sleep(options["every"])
        handle()


def fork():
    pid = os.fork()
    if pid == 0:
        work()
    return pid


def main():
    if options["start"]:
        (FATAL.get(options["start"]) or globals()["bug_" + options["start"]])()
    workers = [fork() for _ in range(options["workers"])]
    if not workers:
        work()

    def stop(*unused):
        for pid in workers:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)
        sys.exit(0)
    signal.signal(signal.SIGTERM, stop)
    while True:
        workers.remove(os.wait()[0])
        time.sleep(0.2)
        workers.append(fork())


main()

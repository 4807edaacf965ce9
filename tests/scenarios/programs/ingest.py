#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Takes things in and hands them on: ingest.py do=WHAT [KEY=VALUE...], WHAT a function do_* below. Keys: every, fatal (an error
ends it), start (raises at its start), and what each function names. `serve` answers HTTP at listen."""
import ctypes
import http.server
import json
import socket
import sqlite3
import ssl
import subprocess
import sys
import time
import traceback
import urllib.request

options = {"every": "0.3", "kb": "4"}
options.update(word.split("=", 1) for word in sys.argv[1:])
kept = []


def connect(address):
    host, _, port = address.rpartition(":")
    return socket.create_connection((host, int(port)), timeout=1)


def do_mysql():
    import pymysql
    if not kept:
        kept.append(pymysql.connect(unix_socket=options["socket"], user="root", database=options["base"], autocommit=True))
    with kept[0].cursor() as cursor:
        cursor.execute(options["query"])


def do_sqlite():
    with sqlite3.connect(options["db"], timeout=0.5) as base:
        base.execute(options["query"]).fetchall()


def do_publish():
    """To a broker that speaks MQTT 3.1.1, without a name."""
    with connect(options["peer"]) as peer:
        peer.sendall(b"\x10\x0d\x00\x04MQTT\x04\x02\x00\x3c\x00\x01s")
        answer = peer.recv(4)
        if len(answer) < 4 or answer[3]:
            raise ConnectionError(f"the broker turned us away: code {answer[3] if len(answer) > 3 else 'none'}")
        peer.sendall(b"\x30\x06\x00\x01tabc\xe0\x00")


def do_resolve():
    socket.getaddrinfo(options["name"], 443, socket.AF_INET)


def store(peer, order, expected):
    """As memcached and beanstalkd take it: a line that ends with the size, then so many bytes."""
    size = int(options["kb"]) << 10
    peer.sendall(f"{order} {size}\r\n".encode() + b"b" * size + b"\r\n")
    answer = peer.recv(200).decode().strip()
    if not answer.startswith(expected):
        raise RuntimeError(f"{options['peer']} says {answer!r}")


def do_cache():
    """With `keep` the connection is forgotten."""
    peer = connect(options["peer"])
    if "keep" in options:
        kept.append(peer)
    store(peer, "set basket 0 60", "STORED")
    if "keep" not in options:
        peer.close()


def do_put():
    with connect(options["peer"]) as peer:
        store(peer, "put 1 0 60", "INSERTED")


def do_state():
    """Keeps what it has seen; `format` is the newest that it knows, and the one that it writes."""
    with open(options["path"], "r+") as file:
        state = json.load(file)
        if state["format"] > int(options["format"]):
            raise ValueError(f"{options['path']} has format {state['format']}, known are formats up to {options['format']}")
        state.update(format=int(options["format"]), seen=state["seen"] + 1)
        file.seek(0)
        json.dump(state, file)


def do_fetch():
    context = ssl.create_default_context(cafile=options["ca"]) if "ca" in options else None
    urllib.request.urlopen(options["url"], timeout=1, context=context).read()


def do_run():
    subprocess.run([options["helper"]], check=True)


def do_tax():
    """By a library that is loaded at the first use."""
    if not kept:
        kept.append(ctypes.CDLL(options["library"]))
    kept[0].tax(42)


def do_nothing():
    """What most do most of the time."""


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"1.0\n")

    def log_message(self, *unused):
        pass


def main():
    if "start" in options:
        raise LookupError(f"{options['start']} is not set")
    if "listen" in options:
        host, _, port = options["listen"].rpartition(":")
        http.server.HTTPServer((host, int(port)), Handler).serve_forever()
    while True:
        time.sleep(float(options["every"]))
        try:
            globals()["do_" + options["do"]]()
        except Exception:
            if "fatal" in options:
                raise
            traceback.print_exc()
            if options["do"] == "mysql":
                kept.clear()


main()

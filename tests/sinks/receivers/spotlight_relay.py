#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs Spotlight in a network namespace, as it listens on every address, and relays a port on loopback to it. Envelopes that it
accepted go into FOLDER/received before the sender is answered. Usage: spotlight_relay.py PORT INNER FOLDER PROGRAM"""
import ctypes
import fcntl
import http.client
import http.server
import json
import os
import socket
import socketserver
import struct
import subprocess
import sys
import threading
import time

CLONE_NEWNET = 0x40000000
SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP = 0x8913, 0x8914, 1
libc = ctypes.CDLL(None, use_errno=True)
PORT, INNER, FOLDER, PROGRAM = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4]


def loopback_up():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        flags = struct.unpack("16xH14x", fcntl.ioctl(control, SIOCGIFFLAGS, struct.pack("16sH14x", b"lo", 0)))[0]
        fcntl.ioctl(control, SIOCSIFFLAGS, struct.pack("16sH14x", b"lo", flags | IFF_UP))


class Relay(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    lock = threading.Lock()

    def log_message(self, *arguments):
        pass

    def relay(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        try:
            inner = http.client.HTTPConnection("127.0.0.1", INNER, timeout=30)
            inner.request(self.command, self.path, body, {key: value for key, value in self.headers.items() if key != "Host"})
            answer = inner.getresponse()
            content = answer.read()
        except OSError:
            self.close_connection = True
            return
        if self.command == "POST" and answer.status == 200:
            line = json.dumps({"encoding": self.headers.get("Content-Encoding", ""), "body": body.hex()}) + "\n"
            with self.lock, open(os.path.join(FOLDER, "received"), "ab", buffering=0) as file:
                file.write(line.encode())
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.getheader("Content-Type", "text/plain"))
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = relay


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True
    request_queue_size = 128


def die_with_parent():
    libc.prctl(1, 9)


def subscribe():
    """Asks Spotlight for what it shows; returns the stream once Spotlight listens."""
    while True:
        inner = http.client.HTTPConnection("127.0.0.1", INNER)
        try:
            inner.request("GET", "/stream", headers={"Accept": "text/event-stream"})
            return inner.getresponse()
        except OSError:
            time.sleep(0.05)


def show(stream):
    """Events of the stream, as Spotlight gives them to its own page, into FOLDER/shown."""
    with open(os.path.join(FOLDER, "shown"), "ab", buffering=0) as out:
        for line in stream:
            if line.startswith(b"data: ["):
                for header, payload in json.loads(line[6:])[1]:
                    if header["type"] == "event":
                        out.write(json.dumps(payload).encode() + b"\n")


def main():
    server = Server(("127.0.0.1", PORT), Relay)  # before the namespace changes: it stays in that of the test
    if libc.unshare(CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "unshare")
    loopback_up()
    node = subprocess.Popen([PROGRAM, "server", "-p", str(INNER)], stdout=subprocess.DEVNULL, preexec_fn=die_with_parent)
    threading.Thread(target=lambda: os._exit(node.wait() and 1), daemon=True).start()
    threading.Thread(target=show, args=(subscribe(),), daemon=True).start()
    server.serve_forever()


if __name__ == "__main__":
    main()

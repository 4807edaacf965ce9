# SPDX-License-Identifier: Apache-2.0
"""What the doubles share. A double is a process that stands in for a receiver of which there is no package, is as strict as
its documented rules, and writes what it accepts to a file before it answers."""
import gzip
import http.server
import json
import os
import signal
import socketserver
import sys
import threading
import time
import zlib

from .process import SINKS, Receiver, read_lines, write_text

LIMIT = 100 << 20  # bytes of a body


class Refused(Exception):
    """An answer other than success."""

    def __init__(self, status, text, headers=None):
        super().__init__(text)
        self.status, self.text, self.headers = status, text, headers or {}


class Handler(http.server.BaseHTTPRequestHandler):
    """A subclass gives post(body), which returns (status, body) or raises Refused."""
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    lock = threading.Lock()
    out = None
    orders_path = None
    orders_left = {}  # by serial number: how often it is still to be obeyed

    def log_message(self, *arguments):
        pass

    def body(self):
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            parts, size = [], 1
            while size:
                size = int(self.rfile.readline().split(b";")[0], 16)
                parts.append(self.rfile.read(size))
                self.rfile.readline()
            body = b"".join(parts)
        elif "Content-Length" in self.headers:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if len(body) < int(self.headers["Content-Length"]):
                raise Refused(400, "the body is cut off")  # its sender was killed
        else:
            raise Refused(411, "no Content-Length")
        if len(body) > LIMIT:
            raise Refused(413, "the body is too large")
        encoding = self.headers.get("Content-Encoding", "identity")
        try:
            if encoding == "gzip":
                return gzip.decompress(body)
        except (OSError, EOFError, zlib.error) as error:
            raise Refused(400, f"gzip: {error}") from error
        if encoding not in ("identity", "snappy"):
            raise Refused(415, f"Content-Encoding {encoding}")
        return body

    def orders(self, kind):
        """What the test has asked for, the next count times; None when nothing."""
        try:
            with open(self.orders_path, encoding="utf-8") as file:
                order = json.load(file)
        except (FileNotFoundError, ValueError):
            return None
        if order["kind"] != kind:
            return None
        left = self.orders_left.setdefault(order["serial"], order["count"])
        self.orders_left[order["serial"]] = left - 1
        return order if left > 0 else None

    def keep(self, records):
        """Appends records to the file, in one write."""
        text = "".join(json.dumps(record) + "\n" for record in records).encode()
        while text:
            text = text[os.write(self.out, text):]

    def answer(self, status, text, headers=None):
        body = text if isinstance(text, bytes) else text.encode()
        self.send_response(status)
        for key, value in (headers or {}).items():
            self.send_header(key, value)
        if status != 204:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if status != 204:
            self.wfile.write(body)

    def do_POST(self):
        try:
            body = self.body()
            with self.lock:
                order = self.orders("answer")
                if order:
                    raise Refused(order["status"], order["body"], order["headers"])
                status, text = self.post(body)
            self.answer(status, text, {"Content-Type": "application/json"})
        except Refused as refused:
            self.answer(refused.status, refused.text, refused.headers)

    do_PUT = do_POST

    def do_GET(self):
        self.answer(200, "ready")


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True
    request_queue_size = 128


def serve(handler, arguments):
    """Runs a double: PORT FOLDER are its arguments."""
    port, folder = arguments
    handler.out = os.open(os.path.join(folder, "received"), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.write(handler.out, b"\n")  # what was killed may have left half a line
    handler.orders_path = os.path.join(folder, "orders")
    signal.signal(signal.SIGTERM, lambda *unused: os._exit(0))
    Server(("127.0.0.1", int(port)), handler).serve_forever()


class Double(Receiver):
    """The test's side; a subclass gives its module, which calls serve()."""
    module = None
    serial = 0

    def prepare(self):
        self.url = f"http://127.0.0.1:{self.port}"

    def command(self):
        return [sys.executable, "-B", "-m", f"receivers.{self.module}", str(self.port), self.dir]

    env = {"PYTHONPATH": SINKS}

    def order(self, kind, count, **what):
        """Asks the double to behave otherwise, count times."""
        Double.serial += 1
        serial = f"{time.time_ns()}.{Double.serial}"
        write_text(self.path("orders.new"), json.dumps({"kind": kind, "count": count, "serial": serial, **what}))
        os.replace(self.path("orders.new"), self.path("orders"))

    def fail(self, status, count=1, body="", headers=None):
        """The next count requests get this answer."""
        self.order("answer", count, status=status, body=body, headers=headers or {})

    def received(self):
        return read_lines(self.path("received"))

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""E-filing of a tax office: efile.py ROLE [KEY=VALUE...]. `gateway` takes tax returns in XML over HTTP at port (with cert and key
HTTPS, read for each connection), answers 400 to what is none, and stores them: in the folder spool, in PostgreSQL (dsn and query
with %(number)s, %(text)s); change: what its release does otherwise (namespace). `filer` sends one to url every so many seconds
(broken: one in so many is none; retries: how often it sends again), or asks url for each line of the file returns, which is a
query, and tells what it could not."""
import contextlib
import http.server
import ssl
import sys
import time
import traceback
import urllib.error
import urllib.request
import xml.etree.ElementTree as ET

options = {"every": "0.3", "port": "0", "change": "", "broken": "0", "retries": "0", "timeout": "1"}
options.update(word.split("=", 1) for word in sys.argv[2:])
SPACE = "urn:tax:return:2026"
kept = []


def income(root):
    """Programs of other years send no namespace."""
    found = root.find(f"{{{SPACE}}}income")
    if found is None and options["change"] != "namespace":
        found = root.find("income")
    return int(found.text)


def ask_base(number, text):
    import psycopg2
    if not kept or kept[0].closed:
        kept[:] = [psycopg2.connect(options["dsn"])]
        kept[0].autocommit = True
    with kept[0].cursor() as cursor:
        cursor.execute(options["query"], {"number": number, "text": text})


def take(body):
    root = ET.fromstring(body)
    number, text = int(root.get("number")), body.decode()
    income(root)
    if "spool" in options:
        with open(f"{options['spool']}/{number}.xml", "w") as file:
            file.write(text)
    if "dsn" in options:
        ask_base(number, text)


class Gateway(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        try:
            take(body)
            status = 201
        except ET.ParseError:
            status = 400
        except Exception:
            traceback.print_exc()
            status = 500
        self.send_response(status)
        self.end_headers()

    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"ready\n")

    def log_message(self, *unused):
        pass


class Server(http.server.ThreadingHTTPServer):
    def get_request(self):
        client, address = super().get_request()
        if "cert" in options:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(options["cert"], options["key"])
            client = context.wrap_socket(client, server_side=True)
        return client, address

    def shutdown_request(self, request):
        """Says good-bye as TLS has it."""
        with contextlib.suppress(OSError):
            if "cert" in options:
                request = request.unwrap()
        super().shutdown_request(request)

    def handle_error(self, request, client_address):
        """Filers that go away are nothing to tell of."""


def request(count):
    if "returns" in options:
        with open(options["returns"]) as file:
            lines = file.read().split()
        return options["url"] + "?" + lines[count % len(lines)]
    space = "" if count % 4 == 0 else f' xmlns="{SPACE}"'
    text = f'<return{space} number="{count}"><income>{count * 371 % 90000}</income><note>{"n" * (count % 30)}</note></return>'
    if int(options["broken"]) and count % int(options["broken"]) == 0:
        text = text[:-9]
    return urllib.request.Request(options["url"], text.encode())


def file(count):
    context = ssl.create_default_context(cafile=options["ca"]) if "ca" in options else None
    for tries in range(int(options["retries"]), -1, -1):
        try:
            with urllib.request.urlopen(request(count), timeout=float(options["timeout"]), context=context) as answer:
                return answer.read()
        except (urllib.error.URLError, OSError) as error:
            if isinstance(error, urllib.error.HTTPError) and error.code < 500:
                return None
            if not tries:
                raise
            time.sleep(0.5)


if sys.argv[1] == "gateway":
    Server(("127.0.0.1", int(options["port"])), Gateway).serve_forever()
for turn in range(1, 1 << 30):
    time.sleep(float(options["every"]))
    try:
        file(turn)
    except Exception:
        traceback.print_exc()

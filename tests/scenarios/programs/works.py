#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Water works: works.py ROLE [KEY=VALUE...]. `station` takes readings over HTTP at host and port (cert, key: HTTPS): with the tariff of an
INI file (tariff, read for each), the fee of a package (fees: its name, called with the words that its release wants), the laboratory
at a URL (lab, again so often: retries), asking PostgreSQL (dsn, and query with %(meter)s), keeping kb of each in folder, the last
keep of them; change: what its release does otherwise (sewer: a share that two in ten meters have not got; lines: each that asks
stays connected to a port of its own). `meters` send one to url every so many seconds, trusting ca, again so often, and tell what
was not taken; hasty=N: each Nth goes before the answer. `sums` adds up by itself what `station` does, once so often; fatal=1: it
ends of what fails with a status of 65."""
import configparser
import contextlib
import http.server
import importlib
import logging
import os
import socket
import socketserver
import ssl
import sys
import time
import urllib.parse
import urllib.request

options = {"every": "0.3", "host": "127.0.0.1", "port": "0", "change": "", "retries": "0", "say": sys.argv[1], "hasty": "0",
           "kb": "64", "keep": "20", "words": "litres drain", "fatal": "0"}
options.update(word.split("=", 1) for word in sys.argv[2:])
log = logging.getLogger(options["say"])
SEWERS = {0: 0.9, 1: 1.0, 2: 0.8, 3: 1.0, 4: 0.7, 5: 1.0, 6: 0.95, 7: 1.0}
package = importlib.import_module(options["fees"]) if "fees" in options else None
lines = []


def fetch(url, context=None):
    for tries in range(int(options["retries"]), -1, -1):
        try:
            with urllib.request.urlopen(url, timeout=1.5, context=context) as answer:
                return answer.read()
        except OSError as error:
            if not tries:
                raise
            log.info("%s, once more", error)
            time.sleep(0.5)


def cents_of(meter, litres):
    if "tariff" in options:
        parser = configparser.ConfigParser()
        with open(options["tariff"]) as file:
            parser.read_file(file)
        cents = parser.getint("tariff", "cents_per_m3") * litres // 1000
    else:
        cents = litres // 4
    if options["change"] == "sewer":
        cents = int(cents * SEWERS[meter % 10])
    if package:
        cents += package.fee(**dict.fromkeys(options["words"].split(), litres))
    return cents


def keep(meter, cents):
    path = os.path.join(options["folder"], f"{meter % int(options['keep'])}.day")
    try:
        with open(path, "wb") as file:
            file.write((f"{meter};{cents}\n" * (int(options["kb"]) << 8)).encode()[:int(options["kb"]) << 10])
    except OSError:
        with contextlib.suppress(OSError):
            os.unlink(path)
        raise


def ask_base(meter):
    import psycopg2
    base = psycopg2.connect(options["dsn"])
    with contextlib.closing(base), base, base.cursor() as cursor:
        cursor.execute(options["query"], {"meter": meter})


def take(meter, litres):
    if options["change"] == "lines":
        line = socket.socket()
        line.bind(("127.0.0.1", 0))
        lines.append(line)
    cents = cents_of(meter, litres)
    if "lab" in options:
        fetch(f"{options['lab']}?meter={meter}")
    if "dsn" in options:
        ask_base(meter)
    if "folder" in options:
        keep(meter, cents)
    return cents


class Station(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        asked = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(self.path).query))
        try:
            status, text = 200, f"{take(int(asked['meter']), int(asked['litres']))} cents\n"
        except Exception:
            log.exception("reading of meter %s is not taken", asked.get("meter"))
            status, text = 500, "not taken\n"
        with contextlib.suppress(ConnectionError):  # the meter went away
            self.send_response(status)
            self.end_headers()
            self.wfile.write(text.encode())

    def log_message(self, *unused):
        pass


class Server(http.server.ThreadingHTTPServer):
    address_family = socket.AF_INET6 if ":" in options["host"] else socket.AF_INET
    request_queue_size = 64

    def server_bind(self):
        """Without asking for the name of this host."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = "works", self.server_address[1]

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
        """Meters that go away are nothing to tell of."""


def leave(url):
    with socket.create_connection((url.hostname, url.port), 1) as station:
        station.sendall(f"GET {url.path}?meter=1&litres=1 HTTP/1.0\r\n\r\n".encode())


def send(count):
    if int(options["hasty"]) and count % int(options["hasty"]) == 0:
        leave(urllib.parse.urlsplit(options["url"]))
        return
    context = ssl.create_default_context(cafile=options["ca"]) if "ca" in options else None
    fetch(f"{options['url']}?meter={count}&litres={count * 37 % 900}", context)


def main():
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s [%(name)s] %(message)s")
    if sys.argv[1] == "station":
        Server((options["host"], int(options["port"])), Station).serve_forever()
    for count in range(1, 1 << 30):
        time.sleep(float(options["every"]))
        try:
            send(count) if sys.argv[1] == "meters" else take(count, count * 37 % 900)
        except Exception as error:
            log.exception("%s %d: %s", options["say"], count, error)
            if options["fatal"] == "1":
                sys.exit(65)


main()

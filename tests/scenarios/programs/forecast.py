#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Forecasts of an electricity grid: forecast.py ROLE [KEY=VALUE...]. `loads` reckons the load of a feeder every so many seconds: with
the weather of a URL (again so often: retries), by settings (INI with the minutes of a step, read at the start), with a fee of
library (whose function tax() it wants at the start), asking PostgreSQL (dsn and query with %(feeder)s), in a thread of its own that
waits for as many tenths of a second as the file meters has lines; change: what its release does otherwise (sunday: one day in
rare is of a kind that it does not know). `map` shows outages over HTTP at port (cert, key: HTTPS, read for each connection) and
asks weather, too; `viewers` look at url, trusting ca, and tell what they were not shown; hurry=1: some go before the answer."""
import configparser
import contextlib
import ctypes
import http.server
import logging
import socket
import ssl
import sys
import threading
import time
import urllib.error
import urllib.request

options = {"every": "0.3", "port": "0", "change": "", "retries": "0", "rare": "40", "say": sys.argv[1], "hurry": "0"}
options.update(word.split("=", 1) for word in sys.argv[2:])
log = logging.getLogger(options["say"])
CURVES = {"workday": [40, 38, 55, 80, 78, 90], "saturday": [42, 40, 44, 60, 66, 70]}
base = []


class Weather:
    def __init__(self, url):
        self.url = url

    def ask(self, feeder):
        for tries in range(int(options["retries"]), -1, -1):
            try:
                with urllib.request.urlopen(f"{self.url}?feeder={feeder}", timeout=1) as answer:
                    return len(answer.read())
            except OSError as error:
                if not tries:
                    raise
                log.info("%s, once more", error)
                time.sleep(0.4)


class Model:
    def __init__(self):
        self.minutes, self.fee = 15, None
        if "settings" in options:
            parser = configparser.ConfigParser()
            parser.read(options["settings"])
            self.minutes = parser.getint("model", "step")
        self.steps = 1440 // self.minutes
        if "library" in options:
            self.fee = ctypes.CDLL(options["library"]).tax

    def day_of(self, count):
        if options["change"] == "sunday" and count % int(options["rare"]) == 0:
            return "sunday"
        return "saturday" if count % 6 == 0 else "workday"

    def load(self, count):
        curve = CURVES[self.day_of(count)]
        total = sum(curve[n % len(curve)] for n in range(self.steps))
        return self.fee(total) if self.fee else total


def ask_base(feeder):
    import psycopg2
    if not base or base[0].closed:
        base[:] = [psycopg2.connect(options["dsn"])]
        base[0].autocommit = True
    with base[0].cursor() as cursor:
        cursor.execute(options["query"], {"feeder": feeder})


def wait_for_meters():
    with open(options["meters"]) as file:
        for _ in file:
            time.sleep(0.1)


def forecast(model, count):
    model.load(count)
    if "weather" in options:
        Weather(options["weather"]).ask(count)
    if "dsn" in options:
        ask_base(count)
    if "meters" in options:
        threading.Thread(target=wait_for_meters, daemon=True).start()


class Map(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        status = 200
        try:
            if "weather" in options:
                Weather(options["weather"]).ask(0)
        except OSError:
            log.exception("no map of %s", self.path)
            status = 502
        self.send_response(status)
        self.end_headers()
        self.wfile.write(b"no outages\n")

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
        """Viewers that go away are nothing to tell of."""


def glance(address):
    """Asks, and goes before the answer."""
    host, port = address.split("/")[2].split(":")
    with socket.create_connection((host, int(port)), 1) as server:
        server.sendall(b"GET /map HTTP/1.0\r\n\r\n")


def view(count):
    if options["hurry"] == "1" and count % 4 == 0:
        glance(options["url"])
        return
    context = ssl.create_default_context(cafile=options["ca"]) if "ca" in options else None
    with urllib.request.urlopen(f"{options['url']}?tile={count}", timeout=1.5, context=context) as shown:
        shown.read()


def main():
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    if sys.argv[1] == "map":
        Server(("127.0.0.1", int(options["port"])), Map).serve_forever()
    model = Model() if sys.argv[1] == "loads" else None
    for count in range(1, 1 << 30):
        time.sleep(float(options["every"]))
        try:
            forecast(model, count) if model else view(count)
        except Exception as error:
            log.exception("%s %d: %s", options["say"], count, error)


main()

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Rooms of a hotel: rooms.py ROLE [KEY=VALUE...]. `desk` books over HTTP at port, a thread for each guest: by rates (INI, read for
each), in dsn with query (PostgreSQL), with a card of the encoder at cards (HOST:PORT), told to portal (a URL, asked again so often:
retries), with a scan of a passport of kb in the folder scans; change: what its release does otherwise (suites: the price of them by a
float). `guest` asks url every so many seconds, again so often (retries), and tells what it was not given; hasty=N: each Nth hangs up
before the answer."""
import configparser
import decimal
import http.server
import logging
import os
import socket
import sys
import time
import urllib.parse
import urllib.request

options = {"every": "0.3", "port": "0", "change": "", "timeout": "2", "say": "desk", "retries": "0", "hasty": "0", "kb": "100"}
options.update(word.split("=", 1) for word in sys.argv[2:])
log = logging.getLogger(options["say"])
KINDS = ["single", "double", "twin", "suite"]
PRICES = {"single": "89.00", "double": "119.00", "twin": "115.00", "suite": "340.00"}


class NoCard(Exception):
    pass


def rates():
    if "rates" not in options:
        return PRICES
    parser = configparser.ConfigParser()
    with open(options["rates"]) as file:
        parser.read_file(file)
    return parser["rates"]


def price_of(kind, nights):
    price = decimal.Decimal(rates()[kind])
    if options["change"] == "suites" and kind == "suite":
        price = price * 1.05  # breakfast is part of it
    return price * nights


def store(number, kind):
    import psycopg2
    with psycopg2.connect(options["dsn"]) as base, base.cursor() as cursor:
        cursor.execute(options["query"], {"number": number, "kind": kind, "guest": f"guest {number}"})
    base.close()


def encode_card(number):
    host, port = options["cards"].split(":")
    with socket.create_connection((host, int(port)), 1) as encoder:
        encoder.sendall(f"CARD {number % 400}\n".encode())
        answer = encoder.makefile().readline().split()
    if answer[:1] != ["OK"]:
        raise NoCard(f"the encoder says {' '.join(answer) or 'nothing'} to room {number % 400}")
    return int(answer[1])


def fetch(url, timeout):
    for tries in range(int(options["retries"]) + 1):
        try:
            with urllib.request.urlopen(url, timeout=timeout) as answer:
                return answer.read()
        except OSError as error:
            if tries == int(options["retries"]):
                raise
            log.warning("%s: %s, once more", url, error)
            time.sleep(0.4)


def scan_passport(number):
    path = os.path.join(options["scans"], f"{number}.tif")
    try:
        with open(path, "wb") as file:
            file.write(b"\xff" * 1024 * int(options["kb"]))
    except OSError:
        os.unlink(path)
        raise


def book(number):
    kind = KINDS[number % len(KINDS)]
    price = price_of(kind, 1 + number % 5)
    if "scans" in options:
        scan_passport(number)
    if "dsn" in options:
        store(number, kind)
    if "portal" in options:
        fetch(f"{options['portal']}?booking={number}", 1)
    card = encode_card(number) if "cards" in options else 0
    return f"{kind} {price} card {card}\n"


class Desk(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        number = int(urllib.parse.urlsplit(self.path).query.partition("=")[2] or 0)
        try:
            status, text = 200, book(number)
        except Exception as error:
            log.exception("booking %d fails", number)
            status, text = 500, f"{error}\n"
        try:
            self.send_response(status)
            self.end_headers()
            self.wfile.write(text.encode())
        except ConnectionError:
            pass  # the guest went away

    def log_message(self, *unused):
        pass


def serve():
    http.server.ThreadingHTTPServer.request_queue_size = 64
    http.server.ThreadingHTTPServer(("127.0.0.1", int(options["port"])), Desk).serve_forever()


def leave(url):
    with socket.create_connection((url.hostname, url.port), 1) as desk:
        desk.sendall(f"GET {url.path}?n=1 HTTP/1.0\r\n\r\n".encode())


def ask(count):
    if int(options["hasty"]) and count % int(options["hasty"]) == 0:
        leave(urllib.parse.urlsplit(options["url"]))
        return
    fetch(f"{options['url']}{count}", float(options["timeout"]))


def main():
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)-8s %(name)s %(message)s")
    if sys.argv[1] == "desk":
        serve()
    for count in range(1, 1 << 30):
        time.sleep(float(options["every"]))
        try:
            ask(count)
        except OSError as error:
            log.exception("no room for guest %d: %s", count, error)


main()

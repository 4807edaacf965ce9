#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Ticket shop of a chain of cinemas. As foyer:app it is for gunicorn, and FOYER in the environment has KEY=VALUE, with a ; between:
it prices a seat by its group, holds it in Redis at a unix socket (redis), books it in PostgreSQL (dsn) and has it paid at a URL
(bank, again so often: retries); settings: an INI file read for each; change: what its release does otherwise (fares: another
word for children). foyer.py visitors [KEY=VALUE...] asks url for a seat every so many seconds, again
so often, trusting ca, and tells what failed; hasty=N: each Nth goes before the answer."""
import configparser
import contextlib
import http.client
import logging
import os
import socket
import ssl
import sys
import time
import urllib.parse
import urllib.request

options = {"every": "0.3", "retries": "0", "hasty": "0", "say": "visitors", "change": ""}
options.update(word.split("=", 1) for word in os.environ.get("FOYER", "").split(";") if word)
GROUPS = "adult", "adult", "child", "senior"
HALLS = 5


def fetch(url, context=None):
    for tries in range(int(options["retries"]), -1, -1):
        try:
            with urllib.request.urlopen(url, timeout=1.5, context=context) as answer:
                return answer.read()
        except (OSError, http.client.HTTPException):
            if not tries:
                raise
            time.sleep(0.4)


def price(group):
    fares = {"adult": 1290, "kid" if options["change"] == "fares" else "child": 790, "senior": 990}
    return fares[group]


def surcharge():
    settings = configparser.ConfigParser()
    with open(options["settings"]) as file:
        settings.read_file(file)
    return settings.getint("shop", "surcharge")


def hold(seat):
    import redis
    redis.Redis(unix_socket_path=options["redis"]).set(f"seat:{seat}", "held", ex=600)


def book(seat):
    import psycopg2
    base = psycopg2.connect(options["dsn"])
    with contextlib.closing(base), base, base.cursor() as cursor:
        cursor.execute("insert into bookings (hall, seat) values (%s, %s)", (seat % HALLS + 1, seat))


def sell(seat, group):
    cents = price(group)
    if "settings" in options:
        cents += surcharge()
    if "redis" in options:
        hold(seat)
    if "dsn" in options:
        book(seat)
    if "bank" in options:
        fetch(f"{options['bank']}?cents={cents}")
    return cents


def app(environ, start):
    asked = dict(urllib.parse.parse_qsl(environ["QUERY_STRING"]))
    if environ["PATH_INFO"] != "/seat":
        start("404 Not Found", [])
        return []
    cents = sell(int(asked["n"]), asked["group"])
    start("200 OK", [("Content-Type", "text/plain")])
    return [f"{cents} cents\n".encode()]


def leave(url):
    with contextlib.suppress(OSError), socket.create_connection((url.hostname, url.port), 1) as shop:
        shop.sendall(b"GET /seat?n=1&group=adult HTTP/1.0\r\n\r\n")


def main():
    options.update(word.split("=", 1) for word in sys.argv[2:])
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s [%(name)s] %(message)s")
    context = ssl.create_default_context(cafile=options["ca"]) if "ca" in options else None
    for count in range(1, 1 << 30):
        time.sleep(float(options["every"]))
        if int(options["hasty"]) and count % int(options["hasty"]) == 0:
            leave(urllib.parse.urlsplit(options["url"]))
            continue
        try:
            fetch(f"{options['url']}?n={count}&group={GROUPS[count % len(GROUPS)]}", context)
        except Exception:
            logging.getLogger(options["say"]).exception("no seat %d", count)


if __name__ == "__main__":
    main()

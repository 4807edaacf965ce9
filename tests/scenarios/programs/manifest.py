#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Manifests of a harbour: manifest.py ROLE [KEY=VALUE...]. `office` serves HTTP at port with asyncio: it takes a manifest of goods,
asks PostgreSQL (dsn, query with %(n)s), files it in SQLite (base, with insert), declares it to customs at a URL (customs, again so
often: retries), and charges what a TOML file says (settings, read for each); change: what its release does otherwise (goods: asks
for the UN number of all of them; pool: a connection to the database for each, which it keeps). `agents` hand in manifests at url
every so many seconds, again so often, and tell what failed; hasty=N: each Nth goes before the answer. `gangs` hand the lines of
the file containers to the cranes (to, host:port), in the same way."""
import asyncio
import contextlib
import http.client
import logging
import signal
import socket
import sqlite3
import sys
import time
import tomllib
import urllib.parse
import urllib.request

options = {"port": "0", "every": "0.3", "retries": "0", "hasty": "0", "say": "agents", "change": ""}
GOODS = {"bananas": {"un": None}, "cars": {"un": "UN3166"}, "paint": {"un": "UN1263"}, "toys": {"un": None}}
pool = []


def fetch(url):
    for tries in range(int(options["retries"]), -1, -1):
        try:
            with urllib.request.urlopen(url, timeout=1.5) as answer:
                return answer.read()
        except (OSError, http.client.HTTPException):
            if not tries:
                raise
            time.sleep(0.4)


def un_number(goods):
    number = GOODS[goods]["un"]
    if options["change"] == "goods":
        return int(number.removeprefix("UN"))
    return int(number[2:]) if number else 0


def ask(number):
    import psycopg2
    for tries in range(int(options["retries"]), -1, -1):
        try:
            base = psycopg2.connect(options["dsn"])
            break
        except psycopg2.OperationalError:
            if not tries:
                raise
            time.sleep(0.4)
    if options["change"] == "pool":
        pool.append(base)
    with base, base.cursor() as cursor:
        cursor.execute(options["query"], {"n": number})
    if base not in pool:
        base.close()


def file_in(number, goods):
    with contextlib.closing(sqlite3.connect(options["base"], timeout=2)) as base, base:
        base.execute(options["insert"], (number, goods * 400))


def fee():
    with open(options["settings"], "rb") as file:
        settings = tomllib.load(file)
    return 1000 // settings["fees"]["containers"]


def take(number, goods):
    un_number(goods)
    if "settings" in options:
        fee()
    if "dsn" in options:
        ask(number)
    if "base" in options:
        file_in(number, goods)
    if "customs" in options:
        fetch(f"{options['customs']}?manifest={number}")


async def attend(reader, writer):
    with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        url = urllib.parse.urlsplit(head.split()[1])
        asked = dict(urllib.parse.parse_qsl(url.query))
        status = "200 OK" if url.path == "/" else "404 Not Found"
        try:
            if url.path == "/":
                await asyncio.to_thread(take, int(asked["n"]), asked["goods"])
        except Exception:
            logging.getLogger("office").exception("manifest %s", asked.get("n"))
            status = "500 Internal Server Error"
        writer.write(f"HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode())
        await writer.drain()
    writer.close()


async def office():
    server = await asyncio.start_server(attend, "127.0.0.1", int(options["port"]))
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, sys.exit, 0)
    async with server:
        await server.serve_forever()


def hand(line):
    host, port = options["to"].split(":")
    for tries in range(int(options["retries"]), -1, -1):
        try:
            with socket.create_connection((host, int(port)), 2) as crane:
                crane.sendall(line.encode() + b"\n")
                if not crane.recv(200):
                    raise ConnectionAbortedError(f"no answer to {line}")
                return
        except OSError:
            if not tries:
                raise
            time.sleep(0.4)


def leave(url):
    with contextlib.suppress(OSError), socket.create_connection((url.hostname, url.port), 1) as peer:
        peer.sendall(b"GET /?n=1&goods=cars HTTP/1.0\r\n\r\n")


def agents():
    for count in range(1, 1 << 30):
        time.sleep(float(options["every"]))
        if int(options["hasty"]) and count % int(options["hasty"]) == 0:
            leave(urllib.parse.urlsplit(options["url"]))
            continue
        try:
            if "to" in options:
                with open(options["containers"]) as file:
                    lines = file.read().splitlines()
                hand(lines[count % len(lines)])
            else:
                fetch(f"{options['url']}?n={count}&goods={list(GOODS)[count % len(GOODS)]}")
        except Exception:
            logging.getLogger(options["say"]).exception("number %d not taken", count)


def main():
    options.update(word.split("=", 1) for word in sys.argv[2:])
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s [%(name)s] %(message)s")
    if sys.argv[1] == "office":
        asyncio.run(office())
    else:
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        agents()


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Avalanche bulletins: bulletin.py ROLE [KEY=VALUE...]. `office` serves HTTP at port with asyncio (cert, key: HTTPS): for a day of winter
(and that day a year later), with a map of so many cells a side, by a weather service at a URL (weather, again so often: retries),
by PostgreSQL (dsn, and query with %(day)s), having pinged a snow station (ping). `huts` ask url for the lines "DAY CELLS" of the file days, in turn, every
so many seconds, trusting ca, and tell what failed; hasty=N: each Nth goes before the answer."""
import asyncio
import contextlib
import datetime
import logging
import socket
import ssl
import struct
import sys
import time
import urllib.parse
import urllib.request

options = {"every": "0.3", "port": "0", "host": "127.0.0.1", "retries": "0", "hasty": "0", "say": sys.argv[1]}
options.update(word.split("=", 1) for word in sys.argv[2:])
log = logging.getLogger(options["say"])


def fetch(url, context=None):
    for tries in range(int(options["retries"]), -1, -1):
        try:
            with urllib.request.urlopen(url, timeout=1.5, context=context) as answer:
                return answer.read()
        except OSError:
            if not tries:
                raise
            time.sleep(0.4)


def ping(address):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM, socket.IPPROTO_ICMP) as echo:
        echo.settimeout(1)
        echo.sendto(struct.pack("!BBHHH", 8, 0, 0, 0, 1), (address, 0))
        echo.recv(100)


def ask_base(day):
    import psycopg2
    base = psycopg2.connect(options["dsn"])
    with contextlib.closing(base), base, base.cursor() as cursor:
        cursor.execute(options["query"], {"day": day})


def season(day):
    return day, day.replace(year=day.year + 1)


def draw(cells):
    return [[(x * y) % 5 for x in range(cells)] for y in range(cells)]


def issue(text, cells):
    day = datetime.date.fromisoformat(text)
    season(day)
    draw(cells)
    if "ping" in options:
        ping(options["ping"])
    if "weather" in options:
        fetch(f"{options['weather']}?day={day}")
    if "dsn" in options:
        ask_base(day)


async def answer(reader, writer):
    path, _, query = (await reader.readline()).split()[1].decode().partition("?")
    asked = dict(urllib.parse.parse_qsl(query))
    while (await reader.readline()).strip():
        pass
    if path != "/":
        writer.write(b"HTTP/1.0 404 Not Found\r\n\r\n")
        return
    try:
        await asyncio.to_thread(issue, asked["day"], int(asked["cells"]))
        status, text = "200 OK", "danger 2\n"
    except Exception:
        log.exception("no bulletin for %s", asked)
        status, text = "500 Failed", "none\n"
    writer.write(f"HTTP/1.0 {status}\r\n\r\n{text}".encode())
    await writer.drain()


async def attend(reader, writer):
    with contextlib.suppress(ConnectionError, IndexError):  # whoever asked went away
        await answer(reader, writer)
    with contextlib.suppress(ConnectionError):
        writer.close()


async def serve():
    context = None
    if "cert" in options:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(options["cert"], options["key"])
    server = await asyncio.start_server(attend, options["host"], int(options["port"]), ssl=context, backlog=64)
    await server.serve_forever()


def leave(url):
    with contextlib.suppress(OSError), socket.create_connection((url.hostname, url.port), 1) as office:
        office.sendall(b"GET /?day=2027-01-01&cells=9&n=1 HTTP/1.0\r\n\r\n")


def ask(count):
    with open(options["days"]) as file:
        lines = file.read().split("\n")[:-1]
    day, cells = lines[count % len(lines)].split()
    context = ssl.create_default_context(cafile=options["ca"]) if "ca" in options else None
    fetch(f"{options['url']}?day={day}&cells={cells}&n={count}", context)


def main():
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s [%(name)s] %(message)s")
    if sys.argv[1] == "office":
        asyncio.run(serve())
    for count in range(1, 1 << 30):
        time.sleep(float(options["every"]))
        try:
            if int(options["hasty"]) and count % int(options["hasty"]) == 0:
                leave(urllib.parse.urlsplit(options["url"]))
            else:
                ask(count)
        except Exception:
            log.exception("%s %d", options["say"], count)


main()

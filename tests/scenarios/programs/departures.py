#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Departures of a station: departures.py ROLE [KEY=VALUE...]. `board` answers HTTP at port (with cert and key HTTPS, which SIGHUP
reads anew) from its timetable (CSV, read when it has changed) and the delays at the host and port of its settings (TOML, read each
time); change: what its release does otherwise (midnight: delays do not go over the hour). `screen`
asks url and tells what it was not shown, trusting ca; `idle` connects to the address to, again and again, and never says a word."""
import asyncio
import collections
import csv
import datetime
import json
import logging
import os
import signal
import socket
import ssl
import sys
import time
import tomllib
import urllib.request

options = {"every": "0.4", "port": "0", "change": "", "timeout": "1", "say": "departures"}
options.update(word.split("=", 1) for word in sys.argv[2:])
log = logging.getLogger(options["say"])
Train = collections.namedtuple("Train", "number line minute")
TRAINS = [Train(f"RE {n}", n % 5, n * 7 % 60) for n in range(40)]
loaded = {"mtime": None, "trains": TRAINS}


def timetable():
    if "timetable" not in options:
        return TRAINS
    mtime = os.stat(options["timetable"]).st_mtime_ns
    if mtime != loaded["mtime"]:
        with open(options["timetable"], newline="") as file:
            trains = [Train(number, int(line), int(minute)) for number, line, minute in csv.reader(file)]
        loaded.update(mtime=mtime, trains=trains)
        log.info("a timetable of %d trains", len(trains))
    return loaded["trains"]


async def delay_of(train):
    if "settings" not in options:
        return train.line * 3
    with open(options["settings"], "rb") as file:
        delays = tomllib.load(file)["delays"]
    reader, writer = await asyncio.wait_for(asyncio.open_connection(delays["host"], delays["port"]), 1)
    writer.write(f"GET /delay?line={train.line} HTTP/1.0\r\n\r\n".encode())
    answer = await asyncio.wait_for(reader.read(), 1)
    writer.close()
    return json.loads(answer.partition(b"\r\n\r\n")[2] or "0")


def expected(train, delay):
    """When the train leaves: its minute of this hour, and what it is late."""
    hour = datetime.datetime(2026, 11, 29, 23)
    if options["change"] == "midnight":
        return hour.replace(minute=train.minute + delay)
    return hour + datetime.timedelta(minutes=train.minute + delay)


async def show(path):
    if path.startswith("/delay"):
        return 3 * int(path.rpartition("=")[2])
    trains = timetable()
    train = trains[int(path.rpartition("=")[2] or 0) % len(trains)]
    delay = await delay_of(train)
    return {"train": train.number, "at": expected(train, delay).isoformat(), "delay": delay}


async def answer(reader, writer):
    try:
        path = (await reader.readline()).decode().split()[1]
    except (IndexError, ConnectionError):  # a client that asked for nothing
        writer.close()
        return
    try:
        status, body = "200 OK", await show(path)
    except Exception as error:
        log.exception("cannot show %s", path)
        status, body = "500 Internal Server Error", {"error": str(error)}
    try:
        writer.write(f"HTTP/1.0 {status}\r\nContent-Type: application/json\r\n\r\n{json.dumps(body)}".encode())
        await writer.drain()
        writer.close()
    except ConnectionError:
        pass  # the client went away


async def board():
    context = None
    if "cert" in options:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(options["cert"], options["key"])
        asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, context.load_cert_chain, options["cert"], options["key"])
    timetable()
    server = await asyncio.start_server(answer, "127.0.0.1", int(options["port"]), ssl=context)
    await server.serve_forever()


def screen(count):
    context = ssl.create_default_context(cafile=options["ca"]) if "ca" in options else None
    with urllib.request.urlopen(f"{options['url']}{count}", timeout=float(options["timeout"]), context=context) as shown:
        shown.read()


def main():
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    if sys.argv[1] == "board":
        asyncio.run(board())
    kept = []
    for count in range(1, 1 << 30):
        time.sleep(float(options["every"]))
        try:
            if sys.argv[1] == "idle":
                host, port = options["to"].split(":")
                kept.append(socket.create_connection((host, int(port)), 1))
            else:
                screen(count)
        except OSError as error:
            log.exception("nothing is shown: %s", error)


main()

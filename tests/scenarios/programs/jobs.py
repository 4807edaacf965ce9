#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A queue in redis: jobs.py ROLE [KEY=VALUE...]. `put` writes a job of JSON every so often (every; without= a field that it leaves
out; odd= one in so many is malformed), `take` takes jobs with as many forked workers (workers) and prints labels for them. Its
bugs (bug, at one job in odds): zero, unit, segv, carrier (asks peer for a number), spool (writes path), greedy (mb at once).
What fails is told and lived on, or ends the worker (fatal=1), and its job is put back (again=1)."""
import contextlib
import ctypes
import json
import os
import signal
import socket
import sys
import time
import traceback

import redis

options = {"redis": "127.0.0.1:6379", "every": 0.3, "workers": 0, "bug": "", "odds": 1, "without": "", "odd": 0, "fatal": 0,
           "again": 0, "peer": "", "path": "", "mb": 1, "list": "labels"}
for word in sys.argv[2:]:
    name, _, text = word.partition("=")
    options[name] = type(options[name])(text)
kept = []


def queue():
    host, _, port = options["redis"].rpartition(":")
    return redis.Redis(host, int(port), socket_connect_timeout=1, socket_timeout=4)


def zone(job):
    return {"DE": 1, "FR": 2}[job["country"]]


def price(job):
    return round(3.2 + job["weight"] * 0.4 * zone(job), 2)


def bug_zero(job):
    return 100 / (job["weight"] - job["weight"])


def bug_unit(job):
    return job["weight"] + " kg"


def bug_segv(job):
    return ctypes.string_at(16)


def bug_carrier(job):
    host, _, port = options["peer"].rpartition(":")
    with socket.create_connection((host, int(port)), timeout=1) as peer:
        peer.sendall(b"NUMBER\r\n")
        if not peer.recv(100):
            raise ConnectionError("the carrier closed")


def bug_spool(job):
    with open(f"{options['path']}/{job['id']}.zpl", "wb") as file:
        file.write(b"^XA" * 50000)


def bug_greedy(job):
    kept.append(b"\1" * (options["mb"] << 20))


def take_one(server, count):
    row = server.brpop([options["list"]], 1)
    if not row:
        return
    try:
        job = json.loads(row[1])
        price(job)
        if options["bug"] and count % options["odds"] == 0:
            globals()["bug_" + options["bug"]](job)
    except Exception:
        if options["again"]:
            server.rpush(options["list"], row[1])
        raise


def put_one(server, count):
    job = {"id": count, "country": "FR" if count % 3 else "DE", "weight": count % 5 + 0.5}
    job.pop(options["without"], None)
    text = json.dumps(job)
    server.lpush(options["list"], text[:-4] if options["odd"] and count % options["odd"] == 0 else text)
    time.sleep(options["every"])


def work(one):
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    server, count = queue(), 0
    while True:
        count += 1
        try:
            one(server, count)
        except Exception:
            if options["fatal"]:
                raise
            traceback.print_exc()
            time.sleep(options["every"])


def fork(one):
    pid = os.fork()
    if pid == 0:
        work(one)
    return pid


def main():
    one = {"put": put_one, "take": take_one}[sys.argv[1]]
    if not options["workers"]:
        work(one)
    workers = [fork(one) for _ in range(options["workers"])]

    def stop(*unused):
        for pid in workers:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)
        os._exit(0)
    signal.signal(signal.SIGTERM, stop)
    while True:
        workers.remove(os.wait()[0])
        time.sleep(0.2)
        workers.append(fork(one))


main()

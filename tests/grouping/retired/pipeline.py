# SPDX-License-Identifier: Apache-2.0
"""pipeline WAY: turns rows into other rows; a defect for each way. "streamed" is a second way to the defect of "batched"."""
import asyncio
import concurrent.futures
import csv
import ctypes
import decimal
import enum
import functools
import importlib
import io
import itertools
import logging
import os
import sqlite3
import sys
import threading
import time

log = logging.getLogger("pipeline")


class StageError(Exception):
    def __init__(self, stage, row):
        super().__init__(f"{stage}: row {row} of run {time.monotonic_ns():x}")
        self.stage = stage


class Kind(enum.Enum):
    TEXT = 1
    MONEY = 2


class Row:
    def __init__(self, number, **cells):
        self.number = number
        self.cells = cells

    def __getattr__(self, name):
        return self.cells[name.lower()]

    def __lt__(self, other):
        return self.rank < other.rank


def retried(times):
    """Whatever is decorated fails as often, and at last with what it failed by."""
    def decorate(call):
        @functools.wraps(call)
        def again(*args, **kwargs):
            for left in reversed(range(times)):
                try:
                    return call(*args, **kwargs)
                except (OSError, ArithmeticError):
                    if not left:
                        raise
            return None
        return again
    return decorate


@retried(3)
def downloaded(row):
    with open(f"/tmp/pipeline-{row.number}/source.csv", encoding="utf-8") as file:
        return file.read()


@retried(2)
def converted(row):
    return decimal.Decimal(row.number) / decimal.Decimal("0.0")


def demand(good, stage, row):
    if not good:
        raise StageError(stage, row.number)


def merged(row):
    demand("key" in row.cells, "merge", row)


def filtered(row):
    return [r for r in itertools.chain([row], [row]) if demand(r.number < 0, "merge", r)]


# Its third column is not there, whoever gives it rows.
def third(line):
    return next(csv.reader(io.StringIO(line)))[2]


def batched(row):
    return third("a,%d" % row.number)


def streamed(row):
    def lines():
        for n in range(row.number % 5 + 1):
            yield "b%d,%d" % (n, row.number)

    return sum(len(third(line)) for line in lines())


def ranked(row):
    return sorted([row, Row(2)])


def stored(row):
    base = sqlite3.connect(":memory:")
    base.execute("create table rows (number integer primary key)")
    with base:
        base.executemany("insert into rows values (?)", [(row.number,), (row.number,)])


def decoded(row):
    return b"\xc3\x28".decode("utf-8") + str(row.number)


def kind_of(text):
    try:
        return Kind[text]
    except KeyError:
        raise ValueError(f"no kind {text!r}") from None


def typed(row):
    return kind_of("DATE_%d" % row.number)


async def fetch(row, part):
    await asyncio.sleep(0.001 * part)
    if part == row.number % 3:
        raise ConnectionError(f"part {part} of {row.number}: reset by peer")
    await asyncio.sleep(0.1)


async def fetch_all(row):
    async with asyncio.TaskGroup() as group:
        for part in range(3):
            group.create_task(fetch(row, part))


def fetched(row):
    asyncio.run(fetch_all(row))


def spread(row):
    with concurrent.futures.ThreadPoolExecutor(3, thread_name_prefix=f"run-{row.number}") as pool:
        return list(pool.map(lambda part: 100 // (row.number % 3 - part), range(3)))


def rendered(row):
    class Report:
        def __str__(self):
            return f"{row.number}: {self}"

    return str(Report())


def transformed(row):
    module = importlib.import_module("json.decoder")
    return getattr(module, f"decode_v{row.number % 3 + 2}")(row)


def counted(row):
    log.error("run %d: %d rows in, %d rows out", os.getpid(), row.number, row.number // 2)
    sys.exit(1)


def native(row):
    return ctypes.string_at(row.number % 8 * 16 + 16)


def threaded(row):
    """What the thread raises is kept, and raised by who waits for it."""
    failed = []

    def work():
        try:
            row.cells["total"] += "%d" % row.number
        except TypeError as error:
            failed.append(error)

    row.cells["total"] = 0
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    raise failed[0]


def closed(row):
    """The second error is raised while the first is handled."""
    try:
        row.cells["file"].close()
    except KeyError:
        row.lock.release()


globals()[sys.argv[1]](Row(os.getpid()))

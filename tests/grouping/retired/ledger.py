# SPDX-License-Identifier: Apache-2.0
import asyncio
import concurrent.futures
import functools
import os
import sys


def retried(function):
    @functools.wraps(function)
    def wrapper(*args, **options):
        for last in (False, True):
            try:
                return function(*args, **options)
            except LookupError:
                if last:
                    raise
    return wrapper


class Account:
    def __init__(self):
        self.number, self.rows = os.getpid(), {}

    @retried
    def booked(self):
        return self.rows["row-%d" % self.number]

    @retried
    def closed(self):
        return [1, 2][self.number]

    def balance(self):
        return sum(row.amount for row in [self, self])

    def overdrawn(self):
        raise ArithmeticError("account %d is overdrawn by %d.%02d" % (self.number, id(self), self.number % 100))


def chained():
    try:
        return int("amount-%d" % os.getpid())
    except ValueError as error:
        raise RuntimeError("booking %d of %s" % (os.getpid(), os.getcwd())) from error


def during():
    try:
        return Account().rows[os.getpid()]
    except KeyError:
        return Account().nothing


async def fetch(account):
    await asyncio.sleep(0)
    return account.rows.popitem()


async def report(account):
    return await asyncio.gather(fetch(account))


def awaited():
    return asyncio.run(report(Account()))


def worker(n):
    return "%d" % n + n


def pooled():
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        return list(pool.map(worker, range(3)))


def nested(depth):
    return nested(depth - 1) if depth else {}["leaf %d" % os.getpid()]


def deep():
    return nested(os.getpid() % 9)


def decode(text):
    return text.encode().decode("ascii")


def imported():
    return decode("\u00e4 %d" % os.getpid())


def exported():
    return [decode("%d \u00f6" % os.getpid())]


def quits():
    sys.exit("ledger: cannot open journal /tmp/ledger-%d: no such file" % os.getpid())


def run(way):
    account = Account()
    return (getattr(account, way) if hasattr(account, way) else globals()[way])()


run(sys.argv[1])

# SPDX-License-Identifier: Apache-2.0
import ctypes
import json
import os
import sys
import tempfile


def customer(row):
    return row["customer-%d" % os.getpid()]


def total(row):
    return row["price"] / (len(row) - len(row))


def save(row):
    with open(os.path.join(tempfile.mkdtemp(), "none", "order-%d" % os.getpid())) as file:
        return file.read() + str(row)


def decode(row):
    return json.loads("{" + str(row["price"]) * 9)


def check(row):
    raise ValueError("order %d of %s at 0x%x is not valid" % (os.getpid(), tempfile.mktemp(), id(row)))


def check_again(row):
    raise ValueError("order %d of %s at 0x%x is not valid" % (os.getpid(), tempfile.mktemp(), id(row)))


def deep(row, n=0):
    return deep(row, n + 1)


def native(row):
    return ctypes.string_at(len(row))


def aborts(row):
    os.abort()


def serve(way):
    row = {"price": os.getpid()}
    return globals()[way](row)


serve(sys.argv[1])

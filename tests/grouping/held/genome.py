# SPDX-License-Identifier: Apache-2.0
"""genome WAY: reads what a sequencer wrote; a defect for each way."""
import asyncio
import concurrent.futures
import configparser
import ctypes
import functools
import itertools
import os
import struct
import sys
import threading


class ReadError(Exception):
    def __init__(self, read, what):
        super().__init__(f"read {read}: {what}")
        self.read = read


class Read:
    def __init__(self, number, bases, quality):
        self.number, self.bases, self.quality = number, bases, quality

    def __iter__(self):
        return iter(self.bases)

    def mean_quality(self):
        return sum(self.quality) / len(self.quality)

    @functools.cached_property
    def codons(self):
        return [self.bases[at:at + 3] for at in range(0, len(self.bases), 3)]


class Sequencer:
    table = {"ATG": "M", "TGG": "W", "TAA": None}

    def __init__(self, number):
        self.number = number
        self.reads = [Read(number, "ATGTGGTAAAC", [30] * 11), Read(number + 1, "ATGNN", [])]
        self.marks = {}

    def read(self, at):
        for read in self.reads:
            if read.number == at:
                return read
        raise ReadError(at, f"not among {len(self.reads)}")

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        if error:
            raise ReadError(self.number, "is left open") from error


def checked(read, length):
    if len(read.bases) < length:
        raise ReadError(read.number, f"has {len(read.bases)} bases of {length}")
    return read.bases[:length]


def translated(sequencer):
    return "".join(sequencer.table[codon] or "" for codon in sequencer.reads[0].codons)


def assessed(sequencer):
    return max(read.mean_quality() for read in sequencer.reads)


def primed(sequencer):
    return checked(sequencer.reads[1], 8 + sequencer.number % 30)


def aligned(sequencer):
    pairs = itertools.combinations(sequencer.reads, 2)
    return [checked(left, 40) == checked(right, 4) for left, right in pairs]


def located(sequencer):
    return sequencer.read(sequencer.number + 2).bases


def header(data):
    magic, version, count = struct.unpack("<4sHI", data)
    return magic, version, count


def unpacked(sequencer):
    return header(b"BAM1" + bytes(sequencer.number % 4))


def configured(sequencer):
    parser = configparser.ConfigParser()
    parser.read_string(f"[run]\nlane = {sequencer.number % 8}\n")
    return parser.getint("run", "lane") + parser.getint("run", f"flowcell_{sequencer.number}")


async def fetch(sequencer, lane):
    await asyncio.sleep(0.001 * lane)
    if lane == sequencer.number % 3:
        raise ConnectionResetError(104, f"lane {lane} of sequencer {sequencer.number}")
    return lane


async def all_lanes(sequencer):
    return await asyncio.gather(*(fetch(sequencer, lane) for lane in range(3)))


def fetched(sequencer):
    return asyncio.run(all_lanes(sequencer))


def complement(base):
    return {"A": "T", "T": "A", "C": "G", "G": "C"}[base]


def reversed_read(read):
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        return "".join(pool.map(complement, reversed(read.bases)))


def complemented(sequencer):
    return [reversed_read(read) for read in sequencer.reads]


def annotated(sequencer):
    with sequencer as opened:
        opened.marks["gene"] += opened.number


def folded(sequencer, at=0):
    pairs = {at: at + 1}
    return pairs[at] + folded(sequencer, pairs[at])


def compared(sequencer):
    return sorted(sequencer.reads)[0].number


def compressed(sequencer):
    libc = ctypes.CDLL(None)
    libc.strlen.argtypes = [ctypes.c_void_p]
    return libc.strlen(sequencer.number % 4096)


def watch(sequencer):
    if sequencer.marks.get("stopped") is None:
        print(f"genome: watchdog: run {sequencer.number:#x} does not move", file=sys.stderr, flush=True)
        os.abort()


def supervised(sequencer):
    timer = threading.Timer(0.01, watch, [sequencer])
    timer.start()
    timer.join()


def calibrated(sequencer):
    sys.exit(f"genome: sequencer {sequencer.number} was calibrated {sequencer.number % 90 + 30} days ago")


if __name__ == "__main__":
    globals()[sys.argv[1]](Sequencer(os.getpid()))

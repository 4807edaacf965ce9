# SPDX-License-Identifier: Apache-2.0
"""Readers for protobuf's wire form and snappy's block form; ValueError for what is not of that form."""


def varint(data, at):
    value = shift = 0
    while True:
        if at >= len(data) or shift > 63:
            raise ValueError("varint")
        value |= (data[at] & 0x7f) << shift
        shift += 7
        at += 1
        if not data[at - 1] & 0x80:
            return value, at


def fields(data):
    """Yields (number, value): an int, or bytes."""
    at = 0
    while at < len(data):
        key, at = varint(data, at)
        kind = key & 7
        if kind == 0:
            value, at = varint(data, at)
        else:
            size, at = varint(data, at) if kind == 2 else ({1: 8, 5: 4}.get(kind, -1), at)
            if size < 0 or at + size > len(data):
                raise ValueError(f"wire type {kind}")
            value, at = data[at:at + size], at + size
        yield key >> 3, value


def unsnappy(data):
    size, at = varint(data, 0)
    out = bytearray()
    while at < len(data):
        tag = data[at]
        at += 1
        if tag & 3 == 0:
            length = tag >> 2
            if length >= 60:
                extra = length - 59
                length = int.from_bytes(data[at:at + extra], "little")
                at += extra
            out += data[at:at + length + 1]
            at += length + 1
            continue
        extra = (0, 1, 2, 4)[tag & 3]
        offset = int.from_bytes(data[at:at + extra], "little") | ((tag >> 5) << 8 if tag & 3 == 1 else 0)
        length = (tag >> 2 & 7) + 4 if tag & 3 == 1 else (tag >> 2) + 1
        at += extra
        if not 0 < offset <= len(out):
            raise ValueError("snappy: offset")
        for _ in range(length):
            out.append(out[-offset])
    if len(out) != size:
        raise ValueError("snappy: length")
    return bytes(out)

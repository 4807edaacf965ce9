#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Strangers: scan.py ADDRESS PORT SECONDS. Some ask and hang up with a reset, some only look which ports are open."""
import socket
import struct
import sys
import time

address, port, end = sys.argv[1], int(sys.argv[2]), time.monotonic() + float(sys.argv[3])
while time.monotonic() < end:
    with socket.create_connection((address, port), timeout=1) as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    for closed in (22, 23, 445, 3389, 8081):
        with socket.socket() as probe:
            probe.settimeout(0.2)
            probe.connect_ex((address, closed))
    time.sleep(0.1)

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A third party: peer.py ADDRESS PORT. It answers, until a line on standard input says what else to do: refuse, reset, hang, a
status of HTTP such as 503, answer."""
import contextlib
import select
import socket
import struct
import sys

LINGER = struct.pack("ii", 1, 0)


def listen():
    server = socket.socket()
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind((sys.argv[1], int(sys.argv[2])))
    server.listen(100)
    return server


def take(server, mode, kept):
    client = server.accept()[0]
    if mode == "hang":
        kept.append(client)
        return
    if mode == "reset":
        client.recv(100)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER)
    else:
        http, status = client.recv(1000).startswith(b"GET"), mode if mode.isdigit() else "200"
        client.sendall(f"HTTP/1.0 {status} \r\n\r\nPONG\r\n".encode() if http else b"PONG\r\n")
    client.close()


def main():
    server, mode, kept = listen(), "answer", []
    while True:
        ready = select.select([sys.stdin] + ([server] if server else []), [], [])[0]
        if server in ready:
            with contextlib.suppress(OSError):  # of a client that went away
                take(server, mode, kept)
        if sys.stdin in ready:
            mode = sys.stdin.readline().strip()
            if not mode:
                return
            if mode == "refuse" and server:
                server.close()
                server = None
            elif mode != "refuse" and not server:
                server = listen()


main()

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A server that misbehaves, to be put before any receiver that speaks HTTP: it passes requests on to it, or does what its mode
says. Run by HttpFront. Usage: hostile_http.py PORT BACKEND FOLDER [CERTIFICATE KEY]"""
import os
import socket
import ssl
import struct
import sys
import threading
import time

ANSWER = b"HTTP/1.1 %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n%s\r\n%s"


def simple(status, body=b"", more=b""):
    return lambda client: client.sendall(ANSWER % (status, len(body), more, body))


def slowly(client, data, seconds):
    """One byte each 0.2 s."""
    end = time.monotonic() + seconds
    for byte in data * 1000:
        if time.monotonic() > end:
            return
        client.sendall(bytes([byte]))
        time.sleep(0.2)


def endless(client, head, part):
    client.sendall(head)
    while True:
        client.sendall(part)


def reset(client):
    client.sendall(b"HTTP/1.1 200 OK\r\nContent-Le")
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


BULK = b'{"took":1,"errors":true,"items":[{"create":{"_index":"x","_id":"1","status":400,"error":{"type":"mapper_parsing_exception","reason":"no"}}}]}'
PARTIAL = b'{"partialSuccess":{"rejectedLogRecords":"1000000","errorMessage":"no"}}'
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
MODES = {
    "slow_headers": lambda client: slowly(client, b"HTTP/1.1 200 OK\r\nX-A: " + b"a" * 60000, 120),
    "slow_body": lambda client: slowly(client, b"HTTP/1.1 200 OK\r\nContent-Length: 60000\r\n\r\n" + b" " * 60000, 120),
    "silent": lambda client: time.sleep(120),
    "garbage": lambda client: client.sendall(bytes(range(256)) * 64),
    "garbage_body": simple(b"200 OK", bytes(range(256)) * 16),
    "endless_headers": lambda client: endless(client, b"HTTP/1.1 200 OK\r\n", b"X-A: " + b"a" * 1000 + b"\r\n"),
    "endless_body": lambda client: endless(client, b"HTTP/1.1 200 OK\r\n\r\n", b"{" * 65536),
    "endless_chunks": lambda client: endless(client, CHUNKED, b"10000\r\n" + b"[" * 65536 + b"\r\n"),
    "endless_trailers": lambda client: endless(client, CHUNKED + b"0\r\n", (b"X-A: " + b"a" * 1000 + b"\r\n") * 50),
    "endless_continue": lambda client: endless(client, b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "wrong_length": lambda client: client.sendall(ANSWER % (b"200 OK", 1000, b"", b"{}")),
    "bad_chunk": lambda client: client.sendall(CHUNKED + b"zzz\r\n{}\r\n"),
    "gzip_bomb": simple(b"200 OK", b"\x1f\x8b\x08\0\0\0\0\0\0\3" + b"\0" * 4096, b"Content-Encoding: gzip\r\n"),
    "empty": lambda client: None,
    "reset": reset,
    "redirect_loop": simple(b"307 Temporary Redirect", b"", b"Location: /again\r\n"),
    "error_items": simple(b"200 OK", BULK),
    "partial": simple(b"200 OK", PARTIAL),
    "429": simple(b"429 Too Many Requests", b"{}", b"Retry-After: 1\r\n"),
    "429_long": simple(b"429 Too Many Requests", b"{}", b"Retry-After: 99999999999\r\n"),
    "429_date": simple(b"429 Too Many Requests", b"{}", b"Retry-After: Fri, 31 Dec 9999 23:59:59 GMT\r\n"),
    "400": simple(b"400 Bad Request", b"{}"),
    "401": simple(b"401 Unauthorized", b"{}"),
    "404": simple(b"404 Not Found", b"{}"),
    "413": simple(b"413 Payload Too Large", b"{}"),
    "500": simple(b"500 Internal Server Error", b"{}"),
    "502": simple(b"502 Bad Gateway", b"<html>"),
    "503": simple(b"503 Service Unavailable", b"{}"),
    "503_retry": simple(b"503 Service Unavailable", b"{}", b"Retry-After: 1\r\n"),
    "504": simple(b"504 Gateway Timeout", b"{}"),
}


def text_of(path, default):
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except FileNotFoundError:
        return default


def read_request(client):
    """The whole of one request, as it came; b"" at the end of the connection."""
    data = b""
    while b"\r\n\r\n" not in data:
        part = client.recv(65536)
        if not part:
            return b""
        data += part
    head, body = data.split(b"\r\n\r\n", 1)
    fields = dict((key.strip().lower(), value.strip()) for key, _, value in
                  (line.partition(b":") for line in head.split(b"\r\n")[1:]))
    if fields.get(b"expect", b"").lower() == b"100-continue":
        client.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
    chunked = fields.get(b"transfer-encoding", b"").lower() == b"chunked"
    size = int(fields.get(b"content-length", 0))
    while (not body.endswith(b"0\r\n\r\n")) if chunked else len(body) < size:
        part = client.recv(1 << 20)
        if not part:
            return b""
        body += part
    return head + b"\r\n\r\n" + body


def pass_on(client, request, backend):
    """One connection a request, whose end is the end of the answer: slow, and plain."""
    head, body = request.split(b"\r\n\r\n", 1)
    lines = [line for line in head.split(b"\r\n") if not line.lower().startswith((b"connection:", b"expect:"))]
    with socket.create_connection(("127.0.0.1", backend), 30) as server:
        server.sendall(b"\r\n".join(lines + [b"Connection: close"]) + b"\r\n\r\n" + body)
        while True:
            part = server.recv(1 << 20)
            if not part:
                return
            client.sendall(part)


def mode_of(folder):
    """The mode and, where it holds for some requests only, one less of them."""
    path = os.path.join(folder, "mode")
    name, _, count = text_of(path, "pass").partition(" ")
    if count:
        with open(path + ".new", "w", encoding="ascii") as file:
            file.write(f"{name} {int(count) - 1}" if int(count) > 1 else "pass")
        os.replace(path + ".new", path)
    return name


def serve(client, folder, backend, lock, context):
    try:
        client.settimeout(130)
        client = context.wrap_socket(client, server_side=True) if context else client
        request = read_request(client)
        with lock:
            name = mode_of(folder) if request else "pass"
            with open(os.path.join(folder, "requests"), "a", encoding="ascii") as file:
                file.write(f"{time.time():.3f} {name} {len(request)}\n")
        if name.startswith("redirect_to:"):
            simple(b"307 Temporary Redirect", b"", b"Location: %s\r\n" % name[12:].encode())(client)
        elif name in MODES:
            MODES[name](client)
        elif request:
            pass_on(client, request, backend)
    except (OSError, ValueError):
        pass
    finally:
        client.close()


def main():
    port, backend, folder = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    context = None
    if len(sys.argv) > 4:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(sys.argv[4], sys.argv[5])
    lock = threading.Lock()
    with socket.create_server(("127.0.0.1", port), backlog=128) as listener:
        while True:
            client, _ = listener.accept()
            threading.Thread(target=serve, args=(client, folder, backend, lock, context), daemon=True).start()


if __name__ == "__main__":
    main()

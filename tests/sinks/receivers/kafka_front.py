# SPDX-License-Identifier: Apache-2.0
"""TLS before librdkafka's mock cluster, which speaks none. Brokers tell clients their addresses, so the mock is in a network
namespace of its own, and the front listens on the same ports of 127.0.0.1 here. With users it also is the double of a broker's
SCRAM and PLAIN (RFC 5802, RFC 4616, SaslHandshake 1 and SaslAuthenticate 0), since the mock has no SASL either."""
import base64
import ctypes
import hashlib
import hmac
import os
import socket
import ssl
import struct
import subprocess
import threading

from .kafka import Kafka, compiled
from .process import die_with_parent

CLONE_NEWNET = 0x40000000
SASL_HANDSHAKE, API_VERSIONS, SASL_AUTHENTICATE = 17, 18, 36
UNSUPPORTED_MECHANISM, AUTHENTICATION_FAILED, UNSUPPORTED_VERSION = 33, 58, 35
ROUNDS = 4096
libc = ctypes.CDLL(None, use_errno=True)


class Apart(Kafka):
    """The mock in a network namespace of its own."""

    def start(self):
        if self.process:
            return super().start()
        with open(self.path("log"), "ab") as log:
            self.process = subprocess.Popen(
                ["unshare", "--net", "sh", "-c", 'ip link set lo up && exec "$@"', "sh", compiled(), self.path("received"), self.topic],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True, start_new_session=True, preexec_fn=die_with_parent)
        self.url = self.process.stdout.readline().strip()
        self.running = True
        return self


def read_exactly(stream, size):
    data = b""
    while len(data) < size:
        part = stream.recv(size - len(data))
        if not part:
            raise ConnectionError("closed")
        data += part
    return data


def read_frame(stream):
    return read_exactly(stream, struct.unpack(">i", read_exactly(stream, 4))[0])


def frame(data):
    return struct.pack(">i", len(data)) + data


def text(value):
    data = value.encode()
    return struct.pack(">h", len(data)) + data


class Scram:
    """The server's side for one login."""

    def __init__(self, mechanism, users):
        self.hash, self.users = {"SCRAM-SHA-512": "sha512", "SCRAM-SHA-256": "sha256"}[mechanism], users
        self.first = None

    def step(self, message):
        """The answer; PermissionError when it is not who it says."""
        if self.first is None:
            header, _, self.bare = message.partition(",,")
            fields = dict(part.split("=", 1) for part in self.bare.split(","))
            if header != "n" or fields["n"] not in self.users:
                raise PermissionError("no such user")
            self.salt = os.urandom(16)
            self.salted = hashlib.pbkdf2_hmac(self.hash, self.users[fields["n"]].encode(), self.salt, ROUNDS)
            self.nonce = fields["r"] + base64.b64encode(os.urandom(12)).decode()
            self.first = f"r={self.nonce},s={base64.b64encode(self.salt).decode()},i={ROUNDS}"
            return self.first
        without, _, proof = message.rpartition(",p=")
        # As Kafka has it: librdkafka before 2.6.1 puts its own nonce before the server's once more.
        if not without.startswith("c=biws,r=") or not without.endswith(self.nonce):
            raise PermissionError("another nonce")
        signed = ",".join((self.bare, self.first, without)).encode()
        key = hmac.digest(self.salted, b"Client Key", self.hash)
        stored = hashlib.new(self.hash, key).digest()
        signature = hmac.digest(stored, signed, self.hash)
        if base64.b64decode(proof) != bytes(one ^ other for one, other in zip(key, signature)):
            raise PermissionError("wrong password")
        return "v=" + base64.b64encode(hmac.digest(hmac.digest(self.salted, b"Server Key", self.hash), signed, self.hash)).decode()


class Plain:
    """The server's side for one login: who, whom for, and the password, in one message."""
    tokens = []  # that came, of all logins

    def __init__(self, _, users):
        self.users = users

    def step(self, message):
        self.tokens.append(message)
        authorized, name, password = message.split("\0")
        if authorized or self.users.get(name) != password:
            raise PermissionError("wrong name or password")
        return ""


MECHANISMS = {"PLAIN": Plain, "SCRAM-SHA-256": Scram, "SCRAM-SHA-512": Scram}


class KafkaFront:
    """certificate: (file, key), None: no TLS; ca: clients must have a certificate of it; users: passwords by name; takes: the
    mechanisms. mechanisms: those that were asked for; after_no: what came behind a refused one."""

    def __init__(self, kafka, certificate, ca=None, users=None, takes=tuple(MECHANISMS)):
        self.context = None
        if certificate:
            self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.context.load_cert_chain(*certificate)
        if ca:
            self.context.load_verify_locations(ca)
            self.context.verify_mode = ssl.CERT_REQUIRED
        self.users, self.takes, self.mechanisms, self.after_no = users, takes, [], []
        self.namespace = os.open(f"/proc/{kafka.process.pid}/ns/net", os.O_RDONLY)
        self.listeners = [socket.create_server(("127.0.0.1", int(broker.rpartition(":")[2]))) for broker in kafka.url.split(",")]

    def __enter__(self):
        for listener in self.listeners:
            threading.Thread(target=self.accept, args=(listener,), daemon=True).start()
        return self

    def __exit__(self, *unused):
        for listener in self.listeners:
            listener.shutdown(socket.SHUT_RDWR)
            listener.close()
        os.close(self.namespace)

    def accept(self, listener):
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(client, listener.getsockname()[1]), daemon=True).start()

    def serve(self, client, port):
        """In a thread of its own, which goes to the mock's namespace; a connection keeps that of where it was made."""
        try:
            with self.context.wrap_socket(client, server_side=True) if self.context else client as front:
                if libc.setns(self.namespace, CLONE_NEWNET) != 0:
                    raise OSError(ctypes.get_errno(), "setns")
                with socket.create_connection(("127.0.0.1", port)) as broker:
                    if self.users and not self.login(front, broker):
                        return
                    back = threading.Thread(target=copy, args=(broker, front), daemon=True)
                    back.start()
                    copy(front, broker)
                    back.join()
        except (OSError, ValueError):
            pass

    def login(self, front, broker):
        """Nothing else is answered before it. Returns whether it came to a good end."""
        login, refused = None, False
        while True:
            request = read_frame(front)
            key, version, correlation = struct.unpack(">hhi", request[:8])
            body = request[10 + max(0, struct.unpack(">h", request[8:10])[0]):]
            answer = struct.pack(">i", correlation)
            if key == API_VERSIONS:
                front.sendall(frame(answer + self.versions(broker, version)))
            elif key == SASL_HANDSHAKE and version == 1:
                mechanism = body[2:].decode()
                self.mechanisms.append(mechanism)
                refused = mechanism not in self.takes
                login = None if refused else MECHANISMS[mechanism](mechanism, self.users)
                front.sendall(frame(answer + struct.pack(">hi", UNSUPPORTED_MECHANISM if refused else 0, len(self.takes)) +
                                    b"".join(map(text, self.takes))))
            elif key == SASL_AUTHENTICATE and version == 0 and login:
                try:
                    said, wrong = login.step(body[4:].decode()), ""
                except PermissionError as refusal:
                    said, wrong = "", f"Authentication failed: {refusal}"
                front.sendall(frame(answer + struct.pack(">h", AUTHENTICATION_FAILED if wrong else 0) + text(wrong) +
                                    struct.pack(">i", len(said)) + said.encode()))
                if wrong or isinstance(login, Plain) or said.startswith("v="):
                    return not wrong
            else:
                self.after_no += [request] if refused else []
                return False

    @staticmethod
    def versions(broker, version):
        """The mock's answer of version 0, and the two calls that it has not."""
        broker.sendall(frame(struct.pack(">hhi", API_VERSIONS, 0, 1) + text("front")))
        said = read_frame(broker)[4:]
        error, count = struct.unpack(">hi", said[:6])
        if version > 0:  # this makes the client ask again with 0
            error = UNSUPPORTED_VERSION
        return struct.pack(">hi", error, count + 2) + said[6:] + struct.pack(">hhhhhh", SASL_HANDSHAKE, 0, 1, SASL_AUTHENTICATE, 0, 0)


def copy(source, target):
    try:
        while data := source.recv(1 << 16):
            target.sendall(data)
    except OSError:
        pass
    for end in (source, target):
        try:
            end.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass

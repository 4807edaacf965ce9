# SPDX-License-Identifier: Apache-2.0
"""Three nats-servers with JetStream, a stream kept on all of them, and a small client of NATS's text protocol."""
import base64
import json
import os
import shutil
import socket

from .client import answers
from .process import Receiver, free_port, wait_until, write_text


class Client:
    """One connection; request() asks the JetStream API or anything else that answers."""

    def __init__(self, port, timeout=10):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout)
        self.file = self.socket.makefile("rb")
        self.file.readline()  # INFO
        self.inbox = f"_INBOX.{os.getpid()}.{id(self)}"
        self.send(b'CONNECT {"verbose":false,"headers":true,"no_responders":true}\r\nSUB ' + self.inbox.encode() + b" 1\r\n")

    def send(self, data):
        self.socket.sendall(data)

    def publish(self, subject, data, headers=None, reply=""):
        if headers:
            head = ("NATS/1.0\r\n" + "".join(f"{key}: {value}\r\n" for key, value in headers.items()) + "\r\n").encode()
            self.send(f"HPUB {subject} {reply} {len(head)} {len(head) + len(data)}\r\n".encode() + head + data + b"\r\n")
        else:
            self.send(f"PUB {subject} {reply} {len(data)}\r\n".encode() + data + b"\r\n")

    def request(self, subject, data=b"", headers=None):
        """The answer as JSON."""
        self.publish(subject, data, headers, self.inbox)
        while True:
            words = self.file.readline().split()
            if not words:
                raise ConnectionError("closed by the server")
            if words[0] == b"PING":
                self.send(b"PONG\r\n")
            elif words[0] in (b"MSG", b"HMSG"):
                body = self.file.read(int(words[-1]) + 2)[:-2]
                if words[0] == b"HMSG":
                    body = body[int(words[-2]):]
                    if not body:
                        raise ConnectionError("nobody answers")
                return json.loads(body)
            elif words[0] == b"-ERR":
                raise ConnectionError(repr(words))

    def close(self):
        self.file.close()
        self.socket.close()


class Server(Receiver):
    name = "nats"

    def __init__(self, index, routes, folder, more=""):
        self.index, self.routes, self.more = index, routes, more
        super().__init__(folder)

    def prepare(self):
        self.monitor = free_port()
        routes = ", ".join(f"nats://127.0.0.1:{port}" for port in self.routes)
        cluster = f"cluster {{ name: lastwords, listen: 127.0.0.1:{self.routes[self.index]}, routes: [{routes}] }}"
        write_text(self.path("conf"), f"""
server_name: n{self.index}
listen: 127.0.0.1:{self.port}
http: 127.0.0.1:{self.monitor}
max_payload: 8MB
jetstream {{ store_dir: "{self.path('store')}", max_mem: 64MB, max_file: 4GB }}
{cluster if len(self.routes) > 1 else ""}
{self.more}
""")

    def command(self):
        return ["nats-server", "-c", self.path("conf")]

    def ready(self):
        return answers(self.monitor, "/varz")


class Nats(Receiver):
    """The cluster. kill(), stop() and restart() go for the leader of the stream; servers[i] for one of them. more: for their
    configuration."""
    name = "nats-cluster"
    stream = "LASTWORDS"

    def __init__(self, folder=None, nodes=3, subjects="lastwords.>", more=""):
        self.subjects = subjects
        super().__init__(folder)
        routes = [free_port() for _ in range(nodes)]
        self.servers = [Server(index, routes, self.path(f"n{index}"), more) for index in range(nodes)]
        self.url = ",".join(f"nats://127.0.0.1:{server.port}" for server in self.servers)

    def start(self):
        for server in self.servers:
            server.start()
        wait_until(self.create, 60, "a leader for the stream")
        return self

    def client(self, timeout=10):
        """A connection to a server that runs."""
        return Client(next(server.port for server in self.servers if server.process), timeout)

    def ask(self, api, value=None):
        """An answer of the JetStream API; None while there is none."""
        try:
            client = self.client(2)
            try:
                return client.request(f"$JS.API.{api}", json.dumps(value or {}).encode())
            finally:
                client.close()
        except OSError:
            return None

    def create(self):
        self.ask(f"STREAM.CREATE.{self.stream}", {"name": self.stream, "subjects": [self.subjects], "num_replicas": len(self.servers),
                                                  "storage": "file", "duplicate_window": 3600 * 10 ** 9})
        return self.leader()

    def leader(self):
        """The server that leads the stream, None while there is none."""
        info = self.ask(f"STREAM.INFO.{self.stream}") or {}
        if len(self.servers) == 1:
            return self.servers[0] if "config" in info else None
        name = (info.get("cluster") or {}).get("leader")
        return next((server for server in self.servers if name == f"n{server.index}" and server.process), None)

    def signal(self, number, timeout):
        wait_until(self.leader, 30, "a leader").signal(number, timeout)

    def received(self):
        """Messages in the order of the stream: seq, subject, headers (a list of pairs), data (bytes)."""
        info = wait_until(lambda: self.leader() and self.ask(f"STREAM.INFO.{self.stream}"), 30, "a leader")
        client, found = self.client(), []
        for seq in range(info["state"]["first_seq"], info["state"]["last_seq"] + 1):
            answer = client.request(f"$JS.API.STREAM.MSG.GET.{self.stream}", json.dumps({"seq": seq}).encode())
            if "message" not in answer:
                raise RuntimeError(f"message {seq}: {answer}")
            message = answer["message"]
            lines = base64.b64decode(message.get("hdrs", "")).decode().split("\r\n")[1:]
            found.append({"seq": message["seq"], "subject": message["subject"], "data": base64.b64decode(message.get("data", "")),
                          "headers": [tuple(line.split(": ", 1)) for line in lines if line]})
        client.close()
        return found

    def close(self):
        for server in self.servers:
            server.close()
        if self.own:
            shutil.rmtree(self.dir, ignore_errors=True)

    def log(self):
        return "\n".join(server.log() for server in self.servers)

# SPDX-License-Identifier: Apache-2.0
"""librdkafka's mock cluster of three brokers with the topic "lastwords" of four partitions."""
import os
import subprocess

from .process import SINKS, Receiver, die_with_parent, read_lines

SOURCE = os.path.join(SINKS, "kafka_mock.c")
BUILD = os.environ.get("LASTWORDS_BUILD", os.path.join(os.path.dirname(os.path.dirname(SINKS)), "build"))


def compiled():
    program = os.path.join(BUILD, "tests", "kafka_mock")
    if not os.path.exists(program) or os.path.getmtime(program) < os.path.getmtime(SOURCE):
        os.makedirs(os.path.dirname(program), exist_ok=True)
        subprocess.run(["gcc", "-std=gnu11", "-O1", "-Wall", "-Wextra", "-Werror", SOURCE, "-o", program, "-lrdkafka"], check=True)
    return program


def unhex(text):
    return None if text is None else bytes.fromhex(text)


class Kafka(Receiver):
    """self.url is the list of brokers. The brokers keep their messages in memory: kill() and stop() cut them off from the
    network (connections are reset, the ports refuse) and keep what they have; close() ends them."""
    name = "kafka"

    def __init__(self, folder=None, topic="lastwords"):
        self.topic = topic
        self.running = False
        super().__init__(folder)

    def start(self):
        if self.process:
            self.say("up")
        else:
            with open(self.path("log"), "ab") as log:
                self.process = subprocess.Popen([compiled(), self.path("received"), self.topic], stdin=subprocess.PIPE,
                                                stdout=subprocess.PIPE, stderr=log, text=True, start_new_session=True,
                                                preexec_fn=die_with_parent)
            self.url = self.process.stdout.readline().strip()
        self.running = True
        return self

    def say(self, command):
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()
        self.process.stdout.readline()

    def kill(self):
        if self.process and self.running:
            self.say("down")
            self.running = False

    stop = kill

    def fail(self, code, count):
        """The next count answers to produce requests are Kafka's error of that number."""
        self.say(f"error {code} {count}")

    def close(self):
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process.stdin.close()
            self.process.stdout.close()
        self.process = None
        super().close()

    def received(self):
        """Messages: partition, offset, key, value (bytes), headers (a list of pairs)."""
        return [{**message, "key": unhex(message["key"]), "value": unhex(message["value"]),
                 "headers": [(unhex(header["name"]).decode(), unhex(header["value"])) for header in message["headers"]]}
                for message in read_lines(self.path("received"))]

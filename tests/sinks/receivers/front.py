# SPDX-License-Identifier: Apache-2.0
"""What is put before a receiver that speaks HTTP: a server that passes on or misbehaves, with TLS if asked for."""
import os
import sys

from .hostile_http import MODES
from .process import HERE, Receiver, accepts, write_text


class HttpFront(Receiver):
    """certificate is (certificate, key) for TLS, right or wrong (certificates.Authority)."""
    name = "front"

    def __init__(self, backend, folder=None, certificate=()):
        self.backend, self.certificate = backend, tuple(certificate)
        super().__init__(folder)

    def prepare(self):
        self.url = f"{'https' if self.certificate else 'http'}://127.0.0.1:{self.port}"

    def command(self):
        return [sys.executable, "-B", os.path.join(HERE, "hostile_http.py"), str(self.port), str(self.backend.port), self.dir,
                *self.certificate]

    def ready(self):
        return accepts(self.port)

    def mode(self, name, count=0):
        """One of MODES, "redirect_to:URL" or "pass", for so many requests or (0) until the next call."""
        if name not in MODES and name != "pass" and not name.startswith("redirect_to:"):
            raise ValueError(name)
        write_text(self.path("mode.set"), f"{name} {count}" if count else name)
        os.replace(self.path("mode.set"), self.path("mode"))

    def armed(self):
        """Whether the mode that was set for some requests still waits for one."""
        with open(self.path("mode"), encoding="ascii") as file:
            return file.read() != "pass"

    def requests(self):
        """(time, mode, bytes) of each connection that came."""
        try:
            with open(self.path("requests"), encoding="ascii") as file:
                return [(float(when), name, int(size)) for when, name, size in map(str.split, file)]
        except FileNotFoundError:
            return []

    def received(self):
        return self.backend.received()

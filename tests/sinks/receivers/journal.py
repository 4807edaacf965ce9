# SPDX-License-Identifier: Apache-2.0
"""systemd's journal: journald itself, in mount and network namespaces of its own, and systemd-journal-remote."""
import glob
import json
import os
import signal
import subprocess
import sys

from .process import HERE, Receiver, accepts, wait_until, write_text


def read_journal(*where):
    """Entries as dicts of fields; text where it is text, bytes where it is not, a list where a field is there twice."""
    done = subprocess.run(["journalctl", "--quiet", "--no-pager", "--all", "-o", "json", *where], check=True,
                          stdout=subprocess.PIPE)

    def value(field):
        if not isinstance(field, list):
            return field
        if all(isinstance(byte, int) for byte in field):
            return bytes(field)
        return [value(part) for part in field]

    return [{key: value(field) for key, field in json.loads(line).items()} for line in done.stdout.splitlines()]


class Journald(Receiver):
    """A journald whose socket is self.socket. As under systemd the socket outlives it, with what is queued there; a message that
    it has taken but not stored when it is killed is lost."""
    name = "journald"

    def prepare(self):
        for folder in ("run", "var"):
            os.makedirs(self.path(folder), exist_ok=True)
        self.socket = self.path("run/socket")
        write_text(self.path("run/flushed"), "")  # says that /var is there: no volatile journal first
        write_text(self.path("journald.conf"), """[Journal]
Storage=persistent
Compress=yes
RateLimitIntervalSec=0
ReadKMsg=no
Audit=no
ForwardToSyslog=no
ForwardToWall=no
SystemMaxUse=2G
LineMax=1M
""")

    def command(self):
        return [sys.executable, os.path.join(HERE, "journald_holder.py"), self.dir]

    def ready(self):
        """When journald has opened its journal."""
        for link in glob.glob(f"/proc/{self.journald()}/fd/*"):
            try:
                if os.readlink(link).endswith("/system.journal"):
                    return True
            except OSError:
                continue
        return False

    def journald(self):
        """Its pid, 0 while there is none."""
        try:
            with open(self.path("journald.pid"), encoding="ascii") as file:
                return int(file.read() or 0)
        except FileNotFoundError:
            return 0

    def start(self):
        if self.process:
            self.process.send_signal(signal.SIGUSR1)
            wait_until(self.ready, 10, "start of journald")
        return super().start()

    def kill(self):
        """Kills journald alone; the holder keeps the socket. close() ends both."""
        if self.process:
            self.process.send_signal(signal.SIGUSR2)
            wait_until(lambda: not self.journald(), 10, "the end of journald")

    def close(self):
        self.stop()
        super().close()

    def received(self):
        return read_journal("--directory", self.path("var"))


class JournalRemote(Receiver):
    """systemd-journal-remote: takes the export format by HTTP POST to /upload."""
    name = "journal-remote"

    def command(self):
        return ["/lib/systemd/systemd-journal-remote", f"--listen-http=127.0.0.1:{self.port}",
                f"--output={self.path('received.journal')}", "--split-mode=none"]

    def ready(self):
        return accepts(self.port)

    def received(self):
        return read_journal("--file", self.path("received*"))  # set aside after a kill: received@….journal~

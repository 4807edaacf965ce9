# SPDX-License-Identifier: Apache-2.0
"""A real systemd with its journald, booted by systemd-nspawn from a root made by debootstrap; each has a layer of its own."""
import os
import signal
import subprocess

from .journal import read_journal
from .process import Receiver, cached, wait_until, write_text


class Machine(Receiver):
    """self.root is its root, self.socket journald's socket in it. kill() kills its journald, which its systemd starts anew;
    close() ends the machine."""
    name = "machine"

    def prepare(self):
        before = os.umask(0o022)  # what is made here is the machine's: others than its root must read it
        try:
            self.make()
        finally:
            os.umask(before)

    def make(self):
        self.root = self.path("root")
        for folder in ("root", "upper", "work", "sockets"):
            os.makedirs(self.path(folder), exist_ok=True)
        self.mounted = False
        for path, text in (("systemd/system/systemd-journald.service.d/often.conf", "[Unit]\nStartLimitIntervalSec=0\n"),
                           ("systemd/journald.conf.d/all.conf", "[Journal]\nRateLimitIntervalSec=0\nSystemMaxUse=2G\nReadKMsg=no\n")):
            os.makedirs(os.path.dirname(self.path(f"upper/etc/{path}")), exist_ok=True)
            write_text(self.path(f"upper/etc/{path}"), text)

    def command(self):
        return ["systemd-nspawn", "--quiet", "--register=no", "--keep-unit", "-D", self.root, "--private-network",
                "--capability=all", "--system-call-filter=bpf perf_event_open", f"--bind={self.journal()}:/var/log/journal", f"--bind={self.path('sockets')}:/run/systemd/journal", "-b"]

    def journal(self):
        os.makedirs(self.path("journal"), exist_ok=True)
        return self.path("journal")

    def start(self):
        if not self.mounted:
            subprocess.run(["mount", "-t", "overlay", "lastwords-sinks", "-o",
                            f"lowerdir={cached('machine')},upperdir={self.path('upper')},workdir={self.path('work')}", self.root],
                           check=True)
            self.mounted = True
        super().start()
        wait_until(self.journald, 20, "start of journald")
        return self

    def leader(self):
        """Pid 1 of the machine as we see it, 0 before there is one."""
        for pid in children(self.process.pid):
            try:
                if os.readlink(f"/proc/{pid}/exe").endswith("/systemd"):
                    return pid
            except OSError:
                continue
        return 0

    @property
    def socket(self):
        return self.path("sockets/socket")

    def journald(self):
        for pid in children(self.leader() or self.process.pid):
            with open(f"/proc/{pid}/comm", encoding="utf-8") as file:
                if file.read().strip() == "systemd-journal":
                    return pid
        return 0

    def run(self, *command):
        """Runs a command inside; its exit status and output."""
        done = subprocess.run(["nsenter", "-t", str(self.leader()), "-a", *command], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, check=False)
        return done.returncode, done.stdout.decode("utf-8", "replace")

    def ready(self):
        return self.leader() and self.run("systemctl", "is-active", "multi-user.target")[1].strip() == "active"

    def kill(self):
        pid = self.journald() if self.process else 0
        if pid:
            os.kill(pid, signal.SIGKILL)
            wait_until(lambda: self.journald() != pid, 10, "the end of journald")

    def close(self):
        """SIGTERM asks nspawn for an orderly end."""
        self.signal(signal.SIGTERM, 20)
        if self.mounted:
            subprocess.run(["umount", self.root], check=True)
        super().close()

    def received(self):
        return read_journal("--directory", self.journal())


def children(pid):
    try:
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
            return [int(word) for word in file.read().split()]
    except FileNotFoundError:
        return []

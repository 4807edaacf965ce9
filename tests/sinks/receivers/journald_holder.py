#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Stands in for pid 1 towards journald: holds its socket in namespaces of their own, starts it on SIGUSR1, kills it (SIGKILL)
on SIGUSR2, and stops it with itself. What is queued in the socket survives. Usage: journald_holder.py FOLDER"""
import ctypes
import os
import signal
import socket
import sys

CLONE_NEWNS, CLONE_NEWNET = 0x20000, 0x40000000
MS_BIND, MS_REC, MS_PRIVATE = 0x1000, 0x4000, 0x40000
libc = ctypes.CDLL(None, use_errno=True)


def call(result, what):
    if result != 0:
        raise OSError(ctypes.get_errno(), f"{what}: {os.strerror(ctypes.get_errno())}")


def mount(source, target, flags, kind=None):
    call(libc.mount(source.encode(), target.encode(), kind, flags, None), f"mount {target}")


def enter(folder):
    """/run, /var/log/journal and journald.conf become the folder's; the machine's are not touched."""
    call(libc.unshare(CLONE_NEWNS | CLONE_NEWNET), "unshare")
    mount("none", "/", MS_REC | MS_PRIVATE)
    mount("tmpfs", "/run", 0, b"tmpfs")
    mount("tmpfs", "/var/log", 0, b"tmpfs")
    mount("tmpfs", "/etc/systemd", 0, b"tmpfs")
    for source, target in (("run", "/run/systemd/journal"), ("var", "/var/log/journal")):
        os.makedirs(target)
        mount(os.path.join(folder, source), target, MS_BIND)
    os.symlink(os.path.join(folder, "journald.conf"), "/etc/systemd/journald.conf")
    os.makedirs("/run/log/journal")


def start(folder, listener):
    pid = os.fork()
    if pid:
        with open(os.path.join(folder, "journald.pid"), "w", encoding="ascii") as file:
            file.write(str(pid))
        return pid
    libc.prctl(1, signal.SIGKILL)
    os.dup2(listener.fileno(), 3)
    os.set_inheritable(3, True)
    signal.pthread_sigmask(signal.SIG_SETMASK, [])
    os.execve("/lib/systemd/systemd-journald", ["systemd-journald"],
              {"LISTEN_FDS": "1", "LISTEN_PID": str(os.getpid()), "PATH": os.environ["PATH"]})


def main():
    folder = sys.argv[1]
    enter(folder)
    with open("/proc/sys/net/unix/max_dgram_qlen", "w", encoding="ascii") as file:
        file.write("512")  # as systemd sets it; the kernel's 10 in a new namespace would block senders early
    path = "/run/systemd/journal/socket"
    if os.path.exists(path):
        os.unlink(path)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    listener.bind(path)
    listener.setsockopt(socket.SOL_SOCKET, 33, 8 << 20)  # SO_RCVBUFFORCE, as systemd-journald.socket has it
    os.chmod(path, 0o666)
    signals = [signal.SIGUSR1, signal.SIGUSR2, signal.SIGTERM]
    signal.pthread_sigmask(signal.SIG_BLOCK, signals)
    pid = start(folder, listener)
    while True:
        number = signal.sigwait(signals)
        if pid and number != signal.SIGUSR1:
            os.kill(pid, signal.SIGTERM if number == signal.SIGTERM else signal.SIGKILL)
            os.waitpid(pid, 0)
            pid = 0
            os.unlink(os.path.join(folder, "journald.pid"))
        if number == signal.SIGTERM:
            return
        if number == signal.SIGUSR1 and not pid:
            pid = start(folder, listener)


if __name__ == "__main__":
    main()

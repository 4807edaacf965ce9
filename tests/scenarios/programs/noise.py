#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What goes on at any host all the time and is no incident: noise.py KIND... as monitoring agents, shells and crawlers do it."""
import os
import socket
import subprocess
import sys
import time
import traceback


def agent():
    """A file below what is no folder."""
    for _ in range(2):
        try:
            os.open("/etc/hostname/x", os.O_RDONLY)
        except OSError:
            pass


def probe():
    """A port that nobody listens on, once in a while."""
    with socket.socket() as s:
        s.connect_ex(("127.0.0.1", 9))


def grep():
    subprocess.run(["grep", "-q", "nothing", "/etc/hostname"])
    subprocess.run(["/bin/false"])


def stop():
    child = subprocess.Popen(["sleep", "100"])
    child.terminate()
    child.wait()


def recycle():
    """A worker that does not care when it is told to end."""
    child = subprocess.Popen(["sh", "-c", "trap '' TERM; sleep 100 & wait; wait"])
    time.sleep(0.1)
    child.terminate()
    time.sleep(0.2)
    child.kill()
    child.wait()


def handled():
    try:
        int("no number")
    except ValueError:
        traceback.print_exc()


def fork():
    for _ in range(20):
        subprocess.run(["/bin/true"])


while True:
    for kind in sys.argv[1:]:
        globals()[kind]()
    time.sleep(0.5)

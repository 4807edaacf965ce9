# SPDX-License-Identifier: Apache-2.0
"""A file system in user space that answers until it is told to stop: one regular file, or none."""
import contextlib
import ctypes
import errno
import os
import stat
import struct
import threading
import time

MNT_DETACH = 2
INIT, LOOKUP, GETATTR, OPEN, READ, RELEASE, FLUSH, FORGET, BATCH_FORGET, INTERRUPT = 26, 1, 3, 14, 15, 18, 25, 2, 42, 36
ROOT, FILE = 1, 2
libc = ctypes.CDLL(None, use_errno=True)


class Fuse:
    """Mounted at path until closed; name is an executable file with these bytes."""

    def __init__(self, path, name, content):
        self.path, self.name, self.content = path, name.encode(), content
        self.silent, self.asked, self.waiting = False, 0, []
        self.fd = os.open("/dev/fuse", os.O_RDWR)
        options = f"fd={self.fd},rootmode=40755,user_id=0,group_id=0,allow_other,default_permissions"
        if libc.mount(b"lwtest", path.encode(), b"fuse", 0, options.encode()) != 0:
            error = ctypes.get_errno()
            os.close(self.fd)
            raise OSError(error, os.strerror(error))
        threading.Thread(target=self.serve, daemon=True).start()

    def close(self):
        """Ends whoever waits, too."""
        fd, self.fd = self.fd, -1
        if fd < 0:
            return
        libc.umount2(self.path.encode(), MNT_DETACH)
        for unique in self.waiting:
            with contextlib.suppress(OSError):  # it was given up
                os.write(fd, struct.pack("<IiQ", 16, -errno.ENOTCONN, unique))
        os.close(fd)

    def attributes(self, node):
        mode = stat.S_IFDIR | 0o755 if node == ROOT else stat.S_IFREG | 0o755
        size = 0 if node == ROOT else len(self.content)
        return struct.pack("<QQQQQQIIIIIIIIII", node, size, size // 512 + 1, 0, 0, 0, 0, 0, 0, mode, 1, 0, 0, 0, 4096, 0)

    def answer(self, operation, node, body):
        """The body of the answer, or an error."""
        if operation == INIT:
            return struct.pack("<IIIIHHII", 7, 31, 65536, 0, 16, 12, 65536, 1) + bytes(36)
        if operation == GETATTR:
            return struct.pack("<QII", 0, 0, 0) + self.attributes(node)
        if operation == LOOKUP:
            if body.rstrip(b"\0") != self.name:
                return -errno.ENOENT
            return struct.pack("<QQQQII", FILE, 0, 0, 0, 0, 0) + self.attributes(FILE)
        if operation == OPEN:
            return struct.pack("<QII", 1, 0, 0)
        if operation == READ:
            _, offset, size = struct.unpack_from("<QQI", body)
            return self.content[offset:offset + size]
        return b"" if operation in (RELEASE, FLUSH) else -errno.ENOSYS

    def serve(self):
        while True:
            try:
                request = os.read(self.fd, 1 << 17)
            except OSError:
                return
            length, operation, unique, node = struct.unpack_from("<IIQQ", request)
            if self.silent:
                self.asked += 1
            if operation in (FORGET, BATCH_FORGET, INTERRUPT):
                continue
            if self.silent:
                self.waiting.append(unique)
                continue
            body = self.answer(operation, node, request[40:length])
            error, body = (body, b"") if isinstance(body, int) else (0, body)
            os.write(self.fd, struct.pack("<IiQ", 16 + len(body), error, unique) + body)


def ready(fuse):
    end = time.monotonic() + 5
    while time.monotonic() < end:
        if os.path.exists(os.path.join(fuse.path, fuse.name.decode())):
            return True
    return False

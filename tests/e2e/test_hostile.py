# SPDX-License-Identifier: Apache-2.0
"""Files of the dead that lie, hang or are gone: the event is there in time, says what is missing, and nothing leaks."""
import os
import shutil
import signal
import socket
import struct
import subprocess
import time

import fuse
from harness import check, equal, field, program, read_text, wait_for, write_text
from noticed import service

DEADLINE = 2.0  # seconds, of the helper (SYMBOLIZER_DEADLINE)
HUGE = (1 << 63) - 1


def descriptors(daemon):
    return len(os.listdir(f"/proc/{daemon.pid}/fd"))


def sections(elf):
    """{name: offset of its header}."""
    offset, = struct.unpack_from("<Q", elf, 40)
    size, count, names = struct.unpack_from("<HHH", elf, 58)
    table, = struct.unpack_from("<Q", elf, offset + names * size + 24)
    found = {}
    for i in range(count):
        name, = struct.unpack_from("<I", elf, offset + i * size)
        found[elf[table + name:elf.index(b"\0", table + name)].decode()] = offset + i * size
    return found


def in_section(name, at, form, value):
    """Changes the bytes of a section."""
    def lie(elf):
        offset, = struct.unpack_from("<Q", elf, sections(elf)[name] + 24)
        struct.pack_into(form, elf, offset + at, value)
    return lie


def in_header(name, at, form, value):
    """Changes the header of a section (offset 24, size 32, link 40, entry size 56)."""
    return lambda elf: struct.pack_into(form, elf, sections(elf)[name] + at, value)


def in_file(at, form, value):
    return lambda elf: struct.pack_into(form, elf, at, value)


def everywhere(at, value):
    def lie(elf):
        for place in sections(elf).values():
            struct.pack_into("<Q", elf, place + at, value)
    return lie


def looping_frames(elf):
    """Each record of .eh_frame points to itself as its CIE, and has the length of nothing."""
    place = sections(elf)[".eh_frame"]
    offset, size = struct.unpack_from("<QQ", elf, place + 24)
    for at in range(0, size - 8, 8):
        struct.pack_into("<II", elf, offset + at, 4, 4)


# What the kernel and the dynamic linker do not look at: the programs run.
LIES = {
    "section headers at 2^63": in_file(40, "<Q", HUGE), "65535 sections": in_file(60, "<H", 0xffff),
    "a section of section names that is none": in_file(62, "<H", 0xfff0), "section headers of 1 byte": in_file(58, "<H", 1),
    "sections of 2^63 bytes": everywhere(32, HUGE), "sections at 2^63": everywhere(24, HUGE),
    "symbols of 2^63 bytes": in_header(".symtab", 32, "<Q", HUGE), "symbols of size 0": in_header(".symtab", 56, "<Q", 0),
    "symbols without names": in_header(".symtab", 40, "<I", 0x7fffffff), "frames of 2^63 bytes": in_header(".eh_frame", 32, "<Q", HUGE),
    "a build-id of 2^31 bytes": in_section(".note.gnu.build-id", 4, "<I", 0x7fffffff),
    "a build-id of a long name": in_section(".note.gnu.build-id", 0, "<I", 0xffffffff),
    "frames without end": looping_frames, "a frame of 2^64 bytes": in_section(".eh_frame", 0, "<I", 0xffffffff),
    "debug information of 2^63 bytes": in_header(".debug_info", 32, "<Q", HUGE), "abbreviations elsewhere": in_header(".debug_abbrev", 24, "<Q", 3),
    "lines without end": in_section(".debug_line", 0, "<I", 0xfffffff0),
}


def fifo(path):
    os.mkfifo(path)


def unix_socket(path):
    with socket.socket(socket.AF_UNIX) as s:
        s.bind(path)


def sparse(path):
    """As large as this file system takes."""
    with open(path, "wb") as file:
        for bits in range(63, 30, -1):
            try:
                os.truncate(file.fileno(), (1 << bits) - 4096)
                return
            except OSError:
                continue


def loop(path):
    os.symlink(path, path)


# What is put where the path of the executable leads, while it runs.
PLACES = {"a FIFO": fifo, "a directory": os.mkdir, "a sparse file": sparse, "a socket": unix_socket,
          "a device": lambda path: os.mknod(path, 0o600 | 0o020000, os.makedev(1, 5)), "a link to itself": loop, "nothing": lambda path: None}


def in_time(daemon, child, what):
    """The one event of a death that just happened, with frames, within the deadline."""
    begin = time.monotonic()
    event = daemon.death(child.pid, 10)
    took = time.monotonic() - begin
    check(took < DEADLINE + 1, f"{what}: the event came after {took:.1f} s")
    check(field(event, "stack.frames"), f"{what}: no frames: {event}")
    return event




def waits(pid):
    """Whether the process has come to its own sleep: until then it has the loader's stack, or another program's."""
    return read_text(f"/proc/{pid}/stat").rpartition(")")[2].split()[0] == "S"


def killed(t, argv, before=None):
    child = t.popen(*argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wait_for(lambda: os.readlink(f"/proc/{child.pid}/exe") == argv[0] and waits(child.pid), 5, "the program sleeps")
    if before:
        before()
    child.send_signal(signal.SIGSEGV)
    child.wait(10)
    return child


def test_lies(t):
    """Executables that lie about all that only unwinders read, and no descriptor is left of two hundred deaths."""
    daemon = t.daemon(config="[names]\nfiles = 0\n")  # none is kept on purpose
    daemon.barrier()
    time.sleep(1.1)  # the first round of the store
    start = descriptors(daemon)
    original, deaths, names = open(program("crash"), "rb").read(), 0, 0
    while deaths < 200:
        for what, lie in LIES.items():
            elf, path = bytearray(original), t.path(f"liar-{deaths}")
            lie(elf)
            with open(path, "wb") as file:
                file.write(elf)
            os.chmod(path, 0o755)
            child = t.popen(path, "abort")
            child.wait(10)
            event = in_time(daemon, child, what)
            names += any(f.get("function") == "main" for f in event["stack"]["frames"])
            os.unlink(path)
            deaths += 1
    daemon.barrier()
    check(descriptors(daemon) <= start + 1, f"{start} descriptors before, {descriptors(daemon)} after {deaths} deaths")
    print(f"# {deaths} deaths of {len(LIES)} lies, {names} with main in the stack all the same, descriptors {start} to {descriptors(daemon)}")


def test_places(t):
    """Something else is where the executable was."""
    daemon = t.daemon(config="[names]\nfiles = 0\n")
    daemon.barrier()
    time.sleep(1.1)  # the first round of the store
    start = descriptors(daemon)
    for turn in range(5):
        for what, put in PLACES.items():
            path = t.path("moving")
            shutil.copy("/bin/sleep", path)

            def change():
                os.unlink(path)
                put(path)
            time.sleep(0.15)  # the inode may be the last one's: more than 8 a second are not captured
            event = in_time(daemon, killed(t, [path, "60"], change), what)
            names = [f.get("function") or "" for f in event["stack"]["frames"]]
            check(any("nanosleep" in name for name in names), f"{what}: the C library's names are gone too: {names}")
            own = any(f.get("function") for f in event["stack"]["frames"] if f.get("module") == path)
            check(own or any(m["what"] == "stack" for m in event.get("missing", [])), f"{what}: nothing is missing: {event.get('missing')}")
            os.rmdir(path) if os.path.isdir(path) and not os.path.islink(path) else os.path.lexists(path) and os.unlink(path)
    daemon.barrier()
    check(descriptors(daemon) <= start + 1, f"{start} descriptors before, {descriptors(daemon)} after")


def test_truncated(t):
    """The file becomes shorter while the helper has it mapped: the helper dies at most, and the next one works."""
    daemon = t.daemon()
    path = t.path("shorter")
    shutil.copy(program("crash"), path)
    in_time(daemon, killed(t, [path, "alarm"]), "the whole file")
    # Running programs cannot be written to: a library is a file as any other.
    library = t.path("lib.so")
    subprocess.run(["gcc", "-shared", "-g", "-fPIC", "-xc", "-", "-o", library], input=b"#include <unistd.h>\nvoid wait_here(void)\n{\n\tfor (;;)\n\t\tpause();\n}\n", check=True)
    code = f"import ctypes; ctypes.CDLL({library!r}).wait_here()"
    whole = open(library, "rb").read()
    for size in (4096, 64, 0):
        with open(library, "wb") as file:
            file.write(whole)
        child = t.popen("python3", "-c", code)
        wait_for(lambda: library in read_text(f"/proc/{child.pid}/maps"), 5, "the library is mapped")
        time.sleep(0.2)
        child.send_signal(signal.SIGSEGV)
        os.truncate(library, size)
        child.wait(10)
        in_time(daemon, child, f"cut to {size} bytes")
    child = t.popen(program("crash"), "abort")
    child.wait(10)
    names = [f.get("function") for f in in_time(daemon, child, "afterwards")["stack"]["frames"]]
    check("main" in names, f"afterwards there are no names: {names}")


def test_silent_file_system(t):
    """The executable is on a file system that has stopped answering: the event comes, and those of others do."""
    place = t.path("silent")
    os.mkdir(place)
    daemon = t.daemon()
    daemon.barrier()
    system = fuse.Fuse(place, "prog", open("/bin/sleep", "rb").read())
    t.stack.callback(system.close)  # before the daemon's end: it lets go of whoever waits
    check(fuse.ready(system), "the file system answers at first")
    child = t.popen(os.path.join(place, "prog"), "60")
    wait_for(lambda: read_text(f"/proc/{child.pid}/comm") == "prog\n", 5, "the program runs")
    time.sleep(0.2)
    system.silent = True
    child.send_signal(signal.SIGSEGV)
    other = t.popen(program("crash"), "abort")
    event = in_time(daemon, child, "a silent file system")
    check(any(m["what"] == "stack" for m in event.get("missing", [])), f"nothing is missing: {event.get('missing')}")
    in_time(daemon, other, "another program meanwhile")
    equal(daemon.process.poll(), None, "the daemon's end")


def test_silent_configuration(t):
    """The file that a service's arguments name becomes a link to a file system that has stopped answering."""
    place, file = t.path("silent"), t.path("app.conf")
    os.mkdir(place)
    write_text(file, "x = 1\n")
    daemon = t.daemon()
    service(t, t.unique("reads"), "sh", "-c", "exec sleep 60", file)
    time.sleep(1.1)  # from now on it is looked at
    system = fuse.Fuse(place, "prog", b"")
    t.stack.callback(system.close)
    check(fuse.ready(system), "the file system answers at first")
    system.silent = True
    asked = system.asked
    os.symlink(os.path.join(place, "prog"), t.path("link"))
    os.rename(t.path("link"), file)
    time.sleep(2.2)
    daemon.barrier()
    equal(system.asked, asked, "requests to the file system")


def test_silent_release(t):
    """A service's arguments name a release on a file system that has stopped answering, by its own path and by a link to it."""
    place = t.path("silent")
    os.mkdir(place)
    os.symlink(place, t.path("link"))
    daemon = t.daemon()
    daemon.barrier()
    system = fuse.Fuse(place, "prog", b"")
    t.stack.callback(system.close)
    check(fuse.ready(system), "the file system answers at first")
    system.silent = True
    for folder in (place, t.path("link")):
        service(t, t.unique("silent"), "sh", "-c", "exec sleep 60", os.path.join(folder, "app/current/job"))
    time.sleep(1.1)  # a start is told once a second
    daemon.barrier()
    equal(system.asked, 0, "requests to the file system")

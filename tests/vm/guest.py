# One guest in qemu: boots it, keeps its console in build/vm/, and takes apart what it printed.
import os
import re
import subprocess
import threading
import time

HERE = os.path.dirname(os.path.realpath(__file__))
OUT = os.path.join(os.path.dirname(os.path.dirname(HERE)), "build", "vm")
CACHE = os.path.join(os.environ.get("LASTWORDS_CACHE") or os.path.expanduser("~/.cache/lastwords"), "kernels")
INITRAMFS = os.path.join(OUT, "initramfs.gz")
TIMEOUT = 240


def boot(name, version, verbose, append="", initramfs=INITRAMFS):
    """Runs the guest to its end; returns its console, the seconds it took and whether it was stopped for the time."""
    command = ["qemu-system-x86_64", "-accel", "tcg,thread=multi", "-cpu", "max", "-smp", "2", "-m", "512",
               "-nodefaults", "-no-user-config", "-display", "none", "-serial", "stdio", "-no-reboot",
               "-kernel", os.path.join(CACHE, version, "vmlinuz"), "-initrd", initramfs,
               "-append", "console=ttyS0 loglevel=5 panic=-1 " + append]
    started = time.monotonic()
    late = threading.Event()
    lines = []
    with open(os.path.join(OUT, f"{name}.console"), "w", encoding="utf-8") as log, \
            subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as qemu:
        timer = threading.Timer(TIMEOUT, lambda: (late.set(), qemu.kill()))
        timer.start()
        for line in qemu.stdout:
            line = line.decode("utf-8", "replace").rstrip("\r\n")
            lines.append(line)
            log.write(line + "\n")
            if verbose:
                print(f"[{name}] {line}", flush=True)
        timer.cancel()
    return lines, time.monotonic() - started, late.is_set()


def split_sections(lines):
    sections, name = {}, None
    for line in lines:
        # search, not match: a kernel message without a newline may stand before the marker.
        marker = re.search(r"@@@ (begin|end|done)(?: (\S+))?$", line)
        if marker and marker[1] == "begin":
            name = marker[2]
            sections[name] = []
        elif marker:
            name = None
        elif name:
            sections[name].append(line)
    # init.sh adds a newline of its own to each.
    return {name: "\n".join(text).strip("\n") for name, text in sections.items()}, "@@@ done" in lines


def boot_to_end(name, version, verbose, append="", initramfs=INITRAMFS):
    """An emulated machine now and then stands still, whatever runs in it: that is told, and it is booted once more.
    Returns the sections of its console, the seconds it took, and what was wrong."""
    lines, seconds, late = boot(name, version, verbose, append, initramfs)
    if "@@@ done" not in "\n".join(lines):
        os.replace(os.path.join(OUT, f"{name}.console"), os.path.join(OUT, f"{name}.stuck.console"))
        print(f"# kernel {name}: did not come to its end in {seconds:.0f} s (build/vm/{name}.stuck.console); booting it again",
              "".join(f"\n#   | {line}" for line in lines[-25:]), flush=True)
        lines, seconds, late = boot(name, version, verbose, append, initramfs)
    sections, done = split_sections(lines)
    why = f"was stopped after {TIMEOUT} s" if late else f"died after {seconds:.0f} s"
    tail = "".join(f"\n    | {line}" for line in lines[-25:])
    return sections, seconds, None if done else f"the guest {why}; the end of its console:{tail}"


def parse_cases(text):
    """What programs say they did, {name: {key: value}}: a line each, "name key=value..."."""
    cases = {}
    for line in text.splitlines():
        name, *pairs = line.split()
        cases[name] = dict(pair.split("=", 1) for pair in pairs)
    return cases

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Events of every kind with hostile contents, valid by docs/EVENTS.md, the same for the same seed: tests/sinks/hostile.py
[--count N] [--seed S] [--start SECONDS] writes them as JSON lines, in the order of time."""
import argparse
import json
import random
import time

CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
KINDS = ("crash", "kill", "oom_kill", "exit_failure", "exception", "syscall_errors", "tcp_reset", "connect_failure", "marker",
         "gap", "decision")
STEP = 1_000_000_000 // 200  # ns between two events at most
TEXTS = [
    "", " ", "plain", '"', "\\", "]", '\\"]', '[x@1 y="z"]', "a\nb", "\n", "\r\n", "\ttab\t", "\u0000", "a\u0000b", "\u0001\u001b[31mred\u001b[0m",
    "\u007f\u0080\u009f", "\u00e9\u00df", "\u65e5\u672c\u8a9e", "\U0001f600\U0001f468\u200d\U0001f469\u200d\U0001f467", "\U0010fffd",
    "\u202eright to left\u202c", "\u0627\u0644\u0639", "e\u0301\u0302\u0303" * 20, "\ufeffbom", "\ufffd\ufffe\uffff",
    "\u2028\u2029", "{{ .Title }}", "{{", "}}", "${jndi:ldap://x/}", "$(reboot)", "`id`", "%s%n%d", "%00", "&amp;<b>'", "</script>",
    "' OR 1=1; --", "null", "true", "NaN", "-Infinity", "1e999", "0", "-1", "=cmd|' /C calc'!A0", "../../etc/passwd", "a,b;c|d", "key=value",
    '{"id":"x"}', "[1,2", "'single'", "MESSAGE=x\nPRIORITY=0", "_PID=1", "__proto__", "constructor", "id", "@timestamp", "\\N", "\\u0000",
    "AKIAIOSFODNN7EXAMPL", "-----BEGIN", "password", "Bearer x.y.z", "trailing space ", "trailing\n", "42", "12345678901234567890",
    "2026-11-22T10:46:09Z", "127.0.0.1", "a" * 255, "\u00e9" * 600, "\U0001f4a5" * 300, '"\\]\n' * 400, "x" * 8000,
]
NUMBERS = [0, 1, -1, 255, 65535, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1, 2 ** 53 - 1, 2 ** 53, 2 ** 53 + 1, 2 ** 63 - 1]
LANGUAGES = ("python", "ruby", "node", "java", "go", "rust")
SIGNALS = (("SIGSEGV", 11, "SEGV_MAPERR"), ("SIGABRT", 6, "SI_TKILL"), ("SIGBUS", 7, "BUS_ADRERR"), ("SIGFPE", 8, "FPE_INTDIV"))


def make_id(ns, rng):
    """48 bits of milliseconds, 16 bits of time below that, 64 bits that make it unique."""
    number = (ns // 1_000_000) << 80 | (ns % 1_000_000 * 65536 // 1_000_000) << 64 | rng.getrandbits(64)
    return "".join(CROCKFORD[number >> shift & 31] for shift in range(125, -5, -5))


def make_time(ns):
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(ns // 1_000_000_000)) + f".{ns % 1_000_000_000:09d}Z"


def cut(text, size):
    """At most size bytes, at a character's end."""
    return text.encode()[:size].decode("utf-8", "ignore")


class Maker:
    """Makes the parts of an event; every text may hold anything that a process could have written."""

    def __init__(self, seed):
        self.rng = random.Random(seed)

    def text(self, size=1 << 20):
        text = cut("".join(self.rng.choices(TEXTS, k=self.rng.choice((1, 1, 1, 2, 3)))), size)
        return text or "x"

    def number(self, top=2 ** 63 - 1, least=0):
        return self.rng.choice([number for number in NUMBERS if least <= number <= top])

    def chance(self, share=0.5):
        return self.rng.random() < share

    def hex(self, digits=12):
        return f"0x{self.rng.getrandbits(4 * digits):x}"

    def build_id(self):
        return f"{self.rng.getrandbits(160):040x}"

    def past(self, ns):
        return make_time(ns - self.rng.randrange(10 ** 11))

    def service(self):
        service = {"name": self.rng.choice(("checkout", "cart", self.text(255)))}
        if self.chance():
            service.update(unit=self.text(200) + ".service", slice="system.slice", cgroup="/" + self.text(500))
        if self.chance(0.3):
            service["container"] = {"id": f"{self.rng.getrandbits(256):064x}", "runtime": "docker"}
        if self.chance(0.2):
            service["pod"] = {"uid": f"{self.rng.getrandbits(128):032x}", "qos": "burstable"}
        return service

    def process(self, ns, whole=True):
        process = {"pid": self.rng.randrange(1, 2 ** 22), "start": self.past(ns), "comm": self.text(15), "exe": "/" + self.text(767),
                   "cmdline": [self.text(100) for _ in range(self.rng.randrange(1, 6))], "age": self.rng.choice((0, 0.000000001, 12.5, 1e9))}
        if whole:
            process.update(tid=self.rng.randrange(1, 2 ** 22), thread_name=self.text(15), ppid=self.rng.randrange(2 ** 22),
                           uid=self.number(2 ** 32 - 1), gid=self.number(2 ** 32 - 1))
        return process

    def frame(self, index):
        frame = {"index": index, "address": self.hex(), "trust": self.rng.choice(("context", "cfi", "fp", "scan"))}
        if self.chance(0.8):
            frame.update(module="/" + self.text(300), build_id=self.build_id(), offset=self.hex(6), function=self.text(191))
        if self.chance(0.4):
            frame.update(file=self.text(191), line=self.number(2 ** 31 - 1, 1), inlined=True)
        return frame

    def exception(self):
        lines = [{"function": self.text(127), "file": self.text(255), "line": self.number(2 ** 31 - 1, 1)} for _ in range(self.rng.randrange(12))]
        exception = {"language": self.rng.choice(LANGUAGES), "type": self.text(127), "message": self.text(511), "frames": lines}
        if self.chance(0.3):
            exception["chained"] = [{"relation": self.rng.choice(("cause", "context", "suppressed", "group")), "type": self.text(100),
                                     "message": self.text(200)} for _ in range(self.rng.choice((1, 2, 6)))]
        return exception

    def crumb(self, ns):
        return {"time": self.past(ns), "syscall": self.rng.choice(("openat", "connect", "read", "syscall_999")), "errno": "ECONNREFUSED",
                "subject": self.text(159)}

    def said(self, event):
        event.update(fingerprint=f"2:{self.rng.getrandbits(64):016x}",
                     fingerprint_step=self.rng.choice(("sender", "exception", "stack", "words", "place")))

    def death(self, event, ns):
        name, number, code = self.rng.choice(SIGNALS)
        if event["kind"] in ("kill", "oom_kill"):
            name, number, code = "SIGKILL", 9, "SI_USER"
        failed = event["kind"] == "exit_failure"
        if not failed:
            event["signal"] = {"name": name, "number": number, "code": code}
        if event["kind"] == "crash":
            event["signal"]["address"] = self.hex(16)
        dumped = False if failed else self.rng.choice((False, True, None))
        event["exit"] = {"status": self.rng.randrange(1, 256) if failed else None, "core_dumped": dumped,
                         "no_core_reason": "RLIMIT_CORE is 0" if dumped is False and not failed else None}
        if event["kind"] == "kill":
            names = [self.text(15) for _ in range(6)]
            event["killer"] = {"pid": self.number(2 ** 22, 1), "comm": self.text(15), "exe": self.text(768), "uid": self.number(2 ** 32 - 1),
                               "ancestry": names, "ancestors": [{"pid": 1 + at, "comm": name} for at, name in enumerate(names)],
                               "class": "operator", "reason": self.text(159)}
        if event["kind"] == "oom_kill":
            event["killer"] = {"class": "kernel"}
            event["oom"] = {"scope": "cgroup", "limit": self.number(), "usage": self.number(), "cgroup": "/" + self.text(500), "score_adj": -1000,
                            "trigger": {"pid": 1, "comm": self.text(15)}, "memory_stat": {"anon": self.number(), "file": self.number()},
                            "largest": [{"pid": pid, "comm": self.text(15), "rss": self.number(), "score_adj": 0} for pid in range(1, 11)]}
        if self.chance(0.7):
            event["stack"] = {"frames": [self.frame(index) for index in range(self.rng.choice((1, 3, 8, 128 if self.chance(0.05) else 5)))],
                              "truncated": self.chance()}
        if self.chance(0.2):
            event["threads"] = [{"tid": tid, "name": self.text(15), "frames": [self.frame(0)]} for tid in range(1, self.rng.choice((3, 33)))]
        if self.chance():
            event["exception"] = self.exception()
        if self.chance(0.8):
            text = cut("".join(self.text() for _ in range(self.rng.randrange(1, 8))), 8192)
            event["last_words"] = {"text": text, "bytes": self.number(), "truncated": self.chance()}
        if self.chance(0.6):
            event["breadcrumbs"] = [self.crumb(ns) for _ in range(self.rng.choice((1, 4, 32)))]
        event["memory"] = {"rss": self.number(), "peak": self.number(), "virtual": self.number()}
        self.said(event)

    def counter(self, event, ns):
        event.update(count=self.rng.choice((1, 7, 2 ** 53 + 1, 2 ** 63 - 1)), interval=self.rng.choice((0, 0.998441083, 1)))
        if event["kind"] == "exception":
            event["exception"] = self.exception()
            self.said(event)
        elif event["kind"] == "syscall_errors":
            event.update(syscall="openat", errno="EACCES", subjects=[{"subject": self.text(159), "count": self.number(least=1)} for _ in range(3)])
        elif event["kind"] == "tcp_reset":
            event.update(direction=self.rng.choice(("sent", "received")), local="127.0.0.1:33686", remote="[2001:db8::1]:8081",
                         state="ESTABLISHED", netns=4026531833)
        elif event["kind"] == "connect_failure":
            event.update(remote="10.0.0.7:*", errno="ECONNREFUSED")
            if self.chance(0.5):
                event.update(remote=self.rng.choice(("unix:/run/shop:80", "unix:@shop")))
            else:
                event.update(local="127.0.0.1:0")
        else:
            event.update(reason="ring_full", source="lifecycle")

    def marker(self, event, ns):
        service, version = self.text(255), self.text(127)
        event["service"] = {"name": service, "version": version}
        event["marker"] = {"kind": "deploy", "service": service, "version": version, "before": self.text(127), "source": "declared", "evidence": self.text(200),
                           "note": self.text(1023), "link": "https://ci.example.org/" + self.text(900)}

    def decision(self, event, ns):
        event["decision"] = {"action": "merge", "issue": make_id(ns, self.rng), "into": make_id(ns, self.rng), "by": self.text(63)}

    def event(self, kind, ns):
        event = {"schema": 1, "id": make_id(ns, self.rng), "time": make_time(ns), "kind": kind,
                 "host": {"name": "web-1", "boot_id": "3f1c9a0e-5b1d-4f43-9d0a-0d5f9a2b7c11"}}
        counted = kind in ("exception", "syscall_errors", "tcp_reset", "connect_failure", "gap")
        if kind not in ("marker", "gap", "decision"):
            event.update(service=self.service(), process=self.process(ns, kind not in ("tcp_reset", "connect_failure")))
        make = self.counter if counted else getattr(self, kind, self.death)
        make(event, ns)
        if self.chance(0.2):
            event["missing"] = [{"what": "stack", "why": self.text(160)}]
        return event


def events(count=10_000, seed=1, start=None):
    """Yields events, each kind as often as the others; start is the time of the first, in s since 1970, now minus an hour."""
    maker = Maker(seed)
    ns = int((time.time() - 3600 if start is None else start) * 1_000_000_000)
    for number in range(count):
        ns += maker.rng.randrange(1, STEP)
        yield maker.event(KINDS[number % len(KINDS)], ns)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--start", type=float)
    chosen = parser.parse_args()
    for event in events(chosen.count, chosen.seed, chosen.start):
        print(json.dumps(event, ensure_ascii=False, separators=(",", ":")))


if __name__ == "__main__":
    main()

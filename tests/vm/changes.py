# One host that is changed: its clock is set, it runs out of memory, it is started again, then with another kernel. Three
# boots with one state folder, which goes from one to the next by the console and the initramfs.
import base64
import calendar
import json
import os
import re
import time

import guest

FIRST, OTHER = "6.12", "6.1"
MB = 1 << 20


def initramfs_with(state, name):
    """The guest's initramfs with the state folder of the boot before. state: a compressed archive of cpio, or None."""
    if not state:
        return guest.INITRAMFS
    path = os.path.join(guest.OUT, f"{name}.gz")
    with open(guest.INITRAMFS, "rb") as file, open(path, "wb") as out:
        out.write(file.read() + state)
    return path


def seconds_of(text):
    """Seconds since the epoch of an event's time."""
    return calendar.timegm(time.strptime(text[:19], "%Y-%m-%dT%H:%M:%S")) + float(text[19:-1])


def events_of(text):
    return [json.loads(line) for line in text.splitlines() if line.strip()]


def markers_of(boot, section="markers.jsonl"):
    """Detector, marker and time of what was noticed of the host: all that is stored, or what this boot said (out.jsonl), as said."""
    words = (("the clock was set by ", "clock"), ("the host was started again", "reboot"), ("the kernel is ", "kernel"))
    found = []
    for event in [e for e in events_of(boot[section]) if e["kind"] == "marker"]:
        m = event["marker"]
        name = next((name for start, name in words if m["evidence"].startswith(start)), "other")
        if (m["kind"], m["service"], m["source"]) != ("infra", "host", "inferred"):
            name = "other"
        found.append((name, m, seconds_of(event["time"])))
    return found


def check_deaths(number, boot):
    cases = guest.parse_cases(boot["cases"])
    for name in [name for name in cases if "before" in cases[name]]:
        case = cases[name]
        times = [seconds_of(e["time"]) for e in events_of(boot["out.jsonl"])
                 if e["kind"] == "crash" and e["process"]["pid"] == int(case["pid"])]
        right = len(times) == 1 and int(case["before"]) <= times[0] < int(case["after"]) + 1
        yield right, f"boot {number}, {name}: died at {times} between {case['before']} and {case['after']} + 1 s"


def check_clock(boot):
    told = [(m["evidence"], at) for name, m, at in markers_of(boot, "out.jsonl") if name == "clock"]
    steps = [float(re.search(r"by (\S+) s", evidence)[1]) for evidence, _ in told]
    yield [round(step / 60) for step in steps] == [5, -12], f"clock: set by {steps} s, once each"
    cases = guest.parse_cases(boot["cases"])
    for (_, at), name in zip(told, ("ahead", "behind")):
        death = next(seconds_of(e["time"]) for e in events_of(boot["out.jsonl"])
                     if e["kind"] == "crash" and e["process"]["pid"] == int(cases[name]["pid"]))
        yield 0 <= death - at < 2, f"clock, {name}: the death right after it comes {death - at:.3f} s after the marker"


def check_oom(boot):
    """Out of memory without any group's limit, against the kernel's own words and counter."""
    cases = guest.parse_cases(boot["cases"])
    case, sizes = cases["oom"], {int(pid): int(size) << 10 for pid, size in cases["sizes"].items()}
    events = [e for e in events_of(boot["out.jsonl"]) if e["kind"] == "oom_kill"]
    killed = [int(pid) for pid in re.findall(r"Out of memory: Killed process (\d+)", boot["kernel"])]
    yield killed == [int(case["pid"])] and "constraint=CONSTRAINT_NONE" in boot["kernel"] and case["status"] == "137", \
        f"oom: the kernel killed {killed}, status {case['status']}"
    yield [e["process"]["pid"] for e in events] == killed and case["kills"] == str(len(events)), \
        f"oom: {len(events)} oom_kill, /proc/vmstat counted {case['kills']}"
    oom = events[0]["oom"] if events else {}
    yield (oom.get("scope"), oom.get("cgroup"), oom.get("trigger", {}).get("pid") is not None) == ("host", None, True), \
        f"oom: {json.dumps(oom)[:300]}"
    largest = {p["pid"]: p["rss"] for p in oom.get("largest", [])}
    rss = re.search(r"anon-rss:(\d+)kB, file-rss:(\d+)kB, shmem-rss:(\d+)kB", boot["kernel"])
    truth = sum(map(int, rss.groups())) << 10 if rss else 0
    yield list(largest)[:1] == killed and abs(largest[killed[0]] - truth) < 2 * MB, \
        f"oom: the largest is {list(largest.items())[:1]}, the kernel says {truth} of {killed}"
    yield list(largest.values()) == sorted(largest.values(), reverse=True), f"oom: the largest in order: {largest}"
    yield list(largest)[1:2] == [max(sizes, key=sizes.get)] == [int(case["holder"])] and \
        abs(largest[int(case["holder"])] - sizes[int(case["holder"])]) < 2 * MB, f"oom: then {largest}, seen before: {sizes}"


def check_markers(boots):
    """All that was told in the end, and by which boot."""
    release = {n: boot["host"].split()[1] for n, boot in enumerate(boots, 1)}
    ids = [boot["host"].split()[0] for boot in boots]
    names = [[name for name, _, _ in markers_of(boot)] for boot in boots]
    clocks = ["clock", "clock"]
    yield len(set(ids)) == 3 and release[1] == release[2] != release[3], f"three boots of {sorted(set(release.values()))}"
    for n, expected in enumerate((clocks, clocks + ["reboot"], clocks + ["reboot", "reboot", "kernel"])):
        yield sorted(names[n]) == sorted(expected), f"boot {n + 1}: markers {names[n]}"
    kernel = [m for name, m, _ in markers_of(boots[2]) if name == "kernel"]
    words = f"the kernel is {release[3]}, before it was {release[1]}"
    yield [(m["version"], m["evidence"]) for m in kernel] == [(release[3], words)], f"kernel: {kernel}"


def test(verbose):
    results, state, boots, total = [], None, [], 0
    for number, version in ((1, FIRST), (2, FIRST), (3, OTHER)):
        name = f"changes-{number}"
        sections, seconds, wrong = guest.boot_to_end(name, version, verbose, f"rdinit=/changes boot={number}",
                                                     initramfs_with(state, name))
        total += seconds
        if not wrong and ("never-watching" in sections["cases"] or "still-running" in sections["cases"]):
            wrong = f"the daemon: {sections['cases']} {sections['err.txt'][-800:]}"
        if wrong:
            return results + [(False, f"boot {number}: {wrong}")]
        boots.append(sections)
        state = base64.b64decode(sections["state.base64"])
        results += check_deaths(number, sections)
    results.append((True, f"three boots in {total:.0f} s"))
    return results + [*check_clock(boots[0]), *check_oom(boots[0]), *check_markers(boots)]

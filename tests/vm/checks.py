# What must be true of one guest's output: compares the daemon's events with what the programs say they did (section
# "cases") and with the kernel's own counters (sections "before" and "after"). Yields (passed, text) for each check.
import json
import os
import re
import sys

import guest

sys.path.append(os.path.join(os.path.dirname(os.path.dirname(os.path.realpath(__file__))), "schema"))
from schema import complaint  # noqa: E402

DEATHS = ("crash", "oom_kill", "kill", "exit_failure")
CRASHES = {
    "segv": {"name": "SIGSEGV", "code": "SEGV_MAPERR", "address": "0x0"},
    "thread-segv": {"name": "SIGSEGV", "code": "SEGV_MAPERR", "address": "0x0"},
    "abort": {"name": "SIGABRT"},
    "fpe": {"name": "SIGFPE", "code": "FPE_INTDIV"},
    "overflow": {"name": "SIGSEGV", "reason": "stack overflow"},
    "poison": {"name": "SIGBUS", "code": "BUS_MCEERR_AR"},
    "witness": {"name": "SIGSEGV", "code": "SEGV_MAPERR", "address": "0x0"},
    "witness-dynamic": {"name": "SIGSEGV", "code": "SEGV_MAPERR", "address": "0x0"},
}
# All frames, the innermost first, inlined ones left out: the calls in smoke.c, and what glibc has around them. A call of
# memset goes to the version that fits the processor, and a stripped C library has no name for its inner function.
BOTTOM = ["main", "__libc_start_call_main", "__libc_start_main", "_start"]
STACKS = {
    "segv": ["run_segv", *BOTTOM],
    "thread-segv": ["crash_in_thread", "start_thread", "clone3"],
    "abort": ["__pthread_kill_implementation", "raise", "abort", "run_abort", *BOTTOM],
    "fpe": ["run_fpe", *BOTTOM],
    "sleep": ["clock_nanosleep", "nanosleep", "sleep", "run_sleep", *BOTTOM],
    "oom": ["memset", "run_oom", *BOTTOM],
    "witness": ["inner", "middle", "run_witness", *BOTTOM],
    "witness-dynamic": ["inner", "middle", "run_witness", "main", None, "__libc_start_main", "_start"],
}
# What a shell sees: 128 + the signal, or the exit status. It shows that the programs themselves did what they should.
STATUSES = {"overflow": 139, "segv": 139, "thread-segv": 139, "abort": 134, "fpe": 136, "handled-segv": 0, "exit3": 3,
            "reset": 0, "refused": 0, "badopen": 0, "client": 4, "pool": 5, "sleep": 137, "oom": 137, "witness": 139, "witness-dynamic": 139}


def parse_events(text):
    """All events, and the lines that are none."""
    events, bad = [], []
    for line in text.splitlines():
        try:
            event = json.loads(line)
            events.append(event) if "kind" in event else bad.append(line)
        except (ValueError, TypeError):
            if line.strip():
                bad.append(line)
    return events, bad


def parse_counters(text):
    counters, names = {}, None
    for line in text.splitlines():
        name, *values = line.split() or [""]
        if name == "oom_kill":
            counters[name] = int(values[0])
        elif name == "Tcp:" and names is None:
            names = values
        elif name == "Tcp:":
            counters.update(zip(names, map(int, values)))
    return counters


def at(event, *path):
    for key in path:
        event = event.get(key) if isinstance(event, dict) else None
    return event


def short(events):
    """Events as one line of text, to show what was there in place of the right ones."""
    keys = ("kind", "signal", "killer", "exit", "oom", "syscall", "errno", "direction", "local", "remote", "count")
    shown = [dict({key: e[key] for key in keys if e.get(key) is not None}, pid=at(e, "process", "pid")) for e in events]
    return json.dumps(shown)[:600]


def stack_of(event):
    """The names of all frames but inlined ones, without what tells a version of a function from others."""
    names = [f.get("function") for f in at(event, "stack", "frames") or [] if not f.get("inlined")]
    return [name and re.sub(r"^__(memset)_.*|\..*", r"\1", name) for name in names]


def family_states(doctor):
    """(name, state) of each probe family in doctor's document."""
    return [(f["name"], f["state"]) for f in doctor["families"]]


def check(version, sections):
    cases = guest.parse_cases(sections["cases"])
    events, bad = parse_events(sections["out.jsonl"])
    before, after = parse_counters(sections["before"]), parse_counters(sections["after"])
    delta = {name: after[name] - before[name] for name in after}
    release = tuple(map(int, version.split(".")))

    # Debian's kernels for clouds have CONFIG_MEMORY_FAILURE only later.
    crashes = dict(CRASHES)
    if release < (6, 12):
        del crashes["poison"]
    statuses = dict(STATUSES, asked=143, poison=135 if "poison" in crashes else 0)
    if release >= (5, 14):
        statuses["group"] = 137

    if "never-watching" in cases:
        yield False, "the daemon never said that it is watching; stderr: " + sections["err.txt"].strip()[-800:]
        return

    def pid(name):
        return int(cases[name].get("pid", -1)) if name in cases else -1

    def total(found):
        return sum(e.get("count", 1) for e in found)

    wrong = sorted({text for text in map(complaint, events) if text})
    yield not wrong, f"all {len(events)} events are as the schema has them" + "".join("; " + text for text in wrong[:5])

    for name, status in statuses.items():
        if cases.get(name, {}).get("status") != str(status):
            yield False, f"{name}: the program ended with {cases.get(name)}, not with status {status}"

    def one_death(name, kind, **wanted):
        """Exactly one death of that process, of that kind, with these values; keys name a path with __ for a dot."""
        deaths = [e for e in events if e["kind"] in DEATHS and at(e, "process", "pid") == pid(name)]
        wrong = [f"{path.replace('__', '.')} is {at(e, *path.split('__'))}, not {value}" for e in deaths
                 for path, value in wanted.items() if at(e, *path.split("__")) != value]
        if [e["kind"] for e in deaths] != [kind]:
            return False, f"{name}: one {kind} wanted for pid {pid(name)}, got {short(deaths)}"
        return not wrong, f"{name}: one {kind}" + (", but " + "; ".join(wrong) if wrong else " with the right details")

    for name, signal in crashes.items():
        wanted = {"signal__" + key: value for key, value in signal.items()}
        if name == "thread-segv":
            wanted["process__tid"] = int(cases.get(name, {}).get("tid", -1))
        else:
            wanted["process__tid"] = pid(name)
        yield one_death(name, "crash", **wanted)

    for name, wanted in STACKS.items():
        got = [stack_of(e) for e in events if e["kind"] in DEATHS and at(e, "process", "pid") == pid(name)]
        yield got == [wanted], f"{name}: {len(wanted)} frames with their names" if got == [wanted] else f"{name}: frames {got}, not {wanted}"
    for name in ("witness", "witness-dynamic"):
        death = next((e for e in events if e["kind"] == "crash" and at(e, "process", "pid") == pid(name)), {})
        words = at(death, "last_words", "text") or ""
        yield words.endswith("witness: these are my last words\n"), f"{name}: last words {words!r}"
        crumbs = [(c.get("syscall"), c.get("errno"), c.get("subject")) for c in death.get("breadcrumbs") or []]
        yield crumbs == [("openat", "ENOTDIR", "/proc/version/witness")], f"{name}: breadcrumbs {crumbs}"

    found = [e for e in events if at(e, "process", "pid") == pid("handled-segv")]
    yield not found, "handled-segv: " + (f"no event wanted, got {short(found)}" if found else "no event")

    yield one_death("sleep", "kill", signal__name="SIGKILL",
                    killer__pid=int(cases.get("sleep", {}).get("killer", -1)))
    yield one_death("exit3", "exit_failure", exit__status=3)
    # The service of a program in the root group is its file.
    yield one_death("client", "exit_failure", exit__status=4, calls=[
        {"service": "smoke-dynamic", "remote": remote} for remote in ("127.0.0.1:4242", "unix:@smoke")])
    found = [(e.get("remote"), e.get("errno")) for e in events
             if e["kind"] == "connect_failure" and at(e, "process", "pid") == pid("client")]
    yield found == [("unix:@smoke", "ECONNREFUSED")], f"client: failed connects {found}"
    yield one_death("pool", "exit_failure", exit__status=5, calls=[{"service": "smoke-dynamic", "remote": "127.0.0.1:4243"}])
    yield one_death("oom", "oom_kill", oom__scope="cgroup", oom__limit=32 << 20, oom__cgroup="/oom")
    found = [e for e in events if e["kind"] == "oom_kill"]
    yield len(found) == delta["oom_kill"] >= 1, \
        f"oom: {len(found)} oom_kill, /proc/vmstat counted {delta['oom_kill']}"

    def the(name):
        return next((e for e in events if e["kind"] in DEATHS and at(e, "process", "pid") == pid(name)), {})

    names = [name for name in ("segv", "abort", "poison", "sleep", "asked", "group", "oom") if the(name)]
    wanted = {"abort": "self", "poison": "hardware", "sleep": "unknown", "asked": "unknown", "group": "kernel",
              "oom": "kernel"}
    got = {name: at(the(name), "killer", "class") for name in names}
    yield got == {name: wanted.get(name) for name in names}, f"killers: {got}"
    if release >= (5, 14):
        yield at(the("group"), "killer", "reason") == "cgroup.kill, written by sh", f"group: {the('group').get('killer')}"
    codes = [at(the(name), "signal", "code") for name in ("sleep", "asked")]
    yield codes == ["SI_USER", "SI_USER"], f"codes of kill: {codes}"
    opened, files = at(the("segv"), "limits", "nofile", "open"), int(cases.get("segv", {}).get("files", -1))
    yield opened == files, f"segv: {opened} open files of {files}"
    for name in ("segv", "sleep", "oom"):
        memory = the(name).get("memory", {})
        yield 0 < memory.get("rss", 0) <= memory.get("peak", 0) <= memory.get("virtual", 0) and \
            at(the(name), "process", "threads") == 1, f"{name}: memory {memory}"
    late = "memory" in the("exit3") or any(m["what"] == "memory" for m in the("exit3").get("missing", []))
    yield late, f"exit3: memory is there or missing: {the('exit3').get('missing')}"

    oom = the("oom").get("oom", {})
    first = (oom.get("largest") or [{}])[0]
    yield first.get("pid") == pid("oom") and 24 << 20 < first.get("rss", 0) <= 34 << 20, f"oom: the largest is {first}"
    yield first.get("rss") == at(the("oom"), "memory", "rss"), "oom: its size is the one at the choice"
    anon = oom.get("memory_stat", {})
    # An emulated machine may come by when the victim's memory has been given back, and says how late that was.
    yield "read_after" in oom and (bool(anon) or oom["read_after"] > 0.01), f"oom: memory.stat {anon}, read after {oom.get('read_after')} s"

    # Any other death would be a made-up one: nothing else ends badly in the guest.
    known = {pid(name) for name in (*crashes, "sleep", "exit3", "client", "pool", "oom", "asked", "group")}
    found = [e for e in events if e["kind"] in DEATHS and at(e, "process", "pid") not in known]
    yield not found, "deaths: " + (f"none but the known ones wanted, got {short(found)}" if found else "no others")

    reset = cases.get("reset", {})
    done = int(reset.get("sent", -1))
    for direction in ("sent", "received"):
        found = [e for e in events if e["kind"] == "tcp_reset" and e.get("direction") == direction and
                 any(str(e.get(side)).endswith(":" + reset.get("port", "?")) for side in ("local", "remote"))]
        yield total(found) == int(reset.get(direction, -1)), \
            f"reset: {total(found)} {direction} of {reset.get(direction)} on established connections" + \
            ("" if total(found) == int(reset.get(direction, -1)) else f": {short(found)}")
    # Both ends of each connection are here, and each counts one.
    yield delta["EstabResets"] == 2 * done, f"reset: the kernel counted {delta['EstabResets']} EstabResets of {2 * done}"

    refused = cases.get("refused", {})
    tries = int(refused.get("refused", -1))
    # The kernel answers a refused attempt with a reset that has no socket, which the tracepoint shows from 6.10 on.
    yield delta["OutRsts"] == done + tries, f"reset: the kernel counted {delta['OutRsts']} OutRsts of {done + tries}"
    if release >= (6, 10):
        found = [e for e in events if e["kind"] == "tcp_reset" and e.get("direction") == "sent"]
        yield total(found) == delta["OutRsts"], \
            f"reset: {total(found)} sent in all, the kernel counted {delta['OutRsts']}" + \
            ("" if total(found) == delta["OutRsts"] else f": {short(found)}")

    found = [e for e in events if e["kind"] == "connect_failure" and e.get("errno") == "ECONNREFUSED" and
             e.get("remote") == "127.0.0.1:" + refused.get("port", "?")]
    yield total(found) == tries == delta["AttemptFails"], \
        f"refused: {total(found)} connect_failure of {tries}, the kernel counted {delta['AttemptFails']}" + \
        ("" if total(found) == tries else f": {short([e for e in events if e['kind'] == 'connect_failure'])}")

    failed = int(cases.get("badopen", {}).get("failed", -1))
    mine = [e for e in events if e["kind"] == "syscall_errors" and at(e, "process", "pid") == pid("badopen")]
    found = [e for e in mine if e.get("syscall") == "openat" and e.get("errno") == "ENOTDIR"]
    yield total(found) == failed, f"badopen: {total(found)} openat ENOTDIR of {failed}" + \
        ("" if total(found) == failed else f": {short(mine)}")

    # From 7.0 on a program may be preempted, and the kernel then skips it for other tasks on that CPU: mostly for
    # calls that succeeded and other steps of connections, which the probe would have passed over.
    found = [e for e in events if e["kind"] == "gap" and
             not (release >= (7, 0) and e["reason"] == "probe_missed" and e["source"] in ("syscall", "tcp"))]
    yield not found, "gap: " + (f"nothing lost wanted, got {json.dumps(found)[:600]}" if found else "nothing lost")
    yield not bad, f"output: {len(events)} events" + (f", and {len(bad)} lines that are none: {bad[:3]}" if bad else "")

    try:
        states = family_states(json.loads(sections["doctor.json"]))
        # Before 6.10 the kernel's tracepoint tells less of a reset, and doctor has to say so.
        wanted = {"tcp": "degraded"} if release < (6, 10) else {}
        wrong = [f"{name} is {state}" for name, state in states if state != wanted.get(name, "attached")]
        yield bool(states) and not wrong, \
            f"doctor: {len(states)} families as they should be" if states and not wrong else f"doctor: {wrong or 'no families'}"
    except (ValueError, KeyError, TypeError) as error:
        yield False, f"doctor: not the document wanted ({error}): " + \
            (sections["doctor.json"] + sections["doctor.err"]).strip()[:600]
    for name in ("doctor", "daemon"):
        status = cases.get(name, {}).get("status")
        yield status == "0", f"{name}: exit status {status}" + \
            ("" if status == "0" else ": " + sections["doctor.err" if name == "doctor" else "err.txt"].strip()[-600:])

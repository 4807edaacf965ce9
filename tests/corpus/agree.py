# SPDX-License-Identifier: Apache-2.0
"""Compares the frames of an event with those that gdb finds in the core file of the same death; eu-stack is asked where
the two differ. Inlined frames are left out on all sides."""
import functools
import os
import re
import subprocess

from spelling import base

HERE = os.path.dirname(os.path.abspath(__file__))
GDB = ["gdb", "-batch", "-nx", "-iex", "set debuginfod enabled off", "-iex", "set auto-load off",
       "-ex", "set backtrace past-main on", "-x", os.path.join(HERE, "../symbolize/gdb_frames.py")]


def output(argv, env=None):
    # A second witness may hang on a broken stack, or call itself a failure at the stack's end.
    try:
        return subprocess.run(argv, env=env, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=100).stdout.decode(errors="replace")
    except subprocess.TimeoutExpired:
        return ""


def gdb_frames(exe, core, tid):
    rows = [line.split("\t") for line in output([*GDB, exe, core], dict(os.environ, TID=str(tid))).splitlines()]
    return [{"pc": int(r[1], 16), "name": r[2], "signal": r[4] == "1", "call": r[5] == "1"}
            for r in rows if r[0] == "gdb" and r[3] == "0"]


def eu_frames(exe, core, tid):
    frames, here = [], False
    for line in output(["eu-stack", "-n", "200", "--core", core, "--executable", exe]).splitlines():
        here = line == f"TID {tid}:" if line.startswith("TID ") else here
        match = re.match(r"#\d+ +(0x[0-9a-f]+)", line)
        if here and match:
            frames.append(int(match[1], 16))
    return frames


def our_frames(event):
    return [{"pc": int(f["address"], 16), "name": f.get("function", ""), "module": f.get("module"), "trust": f.get("trust"),
             "build_id": f.get("build_id"), "offset": int(f.get("offset", "0"), 16)} for f in event.get("stack", {}).get("frames", []) if not f.get("inlined")]


def common(left, right):
    """The longest common subsequence, as pairs of places."""
    table = [[0] * (len(right) + 1) for _ in range(len(left) + 1)]
    for i in reversed(range(len(left))):
        for j in reversed(range(len(right))):
            table[i][j] = table[i + 1][j + 1] + 1 if left[i] == right[j] else max(table[i + 1][j], table[i][j + 1])
    pairs, i, j = [], 0, 0
    while i < len(left) and j < len(right):
        if left[i] == right[j]:
            pairs.append((i, j))
            i, j = i + 1, j + 1
        elif table[i + 1][j] >= table[i][j + 1]:
            i += 1
        else:
            j += 1
    return pairs


@functools.lru_cache(maxsize=None)
def symbols(module, build_id):
    """Addresses by name."""
    found = {}
    debug = f"/usr/lib/debug/.build-id/{(build_id or 'xx')[:2]}/{(build_id or 'xx')[2:]}.debug"
    for argv in (["nm", "-C", module], ["nm", "-C", "-D", module], ["nm", "-C", debug]):
        for line in output(argv).splitlines():
            fields = line.split(" ", 2)
            if len(fields) == 3 and fields[0]:
                found.setdefault(base(fields[2]), set()).add(fields[0])
    return found


def same_name(ours, theirs):
    """Equal, or two names of one address."""
    a, b = base(ours["name"]), base(theirs["name"])
    if a == b:
        return True
    if not a or not ours["module"]:
        return False
    table = symbols(ours["module"], ours["build_id"])
    return bool(table.get(a, set()) & table.get(b, set()))


@functools.lru_cache(maxsize=None)
def entry(exe):
    """Where the program begins, as its symbol table counts."""
    match = re.search(r"Entry point address: +(0x[0-9a-f]+)", output(["readelf", "-hW", exe]))
    return int(match[1], 16) if match else -1


def bottom(ours, exe):
    """The places of the frames below main, of which _start is the last: every program begins with them, so that they are on
    the stack whatever lies between."""
    begins = ours and ours[-1]["module"] == exe and 0 <= ours[-1]["offset"] - entry(exe) < 64
    return set(range(max(0, len(ours) - 3), len(ours))) if begins else set()


def from_first(frames, ours):
    """A handler ended the process, and the event tells of the fault before: the frames from there on. Go's handler makes the
    fault look like a call of runtime.sigpanic, and returns."""
    if not frames or not ours or frames[0]["pc"] == ours[0]["pc"]:
        return frames
    starts = [i + 1 for i in range(len(frames) - 1) if (frames[i]["signal"] or frames[i]["name"] == "runtime.sigpanic")
              and frames[i + 1]["pc"] == ours[0]["pc"]]
    return frames[starts[-1]:] if starts else frames


def without_guesses(frames, ours):
    """gdb's frames up to the first that no call left behind, which it took from the stack without knowing; one that is in
    the event at the same place was known to both."""
    for i in range(1, len(frames)):
        known = frames[i]["call"] or frames[i]["signal"] or frames[i - 1]["signal"]
        if not known and not (i < len(ours) and ours[i]["pc"] == frames[i]["pc"]):
            return frames[:i]
    return frames


def by_source(ours, chain):
    """The places of the frames that the source says, by their names, nearest to main last."""
    names = [base(f["name"]) or None for f in ours[-len(chain):]]
    return set(range(len(ours) - len(chain), len(ours))) if chain and names == chain else set()


def judge(event, gdb, eu, chain):
    """The figures of one death, and lines that tell of each difference."""
    ours = our_frames(event)
    source = by_source(ours, chain)
    if ours and len(source) == len(ours):
        gdb = [dict(f, signal=False, call=True) for f in ours]
    full = from_first(gdb, ours)
    theirs = without_guesses(full, ours)
    pairs = common([f["pc"] for f in ours], [f["pc"] for f in theirs])
    found = {j for _, j in pairs}
    if event.get("stack", {}).get("truncated") and pairs and pairs[-1][0] == len(ours) - 1:
        theirs = theirs[:pairs[-1][1] + 1]  # what was not captured cannot be found
    missed = [f for j, f in enumerate(theirs) if j not in found]
    alone = set(range(len(ours))) - {i for i, _ in pairs}
    invented = sorted(alone - source - bottom(ours, event["process"].get("exe")) - {i for i, _ in common([f["pc"] for f in ours], eu)})
    named = [(ours[i], theirs[j]) for i, j in pairs if theirs[j]["name"] and not theirs[j]["signal"]]
    wrong = [(o, g) for o, g in named if not same_name(o, g)]
    lines = [f"gdb has {f['pc']:#x} {f['name']}, we have not" for f in missed]
    lines += [f"we have {ours[i]['pc']:#x} {ours[i]['name']} by {ours[i]['trust']}, gdb has not" for i in invented]
    lines += [f"{g['name']} is {o['name'] or 'nameless'}" for o, g in wrong]
    return {"frames": len(theirs), "found": len(found), "named": len(named), "equal": len(named) - len(wrong),
            "invented": len(invented), "beyond gdb": len(alone) - len(invented), "guessed by gdb": len(full) - len(theirs)}, lines

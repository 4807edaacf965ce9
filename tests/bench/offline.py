# SPDX-License-Identifier: Apache-2.0
"""What needs neither root nor probes: events a second through correlation, and lists from a large database."""
import os
import statistics
import subprocess
import time

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.realpath(__file__))))
LASTWORDS = os.path.join(TOP, "build", "lastwords")
REPEATS = 5
TURNS = 3
PARSING = 12  # %: it was 19 when every value of every event was read


def measured(argv):
    """CPU seconds and peak memory in MB of one run, and what it said."""
    with subprocess.Popen(argv, stdout=subprocess.PIPE) as child:
        said = child.stdout.read()
        _, status, used = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise SystemExit(f"{argv[0]} ended with {child.returncode}")
    return used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, said


def replay(path):
    return measured([LASTWORDS, "replay", "-o", "jsonl", path])


def beside_parsing(parse, path):
    """The CPU time of a replay, by that of nothing but reading the same lines with jansson, in turns: what slows the machine
    down meanwhile slows both."""
    turns = [(replay(path)[0], measured([parse, path])[0]) for _ in range(TURNS)]
    return statistics.median(ours / theirs for ours, theirs in turns)


def bench_engine(judge, note, events, parse, count, folder):
    paths = [os.path.join(folder, f"events-{n}.jsonl") for n in (count // 10, count)]
    for path, n in zip(paths, (count // 10, count)):
        with open(path, "wb") as out:
            subprocess.check_call([events, str(n)], stdout=out)
    print(f"# correlation of {count} events, {os.path.getsize(paths[1]) >> 20} MB, on one core")
    _, small, _ = replay(paths[0])
    took, peak, said = replay(paths[1])
    note(f"{count / took / 1e3:.0f} thousand events a second; {said.count(b'incident')} incidents, {said.count(b'issue')} issues named; "
         f"peak memory {small:.1f} MB after a tenth of them, {peak:.1f} MB after all")
    judge.check("correlation of an event", took / count * 1e9, "ns", 2000, 6000)
    judge.check("the same, of what jansson takes to read it", 100 * beside_parsing(parse, paths[0]), "%", PARSING, 1.5 * PARSING)
    judge.check("correlation, peak memory", peak, "MB", 64, 64)
    judge.check("correlation, memory that nine tenths of the events add", peak - small, "MB", 2, 2)
    for path in paths:
        os.unlink(path)


def ids(state):
    """Of an event and an issue in the middle of the lists, and of the issue with most events and fingerprints."""
    for command, count in (("crashes", "99"), ("issues", "99"), ("issues", "1")):
        said = subprocess.check_output([LASTWORDS, command, "--state", state, "-o", "jsonl", "-n", count], text=True)
        yield said.splitlines()[-1].split('"id":"')[1].split('"')[0]


def queries(state, span):
    middle, end = (time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - span * part)) for part in (0.5, 0.4))
    crash, issue, busy = ids(state)
    yield from (["events"], ["events", "-n", "500"], ["crashes"], ["issues"], ["incidents"], ["markers"],
                ["show", crash], ["show", issue], ["show", busy])
    yield from ([command, "--issue", which] for command in ("events", "crashes") for which in (issue, busy))
    yield ["crashes", "--issue", busy, "--since", middle, "--until", end]
    for service in ("shop-0", "shop-7", "none"):
        yield from ([command, "--service", service] for command in ("events", "crashes", "issues", "incidents", "markers"))
        yield from (["events", "--service", service, "--kind", kind] for kind in ("syscall_errors", "gap", "crash,oom_kill"))
        yield ["crashes", "--service", service, "--since", middle, "--until", end]
        yield ["events", "--service", service, "--until", middle]
    yield from (["events", "--kind", kind] for kind in ("tcp_reset", "gap", "crash,kill,marker"))
    yield from ([command, "--since", middle, "--until", end] for command in ("crashes", "issues", "incidents", "markers"))
    yield ["events", "--since", middle, "--until", end, "-n", "100"]


def bench_store(judge, note, fill, count, folder):
    state = os.path.join(folder, "state")
    os.mkdir(state)
    added = float(subprocess.check_output([fill, state, str(count)], text=True))
    size = os.path.getsize(os.path.join(state, "lastwords.db")) >> 20
    print(f"# lists of a database of {count} events, {size} MB; ms from exec to exit, medians of {REPEATS}")
    rows = []
    for query in queries(state, count * 0.4):
        took = []
        for _ in range(REPEATS):
            began = time.monotonic()
            limit = ["-n", "50"] if query[0] == "events" and "-n" not in query else []
            subprocess.run([LASTWORDS, query[0], "--state", state, *query[1:], *limit, "-o", "jsonl"], stdout=subprocess.DEVNULL,
                           stderr=subprocess.DEVNULL, check=True)
            took.append((time.monotonic() - began) * 1e3)
        rows.append((statistics.median(took), " ".join(query)))
    rows.sort(reverse=True)
    for took, query in rows[:5]:
        note(f"{took:6.1f}   {query}")
    note(f"{statistics.median(row[0] for row in rows):6.1f}   the median of {len(rows)} queries")
    judge.check(f"the slowest list, {rows[0][1]}", rows[0][0], "ms", 50, 100)
    judge.check("adding an event", 1e6 / added, "us", 20, 60)

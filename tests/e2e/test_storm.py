# SPDX-License-Identifier: Apache-2.0
"""A crash loop: each death told, a few of them captured, all known for the same."""
import signal
import subprocess
import time

from harness import balanced, check, equal, field, program, wait_for

COUNT = 3000
CAPTURES = 8  # a second, of one place
BESIDES = 2  # and then of each caller


def flood(count, signo, callers=1):
    """Returns the wait status of each child, and the seconds it took."""
    begin = time.monotonic()
    # What is written to /dev/null need not even be in memory.
    out = subprocess.run([program("flood"), str(count), str(int(signo)), str(callers)], capture_output=True, text=True, check=True).stdout
    return dict(map(int, line.split()) for line in out.splitlines()), time.monotonic() - begin


def why(event, key):
    return " ".join(m["why"] for m in event.get("missing", []) if m["what"] == key)


def is_captured(event):
    return "captured 8 times" not in why(event, "stack")


def test_crash_loop(t):
    daemon = t.daemon()
    time.sleep(1)  # until then the helper reads the C library, and more deaths than 1024 do not wait for its answer
    truth, seconds = flood(COUNT, signal.SIGSEGV)
    wait_for(lambda: len(daemon.of(set(truth))) >= COUNT, 20, f"{COUNT} deaths")
    deaths = daemon.of(set(truth))
    equal(len(deaths), COUNT, "deaths told")
    whole, bare = [e for e in deaths if is_captured(e)], [e for e in deaths if not is_captured(e)]
    print(f"# {COUNT} deaths in {seconds:.1f} s, {len(whole)} captured")
    # Two CPUs that count at the same instant may lose one.
    check(CAPTURES <= len(whole) <= (CAPTURES + BESIDES + 2) * (int(seconds) + 1), f"{len(whole)} captured in {seconds:.1f} s")
    check(all(len(field(e, "stack.frames")) > 2 for e in whole), "a captured death has no callers")
    place = field(whole[0], "stack.frames")[0]
    check(place.get("function"), f"the place has no name: {place}")
    for event in bare:
        frames = field(event, "stack.frames")
        equal([(f["module"], f.get("offset"), f["trust"], f.get("function")) for f in frames],
              [(place["module"], place["offset"], "context", None)], "frames of a death that was not captured")
        equal(field(event, "signal.code"), "SI_TKILL", "code")
    equal({e["fingerprint"] for e in deaths}, {whole[0]["fingerprint"]}, "fingerprints")
    # Another signal at the same place is another death, and so is the same after a second.
    time.sleep(1.1)
    for signo in (signal.SIGSEGV, signal.SIGILL):
        (pid,) = flood(1, signo)[0]
        check(is_captured(daemon.death(pid)), f"{signo.name} was not captured")
    account = daemon.stop()
    balanced(account)
    equal(account["death"]["ring_full"] + account["snapshot"]["ring_full"], 0, "losses")


def test_callers(t):
    """What sends itself a signal dies in the C library: who called tells two defects apart, captured or not."""
    daemon = t.daemon()
    pids = [pid for signo in (signal.SIGABRT, signal.SIGSEGV) for pid in flood(200, signo, callers=2)[0]]
    wait_for(lambda: len(daemon.of(set(pids))) >= len(pids), 20, f"{len(pids)} deaths")
    by_pid = {e["process"]["pid"]: e for e in daemon.of(set(pids))}
    for number in range(4):
        half = len(pids) // 2
        deaths = [by_pid[pid] for pid in pids[number // 2 * half:][:half][number % 2::2]]
        whole = [e for e in deaths if is_captured(e)]
        check(whole and len(whole) < len(deaths), f"{len(whole)} of {len(deaths)} captured")
        name = field(whole[0], "stack.frames")[-4:]
        equal({e["fingerprint"] for e in deaths}, {whole[0]["fingerprint"]}, f"fingerprints of one caller: {name}")
        equal({field(e, "last_words.text") for e in deaths}, {("the other one\n", None)[number % 2]}, "last words")
    equal(len({e["fingerprint"] for e in by_pid.values()}), 2, "fingerprints of two callers")


def test_last_words(t):
    """Those of captured deaths are told, of others the newest."""
    daemon = t.daemon()
    script = "printf 'line\\n%.0s' {1..300} >&2; echo broken >&2; kill -ABRT $$"
    children = [subprocess.Popen(["bash", "-c", script], stderr=subprocess.DEVNULL) for _ in range(40)]
    pids = {child.pid for child in children if child.wait() or True}
    wait_for(lambda: len(daemon.of(pids)) >= len(pids), 10, "the deaths")
    deaths = daemon.of(pids)
    whole, bare = [e for e in deaths if is_captured(e)], [e for e in deaths if not is_captured(e)]
    check(CAPTURES <= len(whole) < len(deaths), f"{len(whole)} captured")
    equal({field(e, "last_words.text") for e in whole}, {"line\n" * 300 + "broken\n"}, "last words of captured deaths")
    equal({field(e, "last_words.text") for e in bare}, {"line\n" * 203 + "broken\n"}, "last words of others")
    equal({(field(e, "last_words.bytes"), field(e, "last_words.truncated")) for e in bare}, {(1507, True)}, "what is missing of them")


def test_lone_deaths(t):
    """The reader polls while deaths come, and is woken for the first one after a pause."""
    daemon = t.daemon()
    late = []
    for pause in (0, 0, 0, 0.001, 0.002, 0.003, 0.004, 0.005, 0.01, 0.02, 0.05) * 20:
        time.sleep(pause)
        (pid,) = flood(1, signal.SIGSEGV)[0]
        begin = time.monotonic()
        daemon.death(pid)
        late.append(time.monotonic() - begin)
    print(f"# {len(late)} lone deaths, the slowest told {max(late) * 1000:.0f} ms after its end was seen")
    # One that was missed would wait for the tick of the next second.
    check(sum(seconds > 0.3 for seconds in late) <= 1, f"late: {sorted(late)[-5:]}")

# SPDX-License-Identifier: Apache-2.0
"""Kills for lack of memory in a control group; the truth is the change of oom_kill in /proc/vmstat and what wait(2) told."""
import os
import re
import signal
import subprocess
import time

from harness import (Skipped, check, contains, counter, equal, field, lines_of_json, memory_root, pid_of, program, write_text)

MB = 1 << 20


def limited(t, limit, parts="oom"):
    """A memory control group with a limit in bytes. Returns its folder and its path in the hierarchy."""
    root, version = memory_root()
    path = "/" + t.unique(parts)
    top = t.cgroup(root + path)
    if version == 1:
        write_text(top + "/memory.limit_in_bytes", limit)
    else:
        write_text(root + "/cgroup.subtree_control", "+memory")
        write_text(top + "/memory.max", limit)
        write_text(top + "/memory.swap.max", 0)
    return top, path



def hog(t, group, *args, score=None):
    def prepare():
        write_text(group + "/cgroup.procs", os.getpid())
        if score is not None:
            write_text("/proc/self/oom_score_adj", score)
    return t.popen(program("hog"), *map(str, args), stdout=subprocess.PIPE, preexec_fn=prepare)


def check_oom(event, limit, path, trigger):
    oom = event["oom"]
    equal((event["kind"], field(event, "signal.name")), ("oom_kill", "SIGKILL"), "death")
    equal((oom["scope"], oom["limit"], oom["cgroup"]), ("cgroup", limit, path), "oom")
    equal(oom["trigger"]["pid"], trigger, "trigger")
    check(limit - 3 * MB <= oom["usage"] <= limit, f"usage at the limit: {oom}")
    equal(field(event, "killer.class"), "kernel", "killer's class")


def test_victims_of_their_own_groups(t):
    daemon = t.daemon()
    before = counter("oom_kill")
    for i, limit in enumerate((16 * MB, 24 * MB, 48 * MB)):
        group, path = limited(t, limit)
        # The last one is a process of several threads.
        victim = hog(t, group, 128, *(["threads"] if i == 2 else []))
        equal(victim.wait(20), -signal.SIGKILL, "status of the victim")
        event = daemon.death(victim.pid)
        check_oom(event, limit, path, victim.pid)
        equal(field(event, "oom.trigger.comm"), "hog", "name of the trigger")
    daemon.barrier()
    kills = [e for e in daemon.events() if e["kind"] == "oom_kill"]
    equal(len(kills), counter("oom_kill") - before, "oom_kill of /proc/vmstat")


def test_victim_is_another_process(t):
    """The group's largest process dies for the allocation of a small one."""
    daemon = t.daemon()
    before = counter("oom_kill")
    group, path = limited(t, 32 * MB)
    large = hog(t, group, 20, score=1000)
    equal(large.stdout.readline(), b"ready\n", "the large one")
    small = hog(t, group, 16)
    equal(large.wait(20), -signal.SIGKILL, "status of the large one")
    equal(small.stdout.readline(), b"ready\n", "the small one lives on")
    event = daemon.death(large.pid)
    check_oom(event, 32 * MB, path, small.pid)
    equal(field(event, "oom.score_adj"), 1000, "score_adj")
    equal(len([e for e in daemon.events() if e["kind"] == "oom_kill"]), counter("oom_kill") - before, "oom_kill")


def test_limit_of_the_group_above(t):
    """The limit that was hit is of a parent: that one is told, not the victim's own group."""
    daemon = t.daemon()
    top, path = limited(t, 32 * MB)
    root, version = memory_root()
    if version == 2:
        write_text(top + "/cgroup.subtree_control", "+memory")
    inner = t.cgroup(top + "/inner")
    victim = hog(t, inner, 128)
    equal(victim.wait(20), -signal.SIGKILL, "status")
    check_oom(daemon.death(victim.pid), 32 * MB, path, victim.pid)


def test_child_dies_and_service_lives(t):
    """Several children of one group in turn; the parent outside of it is no death."""
    daemon = t.daemon()
    before = counter("oom_kill")
    group, path = limited(t, 24 * MB)
    victims = []
    parent = t.popen("sh", "-c", "; ".join(
        f"sh -c 'echo $$ > {group}/cgroup.procs; echo $$; exec {program('hog')} 100'" for _ in range(5)) + "; exit 0",
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    victims = [int(line) for line in parent.communicate(timeout=20)[0].split()]
    equal((len(victims), parent.returncode), (5, 0), "victims and their parent's status")
    for pid in victims:
        check_oom(daemon.death(pid), 24 * MB, path, pid)
    daemon.barrier()
    equal(daemon.of(parent.pid), [], "death of the parent")
    equal(len([e for e in daemon.events() if e["kind"] == "oom_kill"]), counter("oom_kill") - before, "oom_kill")


def test_plain_kill_in_a_full_group(t):
    """A SIGKILL by hand in a group at its limit is a kill."""
    daemon = t.daemon()
    group, _ = limited(t, 64 * MB)
    victim = hog(t, group, 60)
    victim.stdout.readline()
    victim.kill()
    victim.wait(10)
    event = daemon.death(victim.pid)
    equal((event["kind"], field(event, "killer.pid")), ("kill", os.getpid()), "death")


def kernel_log(pid):
    """What the kernel wrote of this victim: its anon-rss in bytes, and its table of tasks {pid: (rss, name)}, which is empty
    after many in a few seconds."""
    lines = subprocess.run(["dmesg"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout.decode().splitlines()
    killed = [i for i, line in enumerate(lines) if f"Killed process {pid} (" in line]
    if not killed:
        raise Skipped("the kernel's log cannot be read")
    at = killed[-1]
    anon = int(re.search(r"anon-rss:(\d+)kB", lines[at])[1]) << 10
    before = max((i for i in range(at) if "Killed process" in lines[i]), default=0)
    head = max((i for i in range(before, at) if "Tasks state" in lines[i]), default=None)
    if head is None:
        return anon, {}
    names = lines[head + 1].split("[")[-1].replace("]", "").split()
    table = {}
    for line in lines[head + 2:at]:
        row = re.match(r".*\[ *(\d+)\] +(.*)$", line.split("] ", 1)[-1])
        if row:
            values = row[2].split()
            fields = dict(zip(names[1:], values))
            table[int(row[1])] = (int(fields["rss"]) * 4096, values[-1])
    return anon, table


def test_scene(t):
    """The group's processes with their sizes, and its memory.stat, against the kernel's own log."""
    daemon = t.daemon()
    if not scene(t, daemon):
        time.sleep(6)
        check(scene(t, daemon), "the kernel's log has a table of tasks")


def scene(t, daemon):
    group, path = limited(t, 80 * MB)
    root, version = memory_root()
    if version == 2:
        write_text(group + "/cgroup.subtree_control", "+memory")
    inner = t.cgroup(group + "/inner")
    others = [hog(t, group, size) for size in (4, 6, 8, 10)] + [hog(t, inner, size) for size in (5, 7)]
    for other in others:
        equal(other.stdout.readline(), b"ready\n", "one of known size")
    victim = hog(t, group, 200, score=500)
    equal(victim.wait(20), -signal.SIGKILL, "status")
    event = daemon.death(victim.pid)
    oom = event["oom"]
    equal((oom["scope"], oom["cgroup"], oom["score_adj"]), ("cgroup", path, 500), "oom")
    largest = {p["pid"]: p for p in oom["largest"]}
    sizes = [p["rss"] for p in oom["largest"]]
    equal(sizes, sorted(sizes, reverse=True), "order")
    equal(oom["largest"][0]["pid"], victim.pid, "largest of all")
    equal(oom["largest"][0]["score_adj"], 500, "its score_adj")
    equal(set(largest), {victim.pid, *(o.pid for o in others)}, "processes of the group")
    anon, table = kernel_log(victim.pid)
    check(anon <= oom["largest"][0]["rss"] <= anon + 4 * MB, f"rss {oom['largest'][0]['rss']}, anon-rss {anon}")
    for pid, (rss, name) in table.items():
        equal(largest[pid]["comm"], name, "name")
        check(abs(largest[pid]["rss"] - rss) <= MB, f"rss of {pid}: {largest[pid]['rss']}, the kernel's log {rss}")
    check(not table or set(table) == set(largest), f"the kernel's table of tasks: {table}, largest: {largest}")
    stat = oom["memory_stat"]
    biggest = stat["anon" if version == 2 else "rss"]
    check(30 * MB < biggest <= 80 * MB and len(stat) <= 8, f"memory.stat: {stat}")
    check(0 < oom["read_after"] < 0.5, f"read {oom['read_after']} s later")
    equal(field(event, "memory.rss"), oom["largest"][0]["rss"], "memory.rss")
    page = t.lastwords("show", "--state", t.path("state"), event["id"]).out
    contains(page, f"hog[{victim.pid}] ", "page")
    contains(page, "\nmemory.stat ", "page")
    return bool(table)


def test_scene_in_a_capture(t):
    """What was read then is in the capture: the same event comes of it."""
    recorder = t.start("record", "--config", t.config(""), t.path("capture")).ready()
    group, _ = limited(t, 24 * MB)
    other = hog(t, group, 6)
    other.stdout.readline()
    victim = hog(t, group, 100)
    equal(victim.wait(20), -signal.SIGKILL, "status")
    recorder.process.terminate()
    equal(recorder.process.wait(10), 0, "status of record")
    out = t.lastwords("run", "--state", t.path("replay"), "--config", t.config(""), "--from", t.path("capture"), "-o",
                      "jsonl").out
    events = [e for e in lines_of_json(out) if pid_of(e) == victim.pid and e["kind"] == "oom_kill"]
    equal(len(events), 1, "deaths of the victim")
    equal({p["pid"] for p in events[0]["oom"]["largest"]}, {victim.pid, other.pid}, "largest")
    check(events[0]["oom"]["memory_stat"], "memory.stat")

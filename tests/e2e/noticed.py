# SPDX-License-Identifier: Apache-2.0
"""What tests of noticed changes share: services, and the markers of what was noticed."""
import os

from harness import cgroup2_root, lines_of_json, memory_root, program, write_text


def inferred(t, state="state"):
    """All that was noticed, oldest first."""
    found = lines_of_json(t.lastwords("markers", "--state", t.path(state), "-o", "jsonl", "-n", "0").out)
    return [e["marker"] for e in found[::-1] if e["marker"]["source"] == "inferred"]


def markers(t, kind, service):
    return [m for m in inferred(t) if (m["kind"], m["service"]) == (kind, service)]


def service(t, name, *args, **options):
    """A process in the groups of a unit, of v2 and of the hierarchy that limits memory; returns the latter."""
    groups = [cgroup2_root() + f"/system.slice/{name}.service"]
    if memory_root()[1] == 1:
        groups.append(memory_root()[0] + f"/system.slice/{name}.service")
    for group in groups:
        t.cgroup(group)
    t.popen(*args, **options, preexec_fn=lambda: [write_text(g + "/cgroup.procs", os.getpid()) for g in groups])
    return groups[-1]


def seen(t, daemon):
    """Returns when the daemon has seen what was started before: a death is told after it."""
    daemon.death(t.run(program("crash"), "null")[0])

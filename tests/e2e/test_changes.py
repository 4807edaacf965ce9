# SPDX-License-Identifier: Apache-2.0
"""Changes that nobody declared, made for real and noticed by a daemon."""
import os
import subprocess

from harness import cgroup2_root, command, contains, equal, lines_of_json, memory_root, program, wait_for, write_text


def markers(t, kind, service):
    found = lines_of_json(t.lastwords("markers", "--state", t.path("state"), "-o", "jsonl", "-n", "0").out)
    return [e["marker"] for e in found
            if (e["marker"]["kind"], e["marker"]["service"], e["marker"]["source"]) == (kind, service, "inferred")]


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


def test_limit(t):
    daemon = t.daemon()
    group = service(t, "lwtest-limit", "sleep", "60")
    file = "memory.limit_in_bytes" if memory_root()[1] == 1 else "memory.max"
    seen(t, daemon)
    for value, words in ((64 << 20, f"{file} of lwtest-limit from max to 64M"), (96 << 20, None)):
        write_text(f"{group}/{file}", str(value))
        if words:
            told = wait_for(lambda: markers(t, "infra", "lwtest-limit"), 5, "a marker")
            equal([m["evidence"] for m in told], [words], "evidence")
    # The same limit again within a minute is not told.
    daemon.stop()
    equal(len(markers(t, "infra", "lwtest-limit")), 1, "markers")


def test_release(t):
    """A link is switched, as Capistrano does, and the service started again: once by its arguments, once by its folder."""
    for release in ("41", "42"):
        os.makedirs(t.path(f"app/releases/{release}"))
        write_text(t.path(f"app/releases/{release}/job.sh"), "exec sleep 60\n")

    def switch(release):
        os.symlink(f"releases/{release}", t.path("app/new"))
        os.rename(t.path("app/new"), t.path("app/current"))

    daemon = t.daemon()
    for release in ("41", "42"):
        switch(release)
        service(t, "lwtest-args", "sh", t.path("app/current/job.sh"))
        service(t, "lwtest-folder", "sleep", "60", cwd=t.path("app/current"))
        seen(t, daemon)
    for name in ("lwtest-args", "lwtest-folder"):
        told = wait_for(lambda name=name: markers(t, "deploy", name), 5, f"a marker of {name}")
        equal([m["version"] for m in told], ["42"], f"versions of {name}")
        contains(told[0]["evidence"], "now runs from release 42, before from 41", "evidence")


def package(t, name, version):
    """Builds and installs a package with a library that nothing else has."""
    folder = t.path(f"{name}-{version}")
    os.makedirs(f"{folder}/DEBIAN")
    os.makedirs(f"{folder}/usr/lib/{name}")
    write_text(f"{folder}/DEBIAN/control", f"Package: {name}\nVersion: {version}\nArchitecture: all\n"
                                           "Maintainer: nobody <nobody@example.org>\nDescription: test\n")
    source = f"{folder}.c"
    write_text(source, f"int lwtest_version(void);\nint lwtest_version(void)\n{{\n\treturn {version};\n}}\n")
    library = f"{folder}/usr/lib/{name}/liblwtest.so.1"
    command("gcc", "-shared", "-fPIC", "-o", library, source)
    command("dpkg-deb", "--build", "--root-owner-group", folder, folder + ".deb")
    t.stack.callback(subprocess.run, ["dpkg", "--purge", name], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    command("dpkg", "-i", folder + ".deb")
    return library[len(folder):]


def test_package(t):
    library = package(t, "lwtest-used", 1)
    daemon = t.daemon()
    service(t, "lwtest-app", "sleep", "60", env={"LD_PRELOAD": library})
    seen(t, daemon)
    package(t, "lwtest-used", 2)
    told = wait_for(lambda: markers(t, "infra", "lwtest-app"), 10, "a marker")
    equal([m["evidence"] for m in told],
          [f"package lwtest-used was changed, {library} of it is used by lwtest-app"], "evidence")
    package(t, "lwtest-unused", 1)
    told = wait_for(lambda: markers(t, "infra", "packages"), 10, "a marker of a package that nobody uses")
    contains(told[0]["evidence"], "no service that runs uses what was changed: lwtest-unused", "evidence")
    daemon.stop()
    equal(len(markers(t, "infra", "lwtest-app")), 1, "markers")

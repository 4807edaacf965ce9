# SPDX-License-Identifier: Apache-2.0
"""Changes that nobody declared, made for real and noticed by a daemon."""
import os
import shutil
import subprocess
import time

from harness import (LASTWORDS, Daemon, cgroup2_root, command, contains, equal, lines_of_json, memory_root, program, read_text,
                     wait_for, write_text)
from noticed import inferred, markers, seen, service
from units import boot


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
            equal(told[0]["undo"], "systemctl set-property lwtest-limit.service MemoryMax=infinity", "how to take it back")
    # The same limit again within a minute is not told.
    daemon.stop()
    equal(len(markers(t, "infra", "lwtest-limit")), 1, "markers")


def test_release(t):
    """A link is switched, as Capistrano does, and the service started again: once by its arguments, once by its folder."""
    for release in ("41", "42"):
        write_release(t, release)
    daemon = t.daemon()
    for release in ("41", "42"):
        switch_release(t, release)
        service(t, "lwtest-args", "sh", t.path("app/current/job.sh"))
        service(t, "lwtest-folder", "sleep", "60", cwd=t.path("app/current"))
        seen(t, daemon)
    for name in ("lwtest-args", "lwtest-folder"):
        told = wait_for(lambda name=name: markers(t, "deploy", name), 5, f"a marker of {name}")
        equal([m["version"] for m in told], ["42"], f"versions of {name}")
        contains(told[0]["evidence"], "now runs from release 42, before from 41", "evidence")
        command("sh", "-c", told[0]["undo"])
        equal(os.path.realpath(t.path("app/current")), t.path("app/releases/41"), "what was typed")
        switch_release(t, "42")


def test_config_by_convention(t):
    """What frameworks look for in the folder that they are started in is told of each service that works there."""
    os.makedirs(t.path("shop/config"))
    for file in (".env", "config/database.yml", "data.json"):
        write_text(t.path("shop/" + file), "x = 1\n")
    daemon = t.daemon()
    for name in ("lwtest-web", "lwtest-worker"):
        service(t, name, "sleep", "60", cwd=t.path("shop"))
    seen(t, daemon)
    time.sleep(1.1)  # they are looked at once a second
    for file in (".env", "config/database.yml", "data.json"):
        write_text(t.path("shop/" + file), "x = 22\n")
    expected = sorted(t.path("shop/" + file) + " was written" for file in (".env", "config/database.yml"))
    for name in ("lwtest-web", "lwtest-worker"):
        wait_for(lambda name=name: sorted(m["evidence"] for m in markers(t, "config", name)) == expected, 5, f"markers of {name}")


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
          [f"package lwtest-used was changed from 1 to 2, {library} of it is used by lwtest-app"], "evidence")
    equal(told[0]["undo"], "apt-get install lwtest-used=1", "how to take it back")
    package(t, "lwtest-unused", 1)
    told = wait_for(lambda: markers(t, "infra", "packages"), 10, "a marker of a package that nobody uses")
    contains(told[0]["evidence"], "no service that runs uses what was changed: lwtest-unused", "evidence")
    daemon.stop()
    equal(len(markers(t, "infra", "lwtest-app")), 1, "markers")


def test_setting(t):
    """What a setting of the kernel was is known, and a command in another network namespace did not change the host's."""
    path = "/proc/sys/net/ipv4/ip_default_ttl"
    before = int(read_text(path))
    t.setting(path, before)
    daemon = t.daemon()
    key, netns = "net.ipv4.ip_default_ttl", t.netns("setting")
    command("ip", "netns", "exec", netns, "sysctl", "-w", f"{key}={before + 1}")
    command("sysctl", "-w", f"{key}={before + 2}")
    wait_for(lambda: len(markers(t, "infra", "host")) >= 2, 10, "two markers")
    daemon.stop()
    told = {m["evidence"]: m.get("undo") for m in markers(t, "infra", "host")}
    equal(told, {f"sysctl ran: sysctl -w {key}={before + 1}": None,
                 f"sysctl ran: sysctl -w {key}={before + 2}": f"sysctl -w {key}={before}"}, "how to take them back")


DETECTORS = ("binary", "release", "restart", "migration", "package", "image", "limit", "config", "unit", "certificate", "tuning",
             "reboot", "kernel", "clock")
WATCHERS = 4  # whose sets of detectors tell which one was switched off: the bits of its number


def watchers(t):
    """Daemons, each without the detectors that have its bit in their number."""
    daemons = []
    for bit in range(WATCHERS):
        off = [name for number, name in enumerate(DETECTORS, 1) if number >> bit & 1]
        config = t.config(f"[changes]\nignore = {' '.join(off)}\n", f"{bit}.conf")
        daemons.append(Daemon([LASTWORDS, "run", "--state", t.path(f"state{bit}"), "--config", config, "-o", "jsonl"]))
        t.stack.callback(daemons[-1].kill)
    for daemon in daemons:
        daemon.ready(40)
    return daemons


def all_seen(t, daemons):
    """Returns when each daemon has seen what was started before, as seen()."""
    pid = b'"pid":%d,' % t.run(program("crash"), "null")[0]
    for daemon in daemons:
        wait_for(lambda daemon=daemon: any(pid in line for line in daemon.lines), 20, "a death is told")


def write_release(t, release):
    os.makedirs(t.path(f"app/releases/{release}"))
    write_text(t.path(f"app/releases/{release}/job.sh"), "while :; do sleep 1; done\n")


def switch_release(t, release):
    os.symlink(f"releases/{release}", t.path("app/new"))
    os.rename(t.path("app/new"), t.path("app/current"))


def migration(t):
    """A folder of alembic with one migration that makes a table."""
    folder = t.path("schema")
    command("alembic", "-c", t.path("alembic.ini"), "init", folder)
    with open(folder + "/env.py", "w") as file:
        file.write("from alembic import context\nfrom sqlalchemy import create_engine\n"
                   f"with create_engine('sqlite:///{folder}/db').connect() as connection:\n"
                   "    context.configure(connection=connection)\n    with context.begin_transaction():\n"
                   "        context.run_migrations()\n")
    write_text(folder + "/versions/1.py", "from alembic import op\nimport sqlalchemy\nrevision, down_revision = '1', None\n"
               "def upgrade():\n    op.create_table('shoes', sqlalchemy.Column('size', sqlalchemy.Integer))\n")
    write_text(folder + "/alembic.ini", f"[alembic]\nscript_location = {folder}\n")
    return folder


def make_all(t, name):
    """Makes a change of each kind but those that take a boot. Returns for each detector kind, service, version and a part of
    the evidence."""
    folder = migration(t)
    for release in ("41", "42"):
        write_release(t, release)
    switch_release(t, "41")
    shutil.copy("/bin/sleep", t.path("program"))
    systemctl, _ = boot(t, {
        f"{name}-restart.service": "ExecStart=/bin/sleep 1000",
        f"{name}-binary.service": f"ExecStart={t.path('program')} 1000",
        f"{name}-release.service": f"ExecStart=/bin/sh {t.path('app/current/job.sh')}",
        f"{name}-migration.service": f"Type=oneshot\nExecStart=/usr/bin/alembic -c {folder}/alembic.ini upgrade head",
    })
    units = [f"{name}-{what}.service" for what in ("restart", "binary", "release")]
    library = package(t, name, 1)
    daemons = watchers(t)
    equal(systemctl("start", *units).returncode, 0, "start")
    limited = service(t, name + "-limit", "sleep", "1000")
    service(t, name + "-package", "sleep", "1000", env={"LD_PRELOAD": library})
    all_seen(t, daemons)

    shutil.copy("/bin/sleep", t.path("program.new"))
    os.rename(t.path("program.new"), t.path("program"))
    switch_release(t, "42")
    equal(systemctl("restart", *units).returncode, 0, "restart")
    equal(systemctl("start", f"{name}-migration.service").returncode, 0, "the migration")
    contains(command("sqlite3", folder + "/db", ".schema"), "CREATE TABLE shoes", "what the migration made")
    package(t, name, 2)
    limit = "memory.limit_in_bytes" if memory_root()[1] == 1 else "memory.max"
    write_text(f"{limited}/{limit}", str(64 << 20))
    t.stack.callback(shutil.rmtree, f"/etc/{name}", True)
    os.mkdir(f"/etc/{name}")
    write_text(f"/etc/{name}/app.conf~", "workers = 2\n")
    write_text(f"/etc/{name}/app.conf", "workers = 3\n")
    command("openssl", "req", "-x509", "-newkey", "ed25519", "-nodes", "-subj", "/CN=lwtest", "-keyout", t.path("tls.key"), "-out",
            f"/etc/{name}/tls.pem")
    unit = f"/etc/systemd/system/{name}.service"
    t.stack.callback(os.unlink, unit)
    write_text(unit, "[Service]\nExecStart=/bin/sleep 1000\n")
    ttl = "net.ipv4.ip_default_ttl=" + read_text("/proc/sys/net/ipv4/ip_default_ttl").strip()
    write_text(t.path(name + ".conf"), ttl + "\n")
    command("sysctl", "-p", t.path(name + ".conf"))
    return daemons, {
        "binary": ("deploy", name + "-binary", None, f"{t.path('program')} is another file than it was: written "),
        "release": ("deploy", name + "-release", "42", "now runs from release 42, before from 41"),
        "restart": ("restart", name + "-restart", None, "/usr/bin/sleep was started again"),
        "migration": ("schema", name + "-migration", None, f"alembic ran: /usr/bin/python3 /usr/bin/alembic -c {folder}/alembic.ini"),
        "package": ("infra", name + "-package", None, f"package {name} was changed from 1 to 2, {library} of it is used by {name}-package"),
        "limit": ("infra", name + "-limit", None, f"{limit} of {name}-limit from max to 64M"),
        "config": ("config", name, None, f"/etc/{name}/app.conf was written"),
        "unit": ("config", name, None, f"{unit} was written"),
        "certificate": ("config", name, None, f"/etc/{name}/tls.pem was written"),
        "tuning": ("infra", "host", None, f"sysctl ran: sysctl -p {t.path(name + '.conf')}"),
    }


def test_detectors(t):
    """Each real change is told once, by those daemons that have its detector switched on and by no other."""
    name = t.unique("detect")
    daemons, changes = make_all(t, name)
    all_seen(t, daemons)
    time.sleep(4)  # packages are looked at when dpkg has been quiet
    for daemon in daemons:
        daemon.stop()
    told = [inferred(t, f"state{bit}") for bit in range(WATCHERS)]
    for detector, (kind, whose, version, evidence) in changes.items():
        number = DETECTORS.index(detector) + 1
        counts = [sum((m["kind"], m["service"], m.get("version")) == (kind, whose, version) and evidence in m["evidence"]
                      for m in markers_of_one) for markers_of_one in told]
        equal(counts, [int(not number >> bit & 1) for bit in range(WATCHERS)],
              f"{detector} as told by {WATCHERS} daemons; " + "; ".join(
                  str([m["evidence"] for m in one if m["service"] == whose]) for one in told))
    undone = {m.get("undo") for one in told for m in one if f"/etc/{name}/app.conf was written" in m["evidence"]}
    equal(undone, {f"cp -p /etc/{name}/app.conf~ /etc/{name}/app.conf"}, "how to take the setting back")
    # Nothing else was changed of these.
    services = {whose for _, whose, _, _ in changes.values()} - {"host"}
    expected = sum(not (DETECTORS.index(d) + 1) >> bit & 1 for d in changes if d != "tuning" for bit in range(WATCHERS))
    found = [m for one in told for m in one if m["service"] in services]
    equal(len(found), expected, f"markers of {services}: {found}")


def test_declared_and_noticed(t):
    """A release that was announced and then seen to run is one suspect."""
    for release in ("41", "42"):
        write_release(t, release)
    switch_release(t, "41")
    name = t.unique("joined")
    daemon = t.daemon()
    service(t, name, "sh", t.path("app/current/job.sh"))
    seen(t, daemon)
    t.lastwords("mark", "--state", t.path("state"), "deploy", "--service", name, "--version", "42", "--note", "new form")
    switch_release(t, "42")
    service(t, name, "sh", t.path("app/current/job.sh"))
    wait_for(lambda: markers(t, "deploy", name), 5, "the release is noticed")
    for _ in range(2):
        group = cgroup2_root() + f"/system.slice/{name}.service/cgroup.procs"
        daemon.death(t.run(program("crash"), "null", preexec_fn=lambda: write_text(group, os.getpid()))[0])

    def suspects():
        incidents = lines_of_json(t.lastwords("incidents", "--state", t.path("state"), "-o", "jsonl").out)
        return [s["subject"] for i in incidents for s in i["suspects"] if s["cause"] == "marker" and name in s["subject"]]
    equal(wait_for(suspects, 10, "an incident with a change of the service"), [f"deploy {name} 42"], "suspects of this service")


def test_network(t):
    """A route that somebody sets is told of the host; one that a service sets, as those for containers do, is not."""
    space = t.netns("routed")
    daemon = t.daemon()
    service(t, t.unique("bridge"), "ip", "-n", space, "route", "add", "blackhole", "10.98.0.0/16")
    session = cgroup2_root() + f"/user.slice/user-0.slice/session-{os.getpid()}.scope"
    t.cgroup(session)
    person = t.popen("ip", "-n", space, "route", "add", "blackhole", "10.99.0.0/16",
                     preexec_fn=lambda: write_text(session + "/cgroup.procs", os.getpid()))
    equal(person.wait(10), 0, "exit status of ip")
    seen(t, daemon)
    contains(command("ip", "-n", space, "route"), "10.98.0.0/16", "routes")
    daemon.stop()
    told = [(m["kind"], m["service"], m["evidence"]) for m in inferred(t) if "blackhole" in m["evidence"]]
    equal(told, [("infra", "host", f"ip ran: ip -n {space} route add blackhole 10.99.0.0/16")], "what was noticed")

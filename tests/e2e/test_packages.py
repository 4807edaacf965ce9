# SPDX-License-Identifier: Apache-2.0
"""Packages of other managers than dpkg, made here and installed for real, from no registry."""
import json
import os
import shutil
import sys
import time
import zipfile

from harness import command, equal, wait_for, write_text
from noticed import inferred, seen, service


def rpm(t, name, version):
    """Builds a package with a library that nothing else has; returns its path and the library's."""
    folder, library = t.path(f"{name}-{version}"), f"/opt/{name}/liblwtest.so.1"
    os.makedirs(folder)
    write_text(f"{folder}/x.c", f"int lwtest_version(void);\nint lwtest_version(void)\n{{\n\treturn {version};\n}}\n")
    command("gcc", "-shared", "-fPIC", "-o", f"{folder}/x.so", f"{folder}/x.c")
    write_text(f"{folder}/x.spec", f"""%global debug_package %{{nil}}
%global __os_install_post %{{nil}}
Name: {name}
Version: {version}
Release: 1
Summary: test
License: none
AutoReqProv: no
%description
test
%install
mkdir -p %{{buildroot}}/opt/{name}
cp {folder}/x.so %{{buildroot}}{library}
%files
{library}
""")
    command("rpmbuild", "-bb", "--define", f"_topdir {folder}", f"{folder}/x.spec")
    machine = os.uname().machine
    return f"{folder}/RPMS/{machine}/{name}-{version}-1.{machine}.rpm", library


def of(t, words):
    return [(m["kind"], m["service"], m["evidence"]) for m in inferred(t) if words in m["evidence"]]


def test_rpm(t):
    """An upgrade is told of the service whose library it replaced; what nobody uses, of the host."""
    used, unused = t.unique("used"), t.unique("unused")
    for name in (used, unused):
        t.stack.callback(shutil.rmtree, f"/opt/{name}", True)
    database = ("--nodeps", "--dbpath", t.path("rpm"))
    first, library = rpm(t, used, 1)
    second, _ = rpm(t, used, 2)
    other, _ = rpm(t, unused, 1)
    command("rpm", "-i", *database, first)
    daemon = t.daemon()
    app = t.unique("app")
    service(t, app, "sleep", "60", env={"LD_PRELOAD": library})
    seen(t, daemon)
    command("rpm", "-U", *database, second)
    wait_for(lambda: of(t, used), 10, "a marker of the upgrade")
    line = " ".join(["rpm ran: rpm -U", *database, second])
    equal(of(t, used), [("infra", app, f"{line}; {library} that {app} uses is another file since")], "the upgrade")
    command("rpm", "-Uvh", *database, other)
    command("rpm", "-q", *database[1:], used, unused)
    wait_for(lambda: of(t, unused), 10, "a marker of what nobody uses")
    daemon.stop()
    line = " ".join(["rpm ran: rpm -Uvh", *database, other])
    equal(of(t, unused), [("infra", "host", line)], "what nobody uses")
    equal(len(of(t, used)), 1, "markers of the upgrade")


def wheel(t, name, version):
    path = t.path(f"{name}-{version}-py3-none-any.whl")
    info = f"{name}-{version}.dist-info"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(f"{name}.py", f"version = {version}\n")
        archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", f"{name}.py,,\n{info}/METADATA,,\n{info}/WHEEL,,\n{info}/RECORD,,\n")
    return path


def test_pip(t):
    """pip in the virtual environment of a service is told of that service, and how to get back."""
    environment, app = t.path("venv"), t.unique("app")
    command(sys.executable, "-m", "venv", environment)
    daemon = t.daemon()
    service(t, app, environment + "/bin/python3", "-c", "import time; time.sleep(60)")
    seen(t, daemon)
    wheels = wheel(t, "lwtest", 1)
    command(environment + "/bin/pip", "install", "--no-index", "--no-deps", wheels)
    equal(command(environment + "/bin/python3", "-c", "import lwtest; print(lwtest.version)"), "1\n", "what pip installed")
    wait_for(lambda: of(t, wheels), 10, "a marker of pip")
    equal([(kind, whose) for kind, whose, _ in of(t, wheels)], [("infra", app)], "pip")
    newer = wheel(t, "lwtest", 2)
    command(environment + "/bin/pip", "install", "--no-index", "--no-deps", newer)
    wait_for(lambda: of(t, newer), 10, "a marker of pip again")
    undo = [m.get("undo") for m in inferred(t) if wheels in m["evidence"] or newer in m["evidence"]]
    equal(undo, [None, f"{environment}/bin/pip install lwtest==1"], "how to take it back")
    command(*undo[1].split(), "--no-index", "--find-links", t.path(""))
    equal(command(environment + "/bin/python3", "-c", "import lwtest; print(lwtest.version)"), "1\n", "what was typed")


def node_package(t, name, version):
    folder = t.path(f"{name}-{version}-source")
    os.mkdir(folder)
    write_text(folder + "/package.json", json.dumps({"name": name, "version": version}))
    command("npm", "pack", "--pack-destination", t.path(""), folder)
    return t.path(f"{name}-{version}.tgz")


def npm(folder, *args):
    command("env", "-C", folder, "npm", *args, "--offline", "--no-audit", "--no-fund")


def test_npm(t):
    """npm is told of the services whose script runs from there, and how to get back; for all, of the host."""
    app, worker, other = t.unique("app"), t.unique("worker"), t.unique("other")
    folder, elsewhere = t.path("shop"), t.path("elsewhere")
    for path in (folder, elsewhere):
        os.mkdir(path)
        write_text(path + "/package.json", '{"name": "lwtest-app", "version": "1.0.0"}')
        write_text(path + "/server.js", "setTimeout(() => 0, 60000)")
    first, second = (node_package(t, "lwtest-node", version) for version in ("1.0.0", "2.0.0"))
    daemon = t.daemon()
    service(t, app, "node", folder + "/server.js")
    service(t, worker, "node", "server.js", cwd=folder)
    service(t, other, "node", elsewhere + "/server.js", cwd=elsewhere)
    seen(t, daemon)
    npm(folder, "install", first)
    wait_for(lambda: len(of(t, first)) == 2, 10, "markers of npm")
    npm("/", "install", "--prefix", folder, second)
    wait_for(lambda: len(of(t, second)) == 2, 10, "markers of npm again")
    npm(folder, "install", "-g", "--prefix", t.path("global"), first)
    wait_for(lambda: len(of(t, first)) == 3, 10, "a marker of npm for all")
    daemon.stop()
    told = sorted((m["service"], m.get("undo", "")) for m in inferred(t) if first in m["evidence"] or second in m["evidence"])
    undo = f"npm --prefix {folder} install lwtest-node@1.0.0"
    equal(told, sorted([(app, ""), (worker, ""), (app, undo), (worker, undo), ("host", "")]), "told of, and how to take it back")


def test_gem(t):
    write_text(t.path("lwtest.gemspec"), "Gem::Specification.new { |s| s.name = 'lwtest'; s.version = '1'; s.summary = 'x'; "
               "s.authors = ['x']; s.files = [] }\n")
    command("gem", "build", "-C", t.path(""), "lwtest.gemspec")
    daemon = t.daemon()
    command("gem", "install", "--local", "--no-document", "--install-dir", t.path("gems"), t.path("lwtest-1.gem"))
    wait_for(lambda: of(t, t.path("gems")), 10, "a marker of gem")
    time.sleep(1.5)
    daemon.stop()
    equal([(kind, whose) for kind, whose, _ in of(t, t.path("gems"))], [("infra", "host")], "gem")

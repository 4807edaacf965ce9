# SPDX-License-Identifier: Apache-2.0
"""One service of a scene, as a supervisor has it: its program is put where a release has it, its processes are in a control
group with limits, and what ends is started again."""
import contextlib
import os
import shutil
import signal
import subprocess
import threading
import time

from harness import cgroup2_root, command, memory_root, write_text

PROGRAMS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "programs")
JDK = ["/usr/bin/java", "-Xmx48m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp"]
INTERPRETERS = {".py": "/usr/bin/python3", ".rb": "/usr/bin/ruby", ".pl": "/usr/bin/perl", ".php": "/usr/bin/php",
                ".js": "/usr/bin/node", ".lua": "/usr/bin/lua5.4"}
COMPILERS = {".c": "gcc", ".cpp": "g++"}
# Moves itself into the groups, sets its limits and becomes the program.
ENTER = 'for g in $1; do echo $$ >"$g/cgroup.procs" || exit 1; done; [ "$2" = 0 ] || ulimit -n "$2"; shift 2; exec "$@"'


def controller_root(name):
    """(path, version) of the hierarchy that has this controller."""
    v1 = "/sys/fs/cgroup/" + name
    return (v1, 1) if os.path.isdir(v1) else (cgroup2_root(), 2)


class Service:
    """A program in its control group, started again when it ends if `restart` says after how many seconds."""

    def __init__(self, scene, name, row):
        self.scene, self.name, self.row = scene, name, dict(row)
        self.unit = f"{name}-{scene.token}.service"
        self.child, self.wanted, self.built = None, False, None
        self.groups = [scene.group(cgroup2_root(), scene.fill(row["group"]) if "group" in row else "system.slice/" + self.unit)]
        self.memory = row.get("memory") and self.join(memory_root(), row.get("slice", ""))
        self.tasks = row.get("tasks") and self.join(controller_root("pids"))
        self.limit(row)
        if row["run"][0].endswith(".java"):  # takes seconds, in which a release would be neither here nor there
            command("javac", "-d", scene.path(name + ".classes"), os.path.join(PROGRAMS, row["run"][0]))

    def join(self, root, above=""):
        """A control group of a hierarchy that limits; that of `above`, if named, has the limit."""
        self.groups.append(self.scene.group(root[0], os.path.join(above, self.unit)))
        return os.path.dirname(self.groups[-1]) if above else self.groups[-1], root[1]

    def limit(self, row):
        if "memory" in row:
            file = "memory.limit_in_bytes" if self.memory[1] == 1 else "memory.max"
            write_text(os.path.join(self.memory[0], file), row["memory"] << 20)
        if "tasks" in row:
            write_text(os.path.join(self.tasks[0], "pids.max"), row["tasks"])

    def install(self, version, flags=()):
        """The program's file where this release has it; its command line."""
        row, scene = self.row, self.scene
        return [scene.fill(word) for word in row.get("prefix", ())] + self.install_program(row, scene, version, flags)

    def install_program(self, row, scene, version, flags):
        words = [scene.fill(word) for word in row["run"]]
        folder = scene.path(self.name)
        if row.get("layout", "releases") == "releases":
            folder = os.path.join(folder, "releases", version)
        os.makedirs(folder, exist_ok=True)
        program = os.path.join(folder, words[0])
        source, ending = os.path.join(PROGRAMS, words[0]), os.path.splitext(words[0])[1]
        if ending in INTERPRETERS:
            shutil.copy(source, program)
            return [INTERPRETERS[ending], program, *words[1:]]
        if ending == ".java":
            shutil.copytree(scene.path(self.name + ".classes"), folder, dirs_exist_ok=True)
            return [*JDK, folder, words[0][:-5], *words[1:]]
        compiled = [ending for ending in COMPILERS if os.path.exists(source + ending)]
        if ending == ".go" or compiled:
            program = os.path.join(folder, self.name if ending else words[0])
            if self.built == (program, words[0], flags):
                return [program, *words[1:]]
            self.built = program, words[0], flags
            if ending:
                command("go", "build", "-ldflags", "-X main.version=" + version, "-o", program + ".new", source)
            else:
                command(COMPILERS[compiled[0]], "-g", "-O1", "-w", source + compiled[0], "-o", program + ".new",
                        *map(scene.fill, flags))
            os.rename(program + ".new", program)
            return [program, *words[1:]]
        return words

    def start(self):
        self.argv = self.install(self.row.get("version", "1"), self.row.get("flags", ()))
        self.wanted = True
        self.spawn()
        threading.Thread(target=self.keep, daemon=True).start()

    def spawn(self):
        self.child = subprocess.Popen(
            ["sh", "-c", ENTER, "sh", " ".join(self.groups), str(self.row.get("files", 0)), *self.argv],
            cwd=self.scene.dir, stdin=subprocess.DEVNULL, stdout=self.scene.log, stderr=self.scene.log)

    def keep(self):
        child = self.child
        while True:
            child.wait()
            if not self.wanted or child is not self.child or "restart" not in self.row:
                return
            time.sleep(self.row["restart"])
            if not self.wanted or child is not self.child:
                return
            self.spawn()
            child = self.child

    def pids(self):
        with open(self.groups[0] + "/cgroup.procs") as file:
            return sorted(map(int, file.read().split()))

    def signal_all(self, number):
        """The whole group, as systemd does; returns how many there were."""
        pids = self.pids()
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)
        return len(pids)

    def stop(self):
        self.wanted = False
        self.signal_all(signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.child.wait(3)

    def end(self):
        self.wanted = False
        for _ in range(50):
            if self.child:
                self.child.poll()
            if not self.signal_all(signal.SIGKILL):
                return
            time.sleep(0.02)

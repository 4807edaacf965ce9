# SPDX-License-Identifier: Apache-2.0
"""What services run, against what they ran before: also before the daemon was started, and where files look alike."""
import os
import shutil
import subprocess
import time

from harness import cgroup2_root, command, contains, equal, wait_for, write_text
from noticed import inferred, markers, seen, service
from units import boot

OLD = 1577836800  # a time that two files are given


def put(t, source, name="program"):
    """Puts another file in the place of the program."""
    shutil.copy(source, t.path(name + ".new"))
    os.rename(t.path(name + ".new"), t.path(name))


def test_known_by_the_next_daemon(t):
    name = t.unique("known")
    put(t, "/bin/sleep")
    daemon = t.daemon()
    service(t, name, t.path("program"), "60")
    seen(t, daemon)
    daemon.stop()
    time.sleep(1.2)  # when what runs already was started is not known more closely than to a second
    # Deployed while no daemon runs, then while one runs that has not seen the service live.
    put(t, "/bin/sleep")
    running = t.popen(t.path("program"), "60", preexec_fn=lambda: enter(name))
    daemon = t.daemon()
    wait_for(lambda: len(markers(t, "deploy", name)) == 1, 10, "a marker of what was deployed meanwhile")
    running.kill()
    running.wait()
    daemon.stop()
    put(t, "/bin/sleep")
    daemon = t.daemon()
    seen(t, daemon)
    equal(len(markers(t, "deploy", name)), 1, "markers")
    service(t, name, t.path("program"), "60")
    told = wait_for(lambda: len(markers(t, "deploy", name)) == 2 and markers(t, "deploy", name), 10, "a marker of the third")
    contains(told[1]["evidence"], f"{t.path('program')} is another file than it was: written ", "evidence")


def enter(name):
    write_text(cgroup2_root() + f"/system.slice/{name}.service/cgroup.procs", os.getpid())


def write_in_place(t, more):
    with open("/bin/sleep", "rb") as file, open(t.path("program"), "r+b") as program:
        program.write(file.read() + more)
        program.truncate()
    os.utime(t.path("program"), (OLD, OLD))


def test_written_in_place(t):
    """Inode and time stay, as with rsync --inplace: a deploy. The very same file again: a restart."""
    name = t.unique("place")
    put(t, "/bin/sleep")
    write_in_place(t, b"")
    systemctl, _ = boot(t, {name + ".service": f"ExecStart={t.path('program')} 1000"})
    daemon = t.daemon()
    equal(systemctl("start", name + ".service").returncode, 0, "start")
    seen(t, daemon)
    equal(systemctl("stop", name + ".service").returncode, 0, "stop")
    write_in_place(t, b"more")
    equal(systemctl("start", name + ".service").returncode, 0, "start")
    told = wait_for(lambda: markers(t, "deploy", name), 10, "a marker")
    contains(told[0]["evidence"], "is another file than it was, though its time of writing is the same", "evidence")


def test_container_again(t):
    """The same image, mounted anew: its overlay has another device."""
    identity = os.urandom(32).hex()
    group = t.cgroup(cgroup2_root() + "/docker/" + identity)
    merged = t.path("merged")
    for folder in ("lower", "upper", "work", "merged"):
        os.mkdir(t.path(folder))
    shutil.copy("/bin/sleep", t.path("lower/app"))
    daemon = t.daemon()
    devices = []

    def enter_group():
        write_text(group + "/cgroup.procs", os.getpid())
    for _ in range(2):
        command("mount", "-t", "overlay", "-o",
                f"lowerdir={t.path('lower')},upperdir={t.path('upper')},workdir={t.path('work')}", "overlay", merged)
        t.stack.callback(subprocess.run, ["umount", merged], stderr=subprocess.DEVNULL)
        devices.append(os.stat(merged + "/app").st_dev)
        process = t.popen(merged + "/app", "60", preexec_fn=enter_group)
        seen(t, daemon)
        process.kill()
        process.wait()
        command("umount", merged)
        other = t.path(f"other{len(devices)}")  # takes the number that has become free
        os.mkdir(other)
        command("mount", "-t", "tmpfs", "tmpfs", other)
        t.stack.callback(subprocess.run, ["umount", other])
    equal(len(set(devices)), 2, f"devices {devices}")
    daemon.stop()
    equal([m for m in inferred(t) if m["service"] == identity[:12]], [], "markers")


def test_files_of_configuration(t):
    """What becomes of files below /etc, and of one elsewhere that a service was started with."""
    name, read = t.unique("etc"), t.unique("reads")
    folder = f"/etc/{name}"
    t.stack.callback(shutil.rmtree, folder, True)
    os.mkdir(folder)
    for file in ("a.conf", "b.conf"):
        write_text(f"{folder}/{file}", "")
    write_text(t.path("app.conf"), "workers = 2\n")
    daemon = t.daemon()
    service(t, read, "sh", "-c", "sleep 60", "--config=app.conf", cwd=t.path(""))
    seen(t, daemon)
    os.symlink("a.conf", f"{folder}/link")
    os.chmod(f"{folder}/b.conf", 0)
    os.unlink(f"{folder}/a.conf")
    write_text(t.path("app.conf"), "workers = 3\n")
    told = wait_for(lambda: len(markers(t, "config", name)) == 3 and markers(t, "config", read), 10, "markers")
    equal([m["evidence"] for m in told], [f"{t.path('app.conf')} was written"], "evidence")
    equal([m["evidence"] for m in markers(t, "config", name)],
          [f"{folder}/link was written", f"owner, permissions or times of {folder}/b.conf were changed", f"{folder}/a.conf was removed"],
          "evidence")

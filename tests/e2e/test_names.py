# SPDX-License-Identifier: Apache-2.0
"""Frames have names wherever the program came from: deleted, replaced, in another mount namespace, made at run time."""
import os
import re
import shutil
import signal
import subprocess
import time

from harness import NOBODY, Skipped, check, equal, field, read_text, wait_for

PROGRAMS = ["/bin/busybox"]
HERE = os.path.dirname(os.path.abspath(__file__))
WAIT = 1.3  # an exec is told within a second


def functions(event):
    return [frame.get("function", "") for frame in field(event, "stack.frames", [])]


def sleeper(t, name="victim"):
    """A program of our own with symbols that waits in a function of its own."""
    code = t.path(name + ".c")
    with open(code, "w") as file:
        file.write(f"""#include <unistd.h>
__attribute__((noinline)) int wait_in_{name}(void) {{ return pause() + 1; }}
int main(void) {{ return wait_in_{name}() + 1; }}
""")
    subprocess.run(["cc", "-O1", "-g", "-o", t.path(name), code], check=True)
    return t.path(name)


def killed(daemon, child, pid=None):
    """The death of a child that is sent SIGSEGV."""
    os.kill(pid or child.pid, signal.SIGSEGV)
    child.wait(10)
    return daemon.death(pid or child.pid)


def test_deleted(t):
    daemon = t.daemon()
    child = t.popen(sleeper(t))
    time.sleep(WAIT)
    os.unlink(t.path("victim"))
    event = killed(daemon, child)
    check("wait_in_victim" in functions(event), f"{functions(event)}")
    check(any(f.get("line") == 2 for f in field(event, "stack.frames")), "no line")


def test_replaced(t):
    """What lies in its place gives no names, whichever way it came there."""
    daemon = t.daemon()
    child = t.popen(sleeper(t))
    time.sleep(WAIT)
    sleeper(t, "other")
    os.rename(t.path("other"), t.path("victim"))
    names = functions(killed(daemon, child))
    check("wait_in_victim" in names and "wait_in_other" not in names, f"{names}")


def test_replaced_before(t):
    """A program that was there before the daemon, and was replaced before that came."""
    child = t.popen(sleeper(t))
    sleeper(t, "other")
    os.rename(t.path("other"), t.path("victim"))
    daemon = t.daemon()
    names = functions(killed(daemon, child))
    check("wait_in_victim" in names and "wait_in_other" not in names, f"{names}")


def test_replaced_unseen(t):
    """Without descriptors: no names, rather than those of what lies there now."""
    daemon = t.daemon("[names]\nfiles = 0\n")
    child = t.popen(sleeper(t))
    time.sleep(WAIT)
    sleeper(t, "other")
    os.rename(t.path("other"), t.path("victim"))
    names = functions(killed(daemon, child))
    check("wait_in_victim" not in names and "wait_in_other" not in names, f"{names}")


def test_replaced_at_once(t):
    """Another program under the same inode, while the helper takes what it knows for fresh."""
    daemon = t.daemon()
    for name in ("one", "two"):
        with open(t.path(name + ".c"), "w") as file:
            file.write(f"""#include <stdlib.h>
__attribute__((noinline)) void fails_in_{name}(void) {{ abort(); }}
int main(void) {{ fails_in_{name}(); return 0; }}
""")
        subprocess.run(["cc", "-O1", "-g", "-o", t.path(name), t.path(name + ".c")], check=True)
    path = shutil.copy(t.path("one"), t.path("victim"))
    inode, times = os.stat(path).st_ino, []
    for turn in range(8):
        name = ("one", "two")[turn % 2]
        shutil.copyfile(t.path(name), path)
        equal(os.stat(path).st_ino, inode, "the inode")
        pid, _ = t.run(path)
        times.append(time.monotonic())
        found = [n for n in functions(daemon.death(pid)) if n.startswith("fails_in_")]
        equal(found, ["fails_in_" + name], f"names in turn {turn}")
    check(min(b - a for a, b in zip(times, times[1:])) < 0.08, f"too slow to show anything: {times}")


def held(daemon, path):
    """The daemon's descriptors that lead to path."""
    links = []
    for fd in os.listdir(f"/proc/{daemon.pid}/fd"):
        try:
            links.append(os.readlink(f"/proc/{daemon.pid}/fd/{fd}"))
        except OSError:
            pass
    return [link for link in links if link.removesuffix(" (deleted)") == path]


def test_released(t):
    """A program's file is let go some seconds after its last process; one descriptor for many processes."""
    daemon = t.daemon()
    path = sleeper(t)
    children = [t.popen(path) for _ in range(5)]
    wait_for(lambda: held(daemon, path), 5, "it is kept")
    equal(len(held(daemon, path)), 1, "descriptors")
    for child in children[1:]:
        child.kill()
        child.wait()
    time.sleep(5)
    equal(len(held(daemon, path)), 1, "descriptors while one lives")
    children[0].kill()
    children[0].wait()
    wait_for(lambda: not held(daemon, path), 8, "it is let go")


def test_other_file_system(t):
    """A file system that is not the root's can be unmounted as soon as its programs have ended."""
    daemon = t.daemon()
    os.mkdir(t.path("mnt"))
    subprocess.run(["mount", "-t", "tmpfs", "lwtest", t.path("mnt")], check=True)
    t.stack.callback(subprocess.run, ["umount", "-l", t.path("mnt")], stderr=subprocess.DEVNULL)
    path = shutil.copy(sleeper(t), t.path("mnt/victim"))
    child = t.popen(path)
    time.sleep(WAIT)
    child.kill()
    child.wait()
    equal(subprocess.run(["umount", t.path("mnt")]).returncode, 0, "umount")
    subprocess.run(["mount", "-t", "tmpfs", "lwtest", t.path("mnt")], check=True)
    child = t.popen(shutil.copy(t.path("victim"), path))
    time.sleep(WAIT)
    os.unlink(path)
    time.sleep(WAIT)
    check("wait_in_victim" in functions(killed(daemon, child)), "no names of a file that was deleted there")


def mapped(daemon, path):
    """Those of the daemon's descendants that have path mapped."""
    found, at = [], [daemon.pid]
    while at:
        pid = at.pop()
        at += read_text(f"/proc/{pid}/task/{pid}/children").split()
        found += [pid] * (path in read_text(f"/proc/{pid}/maps"))
    return found


def test_debug_file_on_other_file_system(t):
    """The helper maps no debug file that lies beside a program, which would keep the file system from being unmounted."""
    daemon = t.daemon()
    place = t.path("mnt")
    os.mkdir(place)
    subprocess.run(["mount", "-t", "tmpfs", "lwtest", place], check=True)
    t.stack.callback(subprocess.run, ["umount", "-l", place], stderr=subprocess.DEVNULL)
    path = shutil.copy(sleeper(t), place + "/victim")
    subprocess.run(["objcopy", "--only-keep-debug", path, path + ".debug"], check=True)
    subprocess.run(["strip", path], check=True)
    subprocess.run(["objcopy", "--add-gnu-debuglink=" + path + ".debug", path], check=True)
    child = t.popen(path)
    time.sleep(0.2)
    event = killed(daemon, child)
    check("wait_in_victim" in functions(event), f"{functions(event)}")
    equal(mapped(daemon, place), [], "processes that hold a file of it")


def test_library(t):
    """A library that was replaced under a process that lives on."""
    code = t.path("lib.c")
    with open(code, "w") as file:
        file.write("#include <unistd.h>\nint in_library(void) { return pause() + 1; }\n")
    build = ["cc", "-O1", "-g", "-shared", "-fPIC", "-o"]
    subprocess.run(build + [t.path("libvictim.so"), code], check=True)
    main = t.path("uses")
    with open(t.path("uses.c"), "w") as file:
        file.write("int in_library(void); int main(void) { return in_library() + 1; }\n")
    subprocess.run(["cc", "-g", "-o", main, t.path("uses.c"), "-L" + t.tmp, "-lvictim", "-Wl,-rpath," + t.tmp], check=True)
    child = t.popen(main)
    time.sleep(0.2)
    subprocess.run(build + [t.path("new.so"), code], check=True)
    os.rename(t.path("new.so"), t.path("libvictim.so"))
    daemon = t.daemon()
    wait_for(lambda: held(daemon, t.path("libvictim.so")), 60, "the library is found")
    check("in_library" in functions(killed(daemon, child)), "no name")


def test_musl(t):
    """Another C library, also without debug files of its own."""
    if not shutil.which("musl-gcc"):
        raise Skipped("no musl-gcc")
    daemon = t.daemon()
    for flags in ([], ["-static"], ["-static", "-O2", "-fomit-frame-pointer"]):
        subprocess.run(["musl-gcc", "-O1", "-g", *flags, "-o", sleeper(t), t.path("victim.c")], check=True)
        child = t.popen(t.path("victim"))
        time.sleep(0.2)
        names = functions(killed(daemon, child))
        check({"wait_in_victim", "main"} <= set(names), f"{flags}: {names}")


def tree(t, folder, programs):
    """A root directory with these programs and their libraries; proc."""
    for path in programs:
        libraries = re.findall(r"(/\S+) \(0x", subprocess.run(["ldd", path], stdout=subprocess.PIPE,
                                                                   stderr=subprocess.DEVNULL, text=True).stdout)
        for source in [path] + libraries:
            target = folder + source
            os.makedirs(os.path.dirname(target), exist_ok=True)
            shutil.copy(source, target)
    for name in ("proc", "old", "tmp"):
        os.makedirs(os.path.join(folder, name), exist_ok=True)


def in_namespace(t, setup, root, command, flags="-m"):
    """Starts command as the last process of a mount namespace whose root is root, which setup has mounted."""
    script = f"set -e\nmount --make-rprivate /\n{setup}\ncd {root}\npivot_root . old\nbusybox umount -l /old\nexec {command}\n"
    child = t.popen("unshare", *flags.split(), "sh", "-c", script)
    wait_for(lambda: os.path.exists(f"/proc/{child.pid}/exe") and
             os.readlink(f"/proc/{child.pid}/exe").startswith(command.split()[0]), 5, "the program runs")
    return child


def pinned(daemon):
    """Roots of other mount namespaces that the daemon keeps: descriptors of folders named '/', but its own."""
    return len(held(daemon, "/")) - 1


def namespace_case(t, setup, root):
    daemon = t.daemon()
    child = in_namespace(t, setup, root, t.path("victim"))
    time.sleep(WAIT)
    names = functions(killed(daemon, child))
    check("wait_in_victim" in names and any("pause" in name for name in names), f"{names}")
    return daemon


def test_namespace_tmpfs(t):
    sleeper(t)
    root = t.path("root")
    os.mkdir(root)
    tree(t, t.path("image"), PROGRAMS + [t.path("victim")])
    daemon = namespace_case(t, f"mount -t tmpfs none {root}; cp -a {t.path('image')}/. {root}", root)
    wait_for(lambda: pinned(daemon) == 0, 10, "the root of the namespace is let go")


def test_namespace_overlay(t):
    sleeper(t)
    for name in ("root", "upper", "work"):
        os.mkdir(t.path(name))
    tree(t, t.path("lower"), PROGRAMS + [t.path("victim")])
    namespace_case(t, f"mount -t overlay overlay -o lowerdir={t.path('lower')},upperdir={t.path('upper')},"
                   f"workdir={t.path('work')} {t.path('root')}", t.path("root"))


def test_namespace_overlay_other_device(t):
    """Layers on two file systems: stat tells a device of neither."""
    sleeper(t)
    for name in ("root", "lower", "upper"):
        os.mkdir(t.path(name))
    tree(t, t.path("image"), PROGRAMS + [t.path("victim")])
    namespace_case(t, f"mount -t tmpfs none {t.path('upper')}; mkdir {t.path('upper')}/u {t.path('upper')}/w; "
                   f"mount -t overlay overlay -o lowerdir={t.path('image')},upperdir={t.path('upper')}/u,"
                   f"workdir={t.path('upper')}/w {t.path('root')}", t.path("root"))


def test_chroot(t):
    sleeper(t)
    tree(t, t.path("root"), [t.path("victim")])
    daemon = t.daemon()
    os.unlink(t.path("victim"))
    child = t.popen("chroot", t.path("root"), t.path("victim"))
    time.sleep(WAIT)
    names = functions(killed(daemon, child))
    check("wait_in_victim" in names and any("pause" in name for name in names), f"{names}")


HOT = """
function spin_in_javascript(n) { let s = 0; for (let i = 0; i < n; i++) s = (s * 31 + i) % 1000003; return s; }
for (let i = 0; i < 200; i++) spin_in_javascript(10000);
console.log("hot");
for (;;) spin_in_javascript(1e7);
"""


def javascript(t, daemon, prefix=(), **options):
    """The frames of a loop in code that node made, killed from outside."""
    if not shutil.which("node"):
        raise Skipped("no node")
    with open(t.path("hot.js"), "w") as file:
        file.write(HOT)
    child = t.popen(*prefix, "node", "--perf-basic-prof", t.path("hot.js"), stdout=subprocess.PIPE, cwd=t.tmp,
                    **options)
    t.stack.callback(lambda: [os.unlink(p) for p in [f"/tmp/perf-{child.pid}.map"] if os.path.exists(p)])
    equal(child.stdout.readline(), b"hot\n", "its output")
    time.sleep(0.2)
    return child, functions(killed(daemon, child))


def test_javascript(t):
    daemon = t.daemon()
    child, names = javascript(t, daemon)
    truth = [line.split(" ", 2)[2].strip() for line in open(f"/tmp/perf-{child.pid}.map")]
    found = [name for name in names if "spin_in_javascript" in name]
    check(found and found[0] in truth, f"{names}")
    check(any("node::" in name for name in names) and names[-1] == "_start", f"not down to the start: {names}")


def test_javascript_not_its_own(t):
    """A file that somebody else put there names nothing."""
    daemon = t.daemon()
    child = t.popen("sh", "-c", "echo $$; read x; exec node " + t.path("hot.js"), stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE)
    with open(t.path("hot.js"), "w") as file:
        file.write(HOT)
    path = f"/tmp/perf-{child.pid}.map"
    with open(path, "w") as file:
        file.write("0 ffffffffffffffff forged\n")
    t.stack.callback(os.unlink, path)
    os.chown(path, NOBODY, NOBODY)
    child.stdin.write(b"\n")
    child.stdin.flush()
    child.stdout.readline()
    equal(child.stdout.readline(), b"hot\n", "its output")
    check("forged" not in functions(killed(daemon, child)), "somebody else's names")


def test_go_stripped(t):
    """A stripped Go program against `go tool addr2line` of the same program with symbols."""
    if not shutil.which("go"):
        raise Skipped("no go")
    source = os.path.join(HERE, "../symbolize/programs/gopher.go")
    env = dict(os.environ, GOCACHE=t.path("go"), GOFLAGS="-mod=mod", HOME=t.tmp)
    for name, flags in (("full", []), ("stripped", ["-ldflags", "-s -w"])):
        subprocess.run(["go", "build", *flags, "-o", t.path(name), source], check=True, env=env)
    daemon = t.daemon()
    pid, _ = t.run(t.path("stripped"), env=dict(env, GOTRACEBACK="crash"), stderr=subprocess.DEVNULL)
    frames = [f for f in field(daemon.death(pid), "stack.frames") if not f.get("inlined")]
    asked = [int(f["address"], 16) - (i > 0) for i, f in enumerate(frames)]
    answer = subprocess.run(["go", "tool", "addr2line", t.path("full")], input="".join(f"{a:#x}\n" for a in asked), text=True,
                            stdout=subprocess.PIPE, check=True, env=env).stdout.splitlines()
    truth = [(answer[i], answer[i + 1].rpartition("/")[2]) for i in range(0, len(answer), 2)]
    got = [(f.get("function"), f"{f.get('file', '')}:{f.get('line')}".rpartition("/")[2]) for f in frames]
    equal(got, truth, "names and lines")
    names = [name for name, _ in got]
    check(names[0] == "main.(*item).cost", f"{names}")
    equal(names.count("main.walk"), 11, "frames of the recursion")
    equal(names[-2:], ["runtime.main", "runtime.goexit"], "the outermost")

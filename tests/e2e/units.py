# SPDX-License-Identifier: Apache-2.0
"""Real systemd as the first process of a PID namespace, with units of a test's own."""
import os
import subprocess

from harness import cgroup2_root, read_text, wait_for, write_text

SYSTEMD = "/lib/systemd/systemd"
BOOT = """
mount --make-rprivate / && mount -t tmpfs tmpfs /run && mount -t tmpfs tmpfs /sys/fs/cgroup || exit 1
mkdir /sys/fs/cgroup/unified /sys/fs/cgroup/systemd
mount -t cgroup2 cgroup2 /sys/fs/cgroup/unified
mount -t cgroup -o none,name=systemd cgroup /sys/fs/cgroup/systemd
exec env -u NOTIFY_SOCKET container=lwtest SYSTEMD_UNIT_PATH=$1 SYSTEMD_LOG_TARGET=console \\
    $2 --system --unit=test.target
"""


def remove_groups(top):
    def gone():
        for path, _, _ in os.walk(top, topdown=False):
            try:
                os.rmdir(path)
            except OSError:
                pass
        return not os.path.exists(top)
    wait_for(gone, 5, f"{top} can be removed")


def boot(t, texts):
    """Boots it with these units alone, by name what is in their section [Service]. Returns a function that runs systemctl inside."""
    units = t.path("units")
    os.mkdir(units)
    write_text(units + "/test.target", "[Unit]\nDefaultDependencies=no\nAllowIsolate=yes\n")
    for name, text in texts.items():
        write_text(f"{units}/{name}", f"[Unit]\nDefaultDependencies=no\n[Service]\n{text}\n")
    name, root = t.unique("systemd"), cgroup2_root()
    groups = [root + "/" + name]
    named = os.path.dirname(root) + "/systemd"
    if os.path.exists(named + "/cgroup.procs"):
        groups.append(named + "/" + name)
    for group in groups:
        os.mkdir(group)
        t.stack.callback(remove_groups, group)

    def enter():
        for group in groups:
            write_text(group + "/cgroup.procs", os.getpid())
        os.setsid()
    log = open(t.path("systemd.log"), "w")
    child = t.popen("unshare", "-p", "-f", "-m", "-C", "-u", "-i", "-n", "--kill-child", "--mount-proc", "bash", "-c", BOOT,
                    "boot", units, SYSTEMD, stdout=log, stderr=log, preexec_fn=enter)

    def first():
        children = read_text(f"/proc/{child.pid}/task/{child.pid}/children").split()
        return children and read_text(f"/proc/{children[0]}/comm") == "systemd\n" and children[0]
    pid = wait_for(first, 10, "systemd runs")

    def systemctl(*args):
        return subprocess.run(["nsenter", "-t", pid, "-a", "systemctl", *args], stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=20)
    wait_for(lambda: systemctl("is-active", "test.target").stdout == b"active\n", 10, "test.target")
    return systemctl, int(pid)

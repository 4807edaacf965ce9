# SPDX-License-Identifier: Apache-2.0
"""Plays one definition: its services as a supervisor starts them, each in a control group of its own, and its steps. All that
it makes has a token in its name, so that several scenes can be played at once and told apart."""
import contextlib
import http.client
import os
import shutil
import subprocess
import threading
import time
import urllib.request

from harness import Failed, cgroup2_root, check, command, write_text
from recording import LOGIN
from service import ENTER, PROGRAMS, Service

POSTGRES = "/usr/lib/postgresql/15/bin/"
AS_POSTGRES = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
# Others may hold its lock.
DPKG = 'n=0; until dpkg "$@" >&2; do n=$((n + 1)); [ $n -lt 30 ] || exit 1; sleep 0.3; done'
NGINX = """daemon off;
pid {dir}/nginx.pid;
error_log stderr;
worker_processes 2;
events {{ }}
http {{
	access_log off;
	server {{ listen 127.0.0.1:{port}; location / {{ proxy_pass http://127.0.0.1:{upstream}; }} }}
}}
"""


def read_bytes(path):
    with open(path, "rb") as file:
        return file.read()


class Scene:
    def __init__(self, test, name, definition, number, state):
        self.test, self.name, self.row, self.state = test, name, definition, state
        self.token, self.number = f"x{number:02d}{os.getpid() % 1000:03d}", number
        self.dir = f"/srv/lw{self.token}"
        self.length = definition.get("length", max([row["at"] for row in definition["step"]]) + 4)
        # Ports and networks of its own, also beside another recorder.
        self.port, self.loads, self.space, self.error = 20000 + os.getpid() % 12 * 1000 + 20 * number, [], "", None
        self.net = f"10.{64 + os.getpid() % 128}.{number}"
        os.makedirs(self.dir)
        test.stack.callback(shutil.rmtree, self.dir, True)
        self.log = open(self.path("log"), "wb")
        self.services = dict.fromkeys(definition["service"])
        self.services = {key: Service(self, key, row) for key, row in definition["service"].items()}
        self.services["agent"] = Service(self, "agent", {"run": ["noise.py", "agent"]})
        test.stack.callback(self.end)
        self.prepare()

    def path(self, name):
        return os.path.join(self.dir, name)

    def group(self, root, path):
        whole = os.path.join(root, "lw" + self.token, path)
        self.test.cgroup(whole)
        return whole

    def fill(self, text):
        """{dir}, {port}, {upstream}, {peer}, and {NAME} of a service as this scene calls it."""
        names = {name: f"{name}-{self.token}" for name in self.services}
        return text.format(dir=self.dir, port=self.port, upstream=self.port + 1, spare=self.port + 2,
                           peer=self.net + ".2:80",
                           near=self.net + ".1", far=self.net + ".2", space=self.space, programs=PROGRAMS,
                           token=self.token, **names)

    def prepare(self):
        """What takes long or must not be seen."""
        for setup in self.row.get("setup", []):
            getattr(self, "setup_" + setup)()
        for path, text in self.row.get("files", {}).items():
            self.write(path, text)
        for line in self.row.get("before", []):
            command("sh", "-ec", self.fill(line))

    def write(self, path, text):
        path = self.fill(path)
        folder = os.path.dirname(path)
        if path.startswith("/etc/") and not os.path.isdir(folder):
            check(self.token in folder, f"{folder} is not this scene's own")
            self.test.stack.callback(shutil.rmtree, folder, True)
        os.makedirs(folder, exist_ok=True)
        write_text(path, self.fill(text))

    def setup_postgres(self):
        data = self.path("pg")
        os.mkdir(data)
        shutil.chown(data, "postgres", "postgres")
        command(*AS_POSTGRES, POSTGRES + "initdb", "-D", data, "-A", "trust", "--no-sync")

    def setup_disk(self):
        os.mkdir(self.path("disk"))
        command("mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", self.path("disk"))
        self.test.stack.callback(command, "umount", "-l", self.path("disk"))

    def setup_image(self):
        """A small ext4 file system in a file."""
        os.mkdir(self.path("disk"))
        command("truncate", "-s", "24M", self.path("image"))
        command("mkfs.ext4", "-q", self.path("image"))
        command("mount", "-o", "loop", self.path("image"), self.path("disk"))
        self.test.stack.callback(command, "umount", self.path("disk"))

    def setup_package(self):
        """A library below a root of its own, and the package that replaces it by one that is cut short."""
        tree, library = self.path("tree"), "usr/lib/libcodec.so"
        for folder in (tree + "/DEBIAN", tree + "/usr/lib", self.path("root/usr/lib"), self.path("root/var/lib/dpkg")):
            os.makedirs(folder)
        write_text(tree + "/DEBIAN/control", "Package: libcodec\nVersion: 2\nArchitecture: all\nMaintainer: x <x@example.org>\n"
                   "Description: x\n")
        write_text(self.path("root/var/lib/dpkg/status"), "")
        shutil.copy("/lib/x86_64-linux-gnu/libz.so.1", self.path("root/" + library))
        with open("/lib/x86_64-linux-gnu/libz.so.1", "rb") as whole, open(f"{tree}/{library}", "wb") as part:
            part.write(whole.read(2000))
        command("dpkg-deb", "-b", tree, self.path("libcodec.deb"))

    def setup_library(self):
        """libtax of a package of this host, a version in which its function has another name, and one that is as good."""
        folder = f"usr/lib/lw{self.token}"
        for version, function in (("1", "tax"), ("2", "duty"), ("3", "tax")):
            tree = self.path("libtax" + version)
            os.makedirs(tree + "/DEBIAN")
            os.makedirs(f"{tree}/{folder}")
            write_text(tree + "/DEBIAN/control", f"Package: libtax-{self.token}\nVersion: {version}\nArchitecture: all\n"
                       "Maintainer: x <x@example.org>\nDescription: x\n")
            write_text(self.path("tax.c"), f"int {function}(int n) {{ return n; }}\n")
            command("gcc", "-shared", "-fPIC", self.path("tax.c"), "-o", f"{tree}/{folder}/libtax.so")
            command("dpkg-deb", "-b", tree, tree + ".deb")
        command("sh", "-c", DPKG, "dpkg", "-i", self.path("libtax1.deb"))
        self.test.stack.callback(command, "sh", "-c", DPKG, "dpkg", "--purge", "libtax-" + self.token)

    def setup_certificates(self):
        with open("/etc/ssl/certs/ca-certificates.crt") as file:
            self.write("/etc/{checkout}/ca.pem", file.read())

    def setup_nginx(self):
        self.write("/etc/{nginx}/nginx.conf", NGINX)

    def setup_peer(self):
        space = self.test.netns("lw" + self.token)
        near, net = f"lw{self.token}", self.net
        command("ip", "link", "add", near, "type", "veth", "peer", "name", "eth0", "netns", space)
        self.test.stack.callback(subprocess.run, ["ip", "link", "del", near], stderr=subprocess.DEVNULL)
        command("ip", "addr", "add", net + ".1/24", "dev", near)
        command("ip", "link", "set", near, "up")
        command("ip", "-n", space, "addr", "add", net + ".2/24", "dev", "eth0")
        command("ip", "-n", space, "link", "set", "eth0", "up")
        self.space = space
        self.peer = self.test.popen("ip", "netns", "exec", space, "/usr/bin/python3", PROGRAMS + "/peer.py", net + ".2",
                                    "80", stdin=subprocess.PIPE)

    def setup_names(self):
        """The third party as payments.example.org, by a name server beside it."""
        self.setup_peer()
        far = self.fill("{far}")
        self.write("{dir}/resolv.conf", f"nameserver {far}\n")
        self.test.popen("ip", "netns", "exec", self.space, "dnsmasq", "-k", "-u", "root", "--no-resolv", "--no-hosts", "-x", "",
                        "--conf-file=/dev/null", "--listen-address=" + far, f"--address=/payments.example.org/{far}")

    def setup_database(self):
        """PostgreSQL as somebody else runs it."""
        self.setup_peer()
        self.setup_postgres()
        self.write("{dir}/pg/pg_hba.conf", "host all all all trust\n")
        self.test.popen("ip", "netns", "exec", self.space, *AS_POSTGRES, POSTGRES + "postgres", "-D", self.path("pg"), "-k", "",
                        "-h", self.fill("{far}"), "-F", stdout=self.log, stderr=self.log)

    def do_start(self, row):
        self.services[row["service"]].start()

    def do_stop(self, row):
        self.services[row["service"]].stop()

    def do_restart(self, row):
        service = self.services[row["service"]]
        service.row.update({key: row[key] for key in ("files",) if key in row})
        service.stop()
        service.start()

    def do_deploy(self, row, kind="deploy"):
        service = self.services[row["service"]]
        service.row.update({key: row[key] for key in ("version", "run", "flags") if key in row})
        if row.get("declared", True):
            self.do_mark({"kind": kind, **row})
        self.do_restart(row)

    def do_rollback(self, row):
        self.do_deploy(row, "rollback")

    def do_mark(self, row):
        name = row["service"] if row["service"] in ("host", "*") else f"{row['service']}-{self.token}"
        extra = [word for key in ("version", "note") if key in row for word in ("--" + key, self.fill(row[key]))]
        self.test.lastwords("mark", row["kind"], "--state", self.state, "--service", name, *extra, "--link",
                            "https://ci.example.org/" + self.token)

    def do_write(self, row):
        self.write(row["path"], row["text"])

    def do_copy(self, row):
        """Replaces a file as package managers do."""
        target = self.fill(row["to"])
        shutil.copy(self.fill(row["from"]), target + ".tmp")
        os.rename(target + ".tmp", target)

    def do_remove(self, row):
        os.unlink(self.fill(row["path"]))

    def do_signal(self, row):
        """By a person at a terminal, or by whatever runs in no unit; to the process that has `match` in its command line."""
        pids = self.services[row["service"]].pids()
        if "match" in row:
            pids = [pid for pid in pids if row["match"].encode() in read_bytes(f"/proc/{pid}/cmdline")]
        pid = pids[-1 if row.get("worker") else 0]
        line = f"kill -{row['signal']} {pid}"
        if row.get("login"):
            session = self.group(cgroup2_root(), f"user.slice/user-{LOGIN}.slice/session-9.scope")
            line = f"echo {LOGIN} >/proc/self/loginuid; echo $$ >{session}/cgroup.procs; exec sh -c '{line}'"
        command("script", "-qc", line, "/dev/null") if row.get("terminal") else command("sh", "-c", line)

    def do_peer(self, row):
        self.peer.stdin.write(row["mode"].encode() + b"\n")
        self.peer.stdin.flush()

    def do_blackhole(self, unused):
        command("ip", "-n", self.space, "route", "flush", "dev", "eth0")

    def do_limit(self, row):
        self.services[row["service"]].limit(row)

    def do_run(self, row):
        """A command, in the group of a service if it names one, or in one of its own; with `fails` whatever it ends with."""
        argv = [self.fill(word) for word in row["run"]]
        groups = self.services[row["service"]].groups if "service" in row else []
        if "group" in row:
            groups = [self.group(cgroup2_root(), self.fill(row["group"]))]
        argv = ["sh", "-c", ENTER, "sh", " ".join(groups), "0", *argv]
        subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log) if row.get("fails") else command(*argv)

    def do_load(self, row):
        """A client that asks for a page so many times a second."""
        stop = threading.Event()
        self.loads.append(stop)

        def ask():
            while not stop.wait(1 / row["rate"]):
                with contextlib.suppress(OSError, http.client.HTTPException):
                    urllib.request.urlopen(self.fill(row["url"]), timeout=1).read()
        threading.Thread(target=ask, daemon=True).start()

    def play(self):
        try:
            for service in self.services.values():
                if service.row.get("start", True):
                    service.start()
            self.begin = time.time()
            for row in sorted(self.row["step"], key=lambda row: row["at"]):
                time.sleep(max(0, self.begin + row["at"] - time.time()))
                getattr(self, "do_" + row["do"])(row)
            time.sleep(max(0, self.begin + self.length - time.time()))
        except (Failed, OSError, KeyError) as error:
            self.error = f"{type(error).__name__}: {error}"

    def halt(self):
        for stop in self.loads:
            stop.set()
        for service in self.services.values():
            service.wanted = False

    def end(self):
        self.halt()
        for service in self.services.values():
            service.end()
        self.log.close()

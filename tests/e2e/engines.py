# SPDX-License-Identifier: Apache-2.0
"""Real container engines: docker, podman, and containerd by the interface that kubelet uses. Images are made here, nothing is
fetched. Each engine has run(image), which starts the container "name" of it in the place of the one before, and returns its
id and the pid of its process."""
import contextlib
import hashlib
import io
import json
import os
import re
import shutil
import subprocess
import tarfile

from harness import Failed, Skipped, command, program, read_text, wait_for, write_text

def remove_groups(name):
    """Removes what an engine leaves of its control groups, in all hierarchies; to be called before it is used."""
    found = [line.split()[1] + "/" + name for line in read_text("/proc/mounts").splitlines() if "cgroup" in line.split()[2]]
    ours = [top for top in found if not os.path.exists(top)]

    def remove():
        for top in ours:
            for path, _, _ in os.walk(top, topdown=False):
                with contextlib.suppress(OSError):
                    os.rmdir(path)
    return remove


# More than this process may set is refused to the engines too.
LIMITS = ("--ulimit", "nofile=1024:1024", "--ulimit", "nproc=4096:4096")


def add(archive, path, content, mode=0o644):
    entry = tarfile.TarInfo(path)
    entry.size, entry.mode = len(content), mode
    archive.addfile(entry, io.BytesIO(content))


def image(t, tag, note):
    """An archive as `docker save` makes it, of busybox and the program that crashes; note makes it another one."""
    layer = io.BytesIO()
    with tarfile.open(fileobj=layer, mode="w") as archive:
        for path in [shutil.which("busybox"), program("crash"), *re.findall(r"/\S+", command("ldd", program("crash")))]:
            with open(path, "rb") as file:
                add(archive, ("bin/" + os.path.basename(path)) if "busybox" in path or "crash" in path else path[1:],
                    file.read(), 0o755)
        add(archive, "etc/note", note.encode())
    layer = layer.getvalue()
    config = json.dumps({"architecture": "amd64", "os": "linux", "config": {"Cmd": ["/bin/busybox", "sleep", "600"]},
                         "rootfs": {"type": "layers", "diff_ids": ["sha256:" + hashlib.sha256(layer).hexdigest()]}}).encode()
    path = t.path(f"{t.unique('image')}.tar")
    with tarfile.open(path, "w") as archive:
        add(archive, "layer.tar", layer)
        add(archive, "config.json", config)
        add(archive, "manifest.json", json.dumps(
            [{"Config": "config.json", "RepoTags": [tag], "Layers": ["layer.tar"]}]).encode())
    return path


class Podman:
    runtime = "podman"
    remove = ("rm", "-f", "-t", "0")
    groups = "libpod_parent"

    def __init__(self, t):
        self.name = t.unique("podman")
        # crun 1.8 refuses control groups in hybrid mode.
        self.words = ["podman", "--runtime", "runc", "--cgroup-manager", "cgroupfs"]
        t.stack.callback(remove_groups(self.groups))
        t.stack.callback(self.clean)
        self.tags = set()

    def load(self, path, tag):
        self.tags.add(tag)
        command(*self.words, "load", "-q", "-i", path)

    def run(self, tag):
        self.quietly(*self.remove, self.name)
        number = command(*self.words, "run", "-d", "--name", self.name, "--network", "none", *LIMITS, tag).split()[-1]
        return number, int(command(*self.words, "inspect", "-f", "{{.State.Pid}}", number))

    def quietly(self, *args):
        return subprocess.run([*self.words, *args], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode

    def execute(self, *argv):
        self.quietly("exec", self.name, *argv)

    def clean(self):
        self.quietly(*self.remove, self.name)
        self.quietly("rmi", "-f", *self.tags)


class Docker(Podman):
    """The dockerd of this host, or one of its own that has its state where docker has it."""
    runtime = "docker"
    remove = ("rm", "-f")
    groups = "docker"

    def __init__(self, t):
        super().__init__(t)
        self.words = ["docker"]
        if self.answers():
            return
        self.words = ["docker", "-H", "unix://" + t.path("docker.sock")]
        log = open(t.path("docker.log"), "w")
        daemon = t.popen("dockerd", "--iptables=false", "--ip6tables=false", "--bridge=none", "--host",
                         "unix://" + t.path("docker.sock"), "--pidfile", t.path("docker.pid"), "--exec-root",
                         t.path("docker"), stdout=log, stderr=log)
        t.stack.callback(daemon.wait, 20)
        t.stack.callback(daemon.terminate)
        t.stack.callback(self.clean)
        wait_for(self.answers, 30, "dockerd answers")

    def answers(self):
        return self.quietly("info") == 0


# What is used of kubelet's interface: https://github.com/kubernetes/cri-api, pkg/apis/runtime/v1/api.proto.
CRI = """
syntax = "proto3";
message SandboxMeta { string name = 1; string uid = 2; string namespace = 3; }
message Options { int32 network = 1; int32 pid = 2; int32 ipc = 3; }
message Context { Options options = 1; }
message PodLinux { string cgroup_parent = 1; Context context = 2; }
message Pod { SandboxMeta metadata = 1; string log_directory = 3; PodLinux linux = 8; }
message RunPodSandboxRequest { Pod config = 1; }
message Id { string id = 1; }
message Meta { string name = 1; }
message Image { string image = 1; }
message Container { Meta metadata = 1; Image image = 2; repeated string command = 3; }
message CreateContainerRequest { string pod = 1; Container config = 2; Pod pod_config = 3; }
"""


class Containerd:
    """containerd of its own, asked as kubelet asks it. Each container is in a pod of its own, with what a Deployment's
    controller makes up for it in the pod's name."""
    runtime = ""  # the paths of kubelet's groups do not tell it

    def __init__(self, t):
        self.t, self.pods, self.name = t, [], t.unique("pod")
        write_text(t.path("cri.proto"), CRI)
        if os.path.exists("/run/containerd/containerd.sock"):
            raise Skipped("this host's own containerd has the state folder")
        load = image(t, "lwtest.example/pause:1", "pause")
        write_text(t.path("containerd.toml"), f"""version = 2
root = "{t.path("containerd")}"
state = "/run/containerd"
[grpc]
  address = "{t.path("containerd.sock")}"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "lwtest.example/pause:1"
  restrict_oom_score_adj = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    conf_dir = "{t.path("cni")}"
""")
        log = open(t.path("containerd.log"), "w")
        daemon = t.popen("containerd", "--config", t.path("containerd.toml"), stdout=log, stderr=log)
        t.stack.callback(remove_groups("kubepods"))
        t.stack.callback(daemon.wait, 20)
        t.stack.callback(daemon.terminate)
        t.stack.callback(self.clean)
        self.ctr = ["ctr", "-a", t.path("containerd.sock"), "-n", "k8s.io"]
        wait_for(lambda: subprocess.run([*self.ctr, "version"], stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL).returncode == 0, 30, "containerd answers")
        self.load(load, "lwtest.example/pause:1")

    def load(self, path, tag):
        command(*self.ctr, "images", "import", path)

    def ask(self, method, kind, text):
        """One call of the interface, which is HTTP/2 with five bytes before the message. Returns the id of the answer."""
        protoc = ["protoc", "-I", self.t.path(""), "cri.proto"]
        body = subprocess.run([*protoc, "--encode=" + kind], input=text.encode(), stdout=subprocess.PIPE, check=True).stdout
        answer = subprocess.run(
            ["curl", "-sS", "--max-time", "30", "-i", "--http2-prior-knowledge", "--unix-socket", self.t.path("containerd.sock"),
             "-H", "content-type: application/grpc", "-H", "te: trailers", "--data-binary", "@-",
             "http://localhost/runtime.v1.RuntimeService/" + method],
            input=b"\0" + len(body).to_bytes(4, "big") + body, stdout=subprocess.PIPE, stderr=subprocess.STDOUT).stdout
        if b"grpc-status: 0" not in answer:
            raise Failed(f"{method}: {answer.decode(errors='replace')}")
        found = re.search(rb"[0-9a-f]{64}", answer.split(b"\r\n\r\n", 1)[1])
        return found and found[0].decode()

    def drop_pods(self):
        for pod in self.pods:
            self.ask("StopPodSandbox", "Id", f'id: "{pod}"')
            self.ask("RemovePodSandbox", "Id", f'id: "{pod}"')
        self.pods.clear()

    def run(self, tag):
        self.drop_pods()
        made_up = "%05x" % (len(self.t.tmp) + self.t.count)
        self.t.count += 1
        uid = f"3f1c9a0e-5b1d-4f43-9d0a-0d5f9a{self.t.count:06d}"
        pod = (f'metadata {{ name: "{self.name}-5d78c9869d-{made_up}" uid: "{uid}" namespace: "shop" }} log_directory: '
               f'"{self.t.tmp}" linux {{ cgroup_parent: "/kubepods/burstable/pod{uid}" context {{ options {{ network: 2 }} }} }}')
        sandbox = self.ask("RunPodSandbox", "RunPodSandboxRequest", f"config {{ {pod} }}")
        self.pods.append(sandbox)
        number = self.ask("CreateContainer", "CreateContainerRequest",
                          f'pod: "{sandbox}" pod_config {{ {pod} }} config {{ metadata {{ name: "app" }} image {{ image: "{tag}" }} '
                          'command: "/bin/busybox" command: "sleep" command: "600" }')
        self.ask("StartContainer", "Id", f'id: "{number}"')
        tasks = command(*self.ctr, "tasks", "list")
        self.number = number
        return number, int(re.search(number + r"\s+(\d+)", tasks)[1])

    def execute(self, *argv):
        subprocess.run([*self.ctr, "tasks", "exec", "--exec-id", self.t.unique("exec"), self.number, *argv],
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def clean(self):
        self.drop_pods()
        command(*self.ctr, "images", "rm", *command(*self.ctr, "images", "list", "-q").split())

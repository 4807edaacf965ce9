# SPDX-License-Identifier: Apache-2.0
"""Containers of real engines that are made anew of other images, and one that crashes."""
from engines import Containerd, Docker, Podman, image
from harness import equal, field, wait_for
from noticed import inferred


def another_image(t, make, prefix, called):
    """called: the container's name in the evidence; None: the engine's."""
    engine = make(t)
    tags = [f"{prefix}/{engine.name}:{tag}" for tag in ("41", "42")]
    for tag in tags:
        engine.load(image(t, tag, tag), tag)
    daemon = t.daemon()
    deaf = t.daemon("[changes]\nignore = image\n", state=t.path("deaf"))
    engine.run(tags[0])
    number, pid = engine.run(tags[1])

    def mine():
        return [m for m in inferred(t) if engine.name in m["evidence"] and m["evidence"].startswith("container ")]
    wait_for(mine, 10, "a marker")
    name = called.format(name=engine.name)
    equal([(m["kind"], m["service"], m["version"], m["source"], m["evidence"]) for m in mine()],
          [("deploy", number[:12], "42", "inferred", f"container {name} runs {tags[1]}, before {tags[0]}")], "the first change")

    # The same again is no change; another image under the name of the one before is.
    number, pid = engine.run(tags[1])
    if engine.runtime:
        engine.load(image(t, tags[1], "rebuilt"), tags[1])
        number, pid = engine.run(tags[1])
        wait_for(lambda: len(mine()) > 1, 10, "a second marker")
        equal([(m["version"], m["service"], m["evidence"]) for m in mine()[1:]],
              [("42", number[:12], f"container {name} runs another image that is called {tags[1]}")], "the second change")

    engine.execute("/bin/crash", "null")
    death = daemon.wait(lambda events: next((e for e in events if field(e, "service.container.id") == number and
                                             e["kind"] == "crash"), None), 10, "a crash in the container")
    equal((death["service"]["name"], field(death, "process.comm"), field(death, "signal.name")),
          (number[:12], "crash", "SIGSEGV"), "the crash")
    if engine.runtime:
        equal(field(death, "service.container.runtime"), engine.runtime, "runtime")
    equal(field(death, "process.exe"), "/bin/crash", "the program, as the container sees it")
    daemon.stop()
    deaf.stop()
    equal(len(mine()), 2 if engine.runtime else 1, "markers in the end")
    equal([m for m in inferred(t, "deaf") if m["evidence"].startswith("container ")], [], "markers of who ignores them")


def test_podman(t):
    another_image(t, Podman, "localhost", "{name}")


def test_docker(t):
    another_image(t, Docker, "lwtest.example", "{name}")


def test_containerd(t):
    another_image(t, Containerd, "lwtest.example", "shop/{name}/app")

# SPDX-License-Identifier: Apache-2.0
"""Changes as other programs declare them: over HTTP, and by files that are put into a folder."""
import glob
import hmac
import http.client
import json
import os
import socket
import time

from harness import ROOT, check, contains, equal, lines_of_json, program, wait_for, write_text

TOKEN = "0123456789abcdef-secret"
BEARER = {"Authorization": "Bearer " + TOKEN}


def token(t, mode=0o600):
    write_text(t.path("token"), TOKEN + "\n")
    os.chmod(t.path("token"), mode)
    return t.path("token")


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def serve(t):
    port = free_port()
    return t.daemon(f"[http]\nlisten = 127.0.0.1:{port}\ntoken_file = {token(t)}\n"), port


def ask(port, body, headers=BEARER, method="POST", path="/markers"):
    """Status and answer."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.request(method, path, body, headers, encode_chunked="Transfer-Encoding" in headers)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
    finally:
        connection.close()


def test_http(t):
    _, port = serve(t)
    status, answer = ask(port, '{"kind":"deploy","service":"shop","version":"7","at":"2026-01-02T03:04:05Z"}')
    equal(status, 201, "status")
    event = json.loads(t.lastwords("show", "--state", t.path("state"), answer["id"], "-o", "json").out)
    equal((event["marker"]["service"], event["marker"]["version"], event["time"], event["marker"]["source"]),
          ("shop", "7", "2026-01-02T03:04:05.000000000Z", "declared"), "the marker")
    equal(ask(port, '{"kind":"deploy","service":"shop","version":"7","at":"2026-01-02T03:04:05Z"}'), (201, answer),
          "the same again")
    equal(len(t.declared()), 1, "markers")
    for path in sorted(glob.glob(os.path.join(ROOT, "tests/golden/webhook/*.json"))):
        with open(path, "rb") as file:
            equal(ask(port, file.read())[0], 201, f"status of {path}")
    equal(len(t.declared()), 1 + len(glob.glob(os.path.join(ROOT, "tests/golden/webhook/*.json"))), "markers")


def test_http_refuses(t):
    daemon, port = serve(t)
    good = '{"kind":"deploy","service":"shop"}'
    for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": "Bearer " + TOKEN + "x"},
                    {"Authorization": "Bearer"}, {"X-Gitlab-Token": TOKEN[:-1]}, {"Authorization": "Basic OnNlY3JldA=="}):
        equal(ask(port, good, headers)[0], 401, f"status with {headers}")
    equal(ask(port, good, {"X-Gitlab-Token": TOKEN})[0], 201, "GitLab's header")
    signed = {"X-Hub-Signature-256": "sha256=" + hmac.new(TOKEN.encode(), good.encode(), "sha256").hexdigest()}
    equal(ask(port, good, signed)[0], 201, "GitHub's header")
    equal(ask(port, good + " ", signed)[0], 401, "GitHub's header with another body")
    equal(ask(port, good, {"X-Hub-Signature-256": ""})[0], 401, "GitHub's header with nothing in it")
    equal(ask(port, good, path="/")[0], 404, "another path")
    equal(ask(port, good, method="PUT")[0], 405, "another method")
    equal(ask(port, good + " " * 65536)[0], 413, "a long body")
    equal(ask(port, (b" " * 1000 for _ in range(100)), {**BEARER, "Transfer-Encoding": "chunked"})[0], 413, "long chunks")
    for body, words in ((b'{"kind":"deploy","service":"\xff"}', "no JSON"), ("", "no JSON"),
                        ('{"kind":"deploy"}', "service"), ('{"kind":"deploy","service":"a","extra":"b"}', "extra"),
                        ('{"kind":"deploy","service":"a","at":"2099-01-01T00:00:00Z"}', "at: ")):
        status, answer = ask(port, body)
        equal(status, 400, f"status of {body}")
        contains(answer["error"], words, f"answer to {body}")
    equal(ask(port, '{"object_kind":"deployment","status":"canceled","project":{"name":"a"}}')[0], 202, "no change")
    equal(len(t.declared()), 2, "markers")
    statuses = [ask(port, '{"kind":"deploy"}')[0] for _ in range(400)]
    equal(statuses[-1], 429, "after hundreds of requests")
    check(statuses.count(400) >= 250, f"{statuses.count(400)} were let through")
    daemon.stop()


def test_http_slow_clients(t):
    _, port = serve(t)
    slow = socket.create_connection(("127.0.0.1", port))
    idle = [socket.create_connection(("127.0.0.1", port)) for _ in range(40)]
    began = time.monotonic()
    for byte in b"POST /markers HTTP/1.1\r\nHost: localhost\r\nX-Slow: 0123456789":
        try:
            slow.send(bytes([byte]))
        except OSError:
            break
        time.sleep(0.5)
        if time.monotonic() - began > 20:
            break
    check(time.monotonic() - began < 18, "a client that sends a byte now and then is not cut off")
    equal(ask(port, '{"kind":"deploy","service":"shop"}')[0], 201, "once the slow ones are gone")
    for connection in idle + [slow]:
        connection.close()


def test_http_address_and_token(t):
    def fails(config, words):
        file = t.config(config)
        result = t.lastwords("run", "--state", t.path("state"), "--config", file, status=1)
        contains(result.err, words, "message")
        contains(t.lastwords("config", "check", "--config", file, status=1).err, words, "message of the check")

    fails(f"[http]\nlisten = 0.0.0.0:0\ntoken_file = {token(t)}\n", "listen_anywhere")
    fails(f"[http]\nlisten = [::]:0\ntoken_file = {token(t)}\n", "listen_anywhere")
    fails(f"[http]\nlisten = localhost:80\ntoken_file = {token(t)}\n", "expected")
    fails(f"[http]\nlisten = 127.0.0.1:99999\ntoken_file = {token(t)}\n", "expected")
    fails("[http]\nlisten = 127.0.0.1:0\n", "token_file")
    fails("[http]\nlisten = 127.0.0.1:0\ntoken_file = /nonexistent\n", "No such file")
    fails(f"[http]\nlisten = 127.0.0.1:0\ntoken_file = {token(t, 0o644)}\n", "others may read it")
    write_text(t.path("short"), "short")
    os.chmod(t.path("short"), 0o600)
    fails(f"[http]\nlisten = 127.0.0.1:0\ntoken_file = {t.path('short')}\n", "16 to 255")


def test_http_unix(t):
    daemon = t.daemon(f"[http]\nlisten = unix:{t.path('http.sock')}\ntoken_file = {token(t)}\n[control]\nmode = 0660\n")
    equal(os.stat(t.path("http.sock")).st_mode & 0o777, 0o660, "mode")
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(t.path("http.sock"))
        body = b'{"kind":"flag","service":"shop"}'
        client.sendall(b"POST /markers HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + TOKEN.encode() +
                       b"\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        contains(client.recv(4096).decode(), "201 Created", "answer")
    daemon.stop()
    check(not os.path.exists(t.path("http.sock")), "the socket stays behind")


def drop(folder, name, text):
    with open(os.path.join(folder, "." + name), "wb") as file:
        file.write(text)
    os.rename(os.path.join(folder, "." + name), os.path.join(folder, name))


def test_folder(t):
    folder = t.path("markers.d")
    os.mkdir(folder)
    drop(folder, "before.json", b'{"kind":"deploy","service":"before"}')
    for name in ("old.json.done", "old.json.bad", "old.json.bad.why", "old.md", "young.done", ".old.done"):
        drop(folder, name, b"")
        os.utime(os.path.join(folder, name), (0, time.time() - (29 if name == "young.done" else 31) * 86400))
    os.rename(os.path.join(folder, "old.md"), os.path.join(folder, "old.tmp"))
    daemon = t.daemon(f"[changes]\nfolder = {folder}\n")
    drop(folder, "moved.json", b'{"kind":"deploy","service":"moved"}')
    with open(os.path.join(folder, "written.conf"), "w") as file:
        file.write("kind=config\nserv")
        file.flush()
        time.sleep(1.5)
        check(os.path.exists(os.path.join(folder, "written.conf")), "it was taken while it was written")
        file.write("ice=written\n")
    wrong = {"kind.json": b'{"kind":"demolish","service":"a"}', "key.json": b'{"kind":"flag","service":"a","x":"y"}',
             "utf8.json": b'{"kind":"flag","service":"\xff"}', "future.json":
             b'{"kind":"flag","service":"a","at":"2099-01-01T00:00:00Z"}', "long.json": b" " * 70000, "empty": b""}
    for name, text in wrong.items():
        drop(folder, name, text)
    os.symlink("/etc/hostname", os.path.join(folder, "link.json"))
    wait_for(lambda: sum(name.endswith(".bad") for name in os.listdir(folder)) == len(wrong), 5, "the wrong ones")
    expected = [f"{name}.done" for name in ("before.json", "moved.json", "written.conf")] + ["link.json", "young.done", ".old.done", "old.tmp"]
    expected += [name + end for name in wrong for end in (".bad", ".bad.why")]
    wait_for(lambda: sorted(os.listdir(folder)) == sorted(expected), 5, "the folder")
    with open(os.path.join(folder, "key.json.bad.why")) as file:
        contains(file.read(), "unknown key x", "the reason")
    equal(sorted(m["service"] for m in t.declared()), ["before", "moved", "written"], "markers")
    daemon.stop()


def test_many_files(t):
    """More than a second's share: all are taken, and a death meanwhile is told at once."""
    folder = t.path("markers.d")
    os.mkdir(folder)
    daemon = t.daemon(f"[changes]\nfolder = {folder}\n")
    for number in range(1000):
        drop(folder, f"{number}.json", b'{"kind":"deploy","service":"service%d"}' % number)
    daemon.barrier()
    wait_for(lambda: sum(name.endswith(".done") for name in os.listdir(folder)) == 1000, 30, "all are done")
    equal(len(t.declared()), 1000, "markers")
    daemon.stop()


def issues(t):
    found = lines_of_json(t.lastwords("issues", "--state", t.path("state"), "-o", "jsonl").out)
    return {i["id"]: i for i in found}


def decide(t, *args, status=0):
    return t.lastwords("issues", *args, "--state", t.path("state"), status=status)


def two_issues(t, daemon):
    """Of deaths of its own, the older first: others on this host may die meanwhile."""
    deaths = [daemon.death(t.run(program("crash"), how)[0]) for how in ("abort", "segv")]

    def found():
        ids = {i["fingerprint"]: i["id"] for i in issues(t).values()}
        return [ids.get(death["fingerprint"]) for death in deaths]
    wait_for(lambda: all(found()), 5, "two issues")
    return found()


def test_decisions(t):
    """Through the daemon and past it, and again from the stored events."""
    daemon = t.daemon()
    first, second = two_issues(t, daemon)
    equal(decide(t, "resolve", first).out, f"resolved {issues(t)[first]['title']}, {first}\n", "what is said of it")
    equal(issues(t)[first]["state"], "resolved", "state")
    decide(t, "ignore", second.lower())
    equal(issues(t)[second]["state"], "ignored", "state")
    daemon.stop()
    contains(decide(t, "merge", first, second).err, "no daemon runs on ", "what is said past it")
    equal((issues(t)[first]["state"], issues(t)[first]["merged_into"]), ("merged", second), "the merged one")
    equal(issues(t)[second]["count"], 2, "count")
    for wrong in (["resolve"], ["merge", first], ["resolve", first, second]):
        decide(t, *wrong, status=2)
    for wrong in (["resolve", "01ARZ3NDEKTSV4RRFFQ69G5FAV"], ["merge", second, second]):
        decide(t, *wrong, status=1)
    contains(decide(t, "resolve", first[:4], status=1).err, "at least 6 characters", "a short id")
    events = t.lastwords("events", "--state", t.path("state"), "-o", "jsonl", "-n", "0").out
    equal([e["decision"]["action"] for e in lines_of_json(events) if e["kind"] == "decision"],
          ["resolve", "ignore", "merge"], "decisions")
    write_text(t.path("events.jsonl"), events)
    again = lines_of_json(t.lastwords("replay", t.path("events.jsonl"), "-o", "jsonl").out)
    states = {i["id"]: (i["state"], i["count"]) for i in again if i["kind"] == "issue"}
    equal(states, {i: (x["state"], x["count"]) for i, x in issues(t).items()}, "replayed")

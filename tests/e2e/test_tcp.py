# SPDX-License-Identifier: Apache-2.0
"""Resets and failed connects between two network namespaces; the truth is each namespace's own counters of TCP (nstat)."""
import itertools
import os
import signal
import socket
import struct
import time

from harness import check, command, equal, pid_of, wait_for

SERVER, CLIENT = 0, 1
ADDRESSES = {socket.AF_INET: ("10.88.0.1", "10.88.0.2"), socket.AF_INET6: ("fd88::1", "fd88::2")}
LINGER_RESET = struct.pack("ii", 1, 0)


def pair(t):
    """Two namespaces with a cable between them."""
    names = [t.netns("server"), t.netns("client")]
    command("ip", "-n", names[0], "link", "add", "cable", "type", "veth", "peer", "name", "cable", "netns", names[1])
    for side, name in enumerate(names):
        for family, addresses in ADDRESSES.items():
            command("ip", "-n", name, "addr", "add", addresses[side] + ("/24" if family == socket.AF_INET else "/64"),
                    "dev", "cable", *(["nodad"] if family == socket.AF_INET6 else []))
        command("ip", "-n", name, "link", "set", "cable", "up")
    return names


def netns_number(name):
    return os.stat("/run/netns/" + name).st_ino


def tcp_counters(name):
    """The namespace's Tcp counters since it was made."""
    rows = [line.split() for line in command("ip", "netns", "exec", name, "cat", "/proc/net/snmp").splitlines()]
    names, values = [row[1:] for row in rows if row[0] == "Tcp:"]
    return dict(zip(names, map(int, values)))


def resets_equal(daemon, name, timeout=4):
    """Waits until the counts of the events are those of the namespace."""
    number, counters = netns_number(name), tcp_counters(name)

    def told():
        events = [e for e in daemon.of(kinds=("tcp_reset",)) if e["netns"] == number]
        established = [e for e in events if e.get("state") in ("ESTABLISHED", "CLOSE_WAIT")]
        return {"OutRsts": sum(e["count"] for e in events if e["direction"] == "sent"),
                "EstabResets": sum(e["count"] for e in established)}

    expected = {key: counters[key] for key in ("OutRsts", "EstabResets")}
    end = time.monotonic() + timeout
    while told() != expected and time.monotonic() < end:
        time.sleep(0.05)
    equal(told(), expected, f"resets of {name}, events against counters")
    return [e for e in daemon.of(kinds=("tcp_reset",)) if e["netns"] == number]


def listener(family, address, port=0, backlog=128, option=None):
    s = socket.socket(family)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if option:
        s.setsockopt(*option, 1)
    s.bind((address, port))
    s.listen(backlog)
    return s


def serve(family, port, count, way, ready):
    """Takes count connections and ends each in that way."""
    with listener(family, ADDRESSES[family][SERVER], port) as s:
        os.write(ready, b"1")
        for _ in range(count):
            connection, _ = s.accept()
            if way == "unread":
                wait_for(lambda: connection.recv(1, socket.MSG_PEEK), 5, "something unread")
            elif way == "linger":
                connection.recv(1)
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_RESET)
            else:
                connection.recv(1)
                connection.recv(1)  # until the client resets it
            connection.close()


def connect_all(family, port, count, way):
    for _ in range(count):
        with socket.socket(family) as s:
            s.connect((ADDRESSES[family][SERVER], port))
            s.sendall(b"xy" if way == "unread" else b"x")
            if way == "client":
                s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_RESET)
            else:
                try:
                    s.recv(1)
                except ConnectionResetError:
                    pass


def talk(t, names, family, port, count, way):
    """Returns the pids of server and client, both ended."""
    ready, told = os.pipe()
    server = t.fork(quiet, serve, family, port, count, way, told, netns=names[SERVER])
    os.close(told)
    os.read(ready, 1)
    os.close(ready)
    client = t.fork(quiet, connect_all, family, port, count, way, netns=names[CLIENT])
    mover = t.fork(move, server, client)
    os.waitpid(client, 0)
    os.kill(mover, signal.SIGKILL)
    os.waitpid(mover, 0)
    os.waitpid(server, 0)
    return server, client


def move(*pids):
    """Takes processes from CPU to CPU for ever: also between the end of a socket and its reset."""
    for cpu in itertools.cycle(sorted(os.sched_getaffinity(0))):
        for pid in pids:
            os.sched_setaffinity(pid, {cpu})


def quiet(function, *args):
    try:
        function(*args)
    except ConnectionResetError:
        pass
    return 0


def test_resets_by_either_end(t):
    daemon = t.daemon()
    names = pair(t)
    port, owners = 7000, {}
    for family in (socket.AF_INET, socket.AF_INET6):
        for way, count in (("linger", 5), ("unread", 4), ("client", 1)):
            port += 1
            owners[port] = (*talk(t, names, family, port, count, way), way, count, family)
    sides = [resets_equal(daemon, name) for name in names]
    for port, (server, client, way, count, family) in owners.items():
        by = {"sent": client, "received": server} if way == "client" else {"sent": server, "received": client}
        for direction, pid in by.items():
            side = SERVER if pid == server else CLIENT
            near, far = ADDRESSES[family][side], ADDRESSES[family][1 - side]
            if family == socket.AF_INET6:
                near, far = f"[{near}]", f"[{far}]"
            events = [e for e in sides[side] if f":{port}" in (e["local"] + " " + e["remote"]) and
                      e["direction"] == direction]
            equal(sum(e["count"] for e in events), count, f"{direction} on port {port} ({way})")
            for event in events:
                equal(pid_of(event), pid, f"owner of {direction} on port {port} ({way})")
                equal((event["local"].rsplit(":", 1)[0], event["remote"].rsplit(":", 1)[0]), (near, far), "ends")


def reset_one(s, ready):
    os.write(ready, b"1")
    connection, _ = s.accept()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_RESET)
    connection.close()
    s.close()


def begin(t, names, family, address, port, option=(socket.SOL_SOCKET, socket.SO_REUSEPORT)):
    """Returns the pid of a server that resets one connection, once it listens."""
    ready, told = os.pipe()
    pid = t.fork(lambda: reset_one(listener(family, address, port, option=option), told), netns=names[SERVER])
    os.close(told)
    equal(os.read(ready, 1), b"1", f"server at {address}")
    os.close(ready)
    return pid


def ask(t, names, family, address, port):
    """A client that is reset by the server there."""
    os.waitpid(t.fork(quiet, lambda: socket.create_connection((address, port)).recv(1), netns=names[CLIENT]), 0)


def test_servers_that_share_a_port(t):
    """Each reset is of who listens at its address, whoever began to listen last."""
    daemon = t.daemon()
    names = pair(t)
    command("ip", "-n", names[SERVER], "addr", "add", "10.88.0.3/24", "dev", "cable")
    v4, v6, owners = socket.AF_INET, socket.AF_INET6, {}
    first, second, third = (v4, "10.88.0.1"), (v4, "10.88.0.3"), (v6, "fd88::1")
    # By port: servers that listen at the same time, each with the address that its client asks.
    rounds = ((7500, ((first, first), (second, second), (third, third))),
              (7501, ((first, first),)), (7501, (((v4, "0.0.0.0"), first),)),  # once another has gone from there
              (7502, ((first, first), ((v4, "0.0.0.0"), second))),
              (7503, (((v6, "::"), first),)), (7503, (((v6, "::"), third),)))  # of both families
    for port, servers in rounds:
        pids = [begin(t, names, *at, port) for at, _ in servers]
        for pid, (_, asked) in zip(pids, servers):
            ask(t, names, *asked, port)
            os.waitpid(pid, 0)
            owners.setdefault((asked[1], port), []).append(pid)
    begin(t, names, v6, "::", 7504, (socket.IPPROTO_IPV6, socket.IPV6_V6ONLY))
    os.waitpid(t.fork(lambda: socket.socket().connect_ex((first[1], 7504)) == 0, netns=names[CLIENT]), 0)
    owners[first[1], 7504] = [None]
    told = {}
    for event in resets_equal(daemon, names[SERVER]):
        address, port = event["local"].rsplit(":", 1)
        told.setdefault((address.strip("[]"), int(port)), []).extend([pid_of(event)] * event["count"])
    equal({end: sorted(pids, key=str) for end, pids in told.items()},
          {end: sorted(pids) for end, pids in owners.items()}, "who reset at which address")


def test_closed_port(t):
    """A reset of the kernel's own, without a socket; and the refused connect of the client."""
    daemon = t.daemon()
    names = pair(t)

    def refused():
        for _ in range(6):
            with socket.socket() as s:
                s.connect_ex((ADDRESSES[socket.AF_INET][SERVER], 7100))

    client = t.fork(refused, netns=names[CLIENT])
    os.waitpid(client, 0)
    sent = resets_equal(daemon, names[SERVER])
    equal({pid_of(e) for e in sent}, {None}, "owners of resets without a socket")
    equal(sum(e["count"] for e in sent), 6, "resets sent")
    failures = [e for e in daemon.of(client, ("connect_failure",))]
    equal(sum(e["count"] for e in failures), 6, "refused connects")
    equal({(e["remote"], e["errno"]) for e in failures}, {("10.88.0.1:7100", "ECONNREFUSED")}, "remote and errno")
    check(len(failures) <= 2, f"not counted together: {failures}")
    equal(tcp_counters(names[CLIENT])["AttemptFails"], 6, "TcpAttemptFails")
    resets_equal(daemon, names[CLIENT])


def test_closed_listener(t):
    """Connections that nobody accepted are reset when the listener closes."""
    daemon = t.daemon()
    names = pair(t)
    ready, told = os.pipe()

    def server():
        s = listener(socket.AF_INET, ADDRESSES[socket.AF_INET][SERVER], 7200)
        os.write(told, b"1")
        time.sleep(0.5)
        s.close()

    def client():
        sockets = [socket.create_connection((ADDRESSES[socket.AF_INET][SERVER], 7200)) for _ in range(9)]
        time.sleep(1)
        return len(sockets) != 9

    first = t.fork(server, netns=names[SERVER])
    os.read(ready, 1)
    second = t.fork(client, netns=names[CLIENT])
    os.waitpid(first, 0)
    equal(os.waitpid(second, 0)[1], 0, "client")
    sent = resets_equal(daemon, names[SERVER])
    equal((sum(e["count"] for e in sent), {pid_of(e) for e in sent}), (9, {first}), "resets sent and their owner")
    received = resets_equal(daemon, names[CLIENT])
    equal((sum(e["count"] for e in received), {pid_of(e) for e in received}), (9, {second}), "received, their owner")


def test_flood(t):
    """5,000 resets: folded into few events, but exact."""
    daemon = t.daemon()
    names = pair(t)
    server, client = talk(t, names, socket.AF_INET, 7300, 5000, "linger")
    sides = [resets_equal(daemon, name) for name in names]
    for side, pid, direction in ((SERVER, server, "sent"), (CLIENT, client, "received")):
        equal(sum(e["count"] for e in sides[side] if pid_of(e) == pid and e["direction"] == direction), 5000,
              f"{direction}, of process {pid}")
    check(sum(map(len, sides)) < 5000, f"{sum(map(len, sides))} events: nothing was folded")
    account = daemon.stop()
    equal(account["tcp"]["map_full"], 0, "losses")


def failures_of(daemon, pid, timeout=5):
    return wait_for(lambda: daemon.of(pid, ("connect_failure",)), timeout, f"a failed connect of process {pid}")


def connect_to(address, patience=None):
    def function():
        with socket.socket() as s:
            s.settimeout(patience)
            try:
                s.connect((address, 7400))
            except OSError:
                pass
    return function


def test_failed_connects(t):
    daemon = t.daemon()
    names = pair(t)
    command("ip", "netns", "exec", names[CLIENT], "sysctl", "-qw", "net.ipv4.tcp_syn_retries=1")
    # Neighbours that exist but do not answer; behind the server there is no way to go.
    for name, address in ((CLIENT, "10.88.0.77"), (CLIENT, "10.88.0.78")):
        command("ip", "-n", names[name], "neigh", "add", address, "lladdr", "02:00:00:00:00:99", "dev", "cable")
    command("ip", "-n", names[CLIENT], "route", "add", "10.99.0.0/24", "via", "10.88.0.1")
    command("ip", "-n", names[CLIENT], "route", "add", "unreachable", "10.98.0.0/24")
    command("ip", "netns", "exec", names[SERVER], "sysctl", "-qw", "net.ipv4.ip_forward=1")
    command("ip", "-n", names[SERVER], "route", "add", "unreachable", "10.99.0.0/24")
    pids = {why: t.fork(connect_to(address, patience), netns=names[CLIENT]) for why, address, patience in (
        ("ETIMEDOUT", "10.88.0.77", None), ("EHOSTUNREACH", "10.99.0.5", None), ("ECANCELED", "10.88.0.78", 1.3),
        ("no route", "10.98.0.5", None))}
    for pid in pids.values():
        os.waitpid(pid, 0)
    for why, remote in (("EHOSTUNREACH", "10.99.0.5:7400"), ("ETIMEDOUT", "10.88.0.77:7400"),
                        ("ECANCELED", "10.88.0.78:7400")):
        events = failures_of(daemon, pids[why])
        equal([(e["errno"], e["remote"], e["count"]) for e in events], [(why, remote, 1)], why)
    # Without any route the call itself fails, and that is what is told.
    calls = wait_for(lambda: [e for e in daemon.of(pids["no route"], ("syscall_errors",)) if e["syscall"] == "connect"],
                     4, "a failed call")
    equal((calls[0]["errno"], calls[0]["count"], calls[0]["subjects"][0]["subject"]),
          ("EHOSTUNREACH", 1, "10.98.0.5:7400"), "a connect without a route")
    equal(daemon.of(pids["no route"], ("connect_failure",)), [], "a connect without a route")

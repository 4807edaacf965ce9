# SPDX-License-Identifier: Apache-2.0
"""The names of remote ends: a real name server, a real getaddrinfo, connections that fail."""
import os
import shutil
import socket
import struct
import sys

from harness import balanced, equal, wait_for, write_text

SERVER = "127.0.0.77"
A, CNAME, AAAA = 1, 5, 28
ADDRESSES = {A: socket.inet_aton("127.0.0.9"), AAAA: socket.inet_pton(socket.AF_INET6, "::1")}

# getaddrinfo(3), then a connection to each address of a host.
CLIENT = """
import socket, sys
for *_, address in socket.getaddrinfo(sys.argv[1], int(sys.argv[2]), type=socket.SOCK_STREAM):
    with socket.socket(socket.AF_INET6 if len(address) == 4 else socket.AF_INET) as s:
        print(address[0], s.connect_ex(address))
"""


def wire(name):
    return b"".join(bytes([len(part)]) + part.encode() for part in name.split(".")) + b"\0"


def answer(query):
    """payments.example is another name of pay.example, which has an address of each family."""
    end = query.index(b"\0", 12) + 1
    kind = struct.unpack("!H", query[end:end + 2])[0]
    if kind not in ADDRESSES:
        return query[:2] + b"\x81\x80" + query[4:6] + bytes(6) + query[12:end + 4]
    target = wire("pay.example")
    records = b"\xc0\x0c" + struct.pack("!HHIH", CNAME, 1, 60, len(target)) + target
    records += target + struct.pack("!HHIH", kind, 1, 60, len(ADDRESSES[kind])) + ADDRESSES[kind]
    return query[:2] + b"\x81\x80" + struct.pack("!HHHH", 1, 2, 0, 0) + query[12:end + 4] + records


def serve(ready):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.bind((SERVER, 53))
        os.write(ready, b"1")
        while True:
            query, sender = s.recvfrom(512)
            s.sendto(answer(query), sender)


def space(t):
    """A network namespace with a name server, which `ip netns exec` makes resolv.conf name."""
    name = t.netns("dns")
    folder = "/etc/netns/" + name
    os.makedirs(folder)
    t.stack.callback(shutil.rmtree, folder)
    write_text(folder + "/resolv.conf", f"nameserver {SERVER}\n")
    ready, told = os.pipe()
    t.fork(serve, told, netns=name)
    os.close(told)
    equal(os.read(ready, 1), b"1", "the name server")
    os.close(ready)
    return name


def connect(t, name, host, port):
    t.run("ip", "netns", "exec", name, sys.executable, "-c", CLIENT, host, str(port))


def failures(daemon, port):
    return [e for e in daemon.of(kinds=("connect_failure",)) if e["remote"].endswith(f":{port}")]


def test_names_of_peers(t):
    daemon = t.daemon()
    name = space(t)
    connect(t, name, "Payments.example", 7501)
    found = wait_for(lambda: len(failures(daemon, 7501)) == 2 and failures(daemon, 7501), 6, "two refused connections")
    equal({e["remote"]: e.get("remote_name") for e in found},
          {"127.0.0.9:7501": "payments.example", "[::1]:7501": "payments.example"}, "names")
    # The name is that of one network namespace.
    other = t.netns("other")
    connect(t, other, "127.0.0.9", 7502)
    found = wait_for(lambda: failures(daemon, 7502), 6, "a refused connection")
    equal(found[0].get("remote_name"), None, "name in another namespace")
    account = daemon.stop()
    balanced(account)
    equal(account["dns"]["used"], 2, "answers")


def test_switched_off(t):
    daemon = t.daemon("[probe]\ndns = no\n")
    connect(t, space(t), "payments.example", 7503)
    found = wait_for(lambda: failures(daemon, 7503), 6, "refused connections")
    equal({e.get("remote_name") for e in found}, {None}, "names")
    equal(daemon.stop()["dns"]["seen"], 0, "answers seen")

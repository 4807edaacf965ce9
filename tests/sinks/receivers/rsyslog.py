# SPDX-License-Identifier: Apache-2.0
"""rsyslog, listening for RFC 5424 on a unix socket, UDP, TCP (octet-counted) and TLS at once; what it parsed, field by field."""
import re

from .certificates import Authority
from .process import Receiver, accepts, free_port, read_lines, write_text

FIELDS = ("rawmsg", "pri", "protocol-version", "timestamp", "hostname", "app-name", "procid", "msgid", "structured-data", "msg",
          "inputname")
PARAM = re.compile(r' ([!-<>-\[\\^-~]{1,32})="((?:[^"\\\]]|\\.)*)"', re.S)


def parse_data(text):
    """Structured data as {id: {name: value}}; ValueError when it is not of RFC 5424's form."""
    if text in ("-", ""):
        return {}
    found, at = {}, 0
    while at < len(text):
        start = re.compile(r"\[([!-<>-\[\\^-~]{1,32})").match(text, at)
        if not start:
            raise ValueError(f"no element at {at} of {text[:200]!r}")
        values, at = {}, start.end()
        while text[at:at + 1] != "]":
            param = PARAM.match(text, at)
            if not param:
                raise ValueError(f"no parameter at {at}: {text[at:at + 100]!r}")
            values[param[1]] = re.sub(r'\\(["\\\]])', r"\1", param[2])
            at = param.end()
        found[start[1]] = values
        at += 1
    return found


class Rsyslog(Receiver):
    """self.socket (datagrams), self.stream (a unix socket, too), self.udp, self.port (TCP), self.tls; self.ca for TLS; client certificates when client=True."""
    name = "rsyslog"

    def __init__(self, folder=None, client=False):
        self.client = client
        super().__init__(folder)

    def prepare(self):
        self.udp, self.tls = free_port(), free_port()
        self.socket, self.stream = self.path("socket"), self.path("stream")
        self.authority = Authority(self.path("tls"))
        self.ca = self.authority.ca
        certificate, key = self.authority.certificate()
        fields = 'constant(value=",")\n'.join(
            f'property(outname="{name}" name="{name}" format="jsonf" dateFormat="rfc3339")\n' for name in FIELDS)
        mode = "x509/certvalid" if self.client else "anon"
        write_text(self.path("conf"), f"""
global(workDirectory="{self.dir}" maxMessageSize="1m" net.enableDNS="off" parser.permitSlashInProgramName="on"
       parser.escapeControlCharactersOnReceive="off" parser.dropTrailingLFOnReception="off"
       defaultNetstreamDriverCAFile="{self.ca}" defaultNetstreamDriverCertFile="{certificate}"
       defaultNetstreamDriverKeyFile="{key}")
main_queue(queue.type="Direct")
module(load="imuxsock" SysSock.Use="off")
module(load="imudp")
module(load="imptcp")
module(load="imtcp" StreamDriver.Name="ossl" StreamDriver.Mode="1" StreamDriver.AuthMode="{mode}")
template(name="lines" type="list") {{
constant(value="{{")
{fields}constant(value="}}\\n") }}
ruleset(name="all") {{ action(type="omfile" file="{self.path("received")}" template="lines" flushOnTXEnd="on") }}
input(type="imuxsock" Socket="{self.socket}" UseSpecialParser="off" ParseHostname="on" RateLimit.Interval="0" Ruleset="all"
      IgnoreTimestamp="off" UseSysTimeStamp="off")
input(type="imudp" address="127.0.0.1" port="{self.udp}" Ruleset="all" RcvbufSize="8m")
input(type="imptcp" address="127.0.0.1" port="{self.port}" Ruleset="all")
input(type="imptcp" path="{self.stream}" unlink="on" Ruleset="all")
input(type="imtcp" address="127.0.0.1" port="{self.tls}" Ruleset="all")
""")

    def command(self):
        return ["rsyslogd", "-n", "-iNONE", "-f", self.path("conf")]

    def ready(self):
        return accepts(self.port) and accepts(self.tls)

    def received(self):
        """The fields as rsyslog read them, and "data": its structured data taken apart."""
        found = read_lines(self.path("received"))
        for message in found:
            message["data"] = parse_data(message["structured-data"])
        return found

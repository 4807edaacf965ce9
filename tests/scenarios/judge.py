# SPDX-License-Identifier: Apache-2.0
"""What is right: a verdict against the truth of a definition, and what simpler ways to find a cause would have said."""
import re

from recording import ns_of

EXHAUSTED = ("ENOSPC", "EDQUOT", "EMFILE", "ENFILE", "ENOMEM", "EADDRNOTAVAIL")
UNDONE_BY = {"deploy": "rollback", "schema": "revert_schema", "config": "revert_config", "flag": "revert_config",
             "third-party": "isolate_third_party"}


def split_of(definition):
    """Some scenarios are only to report: those that say so (`half`). The others are for tuning."""
    return definition.get("half", "tune")


def as_list(value):
    return value if isinstance(value, list) else [value]


def is_client(remote):
    """By its port: who resets what it began itself has gone away, and nothing failed."""
    port = remote.rsplit(":", 1)[1]
    return port == "*" or int(port) >= 32768


# Who asks during a restart is told so for a while: by its own words a fold later.
RESTART = 5 * 10**9  # ns
LOST = re.compile(r"(?i)refused|reset|closed|disconnect|hang up|end of (file|stream)|gone away|broken pipe")


def is_failing(event):
    """By kind alone, whatever the engine thinks of it."""
    kind = event["kind"]
    if kind == "kill":
        killer = event.get("killer", {}).get("class")
        return killer == "operator" or killer == "unknown" and event["signal"]["name"] != "SIGTERM"
    if kind == "syscall_errors":
        return event["errno"] in EXHAUSTED
    return kind in ("crash", "oom_kill", "exit_failure", "exception", "connect_failure") or \
        kind == "tcp_reset" and event["direction"] == "received" and not is_client(event["remote"]) and event.get("state") != "CLOSE_WAIT"


def failing(events, services):
    return [e for e in events if is_failing(e) and e.get("service", {}).get("name") in services]


def restarts(events):
    """{service: times at which a supervisor stopped it or it was deployed}, ns."""
    times = {}
    for event in events:
        if event["kind"] == "marker":
            times.setdefault(event["marker"]["service"], []).append(ns_of(event["time"]))
        elif event["kind"] == "kill" and event.get("killer", {}).get("class") == "supervisor":
            times.setdefault(event["service"]["name"], []).append(ns_of(event["time"]))
    return times


def lost_to_restart(event, times):
    """Whether a client tells that it lost a connection to this host, right after another service was restarted on purpose."""
    said = event.get("exception", {})
    words = " ".join(x.get("type", "") + " " + x.get("message", "") for x in [said, *said.get("chained", [])])
    lost = LOST.search(words) if event["kind"] == "exception" else \
        event["kind"] in ("connect_failure", "tcp_reset") and event["remote"].startswith(("127.", "[::1]"))
    return bool(lost) and any(0 <= ns_of(event["time"]) - time < RESTART for service, all_ in times.items()
                              if service != event["service"]["name"] for time in all_)


def second_failure(events):
    """Time of the event with which something has failed twice, ns; of what failed once that one. None: nothing failed."""
    seen = 0
    for event in events:
        seen += event.get("count", 1)
        if seen >= 2:
            break
    return ns_of(event["time"]) if seen else None


class Verdict:
    """What was said of one recording: the cause, its subject, suspects likest first, the action, impact by service."""

    def __init__(self, cause="unknown", subject="", action="investigate", impact=None, score=0.0, suspects=()):
        self.cause, self.subject, self.action, self.score = cause, subject, action, score
        self.impact = impact or {}
        self.suspects = suspects or [(cause, subject)]

    def named(self):
        return self.cause not in ("unknown", "intrinsic")


def of_incident(incident):
    if not incident:
        return None
    suspects = [(x["cause"], x.get("subject", "")) for x in incident["suspects"]]
    first = incident["suspects"][0]
    subject = first.get("subject", "") if incident["cause"] == first["cause"] else ""
    return Verdict(incident["cause"], subject, incident["advice"]["action"],
                   {x["name"]: x["impact"] for x in incident["services"]}, first["score"], suspects)


def is_right(truth, cause, subject):
    if truth["cause"] == "unknown":
        return cause in ("unknown", "intrinsic")
    return cause in as_list(truth["cause"]) and re.search(truth.get("subject", ""), subject) is not None


def is_shown(events, truth):
    """Whether the recording has what the truth tells of at all, whoever may find it."""
    if truth.get("incident") is False:
        return True
    told = {"operator": lambda e: e.get("killer", {}).get("class") == "operator",
            "marker": lambda e: e["kind"] == "marker" and is_right(truth, "marker", blame(e).subject)}
    tests = [told.get(cause, is_failing) for cause in as_list(truth["cause"])]
    return all(failing(events, [name]) for name in truth["impact"]) and any(test(e) for e in events for test in tests)


def main_incident(incidents, truth, since):
    """The one with the most failures of the services that truly fail, if it lasted until then; of a healthy host any."""
    chosen = incidents_of(incidents, truth, since)
    return max(chosen, key=lambda i: weight(i, truth)) if chosen else None


def weight(incident, truth):
    services = set(truth.get("impact", {}))
    return sum(x["count"] for x in incident["services"] if not services or x["name"] in services)


def incidents_of(incidents, truth, since):
    return [i for i in incidents if weight(i, truth) and ns_of(i["last_seen"]) >= since]


def blame(marker):
    if not marker:
        return Verdict()
    m = marker["marker"]
    subject = " ".join(filter(None, (m["kind"], m["service"], m.get("version"))))
    return Verdict("marker", subject, UNDONE_BY.get(m["kind"], "investigate"))


def markers_before(events, incident):
    start = ns_of(incident["started"])
    return [e for e in events if e["kind"] == "marker" and ns_of(e["time"]) <= start]


def nearest_marker(events, incident):
    found = markers_before(events, incident)
    return blame(found[-1] if found else None)


def last_deploy(events, incident):
    services = {x["name"] for x in incident["services"]}
    found = [e for e in markers_before(events, incident)
             if e["marker"]["kind"] == "deploy" and e["marker"]["service"] in services]
    return blame(found[-1] if found else None)


def always_unknown(*unused):
    return Verdict()


BASELINES = {"nearest marker": nearest_marker, "last deploy of it": last_deploy, "always unknown": always_unknown}

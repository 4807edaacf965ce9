# SPDX-License-Identifier: Apache-2.0
"""The sink `journald`: systemd's journald alone, and under a systemd of its own."""
import json

from feed import check, contains, equal, text_of, wait_for
from receivers import journal, machine

DEATHS = ("crash", "oom_kill", "kill", "exit_failure")


def config(receiver, more=""):
    return f"[sink out]\ntype = journald\npath = {receiver.socket}\nretry_max = 300ms\n{more}"


def text(value):
    return value.decode("utf-8", "surrogateescape") if isinstance(value, bytes) else value


def entries(receiver):
    return [entry for entry in receiver.received() if "LASTWORDS_EVENT" in entry]


def received(feed, found):
    """Issues and incidents change: which state it is is told by the contents."""
    ids = {event["id"]: key for key, event in feed.expected.items()}
    events = [json.loads(text(entry["LASTWORDS_EVENT"])) for entry in found]
    return [(ids[event["id"]], event) for event in events]


def scalar(value):
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else json.dumps(value)


def flat(event, prefix):
    """The table of docs/EVENTS.md: all that is one value, or a list of them."""
    for key, value in event.items():
        name = f"{prefix}{key.upper()}"
        if isinstance(value, dict):
            if name != "LASTWORDS_OOM_MEMORY_STAT":
                yield from flat(value, name + "_")
        elif isinstance(value, list):
            if value and not isinstance(value[0], dict):
                yield name, (" " if key == "cmdline" else ",").join(map(scalar, value))
        elif value is not None:
            yield name, scalar(value)


def fields_of(event):
    """What an entry holds of it at least."""
    kind = event["kind"]
    prefix = f"LASTWORDS_{kind.upper()}_" if kind in ("issue", "incident") else "LASTWORDS_"
    fields = {name.replace(prefix, "LASTWORDS_") if name in (prefix + "ID", prefix + "KIND", prefix + "SCHEMA") else name: value
              for name, value in flat(event, prefix)}
    unit = fields.pop("LASTWORDS_SERVICE_UNIT", None)
    fields["OBJECT_SYSTEMD_UNIT"] = unit
    pid = fields.get("LASTWORDS_PROCESS_PID")
    if kind in DEATHS:
        fields.update(COREDUMP_PID=pid, COREDUMP_UNIT=unit, COREDUMP_SIGNAL=fields.get("LASTWORDS_SIGNAL_NUMBER"),
                      COREDUMP_SIGNAL_NAME=fields.get("LASTWORDS_SIGNAL_NAME"))
        for name in ("COMM", "EXE", "CMDLINE", "UID", "GID"):
            fields[f"COREDUMP_{name}"] = fields.get(f"LASTWORDS_PROCESS_{name}")
    elif pid:
        fields["OBJECT_PID"] = pid
    if event.get("errno"):
        fields["ERRNO"] = {"EACCES": "13", "ECONNREFUSED": "111"}[event["errno"]]
    fields.update(SYSLOG_IDENTIFIER="lastwords", LASTWORDS_EVENT=text_of(event))
    return fields


def check_fields(feed, found):
    for entry, (key, event) in zip(found, received(feed, found)):
        for name, value in fields_of(event).items():
            got = entry.get(name)
            got = got[0] if isinstance(got, list) else got
            got = None if got is None else text(got)
            if got != value and name in ("LASTWORDS_PROCESS_AGE", "LASTWORDS_INTERVAL"):
                got, value = float(got), float(value)  # written otherwise
            equal(got, value, f"{name} of {key}")
        check(text(entry["MESSAGE"]).startswith(event["kind"]), f"MESSAGE of {key}: {entry['MESSAGE']!r:.100}")
        check(len(entry["MESSAGE_ID"]) == 32 and entry["PRIORITY"] in "01234567", f"MESSAGE_ID, PRIORITY of {key}")
        code = next((frame for source in ("exception", "stack") for frame in (event.get(source) or {}).get("frames", [])[:1]), {})
        if code.get("function"):
            equal(text(entry["CODE_FUNC"]), code["function"], f"CODE_FUNC of {key}")


def delivered(t, receiver, **how):
    feed = t.feed(config(receiver))
    feed.deliver(**how)
    wait_for(lambda: len(entries(receiver)) >= len(feed.expected), 20, f"all; {feed.told()}") if not how else None
    found = entries(receiver)
    # The one that a killed journald had in hand comes again behind those that were in its socket.
    doubles = feed.compare(received(feed, found), order="kill_receiver" not in how)
    feed.end()
    t.note(feed, f", {doubles} twice, {feed.account('failures')} failures")
    return feed, found


def test_all(t):
    feed, found = delivered(t, t.use(journal.Journald()))
    check_fields(feed, found)


def test_long(t):
    """Beyond the datagram: by a file of memory."""
    receiver = t.use(journal.Journald())
    feed = t.feed(config(receiver))
    feed.events = feed.events[:9]
    for number, event in enumerate(feed.events):
        event["last_words"] = {"text": "line\n\0" * (number * 40_000)}
    feed.deliver()
    feed.compare(received(feed, entries(receiver)), twice=False)
    feed.end()


def test_receiver_killed(t):
    receiver = t.use(journal.Journald())
    delivered(t, receiver, kill_receiver=receiver)


def test_process_killed(t):
    delivered(t, t.use(journal.Journald()), kill_process=True)


def test_systemd(t):
    """Under a real systemd, which is in a PID namespace of its own: its journald does not let us watch it."""
    receiver = t.use(machine.Machine())
    feed, found = delivered(t, receiver)
    check_fields(feed, found)


def test_nobody_there(t):
    feed = t.feed(f"[sink out]\ntype = journald\npath = {t.path('none')}\n")
    feed.events = feed.events[:10]
    feed.deliver(until=lambda: feed.errors, timeout=15)
    contains(feed.errors[0], "No such file", "error")
    equal((feed.account("event"), feed.refused), (0, {}), "delivered, refused")
    feed.end()

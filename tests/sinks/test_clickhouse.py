# SPDX-License-Identifier: Apache-2.0
"""The sink `clickhouse` against ClickHouse 18.16, with the table that ships with it."""
import json
import os

import feed
import trouble
from feed import check, contains, equal, wait_for
from receivers.clickhouse import ClickHouse
from receivers.client import request
from receivers.front import HttpFront

with open(os.path.join(feed.ROOT, "share", "clickhouse", "001.sql"), encoding="utf-8") as migration:
    TABLE = migration.read()
# What the front may answer that nothing was taken by. The other modes of hostile_http.MODES end with the connection as "reset" does.
TROUBLE = ("garbage", "garbage_body", "endless_body", "endless_headers", "endless_chunks", "wrong_length", "bad_chunk", "gzip_bomb", "empty",
           "reset", "redirect_loop", "error_items", "partial", "400", "401", "404", "429", "500", "502", "503", "503_retry", "504")


def make(t, table=True):
    receiver = t.use(ClickHouse())
    if table:
        statement(receiver, TABLE)
    return receiver


def statement(receiver, text):
    """As curl --data-binary @001.sql sends it."""
    status, _, answer = request(receiver.port, "POST", "/", text.encode())
    equal((status, answer), (200, b""), "the answer")


def config(url, more=""):
    return f"[sink rows]\ntype = clickhouse\nurl = {url}\nbatch = 300\nretry_max = 50ms\n{more}"


def pairs(receiver, table="lastwords_events"):
    return [(row["id"], json.loads(row["event"])) for row in receiver.received(table)]


def columns_of(key, event, service):
    """What each column is to hold, made again from the event."""
    def at(*path):
        value = event
        for part in path:
            value = value.get(part) if isinstance(value, dict) else None
        return value

    ns = feed.time_of(event)
    kind, status = event["kind"], at("exit", "status")
    return {"time": feed.time.strftime("%Y-%m-%d %H:%M:%S", feed.time.gmtime(ns // 10 ** 9)), "time_ns": str(ns), "id": key, "kind": kind,
            "host": at("host", "name") or os.uname().nodename, "service": service or "", "version": at("service", "version") or "",
            "pid": at("process", "pid") or 0, "exe": at("process", "exe") or "", "signal": at("signal", "name") or "", "exit_status": status,
            "exception": at("exception", "type") or "", "fingerprint": event.get("fingerprint", ""),
            "issue": event["id"] if kind == "issue" else at("decision", "issue") or "", "incident": event["id"] if kind == "incident" else "",
            "count": str(event.get("count", 1)), "event": feed.text_of(event)}


def test_all(t):
    receiver = make(t)
    fed = t.feed(config(receiver.url)).deliver()
    equal(fed.compare(pairs(receiver), order=False), 0, "doubles")
    for row in receiver.received():
        event = fed.expected[row["id"]]
        expected = columns_of(row["id"], event, feed.service_of(event))
        check(row.pop("severity") in ("FATAL", "ERROR", "WARN", "INFO") and 0 < row.pop("severity_number") < 25, "severity")
        check(row == expected, f"{row['id']}: {list(feed.differences(expected, row))[:5]}")
    fed.end()
    t.note(fed)


def test_receiver_killed(t):
    """It is killed each second; what comes twice, as after a kill of either side, is one row in the end."""
    receiver = make(t)
    fed = t.feed(config(receiver.url, "compression = gzip\n")).deliver(kill_receiver=receiver)
    doubles = fed.compare(pairs(receiver), order=False)
    fed.end()
    t.note(fed, f", {doubles} twice")
    receiver.query("OPTIMIZE TABLE lastwords_events FINAL")
    equal(fed.compare(pairs(receiver), order=False), 0, "doubles after a merge")
    statement(receiver, TABLE)
    equal(len(receiver.received()), len(fed.expected), "rows after the migration ran again")


def test_process_killed(t):
    receiver = make(t)
    fed = t.feed(config(receiver.url)).deliver(kill_process=True)
    doubles = fed.compare(pairs(receiver), order=False)
    equal(len(receiver.query("SELECT id FROM lastwords_events FINAL").split()), len(fed.expected), "rows of FINAL")
    fed.end()
    t.note(fed, f", {doubles} twice")


def test_trouble(t):
    """Answers that are late, endless, garbage or somebody else's: nothing is lost, nothing given up."""
    receiver = make(t)
    front = t.use(HttpFront(receiver))
    events = list(feed.hostile.events(20 * len(TROUBLE), seed=3))
    fed = t.feed(config(front.url + "/", "timeout = 300ms\n"), [])
    fed.start()
    trouble.once(fed, front, TROUBLE, events, 20)
    for mode in ("slow_headers", "slow_body", "silent"):
        trouble.until_failure(fed, front, mode, feed.hostile.events(5, seed=ord(mode[-1])))
    fed.compare(pairs(receiver), order=False)
    equal(fed.refused, {}, "what was given up")


def test_table_is_made_later(t):
    """Without a database, a table, a column or rights nothing is given up, and what to do is said."""
    receiver = make(t, table=False)
    fed = t.feed(config(receiver.url, "database = ops\ntable = deaths\n"), feed.hostile.events(100))
    fed.start()
    fed.state.add(fed.events)
    fed.events = []
    fed.wake()

    def says(text):
        wait_for(lambda: fed.listen() or any(text in error for error in fed.errors), 5, text)
        fed.errors.clear()

    says("there is no such database: make it, and the table with /usr/share/lastwords/clickhouse/001.sql: Code: 81")
    receiver.query("CREATE DATABASE ops")
    says("there is no such table: make it with /usr/share/lastwords/clickhouse/001.sql: Code: 60")
    receiver.query("CREATE TABLE ops.deaths (time DateTime, id String, event String) ENGINE = Log")
    says("the table has not all columns")
    receiver.query("DROP TABLE ops.deaths")
    statement(receiver, TABLE.replace("EXISTS lastwords_events", "EXISTS ops.deaths"))
    fed.deliver()
    equal(fed.compare(pairs(receiver, "ops.deaths"), order=False), 0, "doubles")
    equal(fed.refused, {}, "what was given up")


def test_user(t):
    receiver = make(t)
    users = receiver.path("users.xml")
    with open(users, encoding="utf-8") as file:
        text = file.read()
    with open(users, "w", encoding="utf-8") as file:
        file.write(text.replace("<users>", "<users><bob><password>s3cret:%</password><networks><ip>127.0.0.1</ip></networks>"
                                "<profile>default</profile><quota>default</quota></bob>"))
    receiver.restart()
    wrong, right = t.file("wrong", "other\n"), t.file("right", "s3cret:%\n")
    fed = t.feed(config(receiver.url, f"user = bob\npassword_file = {wrong}\n"), feed.hostile.events(50))
    fed.deliver(until=lambda: any("look at user and password_file" in error for error in fed.errors))
    fed.end()
    equal(receiver.received(), [], "what came with a wrong password")
    with open(wrong, "w", encoding="utf-8") as file, open(right, encoding="utf-8") as good:
        file.write(good.read())
    fed.deliver()
    equal(fed.compare(pairs(receiver), order=False), 0, "doubles")


def test_poison(t):
    """What the server refuses for what it holds is set aside, alone."""
    receiver = make(t, table=False)
    statement(receiver, TABLE.replace("fingerprint String", "fingerprint UInt64"))
    events = [{**event, "fingerprint": "7" if number != 37 else "2:0123456789abcdef"} for number, event in
              enumerate(feed.hostile.events(100))]
    fed = t.feed(config(receiver.url), events).deliver()
    equal([key for _, key in fed.refused], [events[37]["id"]], "what was set aside")
    contains(list(fed.refused.values())[0], "Code: ", "the reason")
    equal(fed.account("refused"), 1, "refused")
    fed.expected.pop(events[37]["id"])
    fed.compare(pairs(receiver), order=False)

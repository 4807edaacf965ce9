# SPDX-License-Identifier: Apache-2.0
"""The whole daemon with every sink at its receiver, killed by SIGKILL a second after each start. What it finds in its store, and
what dies meanwhile, is all there in the end; it may be there twice. All is of services of our own: the daemon sees others, too."""
import json
import os
import random
import re
import shutil
import sqlite3
import statistics
import subprocess
import threading
import time

import feed
import hostile
import test_alertmanager
import test_clickhouse
import test_elastic
import test_http
import test_journald
import test_kafka
import test_loki
import test_nats
import test_otlp
import test_sentry
import test_syslog
from feed import SHORT, check, differences, equal, wait_for
from receivers import journal, kafka, nats, otelcol, rsyslog
from receivers.loki_double import LokiDouble
from receivers.prometheus import Alertmanager
from receivers.sentry import Spotlight
from receivers.webhook_double import WebhookDouble
from test_prometheus import samples

KILLS, EACH = (5, 100) if SHORT else (30, 500)  # EACH: events that are put into the store before each start
INCIDENTS = 5  # likewise
OURS = "ours-"


class Daemon:
    """`lastwords run`, again and again on one state."""

    def __init__(self, t, config):
        self.t, self.process, self.starts, self.printed = t, None, [], []
        self.argv = [feed.LASTWORDS, "run", "--state", t.path("state"), "--config", t.file("lastwords.conf", config)]
        subprocess.run([feed.LASTWORDS, "mark", "deploy", "--service", "none", "--state", t.path("state")], check=True, stdout=subprocess.DEVNULL)
        t.stack.callback(self.kill)

    def start(self):
        begin = time.monotonic()
        log = self.t.path(f"log{len(self.starts)}")
        with open(log, "wb") as errors:
            self.process = subprocess.Popen(self.argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors)
        reader = threading.Thread(target=self.read, args=(self.process.stdout,), daemon=True)
        reader.start()
        wait_for(lambda: b"watching" in self.said(log) or self.process.poll() is not None, 30, "the daemon watches")
        check(self.process.poll() is None, f"the daemon ended: {self.said(log)[-1000:]}")
        self.starts.append(time.monotonic() - begin)

    def read(self, stdout):
        """What the sink stdout writes. The last line before a kill may be cut off."""
        with stdout:
            self.printed.extend(line for line in stdout if line.endswith(b"\n"))

    @staticmethod
    def said(log):
        with open(log, "rb") as file:
            return file.read()

    def kill(self):
        if self.process:
            self.process.kill()
            self.process.wait()
        self.process = None

    def database(self):
        return sqlite3.connect(os.path.join(self.t.path("state"), "lastwords.db"), timeout=30)

    def put(self, events):
        """Into the store, behind what it holds."""
        with self.database() as db:
            for event in events:
                if event["kind"] == "incident":
                    db.execute("UPDATE sqlite_sequence SET seq = seq + 1 WHERE name = 'finding'")
                    db.execute("INSERT INTO finding(id, kind, state, service, time, body, seq) "
                               "VALUES(?,?,?,?,?,?, (SELECT seq FROM sqlite_sequence WHERE name = 'finding'))", (
                                   event["id"], "incident", event["state"], feed.service_of(event) or "", feed.time_of(event), feed.text_of(event)))
                else:
                    db.execute("INSERT INTO event(id, time, kind, service, body) VALUES(?,?,?,?,?)", (
                        event["id"], feed.time_of(event), event["kind"], feed.service_of(event), feed.text_of(event)))
        db.close()

    def stored(self):
        """Events and findings of ours by id, and the numbers of the last ones of all."""
        db = self.database()
        try:
            events, found = ({key: json.loads(body) for key, body in db.execute(
                f"SELECT id, body FROM {table} WHERE service LIKE '{OURS}%' AND kind != 'refused'")} for table in ("event", "finding"))
            last, = db.execute("SELECT (SELECT max(seq) FROM event), (SELECT max(seq) FROM finding)")
        finally:
            db.close()
        return events, found, last

    def delivers(self, sinks, last, last_finding):
        """Waits until every sink is there."""
        end, behind = time.monotonic() + (30 if SHORT else 120), list(sinks)
        while behind:
            check(time.monotonic() < end, f"not all is delivered, events up to {last}: {[(name, self.counter(f'sink.{name}.event')) for name in behind]}")
            time.sleep(0.1)
            # Alertmanager's sink reads no events.
            behind = [name for name in behind if self.counter(f"sink.{name}.finding") < last_finding or
                      name != "alertmanager" and self.counter(f"sink.{name}.event") < last]

    def counter(self, name):
        db = self.database()
        try:
            row = db.execute("SELECT value FROM counter WHERE name = ?", (name,)).fetchone()
        finally:
            db.close()
        return row[0] if row else 0


def named(kind, text):
    """The section of a test of one sink, under a name of its own."""
    return re.sub(r"^\[sink \S+\]", f"[sink {kind}]", text) + f"start = oldest\nservices = {OURS}*\n"


def ours(event):
    """The same of a service of ours."""
    if event["kind"] == "incident":
        event["service"] = event["services"][0]["name"] = OURS + event["service"]
    else:
        event.setdefault("service", {})["name"] = OURS + event.get("service", {}).get("name", "")
    return event


def everything(t):
    """Every kind: its section, and a function that gives the events at its receiver."""
    collector, log, syslog = t.use(otelcol.Otelcol()), t.use(journal.Journald()), t.use(rsyslog.Rsyslog())
    search, loki, hook = test_elastic.double(t), t.use(LokiDouble()), t.use(WebhookDouble())
    rows, stream, bus = test_clickhouse.make(t), t.use(kafka.Kafka()), t.use(nats.Nats(nodes=1))
    errors, alerts = t.use(Spotlight()), t.use(Alertmanager())
    return {
        "file": (f"[sink x]\ntype = file\npath = {t.path('out.jsonl')}\n", lambda: whole_lines(t.path("out.jsonl"))),
        "otlp": (test_otlp.config(collector.url), lambda: [test_otlp.event_of(record) for record in collector.received()]),
        "journald": (test_journald.config(log), lambda: [json.loads(test_journald.text(entry["LASTWORDS_EVENT"]))
                                                         for entry in test_journald.entries(log)]),
        "syslog": (test_syslog.config(syslog, "tcp"), lambda: [event for _, event in test_syslog.received(syslog)]),
        "elastic": (test_elastic.config(search.url), lambda: [json.loads(row["_source"]["event"]["original"]) for row in search.received()]),
        "loki": (test_loki.config(loki.url), lambda: [json.loads(entry["line"]) for entry in loki.received()]),
        "http": (test_http.config(hook.url), lambda: [event for body in test_http.bodies(hook) for event in json.loads(body)]),
        "clickhouse": (test_clickhouse.config(rows.url), lambda: [event for _, event in test_clickhouse.pairs(rows)]),
        "kafka": (test_kafka.config(stream), lambda: [event for _, event in test_kafka.events(stream.received())]),
        "nats": (test_nats.config(bus), lambda: [event for _, event in test_nats.events(bus.received())]),
        "sentry": (test_sentry.config(t, errors.port, "kinds = crash\n"), lambda: [event["contexts"]["lastwords"] for event in errors.received()]),
        "alertmanager": (test_alertmanager.config(alerts.port), lambda: list(test_alertmanager.alerts(alerts))),
    }


def whole_lines(path):
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file.read().split("\n")[:-1]]


def all_there(sink, got, events, findings, after):
    """What was stored is among what came, unchanged; what came was stored at some time. Returns how often something came again."""
    simple = test_otlp.without_nulls if sink == "otlp" else lambda event: event
    counts = {}
    for event in got:
        key = event["id"]
        counts[key] = counts.get(key, 0) + 1
        if event["kind"] in ("issue", "incident"):
            check(key in after[1], f"{sink}: {key} was never stored")
            counts[key, "count"] = max(counts.get((key, "count"), 0), event["count"])
            continue
        check(key in after[0], f"{sink}: {key} was never stored")
        changed = list(differences(simple(after[0][key]), simple(event)))
        check(not changed, f"{sink}: {key}: {changed}")
    # One event a request is slow.
    wanted = (lambda event: event["kind"] == "crash") if sink == "sentry" else (lambda event: True)
    lost = [key for key, event in events.items() if wanted(event) and key not in counts]
    check(not lost, f"{sink}: {len(lost)} of {len(events)} events lost, such as {lost[:3]}")
    # Of several states of an issue or incident the newest is sent; of what goes on there may be one more meanwhile.
    least = {key: min(event["count"], after[1][key]["count"]) for key, event in findings.items() if sink != "sentry"}
    stale = [key for key, count in least.items() if counts.get((key, "count"), -1) < count]
    check(not stale, f"{sink}: {len(stale)} of {len(findings)} issues and incidents are not there as they were stored: {stale[:3]}")
    return sum(value - 1 for key, value in counts.items() if key in events)


def same_alerts(got, after):
    """Those that were put into the store end at once, for the daemon does not know them; what dies here stays open."""
    still = {key for key, event in after[1].items() if event["kind"] == "incident" and event["state"] == "open"}
    check(still, "no incident is open")
    check(still <= set(got), f"alertmanager: of {len(still)} open incidents {len(still - set(got))} are not there")


def scrape(path):
    done = subprocess.run(["curl", "-sS", "--unix-socket", path, "http://localhost/metrics"], stdout=subprocess.PIPE, check=True)
    return samples(done.stdout.decode())


def test_killed(t):
    if os.geteuid() != 0:
        raise feed.Skipped("needs root")
    sinks = everything(t)
    metrics = t.path("metrics")
    config = "".join(named(kind, text) for kind, (text, _) in sinks.items()) + named("stdout", "[sink x]\ntype = stdout\n")
    daemon = Daemon(t, f"{config}[sink prometheus]\ntype = prometheus\nlisten = unix:{metrics}\n")
    sinks["stdout"] = (None, lambda: [json.loads(line) for line in daemon.printed])
    events, alerts = hostile.events(KILLS * EACH), test_alertmanager.incidents(KILLS * INCIDENTS)
    shell = shutil.copy("/bin/bash", t.path(OURS + "shell"))
    begin = time.monotonic()
    for _ in range(KILLS):
        daemon.put([ours(next(events)) for _ in range(EACH)] + [ours(next(alerts)) for _ in range(INCIDENTS)])
        daemon.start()
        until = time.monotonic() + 0.8 + 0.4 * random.random()
        for _ in range(3):
            subprocess.run([shell, "-c", "kill -SEGV $$"], stderr=subprocess.DEVNULL, check=False)
        time.sleep(max(0, until - time.monotonic()))
        daemon.kill()
    took = time.monotonic() - begin
    daemon.start()
    stored, findings, (last, last_finding) = daemon.stored()
    died = sum(event["process"]["comm"] == OURS + "shell" for event in stored.values() if event["kind"] == "crash")
    daemon.delivers(sinks, last, last_finding)
    found = scrape(metrics)
    for name in sinks:
        check(found[f'lastwords_sink_delivered_total{{sink="{name}",type="{name}"}}'] > 0, f"/metrics of {name}")
        equal(daemon.counter(f"sink.{name}.refused"), 0, f"what {name} set aside")
    doubles = compare(daemon, sinks, stored, findings)
    t.figures = (f"{len(stored)} events, {len(findings)} issues and incidents; {died} of them died then, {KILLS} kills in {took:.0f} s, up after "
                 f"{statistics.median(daemon.starts):.2f} s; twice: " + ", ".join(f"{name} {count}" for name, count in doubles.items()))


def compare(daemon, sinks, stored, findings):
    """Kafka's reader and rsyslog's file are a little behind."""
    doubles = {}
    for name, (_, received) in sinks.items():
        end = time.monotonic() + 10
        while True:
            got = received()
            after = daemon.stored()
            try:
                if name == "alertmanager":
                    same_alerts(got, after)
                else:
                    doubles[name] = all_there(name, got, stored, findings, after)
                break
            except feed.Failed:
                if time.monotonic() > end:
                    raise
                time.sleep(0.5)
    return doubles

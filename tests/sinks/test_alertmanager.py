# SPDX-License-Identifier: Apache-2.0
"""The sink `alertmanager` against Alertmanager 0.25."""
import json
import subprocess
import time

import feed
import trouble
from feed import check, contains, equal, wait_for
from receivers.front import HttpFront
from receivers.prometheus import Alertmanager
from receivers.webhook_double import WebhookDouble

INCIDENTS = 300 if feed.SHORT else 1500
# What the front may answer that no alert was taken by.
TROUBLE = ("garbage", "garbage_body", "endless_body", "endless_headers", "wrong_length", "bad_chunk", "gzip_bomb", "empty", "reset",
           "redirect_loop", "error_items", "401", "404", "429", "500", "502", "503_retry", "504")


def incidents(count, seed=1, closed=False):
    """Incidents with hostile texts, as docs/EVENTS.md has them; they begin a minute ago."""
    maker = feed.hostile.Maker(seed)
    begin = time.time_ns() - 60 * 10 ** 9
    for number in range(count):
        at = begin + number * 1_000_000
        estimate = {"seconds": 12.5, "cases": 3, "of_this_service": False}
        event = {"schema": 1, "kind": "incident", "id": feed.hostile.make_id(at, maker.rng), "state": "closed" if closed else "open",
                 "started": feed.hostile.make_time(at), "detected": feed.hostile.make_time(at + 10 ** 6), "time": feed.hostile.make_time(at),
                 "last_seen": feed.hostile.make_time(at + 10 ** 6), "count": maker.number(least=1), "service": maker.text(63),
                 "services": [{"name": maker.text(63), "impact": maker.rng.choice(("total", "partial", "none")), "count": 3}
                              for _ in range(maker.rng.randrange(1, 4))], "issues": [], "cause": "marker",
                 "suspects": [{"cause": "marker", "subject": maker.text(100), "score": 0.9, "evidence": [{"text": maker.text(200), "weight": 3.5}]}],
                 "advice": {"action": "rollback", "why": maker.text(191), "command": maker.text(100), "restore_estimate": estimate,
                            "fix_estimate": None}}
        if closed:
            event["ended"] = feed.hostile.make_time(at + 30 * 10 ** 9)
        yield event


def config(port, more="", name="alerts"):
    return f"[sink {name}]\ntype = alertmanager\nurl = http://127.0.0.1:{port}\nretry_max = 200ms\n{more}"


def plain(text):
    """Texts of C end with NUL."""
    return text.split("\0")[0]


def alerts(receiver):
    return {alert["labels"]["incident"]: alert for alert in receiver.received()}


def same(found, events):
    """Each incident is one alert with these labels and annotations."""
    expected = {event["id"]: event for event in events}
    equal(sorted(found), sorted(expected), "incidents")
    for key, alert in found.items():
        event = expected[key]
        labels = {"alertname": "LastwordsIncident", "incident": key, "severity": "critical", "host": feed.os.uname().nodename}
        if feed.service_of(event):
            labels["service"] = feed.service_of(event)
        equal(alert["labels"], labels, "labels")
        notes = alert["annotations"]
        equal({notes[key] for key in ("cause", "advice")}, {"marker", "rollback"}, "cause and advice")
        equal(notes.get("why", ""), plain(event["advice"]["why"]), "why")
        equal(notes.get("command", ""), plain(event["advice"]["command"]), "command")
        equal(notes["impact"], ", ".join(f"{plain(one['name'])}: {one['impact']}" for one in event["services"]), "impact")
        equal(notes["suspect"], f"marker {plain(event['suspects'][0]['subject'])} (0.90): {plain(event['suspects'][0]['evidence'][0]['text'])}",
              "suspect")
        check(notes["summary"].endswith(f": {event['count']} failures, cause: marker"), "summary")
        equal(alert["startsAt"][:23], event["started"][:23], "startsAt")
        left = feed.nanoseconds(alert["endsAt"]) / 1e9 - time.time()
        check(0 < left <= 600, f"it ends in {left} s")


def test_all(t):
    """Incidents are alerts; nothing else is sent."""
    receiver = t.use(Alertmanager())
    events = list(incidents(INCIDENTS))
    fed = t.feed(config(receiver.port), list(feed.hostile.events(500)) + events).deliver()
    fed.end()
    same(alerts(receiver), events)
    equal(fed.refused, {}, "what was given up")
    t.note(fed)


def test_ends(t):
    """An incident that is over is an alert that is: it goes, and comes back with nobody."""
    receiver = t.use(Alertmanager())
    events = list(incidents(50))
    fed = t.feed(config(receiver.port), events).deliver()
    equal(len(receiver.received()), 50, "alerts")
    for event in events[:20]:
        fed.state.last_finding += 1
        body = {**event, "state": "closed", "ended": feed.hostile.make_time(time.time_ns() - 10 ** 9)}
        fed.state.db.execute("UPDATE finding SET state = 'closed', body = ?, seq = ? WHERE id = ?",
                             (feed.text_of(body), fed.state.last_finding, event["id"]))
    fed.wake()
    wait_for(lambda: fed.listen() or fed.done(), 10, "all are delivered")
    same(alerts(receiver), events[20:])


def test_merged(t):
    """One that turned out to be part of another one ends, and says of which; of those that ended Alertmanager tells nothing."""
    hook = t.use(WebhookDouble())
    event = {**next(incidents(1, closed=True)), "merged_into": feed.hostile.make_id(1, feed.random.Random(1))}
    t.feed(config(hook.port), [event]).deliver(10, until=hook.received)
    alert = json.loads(hook.received()[0]["body"])[0]
    check(alert["annotations"]["summary"].endswith(f" failures, part of incident {event['merged_into']}"), "summary")
    equal(alert["endsAt"], event["ended"], "endsAt")


def test_amtool(t):
    receiver = t.use(Alertmanager())
    events = list(incidents(3))
    t.feed(config(receiver.port), events).deliver()
    done = subprocess.run(["amtool", f"--alertmanager.url=http://127.0.0.1:{receiver.port}", "-o", "json", "alert", "query",
                           "alertname=LastwordsIncident"], stdout=subprocess.PIPE, check=True)
    equal({alert["labels"]["incident"] for alert in json.loads(done.stdout)}, {event["id"] for event in events}, "amtool's alerts")


if not feed.SHORT:  # it takes a minute; tests/unit/sink_sender.c has the same for each run
    def test_repeated(t):
        """Alertmanager keeps alerts in memory: after its restart open incidents are there again within a minute, unchanged."""
        receiver = t.use(Alertmanager())
        events = list(incidents(40)) + list(incidents(5, 2, closed=True))
        fed = t.feed(config(receiver.port), events).deliver()
        delivered = fed.account("delivered")
        receiver.restart()
        equal(receiver.received(), [], "alerts after the restart")
        begin = time.monotonic()
        wait_for(lambda: fed.listen(1) or receiver.received(), 70, "alerts come again")
        same(alerts(receiver), events[:40])
        equal(fed.account("delivered"), delivered, "what is delivered again counts once")
        t.figures = f"after {time.monotonic() - begin:.0f} s"


def killed(t, receiver, **killing):
    """What was taken before Alertmanager's last kill is gone with it; nothing that came later may be missing."""
    taken = t.use(HttpFront(receiver))
    events = list(incidents(INCIDENTS))
    fed = t.feed(config(taken.port, "batch = 20\n"), events).deliver(**killing)
    fed.end()
    equal((fed.refused, fed.account("event"), fed.account("finding")), ({}, 0, INCIDENTS), "the account")
    if "kill_process" in killing:
        same(alerts(receiver), events)
    else:
        found = alerts(receiver)
        check(events[-1]["id"] in found, "the last incident is not there")
        same(found, [event for event in events if event["id"] in found])
    t.note(fed)


def test_receiver_killed(t):
    receiver = t.use(Alertmanager())
    killed(t, receiver, kill_receiver=receiver)


def test_process_killed(t):
    killed(t, t.use(Alertmanager()), kill_process=True)


def test_trouble(t):
    receiver = t.use(Alertmanager())
    front = t.use(HttpFront(receiver))
    fed = t.feed(config(front.port, "timeout = 500ms\n"), [])
    events = list(incidents(2 * len(TROUBLE)))
    fed.start()
    trouble.once(fed, front, TROUBLE, events, 2)
    same(alerts(receiver), events)
    equal(fed.refused, {}, "what was given up")


def test_poison(t):
    """What is refused for what it holds is set aside, alone: here a label that Alertmanager does not take."""
    receiver = t.use(Alertmanager())
    front = t.use(HttpFront(receiver))
    fed = t.feed(config(front.port), incidents(1))
    front.mode("400", 3)
    fed.deliver()
    equal(len(fed.refused), 1, "what was set aside")
    equal(receiver.received(), [], "alerts")


def test_configuration(t):
    def says(text, expected):
        conf = t.file("conf", "[sink alerts]\ntype = alertmanager\n" + text)
        done = subprocess.run([feed.LASTWORDS, "config", "check", "--config", conf], stderr=subprocess.STDOUT, stdout=subprocess.PIPE)
        contains(done.stdout.decode(), expected, text)

    says("url = http://127.0.0.1:9093\n", "good, 1 sink")
    says("", "the key url")
    says("url = http://me:pass@127.0.0.1:9093\n", "without a name or password")
    says("url = http://127.0.0.1:9093/api/v2/alerts\n", "without the path of the API")
    says("url = http://127.0.0.1:9093\nkinds = crash\n", "nothing else is an alert")


def test_doctor(t):
    """The test is an alert that is over: nobody is called."""
    receiver = t.use(Alertmanager())
    conf = t.file("conf", config(receiver.port))
    done = subprocess.run([feed.LASTWORDS, "doctor", "--sinks", "--config", conf, "--state", t.path("none")], stderr=subprocess.STDOUT,
                          stdout=subprocess.PIPE)
    contains(done.stdout.decode(), "a test event was delivered", "doctor")
    equal(receiver.received(), [], "alerts")

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Appointments of a clinic: clinic.py ROLE [KEY=VALUE...]. `desk` answers HTTP at port (with cert and key HTTPS, read for each
connection) and gives out slots by its settings (TOML, read each time) and its base (dsn and query of PostgreSQL); change: what its
release does otherwise (zones, practices, cards). `kiosk` books at url, trusting ca, or tells that it could not. `results` stores
what analysers send, some of it twice (twice: one in so many), in db (SQLite)."""
import datetime
import http.server
import json
import sqlite3
import ssl
import sys
import time
import tomllib
import traceback
import urllib.parse
import urllib.request

options = {"every": "0.4", "port": "0", "change": "", "twice": "4", "timeout": "1"}
options.update(word.split("=", 1) for word in sys.argv[2:])
WAYS = ["web", "web", "phone", "desk"]
PRACTICES = {"derma": 2, "cardio": 3, "ortho": 5}
kept = []


def booked_at(way):
    now = datetime.datetime.now()
    if options["change"] == "zones" and way == "phone":
        now = datetime.datetime.now(datetime.timezone.utc)
    return now


def floor(practice):
    """The releases with `practices` know those that moved no more."""
    floors = {name: n for name, n in PRACTICES.items() if options["change"] != "practices" or n < 5}
    return floors[practice]


def settings():
    if "settings" not in options:
        return {"slot": 15, "hours": [8, 18]}
    with open(options["settings"], "rb") as file:
        return tomllib.load(file)


def ask_base(patient):
    import psycopg2
    if not kept or kept[0].closed:
        kept[:] = [psycopg2.connect(options["dsn"])]
        kept[0].autocommit = True
    with kept[0].cursor() as cursor:
        cursor.execute(options["query"], {"patient": patient})


def book(patient, way):
    day = settings()
    slots = (day["hours"][1] - day["hours"][0]) * 60 // day["slot"]
    opens = datetime.datetime.combine(datetime.date.today(), datetime.time(day["hours"][0]))
    if booked_at(way) < opens - datetime.timedelta(days=1):
        raise ValueError("too late")
    if options["change"] == "cards":
        kept.append(open("/etc/hostname"))
    if "dsn" in options:
        ask_base(patient)
    at = opens + datetime.timedelta(minutes=patient % slots * day["slot"])
    return {"at": at.isoformat(), "floor": floor(list(PRACTICES)[patient % 3])}


class Desk(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(self.path).query))
        try:
            status, answer = 200, book(int(query.get("patient", 1)), query.get("by", "web"))
        except Exception as error:
            traceback.print_exc()
            status, answer = 500, {"error": str(error)}
            if "dsn" in options:
                kept.clear()
        self.send_response(status)
        self.end_headers()
        self.wfile.write(json.dumps(answer).encode())

    def log_message(self, *unused):
        pass


class Server(http.server.ThreadingHTTPServer):
    def get_request(self):
        client, address = super().get_request()
        if "cert" in options:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(options["cert"], options["key"])
            client = context.wrap_socket(client, server_side=True)
        return client, address

    def handle_error(self, request, client_address):
        """Clients that go away are nothing to tell of."""


def kiosk(count):
    context = ssl.create_default_context(cafile=options["ca"]) if "ca" in options else None
    url = f"{options['url']}?patient={count}&by={WAYS[count % 4]}"
    with urllib.request.urlopen(url, timeout=float(options["timeout"]), context=context) as answer:
        return json.load(answer)["at"]


def results(count):
    """An analyser that has heard nothing sends a result again."""
    sample = count - 1 if count % int(options["twice"]) == 0 else count
    base = sqlite3.connect(options["db"], timeout=0.5)
    with base:
        base.execute("insert into results (sample, value) values (?, ?)", (f"S{sample}-{int(started)}", 4.2))
    base.close()


started = time.time()
if sys.argv[1] == "desk":
    Server(("127.0.0.1", int(options["port"])), Desk).serve_forever()
for turn in range(1, 1 << 30):
    time.sleep(float(options["every"]))
    try:
        {"kiosk": kiosk, "results": results}[sys.argv[1]](turn)
    except Exception:
        traceback.print_exc()

# SPDX-License-Identifier: Apache-2.0
"""Prometheus, which scrapes what it is given; promtool; and Alertmanager."""
import subprocess
from urllib.parse import quote

from .client import answers, get_json
from .process import Receiver, write_text


class Prometheus(Receiver):
    """Scrapes targets ("127.0.0.1:PORT") each second."""
    name = "prometheus"

    def __init__(self, targets, folder=None, path="/metrics"):
        self.targets, self.metrics = targets, path
        super().__init__(folder)

    def prepare(self):
        targets = ", ".join(f'"{target}"' for target in self.targets)
        write_text(self.path("conf.yml"), f"""
global: {{scrape_interval: 1s, scrape_timeout: 1s}}
scrape_configs:
- {{job_name: lastwords, metrics_path: "{self.metrics}", static_configs: [{{targets: [{targets}]}}]}}
""")

    def command(self):
        return ["prometheus", f"--config.file={self.path('conf.yml')}", f"--storage.tsdb.path={self.path('data')}",
                f"--web.listen-address=127.0.0.1:{self.port}"]

    def ready(self):
        return answers(self.port, "/-/ready")

    def query(self, expression):
        """Series of an instant query: their labels, and their value as a number."""
        answer = get_json(self.port, f"/api/v1/query?query={quote(expression)}")
        return [(series["metric"], float(series["value"][1])) for series in answer["data"]["result"]]

    def targets_up(self):
        """Health and last error by target."""
        found = get_json(self.port, "/api/v1/targets")["data"]["activeTargets"]
        return {target["labels"]["instance"]: (target["health"], target["lastError"]) for target in found}

    def received(self):
        """All samples that were scraped and are not older than five minutes: labels and value."""
        return [{**labels, "value": value} for labels, value in self.query('{job="lastwords"}')]


def check_metrics(text):
    """What promtool has to say against an exposition; "" when nothing."""
    done = subprocess.run(["promtool", "check", "metrics"], input=text, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          check=False)
    return done.stdout.decode() or ("" if done.returncode == 0 else f"status {done.returncode}")


class Alertmanager(Receiver):
    """POST alerts to url. It keeps them in memory only: after kill() only those that are sent again are there."""
    name = "alertmanager"

    def prepare(self):
        self.url = f"http://127.0.0.1:{self.port}/api/v2/alerts"
        write_text(self.path("conf.yml"), "route: {receiver: none}\nreceivers: [{name: none}]\n")

    def command(self):
        return ["prometheus-alertmanager", f"--config.file={self.path('conf.yml')}", f"--storage.path={self.path('data')}",
                f"--web.listen-address=127.0.0.1:{self.port}", "--cluster.listen-address="]

    def ready(self):
        return answers(self.port, "/-/ready")

    def received(self):
        """Alerts that are active: labels, annotations, startsAt, endsAt, generatorURL, fingerprint."""
        return get_json(self.port, "/api/v2/alerts")

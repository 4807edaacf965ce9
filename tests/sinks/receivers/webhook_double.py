# SPDX-License-Identifier: Apache-2.0
"""A double of anybody's webhook: takes what has a right HMAC signature. Three forms are known: X-Lastwords-Signature with
"sha256=" and the HMAC in hexadecimal of X-Lastwords-Timestamp, a dot and the body; X-Hub-Signature-256, of the body alone; and
Standard Webhooks (webhook-id, -timestamp, -signature)."""
import base64
import hashlib
import hmac
import os
import sys
import time

from .double import Double, Handler, Refused, serve
from .process import write_text


class Webhook(Handler):
    secret = b""

    def hexadecimal(self, content):
        return "sha256=" + hmac.new(self.secret, content, hashlib.sha256).hexdigest()

    def fresh(self, name):
        stamp = self.headers.get(name, "")
        return stamp.isdigit() and abs(int(stamp) - time.time()) <= 300

    def signed(self, body):
        if "X-Lastwords-Signature" in self.headers:
            right = self.hexadecimal(self.headers.get("X-Lastwords-Timestamp", "").encode() + b"." + body)
            return self.fresh("X-Lastwords-Timestamp") and hmac.compare_digest(right, self.headers["X-Lastwords-Signature"])
        if "X-Hub-Signature-256" in self.headers:
            return hmac.compare_digest(self.hexadecimal(body), self.headers["X-Hub-Signature-256"])
        content = f"{self.headers.get('webhook-id')}.{self.headers.get('webhook-timestamp')}.".encode() + body
        right = "v1," + base64.b64encode(hmac.new(self.secret, content, hashlib.sha256).digest()).decode()
        return self.fresh("webhook-timestamp") and any(
            hmac.compare_digest(right, given) for given in self.headers.get("webhook-signature", "").split())

    def post(self, body):
        if self.secret and not self.signed(body):
            raise Refused(401, "the signature is wrong")
        self.keep([{"path": self.path, "headers": dict(self.headers.items()), "body": body.decode("utf-8", "surrogateescape")}])
        return 200, "{}"


class WebhookDouble(Double):
    """received(): path, headers and body (text) of each request."""
    name = "webhook-double"
    module = "webhook_double"

    def __init__(self, folder=None, secret=""):
        self.secret = secret
        super().__init__(folder)

    def prepare(self):
        super().prepare()
        write_text(self.path("secret"), self.secret)


if __name__ == "__main__":
    with open(os.path.join(sys.argv[2], "secret"), "rb") as file:
        Webhook.secret = file.read()
    serve(Webhook, sys.argv[1:])

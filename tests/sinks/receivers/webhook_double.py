# SPDX-License-Identifier: Apache-2.0
"""A double of anybody's webhook: takes what has a right HMAC signature. Two forms are known: X-Lastwords-Signature or
X-Hub-Signature-256 with "sha256=" and the body's HMAC in hexadecimal, and Standard Webhooks (webhook-id, -timestamp, -signature)."""
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

    def signed(self, body):
        for name in ("X-Lastwords-Signature", "X-Hub-Signature-256"):
            if name in self.headers:
                right = "sha256=" + hmac.new(self.secret, body, hashlib.sha256).hexdigest()
                return hmac.compare_digest(right, self.headers[name])
        stamp = self.headers.get("webhook-timestamp", "0")
        if not stamp.isdigit() or abs(int(stamp) - time.time()) > 300:
            return False
        content = f"{self.headers.get('webhook-id')}.{stamp}.".encode() + body
        right = "v1," + base64.b64encode(hmac.new(self.secret, content, hashlib.sha256).digest()).decode()
        return any(hmac.compare_digest(right, given) for given in self.headers.get("webhook-signature", "").split())

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

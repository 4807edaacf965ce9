# SPDX-License-Identifier: Apache-2.0
"""A small HTTP client on loopback: for reading receivers and for their self-tests."""
import gzip
import http.client
import json


def request(port, method, path, body=None, headers=None, timeout=30):
    """Returns status, headers and body."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    try:
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        return answer.status, dict(answer.getheaders()), answer.read()
    finally:
        connection.close()


def answers(port, path):
    """True when a GET is answered with 2xx."""
    try:
        return request(port, "GET", path, timeout=2)[0] // 100 == 2
    except (OSError, http.client.HTTPException):
        return False


def get_json(port, path):
    status, _, body = request(port, "GET", path)
    if status != 200:
        raise RuntimeError(f"GET {path}: {status} {body[:300]!r}")
    return json.loads(body)


def post_json(port, path, value, zipped=False, headers=None):
    body = json.dumps(value).encode()
    headers = {"Content-Type": "application/json", **(headers or {})}
    if zipped:
        body = gzip.compress(body)
        headers["Content-Encoding"] = "gzip"
    return request(port, "POST", path, body, headers)

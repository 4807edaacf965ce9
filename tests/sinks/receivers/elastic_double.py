# SPDX-License-Identifier: Apache-2.0
"""A double of Elasticsearch's _bulk with a data stream: documented answers for the whole and for each item, and a mapping
with ECS's types for the fields that we name; further fields take the type that they had first."""
import json
import os
import re
import sys

from .double import Double, Handler, Refused, serve
from .process import read_lines

DEPTH, FIELDS = 20, 1000
LONG = {"process.pid", "process.parent.pid", "process.thread.id", "process.exit_code", "event.severity", "event.sequence",
        "event.duration", "source.port", "destination.port", "schema"}
DATES = {"@timestamp", "process.start", "event.start", "event.end", "event.created", "event.ingested"}
TEXTS = {"ecs.version", "message", "event.kind", "event.type", "event.category", "event.outcome", "event.action", "event.code",
         "event.dataset", "event.module", "event.reason", "event.id", "process.name", "process.executable", "process.command_line",
         "process.args", "error.type", "error.message", "error.stack_trace", "error.code", "service.name", "service.version",
         "service.environment", "host.name", "host.id", "container.id", "network.transport", "user.id"}
IPS = {"source.ip", "destination.ip"}
DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)\Z")
IP = re.compile(r"[0-9a-fA-F:.]{2,45}\Z")
KIND = {"event.kind": {"alert", "enrichment", "event", "metric", "state", "pipeline_error", "signal"},
        "event.outcome": {"failure", "success", "unknown"}}


class Wrong(Exception):
    pass


def leaves(value, path="", depth=1):
    """Yields (field, value); arrays count as their elements, as in Elasticsearch."""
    if isinstance(value, dict):
        if depth > DEPTH:
            raise Wrong("limit of mapping depth has been exceeded")
        if path:
            yield path, {}
        for key, part in value.items():
            if not key.strip() or key.startswith(".") or key.endswith(".") or ".." in key:
                raise Wrong(f"field name [{key}] is not allowed")
            yield from leaves(part, f"{path}.{key}" if path else key, depth + 1)
    elif isinstance(value, list):
        for part in value:
            yield from leaves(part, path, depth)
    elif value is not None:
        yield path, value


def type_of(field, value):
    if isinstance(value, dict):
        return "object"
    if field in LONG:
        number = isinstance(value, int) and not isinstance(value, bool)
        return "long" if number and -2 ** 63 <= value < 2 ** 63 else Wrong(f"failed to parse field [{field}] of type [long]")
    if field in DATES:
        return "date" if isinstance(value, str) and DATE.match(value) else Wrong(f"failed to parse field [{field}] of type [date]")
    if field in IPS:
        return "ip" if isinstance(value, str) and IP.match(value) else Wrong(f"failed to parse field [{field}] of type [ip]")
    if field in KIND and value not in KIND[field]:
        return Wrong(f"[{field}]: ECS does not allow {value!r:.100}")
    if field in TEXTS:
        return "text" if isinstance(value, str) else Wrong(f"[{field}] is not a string")
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int):
        return "number" if -2 ** 63 <= value < 2 ** 63 else Wrong(f"[{field}]: out of range of long")
    return "number" if isinstance(value, float) else "text"


class Elastic(Handler):
    mapping = {}
    ids = set()

    def map(self, document):
        """Takes the document's fields into the mapping; Wrong when they do not fit, and then none of them."""
        new = {}
        for field, value in leaves(document):
            kind = type_of(field, value)
            if isinstance(kind, Wrong):
                raise kind
            if new.setdefault(field, self.mapping.get(field, kind)) != kind:
                raise Wrong(f"failed to parse field [{field}] of type [{new[field]}]: {kind}")
        if len(self.mapping | new) > FIELDS:
            raise Wrong(f"Limit of total fields [{FIELDS}] has been exceeded")
        self.mapping.update(new)

    def item(self, index, action, source):
        """The answer to one action: (status, error type, reason), and the id."""
        (verb, head), = action.items()
        index = head.get("_index", index)
        if verb != "create" or not index:
            return 400, "illegal_argument_exception", "only write ops with an op_type of create are allowed in data streams", None
        document_id = head.get("_id")
        if document_id is not None and (not isinstance(document_id, str) or not 0 < len(document_id.encode()) <= 512):
            return 400, "illegal_argument_exception", "id is too long", document_id
        if self.orders("item"):
            return 429, "es_rejected_execution_exception", "rejected execution of coordinating operation", document_id
        if (index, document_id) in self.ids:
            return 409, "version_conflict_engine_exception", f"[{document_id}]: version conflict, document already exists", document_id
        try:
            document = json.loads(source.decode("utf-8"))
            if not isinstance(document, dict) or "@timestamp" not in document:
                raise Wrong("data stream timestamp field [@timestamp] is missing")
            self.map(document)
        except (ValueError, Wrong) as wrong:
            return 400, "mapper_parsing_exception", f"failed to parse: {wrong}", document_id
        self.ids.add((index, document_id))
        self.keep([{"_index": index, "_id": document_id, "_source": document}])
        return 201, None, None, document_id

    def post(self, body):
        path = re.match(r"/(?:([^/?]+)/)?_bulk(\?.*)?\Z", self.path)
        if not path:
            raise Refused(404, '{"error":"no handler"}')
        if self.headers.get("Content-Type", "").split(";")[0] not in ("application/x-ndjson", "application/json"):
            raise Refused(406, '{"error":"Content-Type header is not supported","status":406}')
        if not body.endswith(b"\n"):
            raise Refused(400, '{"error":{"type":"illegal_argument_exception","reason":"The bulk request must be terminated by a'
                               ' newline [\\\\n]"},"status":400}')
        lines = body[:-1].split(b"\n")
        items = []
        for at in range(0, len(lines), 2):
            try:
                action = json.loads(lines[at])
                (verb, head), = action.items()
                if verb not in ("create", "index") or not isinstance(head, dict) or at + 1 == len(lines):
                    raise ValueError("action")
            except (ValueError, AttributeError) as error:
                raise Refused(400, json.dumps({"error": {"type": "illegal_argument_exception", "reason":
                              f"Malformed action/metadata line [{at + 1}]"}, "status": 400})) from error
            status, kind, reason, document_id = self.item(path[1], action, lines[at + 1])
            result = {"result": "created", "_version": 1} if status == 201 else {"error": {"type": kind, "reason": reason}}
            items.append({verb: {"_index": head.get("_index", path[1]), "_id": document_id, "status": status, **result}})
        failed = any(part["status"] >= 300 for item in items for part in item.values())
        return 200, json.dumps({"took": 1, "errors": failed, "items": items})


class ElasticDouble(Double):
    """received(): _index, _id, _source of each document."""
    name = "elastic-double"
    module = "elastic_double"

    def reject_items(self, count):
        """The next count items are answered with 429."""
        self.order("item", count)


if __name__ == "__main__":
    for known in read_lines(os.path.join(sys.argv[2], "received")):
        Elastic.ids.add((known["_index"], known["_id"]))
        Elastic.map(Elastic, known["_source"])
    serve(Elastic, sys.argv[1:])

# SPDX-License-Identifier: Apache-2.0
"""A double of Elasticsearch 8: composable index templates, data streams, _bulk with documented answers for the whole and for
each item, filter_path. Beyond Elasticsearch it insists on ECS (elastic_mapping.py)."""
import fnmatch
import json
import os
import re
import sys
import urllib.parse

from .double import Double, Handler, Refused, serve
from .elastic_mapping import Mapping, Wrong, properties_of
from .process import read_lines, write_text

BULK = {"filter_path", "refresh", "pipeline", "routing", "timeout", "wait_for_active_shards", "require_alias", "require_data_stream", "pretty",
        "error_trace", "human", "list_executed_pipelines", "_source", "_source_includes", "_source_excludes"}
INDEX = re.compile(r"[a-z0-9.][^A-Z\\/*?\"<>| ,#:]{0,254}\Z")
# What comes with Elasticsearch for logs-*-*, as far as our fields go.
LOGS = {"@timestamp": {"type": "date"}, "message": {"type": "match_only_text"}, "error.message": {"type": "match_only_text"},
        "error.stack_trace": {"type": "wildcard"}, "event.original": {"type": "keyword", "index": False, "doc_values": False},
        "source.ip": {"type": "ip"}, "destination.ip": {"type": "ip"}}


def error(status, kind, reason):
    cause = {"type": kind, "reason": reason}
    return Refused(status, json.dumps({"error": {"root_cause": [cause], **cause}, "status": status}), {"Content-Type": "application/json"})


def unique(pairs):
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("Duplicate field")
    return found


def no_constant(name):
    raise ValueError(f"Non-standard token '{name}'")


def parse(text):
    return json.loads(text.decode("utf-8"), object_pairs_hook=unique, parse_constant=no_constant)


def filtered(value, paths):
    """What filter_path leaves of an answer: what one of the paths ends in, or leads through."""
    if any(not path for path in paths):
        return value
    if isinstance(value, list):
        parts = [part for part in (filtered(one, paths) for one in value) if part is not None]
        return parts or None
    if not isinstance(value, dict):
        return None
    found = {}
    for key, part in value.items():
        deeper = [path[1:] for path in paths if fnmatch.fnmatchcase(key, path[0])]
        deeper += [path for path in paths if path[0] == "**"]
        kept = filtered(part, deeper) if deeper else None
        if kept is not None:
            found[key] = kept
    return found or None


class Elastic(Handler):
    templates = {}  # by name: the parsed one
    indices = {}    # by name: Mapping
    ids = set()
    folder = None

    def index(self, name):
        """The mapping of the index or data stream, which is made if it is not there."""
        if name in self.indices:
            return self.indices[name]
        fitting = [one for one in self.templates.values() if any(fnmatch.fnmatchcase(name, pattern) for pattern in one["index_patterns"])]
        if fitting:
            mappings = max(fitting, key=lambda one: one.get("priority", 0))["template"]["mappings"]
            made = Mapping(properties_of(mappings["properties"]), mappings.get("dynamic", True), mappings.get("date_detection", True))
        elif fnmatch.fnmatchcase(name, "logs-*-*"):
            made = Mapping(LOGS, dates=False)
        else:
            made = Mapping()
        self.indices[name] = made
        return made

    def put_template(self, name, body):
        try:
            template = parse(body)
            if set(template) - {"index_patterns", "priority", "version", "data_stream", "_meta", "template", "composed_of"}:
                raise ValueError(f"unknown field of {sorted(template)}")
            if set(template["template"]) - {"settings", "mappings", "aliases"} or not isinstance(template["index_patterns"], list):
                raise ValueError("template")
            if set(template["template"]["mappings"]) - {"dynamic", "date_detection", "properties", "dynamic_templates", "_meta"}:
                raise ValueError("mappings")
            properties = properties_of(template["template"]["mappings"]["properties"])
            if properties.get("@timestamp", {}).get("type") not in ("date", "date_nanos"):
                raise ValueError("data stream timestamp field [@timestamp] does not exist")
        except (ValueError, KeyError, AttributeError, TypeError) as wrong:
            raise error(400, "mapper_parsing_exception", str(wrong)) from wrong
        self.templates[name] = template
        write_text(os.path.join(self.folder, "templates"), json.dumps(self.templates))
        return 200, '{"acknowledged":true}'

    def item(self, name, document_id, source):
        """The answer to one create: (status, error type, reason)."""
        order = self.orders("item")
        if order and order["document"] in (None, document_id):
            return order["status"], order["type"], order["reason"]
        if (name, document_id) in self.ids:
            return 409, "version_conflict_engine_exception", f"[{document_id}]: version conflict, document already exists (current version [1])"
        try:
            document = parse(source)
            if not isinstance(document, dict) or "@timestamp" not in document:
                raise Wrong("data stream timestamp field [@timestamp] is missing")
            self.index(name).take(document)
        except ValueError as wrong:
            return 400, "document_parsing_exception", f"[1:1] failed to parse: {wrong}"
        except Wrong as wrong:
            return 400, wrong.kind, str(wrong)
        self.ids.add((name, document_id))
        self.keep([{"_index": name, "_id": document_id, "_source": document}])
        return 201, None, None

    def actions(self, default, lines):
        """Yields (index, id, source); what is not of the form of _bulk refuses the whole request."""
        for at in range(0, len(lines), 2):
            try:
                action = parse(lines[at])
                (verb, head), = action.items()
                if not isinstance(head, dict) or set(head) - {"_index", "_id", "routing", "pipeline", "dynamic_templates"} or at + 1 == len(lines):
                    raise ValueError("action")
            except (ValueError, AttributeError) as wrong:
                raise error(400, "illegal_argument_exception", f"Malformed action/metadata line [{at + 1}]") from wrong
            name, document_id = head.get("_index", default), head.get("_id")
            if verb != "create":
                raise error(400, "illegal_argument_exception", "only write ops with an op_type of create are allowed in data streams")
            if not name or not INDEX.match(name):
                raise error(400, "invalid_index_name_exception", f"Invalid index name [{name}]")
            if not isinstance(document_id, str) or not 0 < len(document_id.encode()) <= 512:
                raise error(400, "action_request_validation_exception", "Validation Failed: 1: id is too long, must be no longer than 512 bytes")
            yield name, document_id, lines[at + 1]

    def authorized(self):
        try:
            with open(os.path.join(self.folder, "authorization"), encoding="utf-8") as file:
                wanted = file.read()
        except FileNotFoundError:
            return True
        return self.headers.get("Authorization") == wanted

    def post(self, body):
        url = urllib.parse.urlsplit(self.path)
        query = dict(urllib.parse.parse_qsl(url.query, keep_blank_values=True))
        if not self.authorized():
            raise error(401, "security_exception", "unable to authenticate user for REST request")
        template = re.match(r"/_index_template/([a-z0-9-]+)\Z", url.path)
        if template:
            return self.put_template(template[1], body)
        path = re.match(r"/(?:([^/]+)/)?_bulk\Z", url.path)
        if not path:
            raise error(405, "method_not_allowed", "no handler")
        for parameter in query:
            if parameter not in BULK or (parameter == "filter_path" and self.orders("no_filter")):
                raise error(400, "illegal_argument_exception", f"request [{url.path}] contains unrecognized parameter: [{parameter}]")
        if self.headers.get("Content-Type", "").split(";")[0] not in ("application/x-ndjson", "application/json"):
            raise error(406, "media_type_header_exception", "Invalid media-type value on headers [Content-Type]")
        if not body.endswith(b"\n"):
            raise error(400, "illegal_argument_exception", "The bulk request must be terminated by a newline [\\n]")
        items = []
        for name, document_id, source in list(self.actions(path[1], body[:-1].split(b"\n"))):
            status, kind, reason = self.item(name, document_id, source)
            head = {"_index": f".ds-{name}-2026.11.22-000001", "_id": document_id}
            if status == 201:
                head.update(_version=1, result="created", _shards={"total": 2, "successful": 1, "failed": 0}, _seq_no=0, _primary_term=1)
            else:
                head["error"] = {"type": kind, "reason": reason, "caused_by": {"type": kind, "reason": reason}}
            items.append({"create": {**head, "status": status}})
        answer = {"errors": any(item["create"]["status"] >= 300 for item in items), "took": 1, "items": items}
        if "filter_path" in query:
            answer = filtered(answer, [part.split(".") for part in query["filter_path"].split(",")]) or {}
        return 200, json.dumps(answer)


class ElasticDouble(Double):
    """received(): _index, _id, _source of each document."""
    name = "elastic-double"
    module = "elastic_double"

    def refuse_items(self, count, status, kind, reason="", document=None):
        """The next count items are answered with this, or those of them with that id."""
        self.order("item", count, status=status, type=kind, reason=reason, document=document)

    def reject_items(self, count):
        self.refuse_items(count, 429, "es_rejected_execution_exception", "rejected execution of coordinating operation")

    def know_no_filter(self):
        """From now on as servers that have no filter_path."""
        self.order("no_filter", 1 << 30)

    def require(self, authorization):
        """From now on the header Authorization is to be this."""
        write_text(self.path("authorization"), authorization)


if __name__ == "__main__":
    Elastic.folder = sys.argv[2]
    for saved in read_lines(os.path.join(sys.argv[2], "templates")):
        Elastic.templates.update(saved)
    with open(os.path.join(sys.argv[2], "received"), "a+", encoding="utf-8") as received:
        received.seek(0)
        for line in received:
            known = re.match(r'{"_index": "([^"]*)", "_id": "([^"]*)", .*}\n\Z', line)
            if known:
                Elastic.ids.add(known.groups())
    serve(Elastic, sys.argv[1:])

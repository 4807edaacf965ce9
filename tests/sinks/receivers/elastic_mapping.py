# SPDX-License-Identifier: Apache-2.0
"""How Elasticsearch takes a document into an index: by the properties of its template, by dynamic mapping where that is on,
each field with the checks that its documentation tells."""
import ipaddress
import re

DEPTH, FIELDS, TERM = 20, 1000, 32766
DATE = re.compile(r"(\d{4})-(\d\d)-(\d\d)(T\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d))?\Z")
# The parameters that a type of a template may have.
TYPES = {"keyword": {"ignore_above", "index", "doc_values"}, "wildcard": {"ignore_above"}, "match_only_text": set(), "text": set(), "long": set(),
         "float": set(), "boolean": set(), "ip": set(), "date": set(), "date_nanos": set(), "flattened": {"ignore_above", "depth_limit"}}
# What ECS allows in a field whatever the index makes of it.
ALLOWED = {
    "event.kind": {"alert", "asset", "enrichment", "event", "metric", "state", "pipeline_error", "signal"},
    "event.outcome": {"failure", "success", "unknown"},
    "event.category": {"api", "authentication", "configuration", "database", "driver", "email", "file", "host", "iam", "intrusion_detection",
                       "library", "malware", "network", "package", "process", "registry", "session", "threat", "vulnerability", "web"},
    "event.type": {"access", "admin", "allowed", "change", "connection", "creation", "deletion", "denied", "device", "end", "error", "group",
                   "indicator", "info", "installation", "protocol", "start", "user"},
    "network.direction": {"ingress", "egress", "inbound", "outbound", "internal", "external", "unknown"},
}
ARRAYS = {"event.category", "event.type", "process.args"}
# Types of ECS, which we are to keep whatever the index would take.
LONG = {"process.pid", "process.vpid", "process.parent.pid", "process.thread.id", "process.exit_code", "process.args_count", "process.uptime",
        "event.severity", "event.sequence", "event.duration", "source.port", "destination.port"}
DATES = {"@timestamp", "process.start", "event.start", "event.end", "event.created", "event.ingested"}
GROUPS = ("ecs.", "log.", "event.", "host.", "service.", "container.", "orchestrator.", "process.", "error.", "source.", "destination.", "network.")


class Wrong(Exception):
    def __init__(self, reason, kind="document_parsing_exception"):
        super().__init__(reason)
        self.kind = kind


def bad(field, kind, value):
    return Wrong(f"failed to parse field [{field}] of type [{kind}]. Preview of field's value: '{value!s:.100}'")


def immense(field, text, limit):
    """Lucene's bound of a term, which ignore_above is there to keep."""
    if (limit is None or len(text) <= limit) and len(text.encode("utf-8", "replace")) > TERM:
        raise Wrong(f'Document contains at least one immense term in field="{field}" (whose UTF8 encoding is longer than the max length {TERM})',
                    "illegal_argument_exception")


def take_flattened(field, value, options, depth=1):
    if depth > options.get("depth_limit", DEPTH):
        raise Wrong(f"The provided [flattened] field [{field}] exceeds the maximum depth limit of [{DEPTH}].")
    if isinstance(value, dict):
        for key, part in value.items():
            if "\0" in key:
                raise Wrong("Do not include NUL in keys of [flattened] fields", "illegal_argument_exception")
            take_flattened(f"{field}.{key}", part, options, depth + 1)
    elif isinstance(value, list):
        for part in value:
            take_flattened(field, part, options, depth)
    elif value is not None:
        immense(field, f"{field}\0{value}", options.get("ignore_above"))


def take(field, value, options):
    """A value that is neither null nor an array, into a field that is mapped."""
    kind = options["type"]
    if kind == "flattened":
        if not isinstance(value, dict):
            raise bad(field, kind, value)
        take_flattened(field, value, options)
    elif isinstance(value, dict):
        raise bad(field, kind, "{…}")
    elif kind in ("long", "float", "boolean"):
        if isinstance(value, bool) != (kind == "boolean") or not isinstance(value, (int, float)):
            raise bad(field, kind, value)
        if kind == "long" and not (isinstance(value, int) or options.get("coerce")) or not -2 ** 63 <= value < 2 ** 63:
            raise bad(field, kind, value)
    elif not isinstance(value, str):
        raise bad(field, kind, value)
    elif kind in ("date", "date_nanos") and (not DATE.match(value) or kind == "date_nanos" and not "1970" <= value < "2262"):
        raise bad(field, kind, value)
    elif kind == "ip":
        try:
            ipaddress.ip_address(value)
        except ValueError:
            raise bad(field, kind, value) from None
    elif kind == "keyword" and options.get("index", True):
        immense(field, value, options.get("ignore_above"))


def properties_of(tree, path=""):
    """{field: options} of a template's properties; ValueError for what Elasticsearch would not take."""
    found = {}
    for key, options in tree.items():
        field = path + key
        if "properties" in options:
            if set(options) != {"properties"}:
                raise ValueError(f"unsupported parameters of [{field}]")
            found.update(properties_of(options["properties"], field + "."))
        elif options.get("type") not in TYPES:
            raise ValueError(f"No handler for type [{options.get('type')}] declared on field [{field}]")
        elif set(options) - TYPES[options["type"]] - {"type"}:
            raise ValueError(f"unknown parameter on mapper [{field}] of type [{options['type']}]")
        else:
            found[field] = options
    return found


class Mapping:
    """dynamic: fields that are not mapped are; dates: texts that look like one become dates, as in an index without template."""

    def __init__(self, properties=None, dynamic=True, dates=True):
        self.fields, self.dynamic, self.dates = dict(properties or {}), dynamic, dates
        self.objects = {field[:at] for field in self.fields for at, byte in enumerate(field) if byte == "."}

    def guess(self, field, value):
        if field in LONG:
            return {"type": "long"}
        if field in DATES:
            return {"type": "date_nanos"}
        if field == "message" or field.startswith(GROUPS):
            return {"type": "keyword", "ignore_above": 1024}
        if isinstance(value, bool):
            return {"type": "boolean"}
        if isinstance(value, (int, float)):
            return {"type": "long" if isinstance(value, int) else "float", "coerce": True}
        if self.dates and DATE.match(value):
            return {"type": "date"}
        return {"type": "keyword", "ignore_above": 1024}

    def take(self, document):
        """Wrong when the document does not fit; then nothing of it is mapped."""
        new = {}
        for field, value in self.leaves(document, "", 1):
            options = self.fields.get(field) or new.get(field)
            if not options:
                if not self.dynamic:
                    continue
                options = new[field] = {"type": "object"} if isinstance(value, dict) else self.guess(field, value)
            if options["type"] != "object":
                take(field, value, options)
            elif not isinstance(value, dict):
                raise Wrong(f"object mapping for [{field}] tried to parse field [{field}] as object, but found a concrete value")
        if len(self.fields) + len(new) > FIELDS:
            raise Wrong(f"Limit of total fields [{FIELDS}] has been exceeded while adding new fields [{len(new)}]", "illegal_argument_exception")
        self.fields.update(new)

    def leaves(self, value, path, depth):
        """Yields (field, value), objects that are no leaves too; arrays count as their elements."""
        if depth > DEPTH:
            raise Wrong(f"Limit of mapping depth [{DEPTH}] has been exceeded", "illegal_argument_exception")
        for key, part in value.items():
            if not key.strip() or key.startswith(".") or key.endswith(".") or ".." in key:
                raise Wrong(f"field name cannot contain only whitespace, nor begin or end with a dot: [{key}]", "illegal_argument_exception")
            field = f"{path}.{key}" if path else key
            if isinstance(part, list) != (field in ARRAYS) and not field.startswith("lastwords."):
                raise Wrong(f"[{field}]: ECS has {'an array' if field in ARRAYS else 'one value'} here")
            yield from self.parts(part, field, depth)

    def parts(self, part, field, depth):
        for one in part if isinstance(part, list) else [part]:
            if isinstance(one, list):
                yield from self.parts(one, field, depth)
                continue
            if field in ALLOWED and one not in ALLOWED[field]:
                raise Wrong(f"[{field}]: ECS does not allow {one!r:.100}")
            if one is None:
                continue
            if not (isinstance(one, dict) and field in self.objects):
                yield field, one
            if isinstance(one, dict) and self.fields.get(field, {}).get("type") != "flattened":
                yield from self.leaves(one, field, depth + 1)

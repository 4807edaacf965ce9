# SPDX-License-Identifier: Apache-2.0
"""Holds what lastwords tells against docs/event.schema.json, closed: there readers are promised nothing of keys that are not
in it, here such a key is a fault. For every test that reads events: from schema import complaint."""
import json
import os

from jsonschema import Draft202012Validator

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PATH = os.path.join(ROOT, "docs", "event.schema.json")
INNER = ("properties", "$defs")  # whose values are schemas by name


def close(schema):
    """A copy that refuses keys which it does not name."""
    if isinstance(schema, list):
        return [close(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    copy = {key: {name: close(part) for name, part in value.items()} if key in INNER else
            close(value) if key == "items" else value for key, value in schema.items()}
    if "object" in schema.get("type", ()) and "properties" in schema:
        copy.setdefault("additionalProperties", False)
    return copy


def inline(schema, defs):
    """Without references: following them is most of the time that a validation takes."""
    if isinstance(schema, list):
        return [inline(part, defs) for part in schema]
    if not isinstance(schema, dict):
        return schema
    copy = {key: inline(value, defs) for key, value in schema.items() if key != "$ref"}
    if "$ref" not in schema:
        return copy
    target = inline(defs[schema["$ref"].removeprefix("#/$defs/")], defs)
    return {"allOf": [target], **copy} if copy else target


def load():
    with open(PATH, encoding="utf-8") as file:
        return json.load(file)


SCHEMA = load()
KINDS = SCHEMA["properties"]["kind"]["enum"]
CLOSED = close(SCHEMA)
VALIDATORS = {kind: Draft202012Validator(inline(CLOSED["$defs"][kind], CLOSED["$defs"])) for kind in KINDS}


def complaint(told):
    """What is wrong with an event, issue or incident, or None."""
    kind = told.get("kind") if isinstance(told, dict) else None
    if not isinstance(kind, str) or kind not in VALIDATORS:
        return f"kind {kind!r} is not in the schema"
    validator = VALIDATORS[kind]
    if validator.is_valid(told):
        return None
    return "; ".join(f"{kind} {'.'.join(map(str, e.absolute_path)) or 'itself'}: {e.message[:300]}"
                     for e in validator.iter_errors(told))


def leaves(schema=None, path=""):
    """Dotted paths of all values that are neither objects nor arrays; keys of any name are a `*`."""
    if schema is None:
        return {leaf for kind in KINDS[:-2] for leaf in leaves(inline(SCHEMA["$defs"][kind], SCHEMA["$defs"]))}
    if schema is False:
        return set()
    found = set()
    for part in schema.get("allOf", []):
        found |= leaves(part, path)
    if "array" in schema.get("type", ()):
        return leaves(schema["items"], path)
    if "object" in schema.get("type", ()):
        for key, value in schema.get("properties", {}).items():
            found |= leaves(value, f"{path}.{key}" if path else key)
        if isinstance(schema.get("additionalProperties"), dict):
            found |= leaves(schema["additionalProperties"], path + ".*")
        return found
    return found or {path}


def leaves_of(kind):
    return leaves(inline(SCHEMA["$defs"][kind], SCHEMA["$defs"]))

"""The fields of a JSON Schema as a flat list, for people who choose among them (mapping_editor.py)."""

_NAMES = {"string": "text", "integer": "number", "number": "number", "boolean": "boolean", "array": "list"}
_FORMATS = {"date": "date", "date-time": "datetime"}
# A schema that contains itself is shown so far.
_MAX_DEPTH = 6


def schema_fields(schema, find):
    """Every field of a schema, those of nested objects and of the items of lists included, by name: what a
    database keeps of a schema has no order.

    :param schema: a JSON Schema (2020-12) of an object
    :param find: ``find(id)`` answers the schema with that ``$id``, or None
    :return: ``[{"path", "title", "type", "required", "classification", "values", "items", "list"}]``; ``path`` dotted,
        ``type`` one of text, number, boolean, date, datetime, list, object, any; ``required`` only where all objects
        around it are; ``items`` of a list: the type of its items; ``list``: path of the list it is inside of
    """
    return sorted(_fields(schema, schema, find, "", None, True, None, 0), key=_by_name)


def _by_name(field):
    return field["path"].lower()


def open_prefixes(schema, find):
    """Where a document takes further fields that its schema does not name: ``["properties."]``; "" is the top."""
    found = []
    _collect_open(schema, schema, find, "", found, 0)
    return found


def _fields(schema, root, find, prefix, list_path, needed, inherited, depth):
    required = set(schema.get("required") or ())
    for name, unresolved in (schema.get("properties") or {}).items():
        inner, inner_root = _resolved(unresolved, root, find)
        path = prefix + name
        classification = inner.get("x-classification") or inherited
        kind = _type_of(inner)
        items, items_root = ({}, inner_root)
        if kind == "list":
            items, items_root = _resolved(inner.get("items") or {}, inner_root, find)
        is_needed = needed and name in required
        yield {
            "path": path,
            "title": inner.get("description") or inner.get("title") or "",
            "type": kind,
            "items": _type_of(items) if kind == "list" else None,
            "required": is_needed,
            "classification": classification,
            "values": [value for value in inner.get("enum") or () if value is not None] or None,
            "list": list_path,
        }
        if depth >= _MAX_DEPTH:
            continue
        if inner.get("properties"):
            yield from _fields(inner, inner_root, find, f"{path}.", list_path, is_needed, classification, depth + 1)
        elif items.get("properties"):
            yield from _fields(items, items_root, find, f"{path}.", path, False, classification, depth + 1)


def _collect_open(schema, root, find, prefix, found, depth):
    if _type_of(schema) == "object" and schema.get("additionalProperties", True) is not False:
        found.append(prefix)
    if depth >= _MAX_DEPTH:
        return
    for name, unresolved in (schema.get("properties") or {}).items():
        inner, inner_root = _resolved(unresolved, root, find)
        if inner.get("properties") or _type_of(inner) == "object":
            _collect_open(inner, inner_root, find, f"{prefix}{name}.", found, depth + 1)


def _resolved(schema, root, find):
    """The schema with its reference followed, and the document that further references in it are about."""
    for _step in range(_MAX_DEPTH):
        reference = schema.get("$ref")
        if not reference:
            break
        name, _hash, pointer = reference.partition("#")
        document = (find(name) if name else root) or {}
        target = document
        for part in pointer.strip("/").split("/") if pointer.strip("/") else ():
            target = target.get(part) or {}
        around = {key: value for key, value in schema.items() if key != "$ref"}
        schema, root = target | around, document
    return schema, root


def _type_of(schema):
    named = schema.get("type")
    types = [one for one in ([named] if isinstance(named, str) else named or []) if one != "null"]
    if not types:
        if schema.get("properties"):
            return "object"
        return "text" if all(isinstance(value, str) for value in schema.get("enum") or [None]) else "any"
    if len(types) > 1:
        return "any"
    if types[0] == "string":
        return _FORMATS.get(schema.get("format"), "text")
    return _NAMES.get(types[0], "object")

"""Which Odoo field is of which class of data, by what the mappings make of it (SEC-06).

The canonical schemas say for each field how confidential it is (`x-classification`). An Odoo path is as confidential as
the most confidential field that is made from it. A path that no mapping reads is of no known class, and is treated as
confidential.
"""

PROTECTED = ("personal", "commercial", "financial")
CLASSES = ("public", "internal", *PROTECTED)
MASK = "•••"
#: Keys of a snapshot that say which record it is, not what is in it.
_OPEN = frozenset({"id", "model", "active", "write_date"})
#: What a record is called: as confidential as the field that leads to it.
_NAMES = frozenset({"name", "display_name"})


def class_of(schema, path, schemas):
    """The class of a dotted canonical path: that of its deepest part which says one; None for a path that the schema
    does not have.

    :param schemas: schemas by their `$id`, for references
    """
    found = None
    node = schema
    for name in path.split("."):
        node = _inside(node, schemas)
        node = (node.get("properties") or {}).get(name)
        if node is None:
            return found
        found = node.get("x-classification") or found
    return found


def _inside(node, schemas):
    """The object that a part of a schema describes: through references and lists."""
    for _step in range(10):
        if reference := node.get("$ref"):
            name, _hash, pointer = reference.partition("#")
            target = schemas.get(name) or {}
            for part in pointer.strip("/").split("/") if pointer.strip("/") else ():
                target = target.get(part) or {}
            node = target
        elif "properties" in node:
            return node
        elif isinstance(node.get("items"), dict):
            node = node["items"]
        else:
            alternatives = [
                part
                for key in ("anyOf", "oneOf", "allOf")
                for part in node.get(key) or ()
                if part.get("type") != "null"
            ]
            if not alternatives:
                return node
            node = alternatives[0]
    return node


def lines_of(mapping):
    """`(canonical path, [paths that it is made from])` for each line, those of lists included."""
    yield from _lines(mapping.get("lines") or (), "", "")


def _lines(lines, to, source):
    for line in lines:
        target = f"{to}{line.get('to', '')}"
        yield target, [f"{source}{path}" for path in _sources(line)]
        if each := line.get("each"):
            chosen_by = _sources(line["where"]) if isinstance(line.get("where"), dict) else []
            yield target, [f"{source}{each}", *(f"{source}{each}.{path}" for path in chosen_by)]
            yield from _lines(line.get("lines") or (), f"{target}.", f"{source}{each}.")


def _sources(part):
    """Every path that a line or a condition reads."""
    found = part.get("from")
    paths = list(found) if isinstance(found, list) else [found] if found else []
    if part.get("sameAs"):
        paths.append(part["sameAs"])
    for key in ("link", "when", "not"):
        if isinstance(part.get(key), dict):
            paths += _sources(part[key])
    for key in ("all", "any"):
        for condition in part.get(key) or ():
            paths += _sources(condition)
    return paths


def source_classes(mapping, schema, schemas):
    """`{Odoo path: {class, …}}` of a mapping from Odoo to a canonical object."""
    classes = {}
    for target, sources in lines_of(mapping):
        found = class_of(schema, target, schemas) or "internal"
        for source in sources:
            classes.setdefault(source, set()).add(found)
    return classes


def masked(values, classes, path=""):
    """A snapshot in which what is confidential, or of no known class, is replaced by dots."""
    shown = {}
    for name, value in values.items():
        here = f"{path}{name}"
        if name in _OPEN:
            shown[name] = value
        elif name == "display_name" and not path:
            shown[name] = value  # stands in every list of changes
        elif name in _NAMES and path:
            shown[name] = value if value is None or _is_open(classes, path[:-1], here) else MASK
        elif isinstance(value, dict):
            shown[name] = masked(value, classes, f"{here}.")
        elif isinstance(value, list):
            shown[name] = [
                masked(item, classes, f"{here}.") if isinstance(item, dict) else _shown(item, classes, here)
                for item in value
            ]
        else:
            shown[name] = _shown(value, classes, here)
    return shown


def _shown(value, classes, path):
    return value if value is None or _is_open(classes, path) else MASK


def _is_open(classes, *paths):
    """Some of these paths is known, and none is confidential."""
    known = [classes[path] for path in paths if path in classes]
    return bool(known) and not any(found & set(PROTECTED) for found in known)

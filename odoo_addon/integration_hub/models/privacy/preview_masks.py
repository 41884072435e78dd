"""What a preview shows to somebody who may not see confidential values (SEC-06): each value of the snapshot, the
canonical object and the outgoing body is as confidential as the canonical field that it is about. Where a mapping that
does not count yet makes that field, it is besides as confidential as what it is made from: otherwise a draft could show
a salary as somebody's name."""

import re

from .data_classes import MASK, PROTECTED, class_of, lines_of, masked, source_classes

#: Of what no mapping in force reads, nobody has said how confidential it is.
_UNKNOWN = frozenset({"personal"})
#: Codes of failures whose words are Odoo's or a vendor's own, and may hold any value.
_FOREIGN_WORDS = frozenset({"odoo_refused", "odoo_failed"})


def masked_answer(answer, mapping, schema, schemas, made_of=None):
    """A preview's answer with what is confidential replaced by dots; the snapshot is left to the payload's own rules.

    :param mapping: the mapping from the canonical object to the system, whose paths the body has; None: all of the body
        is confidential
    :param schema: the canonical object's schema
    :param schemas: schemas by their `$id`
    :param made_of: `made_of` of a mapping to the canonical object that does not count yet
    """
    canonical = _Canonical(schema, schemas, made_of)
    classes = _target_classes(mapping or {}, canonical)
    shown = dict(answer)
    if answer.get("canonical"):
        shown["canonical"] = masked(answer["canonical"], canonical.classes(answer["canonical"]))
    for part in ("document", "active_document", "current"):
        if isinstance(answer.get(part), dict):
            shown[part] = masked(answer[part], classes)
    if answer.get("differences"):
        shown["differences"] = [_masked_difference(difference, classes) for difference in answer["differences"]]
    if answer.get("problems"):
        shown["problems"] = [_without_values(problem) for problem in answer["problems"]]
    return shown


def masked_incoming(answer, under):
    """A preview of what comes in with what is confidential replaced by dots, and what Odoo hides from the person.

    :param under: ``(in force, from the system, into Odoo, schema, schemas)``: the mapping of the vendor's record that
        is in force, the two that the preview went by, the canonical object's schema, schemas by their `$id`; None for
        somebody who may see everything
    """
    shown = {key: value for key, value in answer.items() if key not in ("document", "active")}
    if under is None:
        shown["active"] = answer.get("active")
        shown["fields"] = [_masked_field(row, row.pop("hidden")) for row in answer["fields"]]
        return shown
    in_force, from_system, into_odoo, schema, schemas = under
    known = source_classes(in_force, schema, schemas)
    canonical = _Canonical(schema, schemas, made_of(from_system, known))
    targets = _target_classes(into_odoo, canonical)
    if answer.get("record"):
        shown["record"] = masked(answer["record"], known)
    active = answer.get("active") or {}
    shown["active"] = None
    for part, place in ((answer, shown), (active, {})):
        if part.get("canonical"):
            place["canonical"] = masked(part["canonical"], canonical.classes(part["canonical"]))
            if part is active:
                shown["active"] = place
    shown["fields"] = [
        _masked_field(row, row.pop("hidden") or not _is_open(targets.get(_target_of(row["field"]))))
        for row in answer["fields"]
    ]
    shown["problems"] = [_without_values(problem) for problem in answer.get("problems") or ()]
    if error := answer["outcome"].get("error"):
        shown["outcome"] = answer["outcome"] | {"error": _without_values(error)}
    return shown


def made_of(mapping, known):
    """`{canonical path: {class, …}}` by what the mapping makes each from.

    :param known: `{source path: {class, …}}` of what is in force
    """
    made = {}
    for target, sources in lines_of(mapping or {}):
        for source in sources:
            made.setdefault(target, set()).update(known.get(source) or _UNKNOWN)
    return made


class _Canonical:
    """How confidential the fields of one canonical object are."""

    def __init__(self, schema, schemas, made=None):
        self.schema, self.schemas, self.made = schema, schemas, made or {}

    def of(self, path):
        if not self.schema:
            return set(_UNKNOWN)
        found = {class_of(self.schema, path, self.schemas) or "internal"}
        names = path.split(".")
        for end in range(1, len(names) + 1):
            found |= self.made.get(".".join(names[:end]), set())
        return found

    def classes(self, value, path=""):
        """`{path: {class, …}}` of every path that an object has."""
        classes = {}
        for name, inner in value.items():
            here = f"{path}{name}"
            classes[here] = self.of(here)
            for item in inner if isinstance(inner, list) else [inner]:
                if isinstance(item, dict):
                    classes |= self.classes(item, f"{here}.")
        return classes


def _target_classes(mapping, canonical):
    """`{path of the body: {class, …}}`; a fixed value is nobody's secret."""
    classes = {}
    for target, sources in lines_of(mapping):
        found = set().union(*(canonical.of(source) for source in sources)) or {"internal"}
        # What a vendor answers is named by its own fields, without what is around them in the body.
        for path in {target, target.rpartition(".")[2]}:
            classes.setdefault(path, set()).update(found)
    return classes


def _target_of(field):
    return "archive" if field == "active" else f"values.{field}"


def _is_open(classes):
    return bool(classes) and not classes & set(PROTECTED)


def _masked_difference(difference, classes):
    if _is_open(classes.get(difference.get("path"))):
        return difference
    return difference | {side: MASK for side in ("now", "then") if difference.get(side) is not None}


def _masked_field(row, hidden):
    if not hidden:
        return row
    words = {"problem": _without_quotes(row["problem"])} if row.get("problem") else {}
    return row | words | {side: MASK for side in ("now", "then") if row.get(side) is not None}


def _without_values(problem):
    """What is wrong, without the value that it is about: words quote it, and the place of an unknown one ends in it."""
    shown = dict(problem)
    for name in ("message", "hint", "reason", "fix"):
        if shown.get(name):
            shown[name] = _without_quotes(shown[name])
    if problem.get("code") in _FOREIGN_WORDS:
        shown |= {"message": MASK, "hint": None}
    if "#" in (shown.get("field") or ""):
        shown["field"] = shown["field"].partition("#")[0] + f"#{MASK}"
    return shown


def _without_quotes(words):
    return re.sub(r"“[^”]*”", f"“{MASK}”", words)

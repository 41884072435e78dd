"""What a preview shows to somebody who may not see confidential values (SEC-06): each value of the snapshot, the
canonical object and the outgoing body is as confidential as the canonical field that it is about."""

from .data_classes import MASK, PROTECTED, class_of, lines_of, masked


def masked_answer(answer, mapping, schema, schemas):
    """A preview's answer with what is confidential replaced by dots; the snapshot is left to the payload's own rules.

    :param mapping: the mapping from the canonical object to the system, whose paths the body has; None: all of the body
        is confidential
    :param schema: the canonical object's schema
    :param schemas: schemas by their `$id`
    """
    classes = _target_classes(mapping or {}, schema, schemas)
    shown = dict(answer)
    if answer.get("canonical"):
        shown["canonical"] = masked(answer["canonical"], _classes(schema, answer["canonical"], schemas))
    for part in ("document", "active_document", "current"):
        if isinstance(answer.get(part), dict):
            shown[part] = masked(answer[part], classes)
    if answer.get("differences"):
        shown["differences"] = [_masked_difference(difference, classes) for difference in answer["differences"]]
    return shown


def _target_classes(mapping, schema, schemas):
    """`{path of the body: {class, …}}`; a fixed value is nobody's secret."""
    classes = {}
    for target, sources in lines_of(mapping):
        found = {class_of(schema, source, schemas) or "internal" for source in sources} or {"internal"}
        # What a vendor answers is named by its own fields, without what is around them in the body.
        for path in {target, target.rpartition(".")[2]}:
            classes.setdefault(path, set()).update(found)
    return classes


def _classes(schema, value, schemas, path=""):
    """`{path: {class}}` of every path that a canonical object has."""
    classes = {}
    for name, inner in value.items():
        here = f"{path}{name}"
        classes[here] = {class_of(schema, here, schemas) or "internal"}
        for item in inner if isinstance(inner, list) else [inner]:
            if isinstance(item, dict):
                classes |= _classes(schema, item, schemas, f"{here}.")
    return classes


def _masked_difference(difference, classes):
    known = classes.get(difference.get("path"))
    if known and not known & set(PROTECTED):
        return difference
    return difference | {side: MASK for side in ("now", "then") if difference.get(side) is not None}

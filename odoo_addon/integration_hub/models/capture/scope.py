"""Which records a rule's domain lets through, judged by what memory holds. Odoo's `filtered_domain` builds its
functions anew each time and makes a record of each id: a quarter of all calls that capturing 200 new companies took."""

from odoo import fields
from odoo.fields import Domain

from .snapshot import holder

# Compared as memory holds them, but that all that is empty is the same.
_COMPARED = {fields.Boolean, fields.Char, fields.Selection}


def compile_scope(model, domain):
    """`[(held(env, ids), the values it is compared with, whether nothing is among them, whether it is to be one of
    them), …]` of a domain of nothing but such comparisons, all of which have to hold; None for any other."""
    conditions = list(domain.iter_conditions())
    if Domain.AND(conditions) != domain:
        return None
    compiled = []
    for condition in conditions:
        field = model._fields.get(condition.field_expr)
        if type(field) not in _COMPARED or condition.operator not in ("in", "not in"):
            return None
        values = frozenset(condition.value)
        empty = False in values or field.falsy_value in values
        compiled.append((holder(model.env, field), values, empty, condition.operator == "in"))
    return compiled


def in_scope(env, ids, scope):
    """The ids that `compile_scope` lets through; None where memory does not hold all that it takes to say so."""
    for held, values, empty, wanted in scope:
        if (now := held(env, ids)) is None:
            return None
        ids = [id_ for id_, value in zip(ids, now, strict=True) if (value in values if value else empty) is wanted]
    return ids

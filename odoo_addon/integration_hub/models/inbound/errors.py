"""Odoo's refusals in the hub's words: which kind of failure, which field, what to do."""

import psycopg2
from odoo.exceptions import AccessError, MissingError, UserError, ValidationError

from .item import Stopped


def stopped_by(error, model, values):
    """What an exception that Odoo raised while a document was applied means.

    :param model: an empty recordset of the document's model, as the user who applied it
    :param values: the values that were being written, to name the field by
    """
    _ = model.env._
    said = str(error).strip().partition("\n")[0] or type(error).__name__
    correct = _("Correct it in the other system, or in Odoo, then retry.")
    if isinstance(error, Stopped):
        return error
    if isinstance(error, AccessError):
        return Stopped(
            "policy",
            "not_allowed",
            _("%(user)s may not do this in Odoo: %(message)s", user=model.env.user.name, message=said),
            _("Give that user the right, or leave these records to others; then retry."),
        )
    if isinstance(error, MissingError):
        return Stopped("data", "record_gone", said, _("What it refers to was deleted. Retry."))
    if isinstance(error, UserError):  # a ValidationError is one
        field = _field_of_constraint(error, model, values) or _only(values)
        return Stopped("business", "odoo_refused", said, correct, field)
    if isinstance(error, psycopg2.IntegrityError):
        column = error.diag.column_name
        field = column if column in model._fields else None
        return Stopped("business", "odoo_refused", model._sql_error_to_message(error), correct, field)
    if isinstance(error, (psycopg2.DataError, ValueError, TypeError, KeyError)):
        message = _("Odoo cannot take a value: %s", said)
        return Stopped("data", "value_invalid", message, correct, _only(values))
    message = _("Odoo failed: %s", said)
    return Stopped("technical", "odoo_failed", message, _("Retry. Odoo's log says more."))


def _field_of_constraint(error, model, values):
    """The field whose check refused: found by the `@api.constrains` method that raised."""
    if not isinstance(error, ValidationError):
        return None
    step = error.__traceback__
    while step:
        method = getattr(type(model), step.tb_frame.f_code.co_name, None)
        watched = getattr(method, "_constrains", ())
        for name in () if callable(watched) else watched:
            if name in values:
                return name
        step = step.tb_next
    return None


def _only(values):
    return next(iter(values)) if len(values) == 1 else None

"""Approved expenses on their way into Odoo (WF-09): what their checks look at, and the checks."""

from odoo.tools import format_date, formatLang

from ..item import Stopped
from ..steps import APPROVED

CANNOT_BILL = "not_rebillable"
DOUBLE = "expense_double"
JUDGED = ("employee_id", "product_id", "date", "total_amount_currency", "sale_order_id", "currency_id")


class Expense:
    """An expense as it will be, read as superuser.

    :ivar before: the expense as it is, empty for a new one
    :ivar billable: whether the customer is to pay for it
    """

    def __init__(self, item, record, values):
        self.before = record.sudo()
        self.billable = bool(item.canonical.get("billable"))
        self.values = values
        self.env = self.before.env

    @classmethod
    def of(cls, item, record, changed):
        if record and not any(name in changed for name in JUDGED):
            return None
        return cls(item, record, changed)

    def __getitem__(self, name):
        """A many-to-one as a record, anything else as its value."""
        field = self.before._fields[name]
        if name not in self.values:
            return self.before[name]
        value = self.values[name]
        return self.env[field.comodel_name].browse(value or ()) if field.comodel_name else value

    def asked(self):
        """What a person who accepts has seen."""
        values = [self[name] for name in JUDGED if name in self.before._fields]
        return [value.id if hasattr(value, "_name") else value for value in values]


def can_be_billed(expense):
    """What the customer pays is billed on a confirmed order, by a category that Odoo bills on."""
    if not expense.billable or "sale_order_id" not in expense.before._fields:
        return None
    _, order, category = expense.env._, expense["sale_order_id"], expense["product_id"]
    why = None
    if not order:
        why = _("The customer is to pay for it, and there is no order to bill it on.")
        hint = _("Give the project a sales order and retry; accepted, it is reimbursed and not billed.")
        field = "sale_order_id"
    elif order.state != "sale":
        why = _("The customer is to pay for it, and the order %s is not confirmed.", order.name)
        hint = _("Confirm the order, or give the project another one, and retry.")
        field = "sale_order_id"
    elif category.expense_policy not in ("cost", "sales_price"):
        why = _("The customer is to pay for it, and the category “%s” is not billed on.", category.name)
        hint = _(
            "Set Re-Invoice Costs on the category and retry, or make the expense not billable in the other system; "
            "accepted, it is reimbursed and not billed."
        )
        field = "product_id"
    return Stopped("business", CANNOT_BILL, why, hint, field) if why else None


def appears_once(expense):
    """The same amount of the same person, category and day is one expense, entered in two places."""
    wanted = {name: expense[name] for name in ("employee_id", "product_id", "date", "total_amount_currency")}
    if not all(wanted.values()):
        return None
    same = expense.env["hr.expense"].search(
        [
            *[(name, "=", getattr(value, "id", value)) for name, value in wanted.items()],
            ("state", "in", ("submitted", *APPROVED)),
            ("company_id", "=", expense.env.company.id),
            ("id", "!=", expense.before.id),
        ],
        limit=1,
    )
    if not same:
        return None
    _ = expense.env._
    why = _(
        "%(employee)s has an expense of %(amount)s on %(day)s in Odoo already: %(name)s.",
        employee=wanted["employee_id"].name,
        amount=formatLang(expense.env, wanted["total_amount_currency"], currency_obj=same.currency_id),
        day=format_date(expense.env, wanted["date"]),
        name=same.name,
    )
    hint = _("Compare the two. Cancel this if they are the same; accept it if both were spent.")
    return Stopped("business", DOUBLE, why, hint, None)


EXPENSE_CHECKS = (appears_once, can_be_billed)

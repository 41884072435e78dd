"""Time that arrives late (TST-08): it goes to the next open period, and what stands in a closed one stays as it is."""

from datetime import timedelta

from odoo.tools import format_date
from odoo.tools.date_utils import end_of

from ..item import Stopped

PERIOD_CLOSED = "period_closed"


def day_for(entry):
    """The day on which the entry is posted: its own, or the first one that is not closed."""
    closed = [day for day in (locked_until(entry.company), _invoiced_until(entry)) if day]
    return max([entry.date, *(day + timedelta(days=1) for day in closed if entry.date <= day)])


def period_open(entry):
    """An entry that is in Odoo is no longer changed once accounting has locked its day."""
    locked = entry.before and locked_until(entry.company)
    if not locked or entry.before.date > locked:
        return None
    return period_closed(entry.before, locked)


def period_closed(line, locked):
    _ = line.env._
    why = _(
        "It is on %(day)s in Odoo, and accounting has locked the days until %(locked)s.",
        day=format_date(line.env, line.date),
        locked=format_date(line.env, locked),
    )
    hint = _(
        "Enter the difference in the time tool as an entry of an open period, and cancel this; or accept it this once."
    )
    return Stopped("business", PERIOD_CLOSED, why, hint, "date")


def locked_until(company):
    """The last day that the company's accounting has locked for everybody; None without accounting, or without a
    lock."""
    names = [name for name in ("fiscalyear_lock_date", "hard_lock_date") if name in company._fields]
    return max([company[name] for name in names if company[name]], default=None)


def _invoiced_until(entry):
    """The last day up to which the entry's sales order item has been invoiced, where it is billed by the hour; None
    when it has not. An invoice of a later period would not look back at a day before that.

    Odoo does not keep for which period an invoice was made. It is taken to end with the invoice's date, and with the
    month of the last day that was billed at the latest.
    """
    sale_line = entry.sale_line
    if not sale_line or not sale_line.product_id._is_delivered_timesheet():
        return None
    last = entry.env["account.analytic.line"].search(
        [
            ("so_line", "=", sale_line.id),
            ("timesheet_invoice_id", "!=", False),
            ("timesheet_invoice_id.state", "!=", "cancel"),
            ("id", "!=", entry.before.id),
        ],
        order="date desc, id desc",
        limit=1,
    )
    if not last:
        return None
    invoice = last.timesheet_invoice_id
    return max(last.date, min(invoice.invoice_date or invoice.date or last.date, end_of(last.date, "month")))

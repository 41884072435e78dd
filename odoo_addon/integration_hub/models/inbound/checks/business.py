from odoo import fields, models

from ..differences import digest
from ..steps import APPROVED
from .currency import Amounts, same_currency
from .expense import EXPENSE_CHECKS, Expense
from .leave import LEAVE, Leave, as_long_as_there
from .timesheet import TIMESHEET_CHECKS, Entry

#: ``{model: (what the checks look at, the checks in the order in which they are made)}``. A check is a function of
#: these facts that answers a `Stopped`, or None when nothing is wrong; an operator may accept what it found.
BUSINESS = {
    "account.analytic.line": (Entry, TIMESHEET_CHECKS),
    "hr.expense": (Expense, EXPENSE_CHECKS),
    LEAVE: (Leave, (as_long_as_there,)),
    "sale.order": (Amounts, (same_currency,)),
    "crm.lead": (Amounts, (same_currency,)),
}
#: ``{model: whether the canonical record has come so far that it is Odoo's concern}`` (OBJ-19, EVT-10).
CROSSES = {
    "account.analytic.line": lambda timesheet: timesheet.get("approved") is True,
    "hr.expense": lambda expense: expense.get("status") in APPROVED,
}


class IntegrationDeliveryAcceptable(models.Model):
    _inherit = "integration.delivery"

    acceptable = fields.Char(readonly=True, help="Names what an operator may accept: the check, and what it looked at.")

    def _acceptance(self):
        """The decision that accepts what stood on the screen: of another amount or another day it is asked again."""
        if not self.acceptable:
            return {"accept": True}
        return {"accepted": [*((self.decision or {}).get("accepted") or ()), self.acceptable]}


class IntegrationInboundBusiness(models.AbstractModel):
    """What is particular to a kind of record: when it comes in, how it is completed, and checks of its own (WF-08,
    WF-09), made before it is written."""

    _inherit = "integration.inbound"

    def _crosses(self, item):
        """Whether the record has come so far there that it comes in. Until then it is as if it did not exist."""
        crosses = CROSSES.get(item.model)
        return not crosses or crosses(item.canonical)

    def _completed(self, system, item, record, values, memory):
        """`values` with what Odoo needs besides and no mapping can know.

        :param record: the record as the system's user, empty for a new one
        :param memory: what the link remembers; what is put here is remembered
        """
        return values

    def _check_business(self, item, row, record, changed):
        """:raise Stopped: business, in the words of the check that found something"""
        kind, checks = BUSINESS.get(record._name, (None, ()))
        facts = kind and kind.of(item, record, changed)
        if not facts:
            return
        accepted = (row.decision or {}).get("accepted") or ()
        for check in checks:
            stopped = check(facts)
            if stopped:
                stopped.details["acceptable"] = digest([stopped.code, *facts.asked()])
                if stopped.details["acceptable"] not in accepted:
                    raise stopped

from odoo import _, models

from .item import Stopped


def _confirm_order(order):
    """Odoo dates an order when it is confirmed. This one was concluded when it was signed, and keeps that date."""
    concluded = order.date_order
    order.action_confirm()
    order.date_order = concluded


def _approve_expense(expense):
    """Odoo asks about an expense that looks the same (it answers with a screen). `appears_once` has asked already."""
    if expense.action_approve():
        expense._do_approve()


def _refuse_expense(expense):
    """Without the screen that asks for a reason."""
    expense._check_can_refuse()
    expense._do_refuse(expense.env._("Refused in the other system."))


#: What of an expense is approved, or further.
APPROVED = ("approved", "posted", "in_payment", "paid")
#: What a document may ask for besides values, by model and name: ``[(method, states it goes from), …]``, each taken
#: when the record stands there: the name of a method of Odoo's, or a function of the record. A record that stands
#: nowhere among them is there already.
STEPS = {
    "sale.order": {
        "confirm": [(_confirm_order, ("draft", "sent"))],
        "cancel": [("action_cancel", ("draft", "sent", "sale"))],
    },
    "hr.leave": {
        # Where two people have to approve, the first approval makes room for the second.
        "approve": [("action_approve", ("confirm",)), ("action_approve", ("validate1",))],
        "refuse": [("action_refuse", ("confirm", "validate1", "validate"))],
        "cancel": [("action_refuse", ("confirm", "validate1", "validate"))],
    },
    "hr.expense": {
        "submit": [("action_submit", ("draft",))],
        "approve": [
            ("action_reset", ("refused",)),
            ("action_submit", ("draft",)),
            (_approve_expense, ("submitted",)),
        ],
        "refuse": [(_refuse_expense, ("draft", "submitted", "approved"))],
    },
}


class IntegrationInboundSteps(models.AbstractModel):
    """Takes a record on in its life cycle with Odoo's own methods, so that all that follows there follows."""

    _inherit = "integration.inbound"

    def _take_step(self, item, record):
        """Takes the document's `step`, if it names one.

        :return: whether something was done
        :raise Stopped: data: there is no such step; what Odoo's own method refuses is raised as it is
        """
        if not item.step:
            return False
        path = STEPS.get(record._name, {}).get(item.step)
        if path is None:
            raise Stopped(
                "data",
                "unknown_step",
                _("“%(model)s” has no step “%(step)s”.", model=record._name, step=item.step),
                _("Correct the mapping; its guide lists the steps."),
                "step",
            )
        before = record.state
        for method, states in path:
            if record.state in states:
                method(record) if callable(method) else getattr(record, method)()
        record.flush_recordset()
        return record.state != before

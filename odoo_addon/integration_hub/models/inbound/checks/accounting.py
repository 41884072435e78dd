from odoo import _, models

from ..item import Stopped

ACCOUNTING = "accounting_outcome"
#: Records that have become an outcome of accounting, by model: nothing that arrives changes them any more.
SETTLED = {
    "account.move": [("state", "=", "posted")],
    "account.move.line": [("parent_state", "=", "posted")],
    "account.payment": [("state", "not in", ("draft", "canceled", "rejected"))],
    "account.bank.statement.line": [("is_reconciled", "=", True)],
    "sale.order": [("locked", "=", True)],
    "account.analytic.line": [("timesheet_invoice_id", "!=", False), ("timesheet_invoice_id.state", "!=", "cancel")],
    "hr.expense": [("state", "in", ("posted", "in_payment", "paid"))],
}
#: Fields that say such an outcome: accounting in Odoo sets them, whatever the record's state.
OUTCOMES = {
    "account.move": {"state", "payment_state", "name", "amount_total", "amount_residual"},
    "account.payment": {"state", "is_reconciled", "is_matched"},
    "sale.order": {"invoice_status", "locked"},
    "sale.order.line": {"qty_invoiced", "invoice_status"},
    "account.analytic.line": {"timesheet_invoice_id"},
    "hr.expense": {"account_move_id"},
}


class IntegrationInboundAccounting(models.AbstractModel):
    """Accounting outcomes are Odoo's alone (OWN-06): a posted entry, a paid state, and what is computed from them."""

    _inherit = "integration.inbound"

    def _check_accounting(self, record, changed):
        """:raise Stopped: policy, `accounting_outcome`"""
        names = [name for name in changed if name in OUTCOMES.get(record._name, ()) or self._is_computed(record, name)]
        if names:
            raise self._accounting_outcome(record, names, _("Accounting in Odoo sets it."))
        domain = SETTLED.get(record._name)
        if domain and record and changed and all(part[0].partition(".")[0] in record._fields for part in domain):
            settled = record.sudo().filtered_domain(domain)
            if settled:
                raise self._accounting_outcome(record, list(changed), self._settled_by(settled))

    def _settled_by(self, record):
        if record._name == "account.analytic.line":
            return _("This time was billed: %s.", record.timesheet_invoice_id.display_name)
        return _("%s is settled.", record.display_name)

    def _is_computed(self, record, name):
        """Computed and not to be edited, in a model in which outcomes are kept."""
        field = record._fields[name]
        return record._name in OUTCOMES and bool(field.compute) and field.readonly and not field.inverse

    def _accounting_outcome(self, record, names, why):
        labels = ", ".join(record._fields[name]._description_string(record.env) for name in names)
        return Stopped(
            "policy",
            ACCOUNTING,
            _("%(fields)s cannot be changed from outside. %(why)s", fields=labels, why=why),
            _("Correct it in the other system, or in Odoo by a credit note or another entry; then cancel this."),
            ", ".join(names),
        )

from odoo import models

from ..item import answer_to

EXPENSE = "hr.expense"


class IntegrationInboundExpense(models.AbstractModel):
    """On which order an expense that the customer pays is billed, and what becomes of one that is taken back. Odoo
    bills and reimburses it when accounting posts it, once each."""

    _inherit = "integration.inbound"

    def _completed(self, system, item, record, values, memory):
        values = super()._completed(system, item, record, values, memory)
        if record._name != EXPENSE or "sale_order_id" not in record._fields or "sale_order_id" in values:
            return values
        reference = (item.canonical.get("project") or {}).get("id")
        if not item.canonical.get("billable") or not reference:
            return values
        project = self._linked_record(system, reference, "project").sudo()
        order = project.sale_order_id or project.reinvoiced_sale_order_id
        product = self.env["product.product"].sudo().browse(values.get("product_id", record.sudo().product_id.id))
        # Odoo empties the order where the category is not billed on.
        return values | ({"sale_order_id": order.id} if order and product.expense_policy != "no" else {})

    def _gone_without_archive(self, system, item, row, link, record):
        """What was taken back or deleted there is refused here, as long as it is not in the books."""
        if record._name != EXPENSE:
            return super()._gone_without_archive(system, item, row, link, record)
        item.step = "refuse"
        self._check_accounting(record, {"total_amount_currency": 0.0})
        stepped = self._take_step(item, record)
        row = self._store_row(system, item, row, record, "delivered") if stepped or row else row
        return answer_to(item, "delivered", row, unchanged=not stepped)

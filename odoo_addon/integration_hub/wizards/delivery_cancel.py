from odoo import fields, models


class IntegrationDeliveryCancel(models.TransientModel):
    """Asks why deliveries are not to be sent."""

    _name = "integration.delivery.cancel"
    _description = "Cancel Deliveries"

    reason = fields.Char(required=True, help="Stays with the delivery: somebody will ask.")
    delivery_ids = fields.Many2many("integration.delivery", required=True)

    def action_confirm(self):
        return self.delivery_ids.action_cancel(reason=self.reason)

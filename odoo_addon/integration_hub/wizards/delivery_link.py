from odoo import fields, models


class IntegrationDeliveryLink(models.TransientModel):
    """Asks which record in the other system is the one that was being sent."""

    _name = "integration.delivery.link"
    _description = "Link a Delivery"

    delivery_id = fields.Many2one("integration.delivery", required=True, readonly=True, ondelete="cascade")
    system_id = fields.Many2one(related="delivery_id.system_id")
    external_id = fields.Char(
        string="ID there", required=True, help="As the other system shows it, often in its address."
    )
    external_url = fields.Char(string="Link to it", help="The page of the record there; may be left empty.")
    reason = fields.Char(string="Remark", help="Stays with the delivery.")

    def action_confirm(self):
        return self.delivery_id._link_by_person(self.external_id, self.external_url, self.reason)

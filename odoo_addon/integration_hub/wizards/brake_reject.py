from odoo import fields, models


class IntegrationBrakeReject(models.TransientModel):
    """Asks why a mass change is not to be sent."""

    _name = "integration.brake.reject"
    _description = "Reject a Mass Change"

    reason = fields.Char(required=True, help="Stays with the mass change and with every delivery: somebody will ask.")
    brake_ids = fields.Many2many("integration.brake", required=True)

    def action_confirm(self):
        return self.brake_ids.action_reject(reason=self.reason)

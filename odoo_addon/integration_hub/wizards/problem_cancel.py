from odoo import fields, models


class IntegrationProblemCancel(models.TransientModel):
    """Asks why nothing that stands still for a problem is to be sent."""

    _name = "integration.problem.cancel"
    _description = "Cancel All Deliveries of a Problem"

    problem_ids = fields.Many2many("integration.problem", required=True, readonly=True)
    delivery_count = fields.Integer(compute="_compute_delivery_count", string="Deliveries")
    reason = fields.Char(required=True, help="Stays with each delivery: somebody will ask.")

    def _compute_delivery_count(self):
        for wizard in self:
            wizard.delivery_count = sum(wizard.problem_ids.mapped("delivery_count"))

    def action_confirm(self):
        return self.problem_ids.action_cancel_all(reason=self.reason)

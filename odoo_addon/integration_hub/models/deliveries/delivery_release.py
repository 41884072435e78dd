from odoo import api, fields, models


class IntegrationDeliveryRelease(models.Model):
    """Under which mappings a change goes, for people (MAP-12)."""

    _inherit = "integration.delivery"

    effective_release = fields.Integer(
        "Release",
        compute="_compute_effective_release",
        help="The mappings it goes under: those in force when it was recorded, or when somebody tried again after a "
        "correction. 0: as shipped.",
    )

    @api.depends("release", "event_id.release")
    def _compute_effective_release(self):
        for delivery in self:
            delivery.effective_release = delivery.release or delivery.sudo().event_id.release

    def action_open_release(self):
        self.ensure_one()
        release = self.env["integration.release"].search([("number", "=", self.effective_release)])
        return {
            "type": "ir.actions.act_window",
            "res_model": "integration.release",
            "res_id": release.id,
            "views": [[False, "form"]],
        }

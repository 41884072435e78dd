from odoo import fields, models


class IntegrationRuleOwner(models.Model):
    """Who answers for what a rule sends."""

    _inherit = "integration.rule"

    user_id = fields.Many2one(
        "res.users",
        string="Owner",
        domain=lambda self: [("all_group_ids", "in", self.env.ref("integration_hub.group_viewer").ids)],
        help="Who is told when what this rule sends is refused because of the record or a business rule. "
        "Empty: the owner of the system.",
    )

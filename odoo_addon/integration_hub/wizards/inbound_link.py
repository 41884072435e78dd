from odoo import _, fields, models
from odoo.exceptions import UserError


class IntegrationInboundLink(models.TransientModel):
    """Asks which record of Odoo it is that came in: one of the candidates, or any other of its kind."""

    _name = "integration.inbound.link"
    _description = "Link What Came In"

    delivery_id = fields.Many2one("integration.delivery", required=True, readonly=True, ondelete="cascade")
    system_id = fields.Many2one(related="delivery_id.system_id")
    candidate_ids = fields.One2many("integration.inbound.candidate", "link_id", readonly=True)
    record_ref = fields.Reference(selection="_selection_model", string="Another record")
    reason = fields.Char(string="Remark", help="Stays with the delivery.")

    def _selection_model(self):
        model = self.env.context.get("inbound_model")
        return [(model, self.env["ir.model"]._get(model).name)] if model in self.env else []

    def action_confirm(self):
        if not self.record_ref:
            raise UserError(_("Press Link beside one of the candidates, or name another record."))
        return self.delivery_id._link_to(self.record_ref, self.reason)


class IntegrationInboundCandidate(models.TransientModel):
    """A record of Odoo that it may be."""

    _name = "integration.inbound.candidate"
    _description = "Candidate for a Link"

    link_id = fields.Many2one("integration.inbound.link", required=True, ondelete="cascade")
    model = fields.Char(required=True, readonly=True)
    res_id = fields.Many2oneReference(model_field="model", required=True, readonly=True)
    name = fields.Char(string="Record", readonly=True)
    why = fields.Char(readonly=True)
    linked = fields.Char(string="Linked already with", readonly=True, help="Its ID there. It cannot have two.")

    def action_link(self):
        return self.link_id.delivery_id._link_to(self.env[self.model].browse(self.res_id), self.link_id.reason)

    def action_open(self):
        return {
            "type": "ir.actions.act_window",
            "res_model": self.model,
            "res_id": self.res_id,
            "views": [[False, "form"]],
            "target": "new",
        }

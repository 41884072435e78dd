from odoo import _, api, fields, models
from odoo.exceptions import AccessError
from psycopg2.extras import Json

from ..models.deliveries.integration_delivery import ERROR_KINDS
from ..models.foundation.titles import event_titles, object_titles


class IntegrationReplayStart(models.TransientModel):
    """Asks what to send again, and says how many that is before it begins."""

    _name = "integration.replay.start"
    _description = "Start a Replay"

    delivery_ids = fields.Many2many("integration.delivery", string="Deliveries")
    which = fields.Selection(
        [
            ("failed", "That need attention or gave up"),
            ("delivered", "That were delivered"),
            ("ended", "That failed or were delivered"),
            ("stopped", "That were cancelled or superseded"),
        ],
        required=True,
        default="failed",
        string="Deliveries in state",
    )
    system_id = fields.Many2one("integration.system")
    error_kind = fields.Selection(ERROR_KINDS, string="Kind of failure")
    error_code = fields.Char("Error code")
    event_type = fields.Selection(event_titles, "Event")
    object = fields.Selection(object_titles, "Business object")
    model_id = fields.Many2one("ir.model", string="Model")
    res_id = fields.Integer("Record ID")
    since = fields.Datetime("Changed since")
    until = fields.Datetime("Changed until")
    mode = fields.Selection(
        [("same", "The same content again"), ("read_again", "Read the records again and send that")],
        required=True,
        default="same",
    )
    force = fields.Boolean("Also what seems unchanged")
    count = fields.Integer(compute="_compute_count", string="How many")

    @api.depends(
        "delivery_ids", "which", "system_id", "error_kind", "error_code", "event_type", "object", "model_id", "res_id",
        "since", "until",
    )  # fmt: skip
    def _compute_count(self):
        for start in self:
            self.env.cr.execute(
                "SELECT count(*) FROM integration_hub_private.matching(%s, 0, NULL, NULL)", [Json(start._filter())]
            )
            start.count = self.env.cr.fetchone()[0]

    def _filter(self):
        states = {
            "failed": ["held", "dead"],
            "delivered": ["delivered"],
            "ended": ["held", "dead", "delivered"],
            "stopped": ["cancelled", "superseded"],
        }
        model = self.model_id.model
        asked = {
            "ids": self.delivery_ids.ids,
            "states": states[self.which] if not self.delivery_ids else None,
            "system": self.system_id.code,
            "error_kind": self.error_kind,
            "error_code": self.error_code,
            "event_type": self.event_type,
            "object": self.object,
            "model": model,
            "lane": f"{model},{self.res_id}" if model and self.res_id else None,
            "since": f"{fields.Datetime.to_string(self.since)}Z" if self.since else None,
            "until": f"{fields.Datetime.to_string(self.until)}Z" if self.until else None,
            # Nobody sends again what he may not see.
            "company_ids": self.env.companies.ids,
        }
        return {key: value for key, value in asked.items() if value}

    def action_start(self):
        if not self.env.user.has_group("integration_hub.group_operator"):
            raise AccessError(_("Only integration operators can do this."))
        self.env.flush_all()
        self.env.cr.execute(
            "SELECT integration_hub.start_replay(%s, %s, %s, %s, NULL, %s)",
            [Json(self._filter()), self.mode, self.force, self.env.user.name, self.env.uid],
        )
        job = self.env["integration.replay"].browse(self.env.cr.fetchone()[0])
        job._go_on()
        return {
            "type": "ir.actions.act_window",
            "res_model": "integration.replay",
            "res_id": job.id,
            "views": [[False, "form"]],
        }

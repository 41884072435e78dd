import json

from odoo import api, fields, models

from ..foundation.loose_reference import LooseMany2one


class IntegrationEventPayload(models.Model):
    """The snapshot of an event, as JSON text written once (docs/architecture.md, Capture). Apart from the event, so
    that lists stay light."""

    _name = "integration.event.payload"
    _inherit = ["integration.protected"]
    _description = "Integration Event Payload"
    _rec_name = "event_id"
    _log_access = False

    event_id = LooseMany2one("integration.event", required=True, readonly=True, ondelete="cascade")
    payload = fields.Text(required=True, readonly=True)
    pretty = fields.Text(compute="_compute_pretty", string="Content", help="The payload, indented for reading.")

    _event_uniq = models.UniqueIndex("(event_id)")

    @api.depends("payload")
    def _compute_pretty(self):
        for row in self:
            row.pretty = json.dumps(json.loads(row.payload), indent=2, ensure_ascii=False) if row.payload else False

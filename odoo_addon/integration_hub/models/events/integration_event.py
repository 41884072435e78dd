from odoo import fields, models

from ..foundation.loose_reference import LooseMany2one
from ..foundation.titles import event_titles, object_titles

OPERATIONS = [
    ("create", "Created"),
    ("write", "Changed"),
    ("archive", "Archived"),
    ("unarchive", "Unarchived"),
    ("unlink", "Deleted"),
]
DIRECTIONS = [("out", "Out"), ("in", "In")]


class IntegrationEvent(models.Model):
    """One business change of one record, written in the user's own transaction; or (direction `in`) one state of a
    record of another system, as it was read there. Never changed afterwards."""

    _name = "integration.event"
    _inherit = ["integration.protected", "integration.referenced"]
    _description = "Integration Event"
    _order = "id desc"
    _rec_name = "res_name"

    event_type = fields.Selection(
        event_titles, "Event", required=True, readonly=True, help="Business name of the change."
    )
    direction = fields.Selection(
        DIRECTIONS, required=True, default="out", readonly=True, help="Out: made in Odoo. In: came from another system."
    )
    object = fields.Selection(object_titles, "Business object", readonly=True, help="What it carries.")
    operation = fields.Selection(OPERATIONS, required=True, readonly=True, help="What happened to the record.")
    model = fields.Char(required=True, readonly=True, help="Technical name of the record's model.")
    res_id = fields.Integer(string="Record ID", required=True, readonly=True)
    res_name = fields.Char(string="Record", readonly=True, help="The record's name at the moment of the change.")
    record_ref = fields.Reference(
        selection="_selection_models",
        compute="_compute_record_ref",
        string="Open record",
        help="Empty when the record is gone or hidden from you.",
    )
    company_id = LooseMany2one("res.company", readonly=True)
    user_id = LooseMany2one("res.users", string="Changed by", readonly=True)
    rule_id = LooseMany2one("integration.rule", readonly=True, ondelete="set null")
    changed_fields = fields.Char("Changed fields", readonly=True, help="Fields that changed, comma-separated.")
    origin_system_id = LooseMany2one(
        "integration.system",
        string="Came from",
        readonly=True,
        ondelete="restrict",
        help="The system this change arrived from; it is not sent back there.",
    )
    traceparent = fields.Char(
        readonly=True, help="W3C trace context: the same text is in the request to the other system and in the attempt."
    )
    release = fields.Integer(
        readonly=True, help="The release in force when it was recorded; 0: the mappings as shipped."
    )
    txid = fields.Char(string="Transaction", readonly=True, help="Changes of one transaction share this number.")
    occurred_at = fields.Datetime(required=True, readonly=True)
    payload_ids = fields.One2many(
        "integration.event.payload", "event_id", readonly=True, groups="integration_hub.group_operator"
    )
    delivery_ids = fields.One2many("integration.delivery", "event_id", readonly=True)

    # None by record: deliveries have one, and each costs every captured change (of many, 5 µs and 80 bytes of WAL).
    _occurred_at_idx = models.Index("(occurred_at)")

    def _selection_models(self):
        return self.env["integration.record"]._selection_models()

    def _compute_record_ref(self):
        self.env["integration.record"]._compute_record_ref(self)

from odoo import _, api, fields, models
from odoo.exceptions import UserError, ValidationError

from ..models.tables import table_content

#: Rows of the table that are shown beside the question.
MOST_SHOWN = 6


class IntegrationUnknownValueAdd(models.TransientModel):
    """Says what an unknown value is in the other system; what waits for it then goes."""

    _name = "integration.unknown.value.add"
    _description = "Add a Value"

    path = fields.Char("File", required=True, readonly=True)
    table = fields.Char(readonly=True)
    source = fields.Char("Unknown value", required=True, readonly=True)
    waiting = fields.Integer("Waiting", readonly=True)
    target = fields.Char("Becomes", required=True, help="What is written in its place.")
    target_type = fields.Selection(
        [(table_content.TEXT, "Text"), (table_content.NUMBER, "Number"), (table_content.BOOLEAN, "Yes/no")],
        "Kind",
        required=True,
        default=table_content.TEXT,
    )
    note = fields.Char()
    known = fields.Text(
        "So far", compute="_compute_known", help="The first rows of the table, to see how its values are written."
    )

    # A table that nobody changed yet has neither, and cannot count without.
    asks_owner = fields.Boolean(compute="_compute_known")
    asks_purpose = fields.Boolean(compute="_compute_known")
    owner_id = fields.Many2one(
        "res.users",
        "Owner of the table",
        default=lambda self: self.env.user,
        domain=lambda self: [("all_group_ids", "in", self.env.ref("integration_hub.group_viewer").ids)],
    )
    purpose = fields.Char("What the table is for")

    @api.depends("path")
    def _compute_known(self):
        for adding in self:
            artifact = self.env["integration.artifact"].search([("path", "=", adding.path)])
            adding.asks_owner = artifact and not artifact.owner_id
            adding.asks_purpose = artifact and not artifact.purpose
            entries = table_content.entries_of(artifact._content() or {}) if artifact else []
            rows = [f"{entry['from']} → {table_content.text_of(entry['to'])}" for entry in entries]
            more = [_("… and %s more", len(rows) - MOST_SHOWN)] if len(rows) > MOST_SHOWN else []
            adding.known = "\n".join(rows[:MOST_SHOWN] + more) or False

    def action_add(self):
        self.ensure_one()
        artifact = self.env["integration.artifact"].search([("path", "=", self.path)])
        if not artifact:
            raise UserError(_("The table %s is not known here. Start the sidecar, which publishes it.", self.path))
        try:
            target = table_content.typed(self.target, self.target_type)
        except ValueError as error:
            raise ValidationError(_("“%s” does not fit the kind.", self.target)) from error
        if self.asks_owner and self.owner_id:
            artifact.owner_id = self.owner_id
        if self.asks_purpose and self.purpose:
            artifact.purpose = self.purpose
        version = artifact._add_value(self.source, target, self.note)
        if version.needs_second_person:
            version.action_submit()
            return version._opened()
        return version.action_activate()

from odoo import _, fields, models
from odoo.exceptions import UserError, ValidationError

from ..models.tables import table_content


class IntegrationUnknownValueAdd(models.TransientModel):
    """Says what an unknown value is in the other system; what waits for it then goes."""

    _name = "integration.unknown.value.add"
    _description = "Add a Value"

    path = fields.Char("File", required=True, readonly=True)
    source = fields.Char("Value in Odoo", required=True, readonly=True)
    waiting = fields.Integer("Waiting", readonly=True)
    target = fields.Char("Value over there", required=True)
    target_type = fields.Selection(
        [(table_content.TEXT, "Text"), (table_content.NUMBER, "Number"), (table_content.BOOLEAN, "Yes/no")],
        "Kind",
        required=True,
        default=table_content.TEXT,
    )
    note = fields.Char()

    def action_add(self):
        self.ensure_one()
        artifact = self.env["integration.artifact"].search([("path", "=", self.path)])
        if not artifact:
            raise UserError(_("The table %s is not known here. Start the sidecar, which publishes it.", self.path))
        try:
            target = table_content.typed(self.target, self.target_type)
        except ValueError as error:
            raise ValidationError(_("“%s” does not fit the kind.", self.target)) from error
        version = artifact._add_value(self.source, target, self.note)
        if version.needs_second_person:
            version.action_submit()
            return version._opened()
        return version.action_activate()

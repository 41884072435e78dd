import json

from odoo import _, api, fields, models
from odoo.exceptions import UserError, ValidationError

from . import table_content

#: Set while rows follow the content, or the content follows rows.
IN_STEP = "integration_table_in_step"


class IntegrationTableValue(models.Model):
    """One row of a value table's version, for people who edit it without JSON (MAP-05). The version's content and its
    rows are always the same thing."""

    _name = "integration.table.value"
    _description = "Value of a Table"
    _order = "version_id, sequence, id"
    _rec_name = "source"
    _log_access = False

    version_id = fields.Many2one("integration.artifact.version", required=True, ondelete="cascade", index=True)
    artifact_id = fields.Many2one(related="version_id.artifact_id")
    sequence = fields.Integer(default=100_000)
    source = fields.Char("Value in Odoo", required=True)
    target = fields.Char("Value over there", required=True)
    target_type = fields.Selection(
        [
            (table_content.TEXT, "Text"),
            (table_content.NUMBER, "Number"),
            (table_content.BOOLEAN, "Yes/no"),
            (table_content.NOTHING, "Nothing"),
        ],
        "Kind",
        required=True,
        default=table_content.TEXT,
        help="How the other system wants it. Numbers that are only names (1000, 0042) are text.",
    )
    note = fields.Char()

    _source_uniq = models.UniqueIndex("(version_id, source)", "This value is in the table already.")

    @api.constrains("target", "target_type")
    def _check_target(self):
        for row in self:
            try:
                table_content.typed(row.target, row.target_type)
            except ValueError as error:
                raise ValidationError(
                    _("“%(value)s” is not a %(kind)s.", value=row.target, kind=row._label_of_type())
                ) from error

    def _label_of_type(self):
        return dict(self._fields["target_type"]._description_selection(self.env))[self.target_type].lower()

    @api.model_create_multi
    def create(self, vals_list):
        rows = super().create(vals_list)
        rows.version_id._content_from_values()
        return rows

    def write(self, vals):
        versions = self.version_id  # a row that moves to another version leaves this one
        result = super().write(vals)
        (versions | self.version_id)._content_from_values()
        return result

    def unlink(self):
        versions = self.version_id
        result = super().unlink()
        versions._content_from_values()
        return result


class IntegrationArtifactVersionOfTable(models.Model):
    _inherit = "integration.artifact.version"

    value_ids = fields.One2many("integration.table.value", "version_id", string="Values")
    value_count = fields.Integer(compute="_compute_value_count", string="Entries")

    @api.depends("content")
    def _compute_value_count(self):
        for version in self:
            version.value_count = len(table_content.entries_of(version.content)) if version.kind == "table" else 0

    @api.model_create_multi
    def create(self, vals_list):
        rows = [vals.pop("value_ids", None) for vals in vals_list]
        versions = super().create(vals_list)
        for version, commands in zip(versions, rows, strict=True):
            if version.kind == "table":
                version._values_from_content()
            if commands:
                version.value_ids = commands
        return versions

    def write(self, vals):
        result = super().write(vals)
        if vals.keys() & {"content", "content_text"} and not self.env.context.get(IN_STEP):
            for version in self.filtered(lambda version: version.kind == "table"):
                version._values_from_content()
        return result

    def _values_from_content(self):
        """Makes the rows what the content says: one statement, because tables may be long."""
        self.ensure_one()
        self.env.flush_all()
        rows = [
            {
                "version_id": self.id,
                "sequence": place,
                "source": entry["from"],
                "target": table_content.text_of(entry["to"]),
                "target_type": table_content.type_of(entry["to"]),
                "note": entry["note"] or None,
            }
            for place, entry in enumerate(table_content.entries_of(self.content), 1)
        ]
        self.env.cr.execute("DELETE FROM integration_table_value WHERE version_id = %s", [self.id])
        self.env.cr.execute(
            """
            INSERT INTO integration_table_value (version_id, sequence, source, target, target_type, note)
            SELECT DISTINCT ON (r.source) r.version_id, r.sequence, r.source, r.target, r.target_type, r.note
            FROM jsonb_to_recordset(%s::jsonb)
                AS r(version_id integer, sequence integer, source text, target text, target_type text, note text)
            ORDER BY r.source, r.sequence
            """,
            [json.dumps(rows)],
        )
        self.invalidate_recordset(["value_ids"])

    def _content_from_values(self):
        """Makes the content what the rows say."""
        for version in self:
            if version.state != "draft":
                raise UserError(_("The content of a version is fixed once it was submitted. Begin a new version."))
            entries = [
                {
                    "from": row.source,
                    "to": table_content.typed(row.target, row.target_type),
                    "note": row.note or "",
                }
                for row in version.value_ids.sorted(lambda row: (row.sequence, row.id))
            ]
            content = table_content.with_entries(version.content, entries, version.artifact_id.title)
            version.with_context(**{IN_STEP: True}).content = content

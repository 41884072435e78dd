import base64

from odoo import _, fields, models
from odoo.exceptions import UserError

from ..models.tables import table_content

SHOWN = 10


class IntegrationTableCsv(models.TransientModel):
    """Takes the values of a table from a CSV file, or gives them out as one."""

    _name = "integration.table.csv"
    _description = "Values as CSV"

    artifact_id = fields.Many2one("integration.artifact", required=True, readonly=True, ondelete="cascade")
    file = fields.Binary("CSV file", attachment=False)
    file_name = fields.Char("File name")
    mode = fields.Selection(
        [("merge", "Add and change; keep the others"), ("replace", "The file is the whole table")],
        required=True,
        default="merge",
    )

    def action_import(self):
        """Writes the file's values into the draft of the table, and opens it.

        :raise UserError: names the lines that are wrong; nothing is changed then
        """
        self.ensure_one()
        rows = self._rows()
        artifact = self.artifact_id
        version = artifact.draft_version_id.filtered(lambda version: version.state == "draft")
        version = version or self.env["integration.artifact.version"].create({"artifact_id": artifact.id})
        known = {entry["from"]: entry for entry in table_content.entries_of(version.content)}
        # A value that is a number in the table stays one.
        fresh = {row["from"]: row | {"to": _like(row["to"], known.get(row["from"]))} for row in rows}
        entries = (known | fresh if self.mode == "merge" else fresh).values()
        version.write(
            {
                "content": table_content.with_entries(version.content, list(entries), artifact.title),
                "reason": version.reason or _("Values imported from %s", self.file_name or "CSV"),
            }
        )
        return version._opened()

    def _rows(self):
        try:
            text = base64.b64decode(self.file or b"").decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise UserError(_("The file is not in UTF-8. Save it as “CSV UTF-8” and try again.")) from error
        try:
            rows = table_content.from_csv(text)
        except table_content.NoCsv as error:
            raise UserError(_("The file cannot be read as CSV: %s.", error)) from error
        except ValueError as error:
            raise UserError(_("The first line has to name the columns: from, to and, if wanted, note.")) from error
        wrong, seen = [], {}
        for line, row in rows:
            if not row["from"]:
                wrong.append(_("line %s has no value under “from”", line))
            elif row["from"] in seen:
                wrong.append(
                    _(
                        "line %(line)s: “%(value)s” stands in line %(first)s already",
                        line=line,
                        value=row["from"],
                        first=seen[row["from"]],
                    )
                )
            seen.setdefault(row["from"], line)
        if wrong:
            raise UserError(_("Nothing was imported: %s.", "; ".join(wrong[:SHOWN])))
        if not rows:
            raise UserError(_("There are no values in the file."))
        return [row for _line, row in rows]

    def _export(self):
        """Downloads what counts now as a CSV file."""
        self.ensure_one()
        text = table_content.to_csv(table_content.entries_of(self.artifact_id._content()))
        self.file = base64.b64encode(text.encode("utf-8-sig"))
        name = self.artifact_id.path.rsplit("/", 1)[-1].removesuffix(".json") + ".csv"
        return {
            "type": "ir.actions.act_url",
            "url": f"/web/content/{self._name}/{self.id}/file/{name}?download=true",
            "target": "download",
        }


class IntegrationArtifactCsv(models.Model):
    _inherit = "integration.artifact"

    def action_export_csv(self):
        self.ensure_one()
        return self.env["integration.table.csv"].create({"artifact_id": self.id})._export()

    def action_import_csv(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": _("Import values"),
            "res_model": "integration.table.csv",
            "view_mode": "form",
            "target": "new",
            "context": {"default_artifact_id": self.id},
        }


def _like(text, known):
    if known is None:
        return text
    try:
        return table_content.typed(text, table_content.type_of(known["to"]))
    except ValueError:
        return text

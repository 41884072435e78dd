import base64
import csv
import io

from odoo import _, fields, models
from odoo.exceptions import UserError

from ..models.artifacts.integration_flow import CRITICALITIES, TIMINGS

#: Columns of the file and the fields that they fill; the name alone is required.
COLUMNS = {
    "name": "name",
    "purpose": "purpose",
    "owner": "owner_id",
    "criticality": "criticality",
    "from": "source",
    "to": "target",
    "object": "object",
    "fields": "fields_written",
    "data classes": "data_classes",
    "timing": "timing",
    "latency": "latency_target",
    "decision": "decision",
}
CHOICES = {
    "criticality": dict(CRITICALITIES),
    "timing": dict(TIMINGS),
    "decision": {"keep": "Keep", "migrate": "Migrate", "retire": "Retire"},
}


class IntegrationFlowImport(models.TransientModel):
    """Takes a list of existing interfaces from a CSV file into the register (MIG-01)."""

    _name = "integration.flow.import"
    _description = "Import Interfaces"

    file = fields.Binary("CSV file", required=True, attachment=False)
    file_name = fields.Char("File name")

    def action_import(self):
        """Enters new interfaces and updates those with the same name; then shows which write a field that another
        writes too.

        :raise UserError: names the lines that are wrong; nothing is changed then
        """
        self.ensure_one()
        Flow = self.env["integration.flow"]
        imported = Flow
        rows = self._rows()
        known = {flow.name: flow for flow in Flow.search([("rule_id", "=", False)])}
        for values in rows:
            flow = known.get(values["name"])
            if flow:
                flow.write(values)
            else:
                flow = Flow.create(values)
            imported |= flow
        meeting = imported.filtered("conflict")
        action = self.env["ir.actions.act_window"]._for_xml_id("integration_hub.action_flows")
        return action | {
            "domain": [("id", "in", (meeting or imported).ids)],
            "context": {},
            "display_name": _("Write a field that another writes too") if meeting else _("Imported interfaces"),
        }

    def _rows(self):
        try:
            text = base64.b64decode(self.file).decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise UserError(_("The file is not in UTF-8. Save it as “CSV UTF-8” and try again.")) from error
        heading = (text.splitlines() or [""])[0]
        reader = csv.DictReader(io.StringIO(text), delimiter=max(",;\t", key=heading.count))
        names = {(name or "").strip().lower(): name for name in reader.fieldnames or ()}
        if "name" not in names:
            raise UserError(_("The first line has to name the columns: %s.", ", ".join(COLUMNS)))
        rows, wrong = [], []
        for row in reader:
            texts = {column: (row.get(names[column]) or "").strip() for column in COLUMNS if column in names}
            if not any(texts.values()):
                continue
            try:
                rows.append(self._values(texts))
            except ValueError as error:
                wrong.append(_("line %(line)s: %(problem)s", line=reader.line_num, problem=error))
        if wrong:
            raise UserError(_("Nothing was imported: %s.", "; ".join(wrong[:10])))
        if not rows:
            raise UserError(_("There are no interfaces in the file."))
        return rows

    def _values(self, texts):
        if not texts["name"]:
            raise ValueError(_("it has no name"))
        values = {}
        for column, text in texts.items():
            name = COLUMNS[column]
            if not text:
                continue
            if name == "owner_id":
                values[name] = self._owner(text).id
            elif name in CHOICES:
                values[name] = _choice(self.env, CHOICES[name], column, text)
            elif name == "latency_target":
                try:
                    values[name] = float(text)
                except ValueError as error:
                    raise ValueError(_("the latency “%s” is not a number of seconds", text)) from error
            else:
                values[name] = text
        return values

    def _owner(self, text):
        owner = self.env["res.users"].search(["|", ("login", "=ilike", text), ("name", "=ilike", text)], limit=1)
        if not owner:
            raise ValueError(_("there is no user “%s”", text))
        return owner


def _choice(env, choices, column, text):
    for value, label in choices.items():
        if text.lower() in (value, label.lower()):
            return value
    raise ValueError(
        env._(
            "%(column)s “%(text)s” is none of %(choices)s",
            column=column,
            text=text,
            choices=", ".join(choices.values()),
        )
    )

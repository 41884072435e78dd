from markupsafe import Markup
from odoo import _, fields, models

from . import table_content

#: Rows that are shown; the rest is in the CSV.
MOST_ROWS = 200


class IntegrationArtifactShown(models.Model):
    """What a value table says now, to be read without beginning a version."""

    _inherit = "integration.artifact"

    values_now = fields.Html(compute="_compute_values_now", sanitize=False, help="The rows that count now.")

    def _compute_values_now(self):
        for artifact in self:
            entries = table_content.entries_of(artifact._content()) if artifact.kind == "table" else []
            rows = [
                Markup('<tr><td>%s</td><td>%s</td><td class="text-muted">%s</td></tr>')
                % (entry["from"], table_content.text_of(entry["to"]), entry["note"])
                for entry in entries[:MOST_ROWS]
            ]
            if len(entries) > MOST_ROWS:
                rest = _("… and %s more: export the table to see them.", len(entries) - MOST_ROWS)
                rows.append(Markup('<tr><td colspan="3" class="text-muted">%s</td></tr>') % rest)
            heads = (_("Value"), _("Becomes"), _("Note"))
            artifact.values_now = rows and (
                Markup('<table class="table table-sm"><thead><tr>%s</tr></thead><tbody>%s</tbody></table>')
                % (Markup("").join(Markup("<th>%s</th>") % head for head in heads), Markup("").join(rows))
            )

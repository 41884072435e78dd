from markupsafe import Markup
from odoo import _, api, fields, models


class IntegrationRuleInWords(models.Model):
    """A rule said for the person who decides what leaves Odoo."""

    _inherit = "integration.rule"

    trigger_text = fields.Char(compute="_compute_trigger_text", string="When", help="What has to happen to a record.")
    payload_summary = fields.Html(compute="_compute_payload_summary", string="Fields that are sent", sanitize=False)

    @api.depends("on_create", "on_write", "on_archive", "on_unlink")
    @api.depends_context("lang")
    def _compute_trigger_text(self):
        for rule in self:
            triggers = {
                _("created"): rule.on_create,
                _("changed"): rule.on_write,
                _("archived"): rule.on_archive,
                _("deleted"): rule.on_unlink,
            }
            rule.trigger_text = ", ".join(word for word, chosen in triggers.items() if chosen)

    @api.depends("effective_paths", "model_id")
    @api.depends_context("lang")
    def _compute_payload_summary(self):
        for rule in self:
            paths = (rule.effective_paths or "").split()
            row = Markup("<tr><td>%s</td><td><code>%s</code></td></tr>")
            rows = Markup().join(row % (rule._label_of_path(path), path) for path in paths)
            table = Markup('<table class="table table-sm w-auto"><tbody>%s</tbody></table>')
            rule.payload_summary = table % rows if paths else False

    def _label_of_path(self, path):
        """`Related Company › Tax ID` for `parent_id.vat`; the name itself from where it leads nowhere."""
        labels = []
        model = self.env.get(self.model)
        for name in path.split("."):
            field = model._fields.get(name) if model is not None else None
            labels.append(field.get_description(self.env, ["string"])["string"] if field is not None else name)
            model = self.env.get(field.comodel_name) if field is not None and field.relational else None
        return " › ".join(labels)

    def action_open_events(self):
        action = self.env["ir.actions.act_window"]._for_xml_id("integration_hub.action_events")
        return action | {"domain": [("rule_id", "in", self.ids)], "context": {}, "display_name": _("Events")}

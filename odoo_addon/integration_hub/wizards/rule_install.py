from odoo import Command, _, api, fields, models
from odoo.exceptions import UserError

from ..models.foundation.titles import event_titles


class IntegrationRuleInstall(models.TransientModel):
    """Installs starter rules that the sidecar published, for the models that this database has."""

    _name = "integration.rule.install"
    _description = "Install Starter Rules"

    line_ids = fields.One2many(
        "integration.rule.install.line", "wizard_id", default=lambda self: self._default_line_ids()
    )
    problem = fields.Char(default=lambda self: self._default_problem())

    @api.model
    def _default_line_ids(self):
        installed = set(
            self.env["integration.rule"].with_context(active_test=False).search([("code", "!=", False)]).mapped("code")
        )
        return [
            Command.create(
                {
                    "catalogue_id": entry.id,
                    "code": entry.code,
                    "name": entry.content.get("name") or entry.title,
                    "description": entry.content.get("description"),
                    "model_name": self.env["ir.model"]._get(entry.model).name,
                    "event_type": entry.content.get("event_type"),
                    "installed": entry.code in installed,
                    "selected": entry.code not in installed,
                }
            )
            for entry in self._applicable()
        ]

    @api.model
    def _default_problem(self):
        if not self.env["integration.catalogue"].search_count([("kind", "=", "rule")], limit=1):
            return _("The sidecar has not published any starter rules yet. Start it, then open this again.")
        return False

    @api.model
    def _applicable(self):
        """Published rules whose model and required fields exist here."""
        rules = self.env["integration.catalogue"].search([("kind", "=", "rule")])
        return rules.filtered(
            lambda entry: (
                self._has(entry.model) and all(self._has(**need) for need in entry.content.get("requires") or ())
            )
        )

    def _has(self, model, field=None):
        return model in self.env and (field is None or field in self.env[model]._fields)

    def action_install(self):
        """Creates the selected rules that are not there yet. A rule that exists, also an archived one, stays as
        people made it."""
        Rule = self.env["integration.rule"]
        chosen = self.line_ids.filtered("selected")
        known = set(Rule.with_context(active_test=False).search([("code", "in", chosen.mapped("code"))]).mapped("code"))
        new = chosen.filtered(lambda line: line.code not in known)
        if not new:
            raise UserError(_("Choose at least one rule that is not installed yet."))
        rules = Rule.create([self._rule_values(line.catalogue_id.content) for line in new])
        return {
            "type": "ir.actions.act_window",
            "name": _("Installed rules"),
            "res_model": "integration.rule",
            "views": [[False, "list"], [False, "form"]],
            "domain": [("id", "in", rules.ids)],
        }

    def _rule_values(self, content):
        model = self.env["ir.model"]._get(content["model"])
        trigger = content.get("trigger") or {}
        watched = self.env["ir.model.fields"].search(
            [("model", "=", content["model"]), ("name", "in", content.get("watch") or [])]
        )
        systems = self.env["integration.system"].search([("code", "in", content.get("systems") or [])])
        return {
            "code": content["code"],
            "name": content["name"],
            "description": content.get("description"),
            "model_id": model.id,
            "object": content["object"],
            "event_type": content["event_type"],
            "on_create": bool(trigger.get("create")),
            "on_write": bool(trigger.get("write")),
            "on_archive": bool(trigger.get("archive")),
            "on_unlink": bool(trigger.get("unlink")),
            "domain": repr(content.get("domain") or []),
            "watched_field_ids": [Command.set(watched.ids)],
            "follow_mapping": True,
            "system_ids": [Command.set(systems.ids)],
            "priority": content.get("priority", 50),
            "coalesce": content.get("coalesce", True),
            "linked_only": bool(content.get("linkedOnly")),
        } | {f"brake_{name}": limit for name, limit in (content.get("brake") or {}).items()}


class IntegrationRuleInstallLine(models.TransientModel):
    _name = "integration.rule.install.line"
    _description = "Starter Rule to Install"

    wizard_id = fields.Many2one("integration.rule.install", required=True, ondelete="cascade")
    catalogue_id = fields.Many2one("integration.catalogue", required=True, ondelete="cascade")
    selected = fields.Boolean()
    installed = fields.Boolean("Installed", readonly=True)
    code = fields.Char(readonly=True)
    name = fields.Char(readonly=True)
    description = fields.Char(readonly=True)
    model_name = fields.Char("Model", readonly=True)
    event_type = fields.Selection(event_titles, "Event", readonly=True)

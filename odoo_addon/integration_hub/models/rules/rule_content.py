"""A rule as a file: the form of the starter rules (`mappings/schema/rule.schema.json`) with what only Odoo knows."""

from odoo import Command, _, models
from odoo.exceptions import ValidationError

BRAKE_LIMITS = ("creates", "changes", "removals", "minutes")


class IntegrationRuleContent(models.Model):
    _inherit = "integration.rule"

    def _as_content(self):
        """The rule as JSON. Beside the keys of a starter rule: ``active``, ``company`` (its name, null for all),
        ``payload`` (null: follows the mappings; else the dotted paths) and ``owner`` (a login, or null)."""
        self.ensure_one()
        return {
            "code": self.code or None,
            "name": self.name,
            "description": self.description or "",
            "active": self.active,
            "model": self.model,
            "object": self.object,
            "event_type": self.event_type,
            "trigger": {
                "create": self.on_create,
                "write": self.on_write,
                "archive": self.on_archive,
                "unlink": self.on_unlink,
            },
            "domain": [list(item) if isinstance(item, tuple) else item for item in self._parsed_domain()],
            "watch": sorted(self.watched_field_ids.mapped("name")) or None,
            "payload": None if self.follow_mapping else self._paths(),
            "systems": sorted(self.system_ids.mapped("code")),
            "company": self.company_id.name or None,
            "priority": self.priority,
            "coalesce": self.coalesce,
            "linkedOnly": self.linked_only,
            "brake": {name: self[f"brake_{name}"] for name in BRAKE_LIMITS},
            "owner": self.user_id.login or None,
        }

    def _values_of_content(self, content):
        """The values to write for a rule's content.

        :raise ValidationError: it names a model, field, system, company or owner that is not here
        """
        model = self._found("ir.model", "model", [content.get("model")], _("model"))
        trigger = content.get("trigger") or {}
        fields_watched = self._found(
            "ir.model.fields", "name", content.get("watch") or [], _("field"), [("model", "=", model.model)]
        )
        payload = content.get("payload")
        values = {
            "name": content.get("name"),
            "description": content.get("description"),
            "active": content.get("active", True),
            "model_id": model.id,
            "object": content.get("object"),
            "event_type": content.get("event_type"),
            **{f"on_{name}": bool(trigger.get(name)) for name in ("create", "write", "archive", "unlink")},
            "domain": repr(content.get("domain") or []),
            "watched_field_ids": [Command.set(fields_watched.ids)],
            "follow_mapping": payload is None,
            "payload_fields": "\n".join(payload or []),
            "system_ids": [
                Command.set(self._found("integration.system", "code", content.get("systems") or [], _("system")).ids)
            ],
            "company_id": self._found("res.company", "name", [content.get("company")], _("company")).id,
            "user_id": self._found("res.users", "login", [content.get("owner")], _("user")).id,
            "priority": content.get("priority", 50),
            "coalesce": content.get("coalesce", True),
            "linked_only": bool(content.get("linkedOnly")),
        }
        brake = content.get("brake") or {}
        return values | {f"brake_{name}": brake[name] for name in BRAKE_LIMITS if name in brake}

    def _found(self, model, field, wanted, words, domain=()):
        wanted = [value for value in wanted if value]
        found = self.env[model].sudo().search([(field, "in", wanted), *domain])
        if missing := set(wanted) - set(found.mapped(field)):
            raise ValidationError(
                _("There is no %(what)s “%(names)s” here.", what=words, names="”, “".join(sorted(missing)))
            )
        return found

import time

from odoo import _, models
from odoo.exceptions import AccessError, UserError

from ..privacy.confidential import CONFIDENTIAL
from ..privacy.preview_masks import masked_incoming


class IncomingPreview(models.Model):
    """What would become of another system's record in Odoo under a version (static/src/mapping_preview)."""

    _inherit = "integration.artifact.version"

    def _incoming_choice(self, content):
        """Of which systems' records a preview can be, and where Odoo's side of it stands.

        :return: ``{"model", "incoming": True, "systems": [{"code", "name", "id", "type"}]}``; `type`: what the system
            calls such a record
        """
        into_odoo = self._part_of_way(f"odoo/in/{self.object}.json", content)
        model = (into_odoo.get("target") or {}).get("model") or ""
        systems = []
        for entry in self.env["integration.catalogue"].sudo().search([("kind", "=", "system")]):
            connector = (entry.content or {}).get("connector")
            from_system = self._part_of_way(f"systems/{connector}/mappings/in/{self.object}.json", content)
            system = self.env["integration.system"].sudo().search([("code", "=", entry.code)])
            if from_system and system and self.system_code in (False, connector):
                kind = (from_system.get("source") or {}).get("type") or ""
                systems.append({"code": entry.code, "name": system.name, "id": system.id, "type": kind})
        return {"model": model if model in self.env else "", "incoming": True, "systems": systems}

    def editor_preview_incoming(self, content, external_id, system):
        """What would become of a record of another system with this content. It is read there as it is now, and
        nothing is written, there or here: what Odoo would do is done and taken back.

        :param content: of this version, as it stands in the editor
        :param external_id: the system's own id of the record
        :param system: code of the system
        :return: ``{"found", "id", "type", "url", "record", "canonical", "problems", "active", "outcome", "fields",
            "linked", "milliseconds", "masked"}``: the sidecar's answer (sidecar/questions/preview-incoming.ts);
            ``outcome``: what `integration.inbound.receive` would answer; ``fields``: what would become of each field
            of Odoo (models/inbound/trial.py); ``linked``: ``{"model", "id", "name"}`` of the record of Odoo that it is
            about, or None; ``masked``: confidential values are hidden from this person. ``{"problems", "refused":
            True}`` when the content does not compile
        :raise UserError: nobody answered, the system is paused or refuses, or there is nothing to preview
        :raise AccessError: the person is no mapping administrator, or may not read such records
        """
        self._check_may_ask()
        start = time.monotonic()
        external_id = str(external_id or "").strip()
        choice = self._incoming_choice(content)
        if not external_id or len(external_id) > 200 or not choice["model"]:
            raise UserError(_("Give the id that the record has in the other system."))
        found = self.env["integration.system"].sudo().search([("code", "=", system)])
        if found.id not in [entry["id"] for entry in choice["systems"]]:
            raise UserError(_("Nothing of this system comes in with this mapping. Choose another one."))
        self._check_may_look(choice["model"], found)
        in_force = self.artifact_id._content()
        request = {
            "overlay": self._overlay(content),
            "in_force": self._overlay(in_force) if in_force else None,
            "object": self.object,
            "system": system,
            "id": external_id,
        }
        answer = self.env["integration.question"].sudo()._ask("preview_incoming", request, timeout=6.0)
        if answer.get("refused"):
            return {"problems": answer["problems"], "refused": True}
        outcome, rows = self.env["integration.inbound"].sudo()._tried_out(found, answer.pop("item"))
        answer |= {"outcome": outcome, "fields": rows, "linked": self._linked_shown(outcome.pop("record"))}
        milliseconds = round((time.monotonic() - start) * 1000)
        return self._incoming_shown(answer, content, found) | {"milliseconds": milliseconds}

    def _check_may_look(self, model, system):
        self.env[model].check_access("read")
        if system.company_id and system.company_id not in self.env.companies:
            raise AccessError(_("%s belongs to a company that you do not work in.", system.name))
        if system.state == "paused":
            raise UserError(
                _(
                    "%(system)s is paused (%(reason)s), so nothing is read there. Resume it under Systems, then look "
                    "again.",
                    system=system.name,
                    reason=system.pause_reason or _("no reason given"),
                )
            )

    def _linked_shown(self, about):
        """:raise AccessError: the person may not read the record of Odoo that it is about"""
        if not about:
            return None
        record = self.env[about["model"]].browse(about["id"])
        record.check_access("read")
        return about | {"name": record.display_name}

    def _incoming_shown(self, answer, content, system):
        """The preview as the user may see it; the sidecar and Odoo's checks always get the whole record."""
        records = self.env[self._incoming_choice(content)["model"]]
        for row in answer["fields"]:
            field = records._fields.get(row["field"])
            row["hidden"] = bool(field) and not records._has_field_access(field, "read")
        if self.env.user.has_group(CONFIDENTIAL):
            return masked_incoming(answer, None)
        connector = system.connector or system.code
        path = f"systems/{connector}/mappings/in/{self.object}.json"
        from_system, into_odoo = (self._part_of_way(one, content) for one in (path, f"odoo/in/{self.object}.json"))
        known = self.env["integration.artifact"].sudo().search([("path", "=", path)])._content_or_nothing()
        schemas = self.env["integration.catalogue"]._schemas()
        end = from_system.get("target") or {}
        schema = schemas.get(f"hub:canonical/{end.get('object')}/{end.get('version')}") or {}
        return masked_incoming(answer, (known, from_system, into_odoo, schema, schemas)) | {"masked": True}

    def _part_of_way(self, path, content):
        """The mapping at a path as the preview goes by it: this version's content, or what is in force."""
        if path == self.path:
            return content or {}
        return self.env["integration.artifact"].sudo().search([("path", "=", path)])._content_or_nothing()

import time

from odoo import _, models
from odoo.exceptions import AccessError, UserError

from ..capture.paths import complete, path_tree
from ..capture.snapshot import compile_tree, read_records
from ..privacy.confidential import CONFIDENTIAL
from ..privacy.preview_masks import made_of, masked_answer


class MappingPreview(models.Model):
    """What the editor asks the sidecar: whether a content compiles, and what would become of a record
    (static/src/mapping_preview)."""

    _inherit = "integration.artifact.version"

    # -- asking the sidecar ----------------------------------------------------------------------------------

    def editor_check(self, content):
        """What the sidecar says of a content that is being written; stores nothing.

        :return: ``{"problems": [{"path", "pointer", "reason", "fix"}], "unmapped_required", "unused_source"}``, or
            ``{"unanswered": sentence}`` when no sidecar answered
        """
        self._check_may_ask()
        try:
            return self._ask_check(content, timeout=2.0)
        except UserError as error:
            return {"unanswered": str(error)}

    def _ask_check(self, content, timeout=5.0):
        request = {"overlay": self._overlay(content), "path": self.path}
        return self.env["integration.question"].sudo()._ask("check", request, timeout=timeout)

    def _check_may_ask(self):
        """Every question costs the sidecar work, and a preview shows what a record holds."""
        self.ensure_one()
        self.check_access("read")
        if not self.env.user.has_group("integration_hub.group_mapping"):
            raise AccessError(_("Only mapping administrators can check and preview a version."))

    # -- preview ---------------------------------------------------------------------------------------------

    def _preview_choice(self, content):
        """Which records and systems a preview can be of."""
        if self.artifact_id.incoming:
            return self._incoming_choice(content)
        Catalogue = self.env["integration.catalogue"].sudo()
        model = (content.get("source") or {}).get("model")
        if not model:
            model = Catalogue.search([("kind", "=", "object"), ("code", "=", self.object)], limit=1).model or ""
        rules = Catalogue.search([("kind", "=", "rule"), ("model", "=", model)])
        domains = [rule.content.get("domain") or [] for rule in rules if rule.content.get("object") == self.object]
        return {
            "model": model if model in self.env else "",
            "domain": domains[0] if domains else [],
            "systems": [{"code": entry.code, "name": entry.title} for entry in self._systems()],
        }

    def editor_preview(self, content, res_id, system):
        """What would become of a record with this content. Stores and sends nothing.

        :param content: of this version, as it stands in the editor
        :param res_id: id of a record of the mapping's model, which the person must be allowed to read
        :param system: code of the system
        :return: ``{"snapshot", "canonical", "document", "mapping", "problems", "current", "differences", "would_skip",
            "active_document", "milliseconds", "masked"}``: the sidecar's answer with what was captured;
            ``active_document`` is what the versions in force make of the same record, or None; ``masked``: confidential
            values are hidden from this person. ``{"problems", "refused": True}`` when the content does not compile
        :raise UserError: no sidecar answered, or there is no such record
        :raise AccessError: the person is no mapping administrator, or may not read the record
        """
        self._check_may_ask()
        start = time.monotonic()
        model = self._preview_choice(content)["model"]
        record = self.env[model].browse(res_id).exists() if model else None
        if not record:
            raise UserError(_("Choose a record that is still there."))
        record.check_access("read")
        check = self._ask_check(content)
        if check.get("problems"):
            return {"problems": check["problems"], "refused": True}
        paths = ((check.get("objects") or {}).get(self.object) or {}).get("paths") or ()
        request = {
            "object": self.object,
            "system": system,
            "record": self._snapshot(record, paths),
            "lane": f"{model},{res_id}",
        }
        Question = self.env["integration.question"].sudo()
        answer = Question._ask("preview", request | {"overlay": self._overlay(content)})
        in_force = self.artifact_id._content()
        active = Question._ask("preview", request | {"overlay": self._overlay(in_force)}) if in_force else {}
        answer |= {"snapshot": request["record"], "active_document": active.get("document")}
        milliseconds = round((time.monotonic() - start) * 1000)
        return self._shown_to_user(answer, content, system) | {"milliseconds": milliseconds}

    def _shown_to_user(self, answer, content, system):
        """The preview as the user may see it; the sidecar always gets the whole record."""
        if self.env.user.has_group(CONFIDENTIAL):
            return answer
        snapshot = self.env["integration.event.payload"]._masked_for_user(self.object, answer["snapshot"])
        mapping = content if self.system_code else self._system_mapping(system)
        schemas = self.env["integration.catalogue"]._schemas()
        end = (content.get("source" if self.system_code else "target")) or {}
        schema = schemas.get(f"hub:canonical/{end.get('object')}/{end.get('version')}") or {}
        known = self.env["integration.catalogue"]._source_classes(self.object)
        made = made_of(content, known) if not self.system_code else None
        return masked_answer(answer, mapping, schema, schemas, made) | {"snapshot": snapshot, "masked": True}

    def _system_mapping(self, system):
        """The mapping in force from this version's object to a system; None where there is none."""
        connector = (self._catalogue_content("system", system) or {}).get("connector")
        path = f"systems/{connector}/mappings/{self.object}.json"
        artifact = self.env["integration.artifact"].sudo().search([("path", "=", path)])
        return artifact._content() if artifact else None

    def _snapshot(self, record, paths):
        """The record as the capture would read it: by the superuser, only these paths (docs/architecture.md)."""
        ((_company, captured),) = record.sudo()._capture_by_company()
        tree = path_tree(self.env, record._name, paths)
        env = self.env(su=True)
        (values,) = read_records(captured, compile_tree(env, record._name, complete(env, record._name, tree)))
        return values

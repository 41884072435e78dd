from odoo import _, models

from .batch import Batch
from .checks.ownership import _as_text, _recordset
from .item import InboundItem, Stopped, Waits


class IntegrationInboundTrial(models.AbstractModel):
    """What would become of an item, for a person who looks at it (models/mappings/incoming_preview.py)."""

    _inherit = "integration.inbound"

    def _tried_out(self, system, given):
        """Applies an item in a transaction of its own and takes all of it back: what Odoo does at a commit (mails,
        notifications) is not done either.

        :param given: one item of `receive`
        :return: ``(answer, fields)``: the item's answer; and of each field of Odoo that the item is about ``{"field",
            "label", "now", "then", "changes", "refused", "problem"}`` (values as people read them; `refused`: the rule
            by which the system may not write it; `problem`: why it has no value), as far as can be said
        """
        with self.env.registry.cursor() as aside:
            batch = Batch([InboundItem(given | {"dry_run": True})])
            hub = self.with_env(self.env(cr=aside)).sudo().with_context(inbound_batch=batch)
            system = system.with_env(hub.env)
            (item,) = batch.items
            record = hub._known_record(system, item)
            answer = hub._receive_one(system, item)
            if not record and answer["matched"]:
                record = hub.env[answer["model"]].browse(answer["res_id"])
            rows = hub._fields_of(system, item, record)
            about = {"model": record._name, "id": record.id} if record else None
            aside.rollback()
        return answer | {"record": about}, rows

    def _fields_of(self, system, item, record):
        if item.operation == "gone" or not item.model or item.model not in self.env:
            return []
        if not system.api_user_id:
            return []  # nobody in whose name values could be looked up; the answer says so
        records = self._as_user(system, item.model, company=self._company_of(item, record))
        link = self._link_of(system, item.type, item.external_id)
        memory = dict(link.inbound or {}) if link else {}
        shown = self.env[item.model].browse(record.id if record else ())
        values = dict(item.values)
        if item.archive is not None and "active" in records._fields:
            values["active"] = not item.archive
        return [self._field_row(system, item, name, value, records, shown, memory) for name, value in values.items()]

    def _field_row(self, system, item, name, value, records, record, memory):
        field = record._fields.get(name)
        row = {
            "field": name,
            "label": field._description_string(self.env) if field else name,
            "now": _as_text(record, field, record[name]) if field and record else None,
            "then": None,
            "changes": False,
            "refused": None,
            "problem": None,
        }
        try:
            resolved = self._resolved_value(system, records, name, value, name)
        except Waits as wait:
            return row | {"problem": self._as_waiting(wait).message}
        except Stopped as stopped:
            return row | {"problem": stopped.message}
        then = _as_text(record, field, _recordset(record, field, resolved))
        changes = self._is_different(record, name, resolved, memory)
        if changes and record and name in item.yields and row["now"] is not None:
            return row | {"then": then, "refused": _("It is supplied only where Odoo has nothing.")}
        refused = changes and record and name in item.not_owned
        rule = item.not_owned.get(name) or {}
        return row | {
            "then": then,
            "changes": changes,
            "refused": (rule.get("reason") or rule.get("rule") or _("Another owns it.")) if refused else None,
        }

    def _is_different(self, record, name, value, memory):
        return bool(value) if not record else not self._is_same(record, name, value, memory)

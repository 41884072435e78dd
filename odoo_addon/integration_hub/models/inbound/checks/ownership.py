from odoo import _, models

from ..differences import digest
from ..item import NOT_OWNER, Stopped


class IntegrationInboundOwnership(models.AbstractModel):
    """Which of the values that arrive may land (OWN-02…05). Who owns what is the sidecar's to say, from the ownership
    file in force; what it means for this record is decided here."""

    _inherit = "integration.inbound"

    def _yielded(self, item, record, changed):
        """Without the fields that the system supplies only where Odoo has nothing."""
        return {
            name: value for name, value in changed.items() if name not in item.yields or not _has_value(record, name)
        }

    def _permitted(self, item, record, changed, decided, on_its_way, memory):
        """Takes out what others own.

        :param on_its_way: fields whose value in Odoo is about to be sent to the system: it is about to be put right
        :return: ``(permitted, refusal)``: the rest, and a `Stopped` for the person to decide, or None
        """
        refused = {
            name: value
            for name, value in changed.items()
            if name in item.not_owned
            and not decided.takes(name, value)
            and not decided.keeps(name, value)
            and (memory.get("kept") or {}).get(name) != digest(value)
            and name not in on_its_way
        }
        permitted = {
            name: value for name, value in changed.items() if name not in item.not_owned or decided.takes(name, value)
        }
        return permitted, self._refusal(item, record, refused) if refused else None

    def _refusal(self, item, record, refused):
        labels = ", ".join(record._fields[name]._description_string(record.env) for name in refused)
        reasons = sorted({item.not_owned[name].get("reason") or "" for name in refused} - {""})
        return Stopped(
            "policy",
            NOT_OWNER,
            " ".join(reasons) or _("The other system may not change: %s.", labels),
            _("Keep Odoo's value, which is then sent again, or take theirs this once."),
            ", ".join(refused),
            comparison=[
                self._compared(record, name, value)
                | {"proposal": "odoo", "reason": item.not_owned[name].get("reason") or item.not_owned[name].get("rule")}
                for name, value in refused.items()
            ],
        )

    def _compared(self, record, name, value):
        """Both values of a field as people read them, and what theirs is, for a decision to name."""
        field = record._fields[name]
        return {
            "field": name,
            "label": field._description_string(record.env),
            "odoo": _as_text(record, field, record[name]),
            "theirs": _as_text(record, field, _recordset(record, field, value)),
            "seen": digest(value),
        }


class Decided:
    """A person's decision about fields: it counts for the values that were on the screen."""

    def __init__(self, decision):
        self.decision = decision or {}
        self.seen = self.decision.get("seen") or {}

    def takes(self, name, value):
        return name in (self.decision.get("take") or ()) and self.seen.get(name) == digest(value)

    def keeps(self, name, value):
        return bool(self.decision.get("keep")) and self.seen.get(name) == digest(value)


def _has_value(record, name):
    field = record._fields[name]
    return field.type in ("boolean", "integer", "float", "monetary") or bool(record[name])


def _recordset(record, field, value):
    if field.type in ("many2one", "many2many"):
        return record.env[field.comodel_name].browse(value or ())
    return value


def _as_text(record, field, value):
    if field.type == "one2many":
        lines = value if isinstance(value, list) else value.ids
        return record.env._("%s lines", len(lines))
    if isinstance(value, models.BaseModel):
        return ", ".join(value.mapped("display_name")) or None
    if field.type == "selection" and value:
        return dict(field._description_selection(record.env)).get(value, value)
    if field.type == "boolean":
        return record.env._("yes") if value else record.env._("no")
    return None if value is False or value is None else str(value)

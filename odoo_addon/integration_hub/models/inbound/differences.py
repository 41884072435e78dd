import hashlib
import json

from odoo import fields, models
from odoo.tools import float_compare, html_sanitize
from odoo.tools.mail import html_normalize


class IntegrationInboundDifferences(models.AbstractModel):
    """What of a document differs from the record. What is the same is not written, so that reading the same state
    twice has no effect."""

    _inherit = "integration.inbound"

    def _differences(self, record, values, memory):
        """The part of `values` that differs.

        :param record: the record, or an empty one for something new, of which everything counts
        :param values: as `_resolved` gives them
        :param memory: what the link remembers (`IntegrationLink.inbound`)
        """
        if not record:
            return dict(values)
        return {name: value for name, value in values.items() if not self._is_same(record, name, value, memory)}

    def _is_same(self, record, name, value, memory):
        field = record._fields[name]
        if field.type == "one2many":
            return not self._line_commands(record, name, value, memory)
        if _same(record, field, value):
            return True
        # Odoo writes some values its own way (a tax id without dots): theirs became that, and it is still that.
        adjusted = (memory.get("adjusted") or {}).get(name)
        return bool(adjusted) and adjusted == [digest(value), digest(_plain(record[name]))]

    def _line_commands(self, record, name, lines, memory):
        """The commands that make the lines of theirs what `lines` says. Lines that people added stay as they are."""
        known = dict((memory.get("lines") or {}).get(name) or {})
        existing = {line.id: line for line in record[name]}
        taken = {id_ for id_ in known.values() if id_ in existing}
        commands = []
        for key, values in lines:
            line = existing.get(known.get(key))
            if line is None:
                line = self._line_like(existing, taken, values)
            if line is None:
                commands.append((fields.Command.create(values), key))
                continue
            taken.add(line.id)
            if changed := self._differences(line, values, {}):
                commands.append((fields.Command.update(line.id, changed), key))
            elif known.get(key) != line.id:
                commands.append((None, key, line.id))
        kept = {key for key, _values in lines}
        for key, id_ in known.items():
            if key not in kept and id_ in existing:
                commands.append((fields.Command.delete(id_), key))
        return commands

    def _line_like(self, existing, taken, values):
        """A line that is nobody's yet and holds just these values: it was there before the first look."""
        for id_, line in existing.items():
            if id_ not in taken and not self._differences(line, values, {}):
                return line
        return None


def _same(record, field, value):
    current = record[field.name]
    if field.type == "many2one":
        return (current.id or False) == value
    if field.type == "many2many":
        return sorted(current.ids) == value
    if field.type in ("float", "monetary"):
        if field.type == "monetary":
            currency = record[field.get_currency_field(record)]
            return currency.compare_amounts(current, value) == 0 if currency else abs(current - value) < 1e-6
        digits = field.get_digits(record.env)
        return float_compare(current, value, precision_digits=digits[1] if digits else 6) == 0
    if field.type == "html":
        return html_normalize(str(current or "")) == html_normalize(str(html_sanitize(value or "")))
    if field.type == "datetime" and current:
        return current.replace(microsecond=0) == value
    return (current or False) == (value or False)


def _plain(value):
    return value.ids if isinstance(value, models.BaseModel) else value


def digest(value):
    """A short name of a value, for remembering that it was seen without keeping it."""
    return hashlib.sha256(json.dumps(value, default=str, sort_keys=True).encode()).hexdigest()[:16]

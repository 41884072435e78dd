import json
import re

from odoo import api, fields, models

from ..capture.cache import remembered
from .confidential import CONFIDENTIAL
from .data_classes import MASK, PROTECTED, class_of

#: What messages put in quotes: a value, or the name of something.
QUOTED = re.compile(r"“([^”]+)”|«([^»]+)»|\"([^\"]+)\"|(?<!\w)'([^']+)'(?!\w)")
EMAIL = re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]*\w")
#: Codes of failures whose message is what Odoo itself said.
ODOOS_WORDS = ("odoo_refused", "not_allowed")
#: Shorter ones stand in half of all sentences.
SHORTEST = 3


class IntegrationDeliveryMessages(models.Model):
    """What went wrong, in words that everybody may read (SEC-06): messages of Odoo, of mappings and of vendors quote
    the values that they are about. What is personal, commercial or financial, or of no known class, is shown to those
    alone who are in the group for it, and searched by them alone."""

    _inherit = "integration.delivery"

    error_message = fields.Char(groups=CONFIDENTIAL)
    error_hint = fields.Char(groups=CONFIDENTIAL)
    what_happened = fields.Char(
        "What happened", compute="_compute_what_happened", help="Values that you may not see are replaced by dots."
    )
    what_to_do = fields.Char(compute="_compute_what_happened", help="Values that you may not see are replaced by dots.")

    @api.depends("error_message", "error_hint", "error_field", "event_id", "object", "model")
    @api.depends_context("uid")
    def _compute_what_happened(self):
        for delivery, full in zip(self, self.sudo(), strict=True):
            texts = full._readable(full.error_message, full.error_hint, full.error_field)
            delivery.what_happened, delivery.what_to_do = texts

    def _readable(self, message, hint, field, sees_all=None):
        """A message and its hint as the user may read them, or everybody.

        :param field: what they are about, as in `error_field`
        :param sees_all: whose reader it is; None: the user's own right
        """
        if not (message or hint) or (self.env.user.has_group(CONFIDENTIAL) if sees_all is None else sees_all):
            return message, hint
        row = self.sudo()
        values = row._confidential_values()
        open_ = row._quotes_names_only() or row._is_open_field(field or "")
        names = None if open_ else row._names_of_things(field or "")
        return tuple(text and hidden(text, values, names) for text in (message, hint))

    def _quotes_names_only(self):
        """Whether what is in quotes is no value: where a vendor is away or over its limits, it is about the way there;
        the checks of what comes in say which records of Odoo they are about. Odoo's own words may quote anything."""
        if self.direction == "out":
            return self.error_kind == "technical"
        return self.error_kind in ("business", "policy") and self.error_code not in ODOOS_WORDS

    def _confidential_values(self):
        """Every value of what was recorded that not everybody may see, as text; what the record is called stands in
        every list."""
        # At most one (`_event_uniq`); a slice would read it apart from those of the list's other rows.
        snapshot = self.event_id.payload_ids
        content = json.loads(snapshot.payload or "null")
        if not content:
            return set()
        found = set()
        _gather(content, snapshot._masked(self.object, content), found)
        return {value for value in found if len(value) >= SHORTEST} - {self.res_name}

    def _is_open_field(self, path):
        """Whether what a failure is about may be read by all: a value that a table lacks is a code, which stands among
        the unknown values; else a field that is neither personal, commercial nor financial."""
        if "#" in path:
            return True
        path = re.sub(r"\[[^\]]*\]", "", path)
        if not path or not self.object:
            return False
        # Remembered: a list of failures asks row by row.
        known = remembered(self.env, ("class of field", self.object, path), lambda: self._class_of_field(path))
        return known not in (None, *PROTECTED) or not self._is_protected(path)

    def _class_of_field(self, path):
        schema = self.env["integration.ownership"]._canonical().get(self.object)
        inner = path.removeprefix(f"{self.object}.")
        schemas = self.env["integration.catalogue"]._schemas()
        return class_of(schema, inner, schemas) if schema and inner != path else None

    def _names_of_things(self, path):
        """What may stand in quotes: names of fields, models, systems and value tables, which are nobody's secret."""
        titles = remembered(self.env, ("artifact titles",), self._artifact_titles)
        names = {path, path.rpartition(".")[2], self.model, self.system_id.name, self.system_id.code}
        if self.model in self.env:
            known = self.env[self.model]._fields
            names |= {*known, self.env["ir.model"]._get(self.model).name}
            names |= {field._description_string(self.env) for field in known.values()}
        return {name.casefold() for name in names | titles if name}

    def _artifact_titles(self):
        return set(self.env["integration.artifact"].sudo().search([]).mapped("title"))


class IntegrationAttemptMessages(models.Model):
    """As on the delivery that it tried."""

    _inherit = "integration.attempt"

    error_message = fields.Char(groups=CONFIDENTIAL)
    error_hint = fields.Char(groups=CONFIDENTIAL)
    what_happened = fields.Char(
        "What happened", compute="_compute_what_happened", help="Values that you may not see are replaced by dots."
    )

    @api.depends("error_message", "error_field", "delivery_id")
    @api.depends_context("uid")
    def _compute_what_happened(self):
        for attempt, full in zip(self, self.sudo(), strict=True):
            attempt.what_happened, _hint = full.delivery_id._readable(full.error_message, None, full.error_field)


def hidden(text, values, names):
    """A message without values.

    :param values: what is not to be read in it
    :param names: what may stand in quotes, in small letters; all else in quotes is taken for a value. None: everything
    """
    for value in sorted(values, key=len, reverse=True):
        text = re.sub(rf"(?<!\w){re.escape(value)}(?!\w)", MASK, text, flags=re.IGNORECASE)
    if names is None:
        return text
    text = QUOTED.sub(
        lambda found: found[0] if found[0][1:-1].casefold() in names else f"{found[0][0]}{MASK}{found[0][-1]}", text
    )
    return EMAIL.sub(MASK, text)


def _gather(value, shown, found):
    """Adds the texts that are masked in `shown`."""
    if isinstance(value, dict):
        for key, part in value.items():
            _gather(part, shown.get(key) if isinstance(shown, dict) else shown, found)
    elif isinstance(value, list):
        for place, part in enumerate(value):
            _gather(part, shown[place] if isinstance(shown, list) else shown, found)
    elif shown == MASK and value not in (None, True, False):
        found.add(str(value))

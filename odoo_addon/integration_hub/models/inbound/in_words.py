import re

from markupsafe import Markup
from odoo import _, api, fields, models

from ..privacy.confidential import CONFIDENTIAL
from ..privacy.data_classes import MASK, PROTECTED, class_of


class IntegrationDeliveryInboundInWords(models.Model):
    """What a person needs to see to settle what came in: both values side by side, and the records it may be."""

    _inherit = "integration.delivery"

    comparison_table = fields.Html(
        compute="_compute_comparison_table", groups="integration_hub.group_operator", sanitize=False
    )
    candidate_table = fields.Html(
        compute="_compute_candidate_table", groups="integration_hub.group_operator", sanitize=False
    )
    error_field_words = fields.Char(
        "Field concerned", compute="_compute_error_field_words", help="What it is about, as people know it in Odoo."
    )

    @api.depends("error_field", "direction", "model")
    @api.depends_context("lang")
    def _compute_error_field_words(self):
        for delivery in self:
            # With a #: a value table and the value, which the message says.
            if not delivery.error_field or "#" in delivery.error_field:
                delivery.error_field_words = False
                continue
            paths = delivery.error_field.split(", ")
            known = delivery.direction == "in" and delivery.model in self.env
            words = [
                self._words_of_path(delivery.model, path) if known else delivery._words_of_place(path) for path in paths
            ]
            delivery.error_field_words = ", ".join(words)

    def _words_of_place(self, path):
        """`Contact / Email` for `hubspot.contact.properties.email`, `Customer / Address / Country code` for
        `customer.address.countryCode`."""
        parts = path.split(".")
        if len(parts) > 1 and parts[0] == self.system_id.code:
            del parts[0]
        words = [
            re.sub(r"([a-z0-9])([A-Z])", r"\1 \2", part).replace("_", " ") for part in parts if part != "properties"
        ]
        return " / ".join(part.capitalize() for part in words)

    def _words_of_path(self, model, path):
        """`Order Lines / Product` for `order_line[1].product_id`; the path itself where Odoo has no such field."""
        words = []
        for name in re.sub(r"\[[^\]]*\]", "", path).split("."):
            field = self.env[model]._fields.get(name) if model in self.env else None
            if field is None:
                return path
            words.append(field._description_string(self.env))
            model = field.comodel_name
        return " / ".join(words)

    @api.depends("comparison")
    @api.depends_context("uid", "lang")
    def _compute_comparison_table(self):
        sees_all = self.env.user.has_group(CONFIDENTIAL)
        for delivery in self:
            rows = [delivery._comparison_row(part, sees_all) for part in delivery.sudo().comparison or ()]
            heads = {_("Field"): 15, _("In Odoo"): 27, _("In %s", delivery.system_id.name): 27, _("Why"): 31}
            delivery.comparison_table = _table("o_integration_comparison", heads, rows)

    def _comparison_row(self, part, sees_all):
        shown = sees_all or not self._is_protected(part["field"])
        cells = []
        for side in ("odoo", "theirs"):
            value = Markup('<span class="text-muted">%s</span>') % _("empty")
            if part.get(side) is not None:
                value = part[side] if shown else MASK
            proposed = part.get("proposal") == side
            badge = Markup(' <span class="badge text-bg-info">%s</span>') % _("proposed") if proposed else ""
            cells.append(Markup("<td%s>%s%s</td>") % (Markup(' class="fw-bold"') if proposed else "", value, badge))
        return Markup('<tr data-field="%s"><td>%s</td>%s<td class="text-muted">%s</td></tr>') % (
            part["field"],
            part["label"],
            Markup("").join(cells),
            part.get("reason") or "",
        )

    def _is_protected(self, name):
        """A field of Odoo whose values are personal, commercial or financial, or of no known class."""
        classes = self.env["integration.catalogue"]._source_classes(self.object)
        known = [found for path, found in classes.items() if path == name or path.startswith(f"{name}.")]
        return not known or any(found & set(PROTECTED) for found in known)

    @api.depends("candidates")
    @api.depends_context("uid", "lang")
    def _compute_candidate_table(self):
        for delivery in self:
            rows = [
                Markup('<tr><td><a href="/odoo/%s/%s">%s</a></td><td>%s</td><td class="text-muted">%s</td></tr>')
                % (record._name, record.id, record.display_name, why, linked or _("no"))
                for record, why, linked in delivery._candidates_seen()
            ]
            heads = {_("In Odoo"): 40, _("Why"): 30, _("Linked in %s already", delivery.system_id.name): 30}
            delivery.candidate_table = _table("o_integration_candidates", heads, rows)

    def _candidates_seen(self):
        """`[(record, why, the id there with which it is linked already, or None)]` of the candidates that the user may
        see."""
        found = self.candidates or []
        if not found or self.model not in self.env:
            return []
        records = self.env[self.model].with_context(active_test=False)
        if not records.has_access("read"):
            return []
        seen = {record.id: record for record in records.search([("id", "in", [part["id"] for part in found])])}
        linked = {link.res_id: link.external_id for link in self._links_of_candidates(seen)}
        return [
            (seen[part["id"]], _why(seen[part["id"]], part["why"]), linked.get(part["id"]))
            for part in found
            if part["id"] in seen
        ]

    def _links_of_candidates(self, ids):
        """Their links with records of the same kind there: what has one cannot be linked with another."""
        return (
            self.env["integration.link"]
            .sudo()
            .search(
                [
                    ("system_id", "=", self.system_id.id),
                    ("model", "=", self.model),
                    ("res_id", "in", list(ids)),
                    ("external_type", "=", self.lane.removeprefix("in:").partition(",")[0]),
                ]
            )
        )


def _why(record, why):
    """Why it may be this one; linked, what is archived here comes back if the other system has it as active."""
    archived = "active" in record._fields and not record.active
    return _("%s (archived in Odoo)", why) if archived else why


def _table(name, heads, rows):
    """An HTML table of rows that are HTML already; False where there are none.

    :param heads: ``{title: width in percent}``
    """
    if not rows:
        return False
    titles = [Markup('<th style="width: %s%%">%s</th>') % (width, title) for title, width in heads.items()]
    return Markup(
        '<table class="table table-sm table-bordered align-middle %s"><thead class="table-light"><tr>%s</tr></thead>'
        "<tbody>%s</tbody></table>"
    ) % (name, Markup("").join(titles), Markup("").join(rows))


class IntegrationEventPayloadInbound(models.Model):
    """What came in is kept in its canonical form: each value is as confidential as its field there (SEC-06)."""

    _inherit = "integration.event.payload"

    @api.model
    def _masked(self, object_code, content):
        content = super()._masked(object_code, content)
        if isinstance(content.get("canonical"), dict):
            schemas = self.env["integration.catalogue"]._schemas()
            schema = self.env["integration.ownership"]._canonical().get(object_code) or {}
            content["canonical"] = _masked_canonical(content["canonical"], schema, schemas, "")
        return content


def _masked_canonical(value, schema, schemas, path):
    if isinstance(value, dict):
        return {
            name: _masked_canonical(part, schema, schemas, f"{path}.{name}" if path else name)
            for name, part in value.items()
        }
    if isinstance(value, list):
        return [_masked_canonical(part, schema, schemas, path) for part in value]
    if value is None or path == "id":
        return value
    known = class_of(schema, path, schemas) if schema.get("properties") else None
    return value if known and known not in PROTECTED else MASK

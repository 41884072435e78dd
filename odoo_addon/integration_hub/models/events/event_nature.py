from odoo import _, api, fields, models

#: Models of the software itself, by how their names begin: a change of one is no news for the business.
SOFTWARE = ("base.", "base_import.", "bus.", "digest.", "fetchmail.", "ir.", "mail.", "res.config", "res.users.")
#: Fields that keep books about a record and say nothing of the business, by how their names begin.
BOOKKEEPING = ("access_", "activity_", "create_", "message_", "my_activity", "rating_", "website_message", "write_")
BOOKKEEPING_FIELDS = frozenset({"color", "display_name", "priority", "sequence"})
#: Fields of a rule by which its events are judged.
JUDGED_BY = frozenset(
    {
        "event_type",
        "follow_mapping",
        "model_id",
        "object",
        "on_archive",
        "on_create",
        "on_unlink",
        "payload_fields",
        "watched_field_ids",
    }
)


class IntegrationRuleNature(models.Model):
    """Whether what a rule makes tells of the business or of the software (EVT-21)."""

    _inherit = "integration.rule"

    def _technical_because(self):
        """Why the rule's events are technical, in a sentence; False for business events. They are technical when the
        rule is about the software's own records, carries no published business object, or fires for nothing but fields
        that keep books about a record: followers, activities, order, and what the hub writes back itself."""
        self.ensure_one()
        if (self.model or "").startswith(SOFTWARE):
            return _("%s is part of the software.", self.model_id.name)
        published = self.env["integration.ownership"].sudo()._canonical()
        if published and self.object not in published:
            return _("“%s” is no business object.", self.object)
        if self.on_create or self.on_archive or self.on_unlink:
            return False
        watched = set(self.watched_field_ids.mapped("name") or [path.split(".")[0] for path in self._paths()])
        kept = {name for name in watched if name.startswith(BOOKKEEPING) or name in BOOKKEEPING_FIELDS}
        if watched and watched == kept | (watched & self._written_back()):
            return _("It comes for nothing but %s.", ", ".join(sorted(watched)))
        return False

    def _written_back(self):
        """Fields that the hub itself fills once the target holds the record."""
        mappings = (
            self.env["integration.artifact"].sudo().search([("kind", "=", "mapping"), ("object", "=", self.object)])
        )
        return {back["to"] for mapping in mappings for back in mapping._content_or_nothing().get("writeBack") or ()}

    def write(self, vals):
        result = super().write(vals)
        if vals.keys() & {
            "event_type",
            "model_id",
            "object",
            "watched_field_ids",
            "payload_fields",
            "follow_mapping",
        } or (any(name.startswith("on_") for name in vals)):
            self.env["integration.event.type"]._judge()
        return result

    def unlink(self):
        result = super().unlink()
        self.env["integration.event.type"]._judge()
        return result


class IntegrationEventTypeNature(models.Model):
    """Technical events stand apart: the hub finds them by their rules, and a person may say otherwise."""

    _inherit = "integration.event.type"

    nature_choice = fields.Selection(
        [("rule", "As the hub finds"), ("business", "Business event"), ("technical", "Technical event")],
        string="Kind",
        required=True,
        default="rule",
        tracking=True,
        help="Technical: it tells of the software, not of the business, and stands apart from business events. The hub "
        "finds it by the rules that make it; say otherwise where that is wrong.",
    )
    technical_because = fields.Char("Why technical", readonly=True)
    nature = fields.Selection(compute="_compute_nature", store=True, readonly=True)

    @api.depends("nature_choice", "technical_because")
    def _compute_nature(self):
        for row in self:
            found = "technical" if row.technical_because else "business"
            row.nature = found if row.nature_choice in (False, "rule") else row.nature_choice

    @api.model
    def _judge(self):
        """Finds anew which events are technical: those of which every rule says so."""
        rules = self.env["integration.rule"].sudo().with_context(active_test=False).search([])
        for row in self.sudo().search([]):
            reasons = [rule._technical_because() for rule in rules if rule.event_type == row.name]
            found = reasons[0] if reasons and all(reasons) else False
            if reasons and row.technical_because != found:
                row.technical_because = found

    @api.model
    def _ensure(self, rules):
        super()._ensure(rules)
        self._judge()


class IntegrationEventNature(models.Model):
    _inherit = "integration.event"

    technical = fields.Boolean(
        compute="_compute_technical", search="_search_technical", help="It tells of the software, not of the business."
    )

    @api.depends("event_type")
    def _compute_technical(self):
        names = set(self._technical_names())
        for event in self:
            event.technical = event.event_type in names

    def _search_technical(self, operator, value):
        if operator != "in":
            return NotImplemented
        return [("event_type", "in" if True in value else "not in", self._technical_names())]

    def _technical_names(self):
        return self.env["integration.event.type"].sudo().search([("nature", "=", "technical")]).mapped("name")

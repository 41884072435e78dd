import re
from datetime import timedelta

from odoo import _, api, fields, models
from odoo.exceptions import ValidationError

from ..foundation.titles import object_titles

NAME = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+")
VOLUME_DAYS = 30


class IntegrationEventType(models.Model):
    """The event catalogue: every event that rules make, with its owner, who uses it and how often it comes (EVT-21,
    GOV-07). Rows appear with the rules that name them."""

    _name = "integration.event.type"
    _inherit = ["mail.thread"]
    _description = "Event Type"
    _order = "nature, name"
    _mail_post_access = "read"

    name = fields.Char("Event", required=True, readonly=True, help="Business name, for instance customer.changed.")
    title = fields.Char(
        translate=True, help="What people call it, in every list. Empty: the name, with the business object's title."
    )
    description = fields.Text(help="What has happened when it comes, in business words.")
    nature = fields.Selection(
        [("business", "Business event"), ("technical", "Technical event")],
        help="Technical: it tells of the software, not of the business (event_nature.py).",
    )
    object = fields.Selection(object_titles, "Business object", compute="_compute_users", help="What it carries.")
    schema_version = fields.Char(
        "Schema version",
        compute="_compute_users",
        help="Version of the business object's form, as published by the sidecar.",
    )
    owner_id = fields.Many2one(
        "res.users",
        string="Owner",
        tracking=True,
        domain=lambda self: [("all_group_ids", "in", self.env.ref("integration_hub.group_viewer").ids)],
    )
    state = fields.Selection(
        [("current", "Current"), ("deprecated", "Deprecated")], required=True, default="current", tracking=True
    )
    ends_on = fields.Date("Ends on", tracking=True, help="Nobody should use it after this day.")
    replaced_by_id = fields.Many2one("integration.event.type", tracking=True, domain="[('id', '!=', id)]")
    rule_ids = fields.Many2many("integration.rule", compute="_compute_users", string="Made by")
    system_ids = fields.Many2many("integration.system", compute="_compute_users", string="Subscribers")
    still_used = fields.Char("Still used by", compute="_compute_users", help="Which rule still sends it where.")
    volume = fields.Integer("Last 30 days", compute="_compute_volume", help="How often it came in the last 30 days.")
    last_at = fields.Datetime("Last seen", compute="_compute_volume")

    _name_uniq = models.UniqueIndex("(name)", "This event is in the catalogue already.")

    @api.depends("name", "title")
    @api.depends_context("lang")
    def _compute_display_name(self):
        titles = self._event_titles()
        for row in self:
            row.display_name = titles.get(row.name) or row.name

    @api.constrains("name")
    def _check_name(self):
        for row in self:
            if not NAME.fullmatch(row.name or ""):
                raise ValidationError(
                    _(
                        "“%s” is no name for an event: it is the business object and what happened to it, in small "
                        "letters, for instance customer.changed.",
                        row.name,
                    )
                )

    @api.constrains("state", "ends_on")
    def _check_end(self):
        for row in self:
            if row.state == "deprecated" and not row.ends_on:
                raise ValidationError(_("Say until when “%s” may still be used.", row.name))

    @api.depends("name")
    def _compute_users(self):
        rules = self.env["integration.rule"].search([("event_type", "in", self.mapped("name"))])
        versions = self._schema_versions()
        for row in self:
            row.rule_ids = rules.filtered(lambda rule, name=row.name: rule.event_type == name)
            row.system_ids = row.rule_ids.system_ids
            row.object = row.rule_ids[:1].object
            row.schema_version = versions.get(row.object)
            row.still_used = "; ".join(
                f"{rule.name} → {', '.join(rule.system_ids.mapped('name')) or '–'}" for rule in row.rule_ids
            )

    def _schema_versions(self):
        canonical = self.env["integration.ownership"]._canonical()
        return {name: schema["$id"].rsplit("/", 1)[1] for name, schema in canonical.items()}

    def _compute_volume(self):
        # Index: integration_event by time.
        since = fields.Datetime.now() - timedelta(days=VOLUME_DAYS)
        found = self.env["integration.event"]._read_group(
            [("event_type", "in", self.mapped("name")), ("occurred_at", ">=", since)],
            ["event_type"],
            ["__count", "occurred_at:max"],
        )
        counted = {name: (count, last) for name, count, last in found}
        for row in self:
            row.volume, row.last_at = counted.get(row.name, (0, False))

    @api.model
    def _ensure(self, rules):
        """Enters the events of these rules that the catalogue does not have yet."""
        catalogue = self.sudo()
        known = set(catalogue.search([]).mapped("name"))
        missing = {}
        for rule in rules.sudo():
            if rule.event_type not in known and NAME.fullmatch(rule.event_type or ""):
                missing.setdefault(rule.event_type, rule)
        catalogue.create(
            [
                {"name": name, "description": rule.description, "owner_id": rule.user_id.id}
                for name, rule in missing.items()
            ]
        )

    def unlink(self):
        for row in self.sudo():  # rules of other companies use it too
            if row.rule_ids:
                raise ValidationError(_("“%(event)s” is still sent: %(used)s.", event=row.name, used=row.still_used))
        return super().unlink()

    def action_open_events(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("integration_hub.action_events")
        return action | {"domain": [("event_type", "=", self.name)], "context": {}, "display_name": self.display_name}


class IntegrationRuleOfEventType(models.Model):
    """A rule names its event by the catalogue's rule, and enters it there."""

    _inherit = "integration.rule"

    @api.constrains("event_type")
    def _check_event_type(self):
        for rule in self:
            if not NAME.fullmatch(rule.event_type or ""):
                raise ValidationError(
                    _(
                        "Rule “%(rule)s”: “%(event)s” is no name for an event. Name the business object and what "
                        "happened to it, for instance customer.changed.",
                        rule=rule.name,
                        event=rule.event_type,
                    )
                )

    @api.model_create_multi
    def create(self, vals_list):
        rules = super().create(vals_list)
        self.env["integration.event.type"]._ensure(rules)
        return rules

    def write(self, vals):
        result = super().write(vals)
        if "event_type" in vals:
            self.env["integration.event.type"]._ensure(self)
        return result

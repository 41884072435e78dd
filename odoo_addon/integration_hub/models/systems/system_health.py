from datetime import timedelta

from odoo import _, api, fields, models

from ..deliveries.integration_delivery import OPEN_STATES
from ..events.event_in_words import OPEN_WORST_FIRST
from ..foundation.durations import duration_in_words

NEEDS_A_PERSON = ("held", "dead")


class IntegrationSystemHealth(models.Model):
    """How a system is doing, from its open deliveries and its links."""

    _inherit = "integration.system"

    on_the_way_count = fields.Integer(
        compute="_compute_health", string="On their way", help="Deliveries that will go by themselves."
    )
    counts_text = fields.Char(
        compute="_compute_health", string="Open deliveries", help="How many in which state, the worst first."
    )
    oldest_open_age = fields.Char(compute="_compute_health", string="Oldest waits for")
    last_delivered_age = fields.Char(compute="_compute_health")
    incoming_text = fields.Char(compute="_compute_incoming_text", string="Incoming")
    link_count = fields.Integer(compute="_compute_link_count", string="Links")

    @api.depends_context("uid", "allowed_company_ids", "lang")
    @api.depends("last_delivered_at")
    def _compute_health(self):
        now = fields.Datetime.now()
        labels = dict(self.env["integration.delivery"]._fields["state"]._description_selection(self.env))
        counts, oldest = {}, {}
        is_open = [("system_id", "in", self.ids), ("state", "in", OPEN_STATES)]
        for system, state, count, since in self.env["integration.delivery"]._read_group(
            is_open, ["system_id", "state"], ["__count", "create_date:min"]
        ):
            counts.setdefault(system.id, {})[state] = count
            oldest[system.id] = min(since, oldest.get(system.id, since))
        for system in self:
            states = counts.get(system.id, {})
            since = oldest.get(system.id)
            last = system.last_delivered_at
            system.on_the_way_count = sum(count for state, count in states.items() if state not in NEEDS_A_PERSON)
            parts = (f"{labels[state]}: {states[state]}" for state in OPEN_WORST_FIRST if state in states)
            system.counts_text = ", ".join(parts)
            system.oldest_open_age = duration_in_words(self.env, now - since) if since else False
            system.last_delivered_age = duration_in_words(self.env, now - last) if last else False

    def _compute_incoming_text(self):
        """`12 applied, 2 need attention`: what arrived in the last 24 hours, and what of it stands still now."""
        Delivery = self.env["integration.delivery"]
        since = fields.Datetime.now() - timedelta(hours=24)
        of_them = [("system_id", "in", self.ids), ("direction", "=", "in")]
        done = dict(
            Delivery._read_group(
                [*of_them, ("state", "=", "delivered"), ("done_at", ">", since)], ["system_id"], ["__count"]
            )
        )
        still = dict(Delivery._read_group([*of_them, ("state", "in", NEEDS_A_PERSON)], ["system_id"], ["__count"]))
        for system in self:
            parts = [_("%s applied", done[system])] if system in done else []
            parts += [_("%s need attention", still[system])] if system in still else []
            system.incoming_text = ", ".join(parts)

    def _compute_link_count(self):
        linked = [("system_id", "in", self.ids)]
        counts = dict(self.env["integration.link"]._read_group(linked, ["system_id"], ["__count"]))
        for system in self:
            system.link_count = counts.get(system, 0)

    def action_open_attention(self):
        return self._open_deliveries(_("Need attention in %s", self.name), {"search_default_attention": 1})

    def action_open_on_the_way(self):
        return self._open_deliveries(_("On their way to %s", self.name), {"search_default_open": 1})

    def _open_deliveries(self, title, context):
        action = self.env["ir.actions.act_window"]._for_xml_id("integration_hub.action_deliveries")
        return action | {"display_name": title, "domain": [("system_id", "=", self.id)], "context": context}

    def action_first_load(self):
        """Opens what brings the records that are already there into Odoo; for integration administrators."""
        return self.env["integration.first.load"].create({"system_id": self.id})._ask_and_show()

    def action_open_mappings(self):
        """Its mappings and value tables, to look at or to change."""
        action = self.env["ir.actions.act_window"]._for_xml_id("integration_hub.action_artifacts")
        domain = [("system_code", "=", self.code)]
        name = _("Mappings of %s", self.name)
        return action | {"display_name": name, "domain": domain, "context": {"search_default_group_kind": 1}}

    def action_open_links(self):
        action = self.env["ir.actions.act_window"]._for_xml_id("integration_hub.action_links")
        return action | {"display_name": _("Links to %s", self.name), "domain": [("system_id", "=", self.id)]}

from odoo import api, fields, models

# From what needs a person to what is settled.
OPEN_WORST_FIRST = ("dead", "held", "unknown", "retry", "received", "waiting", "processing", "pending")
WORST_FIRST = (*OPEN_WORST_FIRST, "delivered", "cancelled", "superseded")


class IntegrationEventInWords(models.Model):
    """What became of an event, said for the person who looks at it."""

    _inherit = "integration.event"

    delivery_summary = fields.Char(
        compute="_compute_delivery_summary", string="Deliveries", help="How many in which state, the worst first."
    )
    content = fields.Text(
        compute="_compute_content", groups="integration_hub.group_operator", help="What was recorded."
    )

    @api.depends("event_type", "res_name")
    @api.depends_context("lang")
    def _compute_display_name(self):
        titles = dict(self._fields["event_type"]._description_selection(self.env))
        for event in self:
            what = titles.get(event.event_type, event.event_type)
            event.display_name = f"{event.res_name}: {what}" if event.res_name else what

    @api.depends("delivery_ids.state")
    @api.depends_context("lang")
    def _compute_delivery_summary(self):
        labels = dict(self.env["integration.delivery"]._fields["state"]._description_selection(self.env))
        counted = {}
        for event, state, count in self.env["integration.delivery"]._read_group(
            [("event_id", "in", self.ids)], ["event_id", "state"], ["__count"]
        ):
            counted.setdefault(event.id, {})[state] = count
        for event in self:
            states = counted.get(event.id, {})
            parts = (f"{labels[state]}: {states[state]}" for state in WORST_FIRST if state in states)
            event.delivery_summary = ", ".join(parts)

    def _compute_content(self):
        for event in self:
            event.content = event.payload_ids.pretty

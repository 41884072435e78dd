from datetime import timedelta

from odoo import _, api, fields, models

from ..foundation.durations import duration_in_words, latency_in_words
from .integration_delivery import OPEN_STATES

#: A sidecar asks for what is due every half minute; what has been due for longer than this, none takes.
LATE = timedelta(minutes=5)


class IntegrationDeliveryInWords(models.Model):
    """What a delivery's state means, said for the person who looks at it. Computed, never stored."""

    _inherit = "integration.delivery"

    situation = fields.Char(compute="_compute_situation", help="What happens to this delivery now, or what happened.")
    age = fields.Char(compute="_compute_durations", help="How long it has been open; empty once it has ended.")
    took = fields.Char(compute="_compute_durations", help="From the change in Odoo to its arrival in the other system.")
    waits_for_ref = fields.Reference(
        selection="_selection_models",
        compute="_compute_waits_for_ref",
        string="Waits for",
        help="The record that has to exist in the other system first.",
    )
    waits_for_name = fields.Char(compute="_compute_waits_for")
    waits_for_delivery_id = fields.Many2one(
        "integration.delivery", compute="_compute_waits_for", help="The open delivery that brings that record there."
    )

    @api.depends("res_name", "lane", "system_id.name", "direction")
    def _compute_display_name(self):
        for delivery in self:
            ends = [delivery.res_name or delivery.lane, delivery.system_id.name]
            delivery.display_name = " → ".join(reversed(ends) if delivery.direction == "in" else ends)

    @api.depends("state", "create_date", "latency_ms")
    @api.depends_context("lang")
    def _compute_durations(self):
        now = fields.Datetime.now()
        for delivery in self:
            is_open = delivery.state in OPEN_STATES and delivery.create_date
            delivery.age = duration_in_words(self.env, now - delivery.create_date) if is_open else False
            delivered = delivery.state == "delivered" and delivery.latency_ms
            delivery.took = latency_in_words(self.env, delivery.latency_ms) if delivered else False

    @api.depends("wait_for", "state", "system_id")
    @api.depends_context("uid", "lang")
    def _compute_waits_for(self):
        waiting = self.filtered(lambda delivery: delivery.wait_for and delivery.state in OPEN_STATES)
        names = self._names_of_lanes(set(waiting.mapped("wait_for")))
        carriers = {}
        if waiting:
            for carrier in self.search(
                [
                    ("system_id", "in", waiting.system_id.ids),
                    ("lane", "in", list(set(waiting.mapped("wait_for")))),
                    ("state", "in", OPEN_STATES),
                ],
                order="id desc",
            ):
                carriers[carrier.system_id, carrier.lane] = carrier
        for delivery in self:
            if delivery not in waiting:
                delivery.waits_for_name = delivery.waits_for_delivery_id = False
                continue
            delivery.waits_for_name, _reference = names[delivery.wait_for]
            delivery.waits_for_delivery_id = carriers.get((delivery.system_id, delivery.wait_for), False)

    @api.depends("wait_for", "state")
    @api.depends_context("uid")
    def _compute_waits_for_ref(self):
        # Apart from the name, which stands in lists: Odoo looks each reference up when it is set.
        for delivery in self:
            lane = delivery.wait_for if delivery.state in OPEN_STATES else False
            delivery.waits_for_ref = lane and self._names_of_lanes({lane})[lane][1]

    def _names_of_lanes(self, lanes):
        """`{lane: (words, reference)}`: `Contact Acme` and the record; `Contact 7` and False where it is hidden."""
        names, of_models = {}, {}
        for lane in lanes:
            model, _comma, number = lane.partition(",")
            names[lane] = (lane.removeprefix("in:").replace(",", " "), False)
            if model in self.env and number.isdigit():
                of_models.setdefault(model, {})[int(number)] = lane
        for model, of_ids in of_models.items():
            title = self.env["ir.model"]._get(model).name
            names |= {lane: (f"{title} {id_}", False) for id_, lane in of_ids.items()}
            records = self.env[model].with_context(active_test=False)
            if records.has_access("read"):
                for record in records.search([("id", "in", list(of_ids))]):
                    lane = of_ids[record.id]
                    names[lane] = (f"{title} {record.display_name}", lane)
        return names

    @api.depends("state", "wait_for", "what_happened", "attempts", "next_attempt_at", "system_id", "latency_ms")
    @api.depends_context("uid", "lang")
    def _compute_situation(self):
        reasons = self._reasons_given()
        for delivery in self:
            in_words = getattr(delivery, f"_words_{delivery.state}", None)
            delivery.situation = in_words(reasons.get(delivery.id)) if in_words else False

    def _reasons_given(self):
        """The last reason a person gave for holding or cancelling, by delivery."""
        stopped = self.filtered(lambda delivery: delivery.state in ("held", "cancelled"))
        reasons = {}
        if stopped:
            decided = [("delivery_id", "in", stopped.ids), ("reason", "!=", False)]
            for decision in self.env["integration.attempt"].search(decided, order="id"):
                reasons[decision.delivery_id.id] = decision.reason
        return reasons

    def _words_pending(self, _reason):
        system = self.system_id
        if system.state != "paused":
            return _("Goes to %s next", system.name)
        if system.pause_reason:
            return _("Goes when %(system)s is resumed: %(reason)s", system=system.name, reason=system.pause_reason)
        return _("Goes when %s is resumed", system.name)

    def _words_waiting(self, _reason):
        if self.wait_for:
            return _("Waiting for %s", self.waits_for_name)
        blocker = self.blocked_by_id
        if blocker.state in ("held", "dead"):
            return _("Waiting behind an earlier change that needs attention")
        return _("Waiting behind an earlier change of this record")

    def _words_received(self, _reason):
        system = self.system_id
        if system.state == "paused":
            return _("Is read in %s and applied when the system is resumed", system.name)
        if not system.active:
            return _("Is read in %s and applied once it is taken out of the archive", system.name)
        if self.next_attempt_at and self.next_attempt_at < fields.Datetime.now() - LATE:
            return _("Is read in %s and applied once a sidecar takes it: none has for some time", system.name)
        return _("Is read in %s and applied next", system.name)

    def _words_processing(self, _reason):
        return _("Being sent to %s now", self.system_id.name)

    def _words_retry(self, _reason):
        now = fields.Datetime.now()
        if self.next_attempt_at and self.next_attempt_at > now:
            delay = duration_in_words(self.env, self.next_attempt_at - now)
            return _("Try %(number)s failed, goes again in %(delay)s", number=self.attempts, delay=delay)
        return _("Try %s failed, goes again now", self.attempts)

    def _words_unknown(self, _reason):
        return _("May have arrived: it is looked up in %s before anything is sent again", self.system_id.name)

    def _words_held(self, reason):
        if self.what_happened:
            return self.what_happened
        return _("Put on hold: %s", reason) if reason else _("Put on hold")

    def _words_dead(self, _reason):
        if self.what_happened:
            return _("Gave up after %(number)s tries: %(message)s", number=self.attempts, message=self.what_happened)
        return _("Gave up after %s tries", self.attempts)

    def _words_delivered(self, _reason):
        if self.direction == "in":
            return _("Applied in Odoo in %s", self.took) if self.took else _("Applied in Odoo")
        if self.took:
            return _("Delivered in %s", self.took)
        return _("Delivered")

    def _words_superseded(self, _reason):
        return _("A later change of this record went instead")

    def _words_cancelled(self, reason):
        return _("Cancelled: %s", reason) if reason else _("Cancelled")

from odoo import api, fields, models

from ..foundation.loose_reference import LooseMany2one
from ..foundation.titles import event_titles
from .integration_delivery import ERROR_KINDS

OUTCOMES = [
    ("delivered", "Delivered"),
    ("unchanged", "Nothing to change"),
    ("applied", "Applied, writing back"),
    ("retry", "Failed, will retry"),
    ("held", "Held"),
    ("unknown", "Outcome unknown"),
    ("waiting", "Waits for another record"),
    ("released", "Handed back"),
    # What people did
    ("retried", "Retried by a person"),
    ("sent_again", "Sent again by a person"),
    ("read_again", "Read again by a person"),
    ("person_held", "Put on hold by a person"),
    ("person_released", "Released by a person"),
    ("person_linked", "Linked by a person"),
    ("person_sent", "Sent after a person looked"),
    ("person_took", "Theirs taken by a person"),
    ("person_kept", "Odoo's value kept by a person"),
    ("person_accepted", "Accepted by a person"),
    ("person_created", "Created by a person's decision"),
    ("cancelled", "Cancelled by a person"),
]


class IntegrationAttempt(models.Model):
    """One try of a delivery, or one decision of a person about it. Rows are only ever added."""

    _name = "integration.attempt"
    _inherit = ["integration.protected"]
    _description = "Integration Attempt"
    _order = "id desc"
    _rec_name = "outcome"

    delivery_id = LooseMany2one(
        "integration.delivery", readonly=True, ondelete="set null", index=True, help="Empty once it is no longer kept."
    )
    # Written when the delivery goes; until then it says them (`sql/41_private_purge_events.sql`).
    model = fields.Char(readonly=True)
    res_id = fields.Integer(string="Record ID", readonly=True, aggregator=None)
    res_name = fields.Char(string="Record (kept)", readonly=True)
    event_type = fields.Selection(event_titles, "Event (kept)", readonly=True)
    record_name = fields.Char(compute="_compute_about", string="Record", help="What the attempt was about.")
    event_name = fields.Selection(event_titles, "Event", compute="_compute_about")
    system_id = LooseMany2one("integration.system", required=True, readonly=True, ondelete="restrict")
    company_id = LooseMany2one("res.company", readonly=True)
    number = fields.Integer(readonly=True, help="Which try it was; 0 for a person's decision.")
    worker = fields.Char(readonly=True, help="The sidecar that tried, or who decided.")
    user_id = LooseMany2one(
        "res.users", string="Person", readonly=True, help="Who decided; empty for tries by the sidecar."
    )
    reason = fields.Char(readonly=True, help="Why, in the words of the person who decided.")
    started_at = fields.Datetime("Started", readonly=True)
    ended_at = fields.Datetime("Ended", readonly=True)
    duration_ms = fields.Integer(string="Duration (ms)", readonly=True, aggregator="avg")
    outcome = fields.Selection(OUTCOMES, required=True, readonly=True)
    error_kind = fields.Selection(ERROR_KINDS, string="Kind of failure", readonly=True)
    error_code = fields.Char("Error code", readonly=True)
    error_message = fields.Char(string="What happened, in full", readonly=True)
    error_hint = fields.Char(string="What to do, in full", readonly=True)
    error_field = fields.Char(string="Field", readonly=True)
    http_status = fields.Integer(string="HTTP status", readonly=True, aggregator=None)
    request = fields.Char(readonly=True, help="Method and path of the request; never values or secrets.")
    mapping = fields.Char(readonly=True, help="Mappings and versions that were used.")
    traceparent = fields.Char(string="Trace", readonly=True)

    _system_started_idx = models.Index("(system_id, started_at)")
    # Figures of a period, of all systems. Rows are added in the order of time, so that a few pages of BRIN tell where.
    _started_brin = models.Index("USING brin (started_at)")

    @api.depends("outcome", "record_name")
    @api.depends_context("lang")
    def _compute_display_name(self):
        outcomes = dict(self._fields["outcome"]._description_selection(self.env))
        for attempt in self:
            outcome = outcomes.get(attempt.outcome)
            attempt.display_name = f"{attempt.record_name}: {outcome}" if attempt.record_name else outcome

    @api.depends("delivery_id", "res_name", "event_type")
    def _compute_about(self):
        for attempt in self:
            about = attempt.delivery_id or attempt
            attempt.record_name = about.res_name or (about.model and f"{about.model},{about.res_id}")
            attempt.event_name = about.event_type

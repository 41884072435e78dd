from odoo import api, fields, models
from odoo.tools import SQL

from ..events.integration_event import DIRECTIONS, OPERATIONS
from ..foundation.loose_reference import LooseMany2one
from ..foundation.titles import event_titles, object_titles

STATES = [
    ("pending", "Pending"),
    ("waiting", "Waiting"),
    ("processing", "In flight"),
    ("retry", "Will retry"),
    ("unknown", "Being checked"),
    ("received", "Received"),
    ("held", "Needs attention"),
    ("dead", "Gave up"),
    ("delivered", "Delivered"),
    ("superseded", "Superseded"),
    ("cancelled", "Cancelled"),
]
ERROR_KINDS = [
    ("technical", "Technical"),
    ("credential", "Credentials"),
    ("data", "Data"),
    ("business", "Business rule"),
    ("policy", "Policy"),
    ("unknown", "Outcome unknown"),
]
HELD_BY_PERSON = "held_by_person"
OPEN_STATES = ("pending", "waiting", "processing", "retry", "unknown", "received", "held", "dead")


class IntegrationDelivery(models.Model):
    """One event on its way to one system, or (direction `in`) one change of another system on its way into Odoo."""

    _name = "integration.delivery"
    _inherit = ["integration.protected", "integration.referenced"]
    _description = "Integration Delivery"
    _order = "id desc"
    _rec_name = "res_name"

    event_id = LooseMany2one(
        "integration.event", "Recorded event", required=True, readonly=True, ondelete="cascade", index=True
    )
    system_id = LooseMany2one("integration.system", required=True, readonly=True, ondelete="restrict")
    direction = fields.Selection(
        DIRECTIONS,
        required=True,
        default="out",
        readonly=True,
        help="Out: Odoo's change goes there. In: theirs comes here.",
    )
    lane = fields.Char(
        required=True,
        readonly=True,
        help="The record, as model and number. Deliveries of one record to one system go one after the other.",
    )
    model = fields.Char(required=True, readonly=True)
    res_id = fields.Integer(string="Record ID", required=True, readonly=True)
    res_name = fields.Char(string="Record", readonly=True)
    record_ref = fields.Reference(
        selection="_selection_models",
        compute="_compute_record_ref",
        string="Open record",
        help="Empty when the record is gone or hidden from you.",
    )
    object = fields.Selection(object_titles, "Business object", readonly=True)
    event_type = fields.Selection(event_titles, "Event", required=True, readonly=True)
    operation = fields.Selection(OPERATIONS, required=True, readonly=True)
    company_id = LooseMany2one("res.company", readonly=True)
    state = fields.Selection(
        STATES,
        required=True,
        default="pending",
        readonly=True,
        group_expand="_states_in_order",
        help="Pending: goes next. Waiting: behind an earlier change of the same record, or for another record to exist "
        "there first. In flight: being sent. Will retry: failed for a technical reason. Being checked: may have "
        "arrived, is looked up first. Received: came from the other system, is read there and applied next. "
        "Needs attention: a person has to act. Gave up: all tries failed. Superseded: a later change went instead.",
    )
    priority = fields.Integer(
        required=True,
        default=50,
        readonly=True,
        help="Lower goes first. 80 and above is bulk work, which never delays the rest.",
    )
    coalesce = fields.Boolean(
        default=True, readonly=True, help="A later change of the same record makes this one unnecessary."
    )
    forced = fields.Boolean(
        readonly=True, help="Somebody asked for it to be sent even where nothing seems to have changed."
    )
    verify = fields.Boolean(
        readonly=True, help="An earlier try may have taken effect: the record is looked up before anything is sent."
    )
    attempts = fields.Integer(required=True, default=0, readonly=True, help="Tries so far.")
    next_attempt_at = fields.Datetime(readonly=True)
    claimed_by = fields.Char(readonly=True, help="The worker that took it last.")
    claimed_at = fields.Datetime(readonly=True)
    claims = fields.Integer(
        readonly=True, help="How often a sidecar took it. An answer counts for the claim it names only."
    )
    lease_until = fields.Datetime(readonly=True)
    wait_for = fields.Char(readonly=True, help="The record that has to exist in the other system first.")
    cause = fields.Char(readonly=True, help="Deliveries with the same cause are healed by the same fix.")
    error_kind = fields.Selection(ERROR_KINDS, string="Kind of failure", readonly=True)
    error_code = fields.Char("Error code", readonly=True)
    error_message = fields.Char(string="What happened, in full", readonly=True)
    error_hint = fields.Char(string="What to do, in full", readonly=True)
    error_field = fields.Char(string="Field", readonly=True)
    release = fields.Integer(
        "Release after a correction",
        readonly=True,
        help="The release under which it goes, where that is not its event's: somebody tried again after a correction.",
    )
    external_id = fields.Char(string="External ID", readonly=True)
    external_url = fields.Char(string="External link", readonly=True)
    superseded_by_id = LooseMany2one("integration.delivery", readonly=True, ondelete="set null")
    done_at = fields.Datetime(readonly=True)
    latency_ms = fields.Integer(
        string="Latency (ms)",
        readonly=True,
        aggregator="avg",
        help="From the change in Odoo to its arrival, in milliseconds.",
    )
    attempt_ids = fields.One2many("integration.attempt", "delivery_id", readonly=True)
    payload = fields.Text(
        compute="_compute_payload",
        groups="integration_hub.group_operator",
        help="What was recorded, indented for reading.",
    )
    blocked_by_id = fields.Many2one(
        "integration.delivery",
        compute="_compute_blocked_by_id",
        string="Blocked behind",
        help="The earlier change of this record that has to go first.",
    )
    traceparent = fields.Char(related="event_id.traceparent", string="Trace")

    # What the functions under sql/ rely on; the names of the functions stand beside each.
    _pending_idx = models.Index("(system_id, priority, id) WHERE state = 'pending'")  # claim
    _due_live_idx = models.Index(  # claim
        "(system_id, next_attempt_at) WHERE state IN ('retry', 'unknown') AND priority < 80"
    )
    _due_backfill_idx = models.Index(  # claim
        "(system_id, next_attempt_at) WHERE state IN ('retry', 'unknown') AND priority >= 80"
    )
    _lane_idx = models.Index(  # claim, unpark, reap, health
        "(system_id, lane, id) WHERE state IN ('pending', 'waiting', 'processing', 'retry', 'unknown', 'held', 'dead')"
    )
    _wait_for_idx = models.Index("(system_id, wait_for) WHERE wait_for IS NOT NULL")  # settle, reap
    _lease_idx = models.Index("(lease_until) WHERE state = 'processing'")  # reap
    _received_idx = models.Index("(system_id, next_attempt_at) WHERE state = 'received'")  # integration.inbound due
    _received_done_idx = models.Index(  # the brake of what comes in
        "(system_id, done_at) WHERE direction = 'in' AND state = 'delivered'"
    )
    _lane_in_idx = models.Index(  # integration.inbound receive
        "(system_id, lane, id) WHERE direction = 'in' AND state IN ('received', 'waiting', 'held', 'dead')"
    )
    _record_idx = models.Index("(model, res_id)")  # status on a record's form
    _cause_idx = models.Index(  # open_causes
        "(system_id, cause, company_id, object, id) WHERE state IN ('held', 'dead')"
    )
    _superseded_by_idx = models.Index("(superseded_by_id) WHERE superseded_by_id IS NOT NULL")  # its own foreign key

    def init(self):
        # What stores a captured change (sql/07_private_enqueue.sql) names what differs from change to change only.
        for table in ("integration_delivery", "integration_event"):
            self.env.cr.execute(SQL("ALTER TABLE %s ALTER COLUMN direction SET DEFAULT 'out'", SQL.identifier(table)))

    def _states_in_order(self, states, _domain):
        """Columns of the kanban stand in the order of a delivery's life, not in that of the alphabet."""
        return [state for state, _label in STATES if state in states]

    def _selection_models(self):
        return self.env["integration.record"]._selection_models()

    def _compute_record_ref(self):
        self.env["integration.record"]._compute_record_ref(self)

    @api.depends("event_id")
    def _compute_payload(self):
        rows = self.env["integration.event.payload"].search([("event_id", "in", self.event_id.ids)])
        by_event = {row.event_id.id: row.pretty for row in rows}
        for delivery in self:
            delivery.payload = by_event.get(delivery.event_id.id)

    @api.depends("state", "lane", "system_id")
    def _compute_blocked_by_id(self):
        heads = {}
        waiting = self.filtered(lambda delivery: delivery.state == "waiting" and not delivery.wait_for)
        if waiting:
            self.env.cr.execute(
                """
                SELECT d.id, (SELECT h.id FROM integration_delivery h
                              WHERE h.system_id = d.system_id AND h.lane = d.lane
                                AND h.state IN ('pending', 'waiting', 'processing', 'retry', 'unknown', 'held', 'dead')
                              ORDER BY h.id LIMIT 1)
                FROM integration_delivery d WHERE d.id = ANY(%s)
                """,
                [waiting.ids],
            )
            heads = dict(self.env.cr.fetchall())
        for delivery in self:
            head = heads.get(delivery.id)
            delivery.blocked_by_id = head if head != delivery.id else False

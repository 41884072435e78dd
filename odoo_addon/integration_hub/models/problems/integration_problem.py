from odoo import _, api, fields, models
from odoo.exceptions import AccessError
from odoo.fields import Domain

from ..deliveries.integration_delivery import ERROR_KINDS, OPEN_STATES
from ..foundation.durations import duration_in_words
from ..foundation.titles import object_titles

#: What people may write on a problem themselves; everything else follows from the queue.
PEOPLE_MAY_WRITE = frozenset({"user_id"})
NEEDS_A_PERSON = ("held", "dead")
PAUSE = "pause:"
#: Changes of a system that cannot be looked for (problem_polls.py); no delivery stands still for it.
POLL = "poll:"
#: What is due and taken by nobody (problem_untaken.py).
UNTAKEN = "untaken:"
UNDECIDED = "outcome_unknown"
#: What a person settles record by record (`models/inbound/decisions.py`).
DECIDED_EACH = frozenset({"conflict", "not_owner", "possible_duplicate", "single_creation", "state_jump"})


class IntegrationProblem(models.Model):
    """One cause for which deliveries of a system stand still and need a person (D5, OBS-03).

    A problem is opened when the first delivery stands still for its cause and closes by itself when none does any more;
    the same cause is a new problem when it comes back. It is kept by `_sync` (problem_sync.py); nobody edits it but for
    its owner.
    """

    _name = "integration.problem"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _description = "Integration Problem"
    _order = "state desc, due_at, id desc"
    _rec_name = "headline"
    _mail_post_access = "read"

    state = fields.Selection([("open", "Open"), ("closed", "Closed")], required=True, default="open", readonly=True)
    system_id = fields.Many2one("integration.system", required=True, readonly=True, ondelete="cascade", index=True)
    company_id = fields.Many2one("res.company", readonly=True)
    kind = fields.Selection(ERROR_KINDS, string="Kind", required=True, readonly=True)
    cause = fields.Char(required=True, readonly=True, help="What the deliveries have in common: kind, code and place.")
    code = fields.Char(readonly=True, help="Stable name of the failure, for filters and the documentation.")
    object = fields.Selection(object_titles, "Business object", readonly=True)
    rule_id = fields.Many2one("integration.rule", readonly=True, ondelete="set null")
    headline = fields.Char(compute="_compute_headline", store=True, help="The system and what happened there.")
    message = fields.Char(string="What happened", readonly=True)
    hint = fields.Char(string="What to do", readonly=True)
    error_field = fields.Char(string="Field", readonly=True)
    example_id = fields.Many2one(
        "integration.delivery",
        readonly=True,
        ondelete="set null",
        index="btree_not_null",
        help="The delivery whose words stand for all of them: the newest when the problem was opened.",
    )
    user_id = fields.Many2one(
        "res.users",
        string="Owner",
        tracking=True,
        domain=lambda self: [("all_group_ids", "in", self.env.ref("integration_hub.group_viewer").ids)],
        help="Who looks after it. Set by the policy; empty when it went to several people and nobody took it yet.",
    )
    policy_id = fields.Many2one(
        "integration.exception.policy",
        readonly=True,
        ondelete="set null",
        help="Says who is told, by when it should be settled, and who hears of it if nobody acts.",
    )
    opened_at = fields.Datetime(string="First seen", required=True, readonly=True, default=fields.Datetime.now)
    last_seen_at = fields.Datetime(
        string="Last seen", readonly=True, help="When a delivery last joined it, to the minute."
    )
    last_delivery_id = fields.Integer(readonly=True, help="The newest delivery that stood still for it.")
    due_at = fields.Datetime(string="To be settled by", readonly=True)
    touched_at = fields.Datetime(
        string="Last acted on", readonly=True, help="When a person last did something about it."
    )
    escalates_at = fields.Datetime(
        readonly=True, help="Untouched until then, the people that the policy names hear of it. Empty: never, or done."
    )
    escalated_at = fields.Datetime("Escalated at", readonly=True)
    closed_at = fields.Datetime("Closed", readonly=True)
    close_reason = fields.Char(string="How it ended", readonly=True)
    delivery_count = fields.Integer(
        compute="_compute_delivery_count", string="Waiting", help="Deliveries that stand still for it now."
    )
    age = fields.Char(compute="_compute_age", string="Open for")
    is_pause = fields.Boolean(compute="_compute_nature", help="The whole system stands still.")
    is_poll = fields.Boolean(compute="_compute_nature", help="What changes in the system is not found.")
    is_untaken = fields.Boolean(compute="_compute_nature", help="What is due is taken by nobody.")
    needs_choice = fields.Boolean(
        compute="_compute_nature", help="Each record needs a decision of its own: is it there or not?"
    )
    decide_each = fields.Boolean(
        compute="_compute_nature", help="Trying again changes nothing: a person answers a question about each record."
    )
    incoming = fields.Boolean(compute="_compute_incoming", help="It came from the other system.")
    error_field_words = fields.Char(related="example_id.error_field_words")
    brake_id = fields.Many2one(
        related="example_id.brake_id", help="The mass change that waits for a decision about all of it."
    )
    can_decide = fields.Boolean(compute="_compute_can_decide")

    _open_uniq = models.UniqueIndex(
        "(system_id, cause, (COALESCE(company_id, 0)), (COALESCE(object, ''::varchar))) WHERE state = 'open'",
        "This problem is open already.",
    )
    _escalates_idx = models.Index("(escalates_at) WHERE state = 'open' AND escalates_at IS NOT NULL")

    # -- words and figures -----------------------------------------------------------------------------------

    @api.depends("system_id.name", "message")
    def _compute_headline(self):
        for problem in self:
            problem.headline = _("%(system)s: %(message)s", system=problem.system_id.name, message=problem.message)

    @api.depends("cause", "code")
    def _compute_nature(self):
        for problem in self:
            problem.is_pause = problem.cause.startswith(PAUSE)
            problem.is_poll = problem.cause.startswith(POLL)
            problem.is_untaken = problem.cause.startswith(UNTAKEN)
            problem.needs_choice = problem.code == UNDECIDED
            problem.decide_each = problem.needs_choice or problem.code in DECIDED_EACH

    @api.depends("example_id")
    def _compute_incoming(self):
        for problem in self:
            problem.incoming = problem.sudo().example_id.direction == "in"

    @api.depends("opened_at", "closed_at", "state")
    @api.depends_context("lang")
    def _compute_age(self):
        now = fields.Datetime.now()
        for problem in self:
            ended = problem.closed_at if problem.state == "closed" else now
            problem.age = duration_in_words(self.env, ended - problem.opened_at) if problem.opened_at else False

    @api.depends("state")
    def _compute_delivery_count(self):
        # What `_delivery_domain` finds, for all problems of a list at once.
        self.env["integration.delivery"].flush_model()
        self.flush_model(["state", "cause", "object", "system_id", "company_id"])
        self.env.cr.execute(
            """
            WITH p AS (
                SELECT id, system_id, company_id, object, cause FROM integration_problem
                WHERE id = ANY(%(ids)s) AND state = 'open'
            ), d AS (
                SELECT system_id, company_id, object, state, coalesce(cause, 'technical:unspecified') AS cause
                FROM integration_delivery WHERE state IN ('held', 'dead') AND system_id IN (SELECT system_id FROM p)
            )
            SELECT p.id, count(*) FROM p
            JOIN d ON d.system_id = p.system_id AND d.cause = p.cause
            WHERE d.company_id IS NOT DISTINCT FROM p.company_id AND (p.object IS NULL OR d.object = p.object)
            GROUP BY p.id
            UNION ALL
            SELECT p.id, count(*) FROM p
            JOIN d ON d.system_id = p.system_id
                AND concat_ws(':', split_part(d.cause, ':', 1), split_part(d.cause, ':', 2), '*') = p.cause
            WHERE d.company_id IS NOT DISTINCT FROM p.company_id AND (p.object IS NULL OR d.object = p.object)
            GROUP BY p.id
            UNION ALL
            SELECT p.id, count(*) FROM p
            JOIN integration_delivery w ON w.system_id = p.system_id AND w.state = ANY(%(waiting)s)
            WHERE starts_with(p.cause, %(pause)s)
            GROUP BY p.id
            """,
            {
                "ids": self.ids,
                "waiting": [state for state in OPEN_STATES if state not in NEEDS_A_PERSON],
                "pause": PAUSE,
            },
        )
        counts = dict(self.env.cr.fetchall())
        Delivery = self.env["integration.delivery"].sudo()
        for problem in self:
            if problem.is_untaken and problem.state == "open":  # at most two a system, with a domain of their own
                counts[problem.id] = Delivery.search_count(problem._delivery_domain())
            problem.delivery_count = counts.get(problem.id, 0)

    @api.depends_context("uid")
    @api.depends("policy_id")
    def _compute_can_decide(self):
        for problem in self:
            problem.can_decide = problem.policy_id.sudo()._may_decide(self.env.user)

    def _delivery_domain(self):
        """The deliveries that stand still for it. Index: (system_id, cause, company_id, object, id) of what is held or
        dead."""
        self.ensure_one()
        system = Domain("system_id", "=", self.system_id.id)
        if self.cause.startswith(PAUSE):
            return system & Domain("state", "in", [state for state in OPEN_STATES if state not in NEEDS_A_PERSON])
        if self.cause.startswith(POLL):
            return Domain.FALSE
        if self.cause.startswith(UNTAKEN):
            return self._untaken_domain()
        same = system & Domain("state", "in", NEEDS_A_PERSON) & Domain("company_id", "=", self.company_id.id)
        if self.object:
            same &= Domain("object", "=", self.object)
        if self.cause.endswith(":*"):
            kind_and_code = self.cause[:-2]
            prefix = kind_and_code.replace("\\", "\\\\").replace("_", "\\_").replace("%", "\\%")
            return same & (Domain("cause", "=like", f"{prefix}:%") | Domain("cause", "=", kind_and_code))
        if self.cause == "technical:unspecified":
            return same & Domain("cause", "in", (False, self.cause))
        return same & Domain("cause", "=", self.cause)

    # -- rights ----------------------------------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        self._refuse_unless_hub()
        return super().create(vals_list)

    def write(self, vals):
        if not self.env.su:
            self._check_may_decide()
            if vals.keys() - PEOPLE_MAY_WRITE:
                self._refuse_unless_hub()
        assigned = "user_id" in vals and self.filtered(lambda problem: problem.user_id.id != vals["user_id"])
        result = super(IntegrationProblem, self.sudo()).write(vals)
        if assigned:
            assigned.sudo()._owner_changed(by_person=not self.env.su)
        return result

    def unlink(self):
        self._refuse_unless_hub()
        return super().unlink()

    def _refuse_unless_hub(self):
        if not self.env.su:
            raise AccessError(_("Problems follow from the queue: act on their deliveries, or change the owner."))

    def _check_may_decide(self):
        self.check_access("read")
        if self.env.su:
            return
        for problem in self:
            problem.policy_id.sudo()._check_may_decide(self.env.user)

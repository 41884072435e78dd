from odoo import _, api, fields, models
from odoo.exceptions import AccessError, UserError

from ..events.integration_event import DIRECTIONS
from ..foundation.loose_reference import LooseMany2one
from ..foundation.notification import told
from ..foundation.numbers import number
from ..foundation.titles import object_titles

EFFECTS = [
    ("create", "Created"),
    ("change", "Changed"),
    ("remove", "Deleted or archived"),
]
MASS_CHANGE = "mass_change"
SAMPLE = 20


class IntegrationBrake(models.Model):
    """One mass change that was stopped: what comes after the rule's limit waits for one decision about all of it.

    Set off by the claim (`sql/08_private_brake.sql`), not by the user's transaction: that may only insert.
    """

    _name = "integration.brake"
    _inherit = ["integration.protected", "integration.referenced"]
    _description = "Mass Change"
    _order = "id desc"
    _rec_name = "system_id"

    system_id = fields.Many2one("integration.system", required=True, readonly=True, ondelete="cascade")
    direction = fields.Selection(DIRECTIONS, required=True, default="out", readonly=True)
    rule_id = fields.Many2one("integration.rule", readonly=True, ondelete="set null")
    company_id = fields.Many2one(related="rule_id.company_id", store=True)
    object = fields.Selection(object_titles, "Business object", readonly=True)
    effect = fields.Selection(EFFECTS, string="What would happen", required=True, readonly=True)
    most = fields.Integer(
        "Limit", required=True, readonly=True, help="The rule's limit when it was reached: so many within the interval."
    )
    minutes = fields.Integer("Within minutes", required=True, readonly=True)
    sent = fields.Integer(
        "Sent before", required=True, readonly=True, help="What had gone within the interval when it stopped."
    )
    state = fields.Selection(
        [("waiting", "Waits for a decision"), ("approved", "Approved"), ("rejected", "Rejected")],
        required=True,
        default="waiting",
        readonly=True,
    )
    tripped_at = fields.Datetime("Stopped at", required=True, readonly=True)
    decided_at = fields.Datetime("Decided at", readonly=True)
    decided_by_id = fields.Many2one("res.users", string="Decided by", readonly=True)
    reason = fields.Char(readonly=True, help="Why, in the words of who decided.")
    decided_count = fields.Integer("Decided about", readonly=True, help="Deliveries that the decision was about.")
    held_count = fields.Integer(compute="_compute_held_count", string="Waiting", help="Deliveries held by it now.")
    summary = fields.Char(compute="_compute_summary", string="What was stopped")
    sample_ids = fields.Many2many(
        "integration.delivery", compute="_compute_sample_ids", string="Examples", help="The first of what is held."
    )

    @api.depends("system_id.name", "rule_id.name", "object", "direction")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for brake in self:
            brake.display_name = ": ".join(part for part in (brake.system_id.name, brake._what()) if part)

    @api.depends("state")
    def _compute_held_count(self):
        held = [("brake_id", "in", self.ids), ("state", "=", "held"), ("error_code", "=", MASS_CHANGE)]
        counts = dict(self.env["integration.delivery"].sudo()._read_group(held, ["brake_id"], ["__count"]))
        for brake in self:
            brake.held_count = counts.get(brake, 0)

    @api.depends("held_count", "decided_count", "sent", "state")
    @api.depends_context("lang")
    def _compute_summary(self):
        for brake in self:
            brake.summary = brake._in_words() % {
                "count": number(self.env, brake.sent + (brake.decided_count or brake.held_count)),
                "what": brake._what(),
                "system": brake.system_id.name,
                "minutes": brake.minutes,
                "most": number(self.env, brake.most),
                "sent": number(self.env, brake.sent),
            }

    def _in_words(self):
        """The sentence with its placeholders: one for each effect, because languages bend it as a whole."""
        if self.direction == "in":
            return {
                "create": _(
                    "%(count)s records would be created in Odoo by %(system)s within %(minutes)s minutes; the limit is "
                    "%(most)s. Nothing was applied after the first %(sent)s."
                ),
                "change": _(
                    "%(count)s records would be changed in Odoo by %(system)s within %(minutes)s minutes; the limit is "
                    "%(most)s. Nothing was applied after the first %(sent)s."
                ),
                "remove": _(
                    "%(count)s records would be deleted or archived in Odoo by %(system)s within %(minutes)s minutes; "
                    "the limit is %(most)s. Nothing was applied after the first %(sent)s."
                ),
            }[self.effect]
        return {
            "create": _(
                "%(count)s records (%(what)s) would be created in %(system)s within %(minutes)s minutes; the limit is "
                "%(most)s. Nothing was sent after the first %(sent)s."
            ),
            "change": _(
                "%(count)s records (%(what)s) would be changed in %(system)s within %(minutes)s minutes; the limit is "
                "%(most)s. Nothing was sent after the first %(sent)s."
            ),
            "remove": _(
                "%(count)s records (%(what)s) would be deleted or archived in %(system)s within %(minutes)s minutes; "
                "the limit is %(most)s. Nothing was sent after the first %(sent)s."
            ),
        }[self.effect]

    def _what(self):
        """What it is about: the rule's name, else the business object's."""
        return self.rule_id.name or (self.object and self.env["integration.catalogue"]._object_title(self.object)) or ""

    def _compute_sample_ids(self):
        for brake in self:
            brake.sample_ids = self.env["integration.delivery"].search(
                [("brake_id", "=", brake.id)], order="id", limit=SAMPLE
            )

    def action_approve(self, reason=None):
        """Lets go all that was held, and what follows of the same kind within one more interval."""
        return self._decide(True, reason)

    def action_reject(self, reason=None):
        """Cancels all that was held. Asks for the reason where none is given."""
        if not reason:
            self._check_may_decide()
            return {
                "type": "ir.actions.act_window",
                "name": _("Reject the mass change"),
                "res_model": "integration.brake.reject",
                "view_mode": "form",
                "target": "new",
                "context": {"default_brake_ids": [fields.Command.set(self.ids)]},
            }
        return self._decide(False, reason)

    def action_open_held(self):
        action = self.env["ir.actions.act_window"]._for_xml_id("integration_hub.action_deliveries")
        return action | {
            "display_name": _("Held by the brake"),
            "domain": [("brake_id", "in", self.ids)],
            "context": {},
        }

    def _check_may_decide(self):
        self.check_access("read")
        if not self.env.su and not self.env.user.has_group("integration_hub.group_operator"):
            raise AccessError(_("Only integration operators can decide about a mass change."))

    def _decide(self, approve, reason):
        self._check_may_decide()
        waiting = self.filtered(lambda brake: brake.state == "waiting")
        if not waiting:
            raise UserError(_("This mass change was decided already."))
        self.env.flush_all()
        decided = 0
        for brake in waiting:
            self.env.cr.execute(
                "SELECT integration_hub_private.decide_brake(%s, %s, %s, %s, %s)",
                [brake.id, approve, self.env.uid, self.env.user.name, reason or None],
            )
            decided += self.env.cr.fetchone()[0]
        self.env.invalidate_all()
        message = _("Approved, on their way: %s", decided) if approve else _("Rejected and cancelled: %s", decided)
        return told(message)


class IntegrationBrakeMeter(models.Model):
    """What went to a system by a rule in the last minutes. One row per system, rule and effect: locking it is what
    makes several sidecars count together."""

    _name = "integration.brake.meter"
    _inherit = ["integration.protected"]
    _description = "Mass Change Meter"
    _log_access = False

    system_id = fields.Many2one("integration.system", required=True, readonly=True, ondelete="cascade")
    rule_id = fields.Many2one("integration.rule", required=True, readonly=True, ondelete="cascade", index=True)
    effect = fields.Selection(EFFECTS, required=True, readonly=True)
    sent = fields.Json(readonly=True, help="How many went in which minute: minutes since 1970 as keys.")
    brake_id = fields.Many2one(
        "integration.brake", readonly=True, ondelete="set null", index="btree_not_null", help="Undecided mass change."
    )
    open_until = fields.Datetime(readonly=True, help="After an approval: everything passes until then.")

    _meter_uniq = models.UniqueIndex("(system_id, rule_id, effect)")


class IntegrationDelivery(models.Model):
    _inherit = "integration.delivery"

    metered = fields.Boolean(
        readonly=True, help="Counted by the mass-change brake, or approved: it is not counted again."
    )
    brake_id = LooseMany2one(
        "integration.brake", string="Mass change", readonly=True, ondelete="set null", index="btree_not_null"
    )


class IntegrationRule(models.Model):
    _inherit = "integration.rule"

    brake_creates = fields.Integer(
        "Most created",
        required=True,
        default=1000,
        help="More records than this, created within the interval, wait for one approval. 0: no limit.",
    )
    brake_changes = fields.Integer(
        "Most changed",
        required=True,
        default=2000,
        help="More changes than this within the interval wait for one approval. 0: no limit.",
    )
    brake_removals = fields.Integer(
        "Most deleted or archived",
        required=True,
        default=100,
        help="More records than this, deleted or archived within the interval, wait for one approval. 0: no limit.",
    )
    brake_minutes = fields.Integer("Interval in minutes", required=True, default=10)

    _brake_positive = models.Constraint(
        "CHECK (brake_creates >= 0 AND brake_changes >= 0 AND brake_removals >= 0)", "A limit is 0 (none) or more."
    )
    _brake_minutes_range = models.Constraint(
        "CHECK (brake_minutes BETWEEN 1 AND 1440)", "The interval is between one minute and a day."
    )

from odoo import _, api, fields, models
from odoo.exceptions import AccessError
from psycopg2.extras import Json

from .integration_brake import MASS_CHANGE

STEP = 500
# Reading a record again costs far more than queueing a payload, and each step is one transaction.
STEP_READING = 100
BACKFILL_PRIORITY = 90
ON_ITS_WAY = ("pending", "waiting", "processing", "received")


class IntegrationReplay(models.Model):
    """Deliveries that are sent again, a step at a time (RES-04). Each step is one transaction that holds its own
    position (`sql/36_replay_step.sql`), so that it goes on where it was after a crash of anybody."""

    _name = "integration.replay"
    _inherit = ["integration.protected"]
    _description = "Replay"
    _order = "id desc"
    _rec_name = "filter_text"

    filter = fields.Json(required=True, readonly=True)
    filter_text = fields.Char(compute="_compute_filter_text", string="What")
    mode = fields.Selection(
        [("same", "Same content again"), ("read_again", "Records read again")],
        required=True,
        default="same",
        readonly=True,
        help="Same content: what was recorded then. Read again: the records as they are now.",
    )
    force = fields.Boolean(readonly=True, help="Also what the other system is believed to hold already.")
    most = fields.Integer(readonly=True, help="At most so many, the oldest first; empty: all.")
    requested_by = fields.Char("Requested by", readonly=True)
    user_id = fields.Many2one("res.users", string="Person", readonly=True)
    position = fields.Integer(readonly=True, help="The last delivery that was looked at.")
    last_id = fields.Integer(readonly=True, help="What was recorded after this delivery takes no part.")
    total = fields.Integer(readonly=True)
    queued = fields.Integer(readonly=True)
    skipped = fields.Integer("Left out", readonly=True)
    changed = fields.Integer(
        "Changed meanwhile",
        compute="_compute_progress",
        help="Counted when it began and no longer what was asked for when their turn came: they went, or a person "
        "decided about them.",
    )
    progress = fields.Integer(compute="_compute_progress", string="Progress (%)", aggregator=None)
    state = fields.Selection(
        [("running", "Running"), ("paused", "Paused"), ("done", "Done"), ("cancelled", "Cancelled")],
        required=True,
        default="running",
        readonly=True,
    )
    started_at = fields.Datetime("Started", readonly=True)
    ended_at = fields.Datetime("Ended", readonly=True)
    skip_ids = fields.One2many("integration.replay.skip", "replay_id", readonly=True)

    _running_idx = models.Index("(id) WHERE state = 'running'")

    @api.depends("total", "queued", "skipped", "state")
    def _compute_progress(self):
        for job in self:
            looked_at = job.queued + job.skipped
            job.changed = max(0, job.total - looked_at) if job.state == "done" else 0
            job.progress = 100 if job.state == "done" or not job.total else min(100, 100 * looked_at // job.total)

    @api.depends("filter")
    @api.depends_context("lang")
    def _compute_filter_text(self):
        delivery = self.env["integration.delivery"]
        states = dict(delivery._fields["state"]._description_selection(self.env))
        kinds = dict(delivery._fields["error_kind"]._description_selection(self.env))
        objects = self.env["integration.catalogue"]._object_titles()
        events = self.env["integration.event.type"]._event_titles()
        names = dict(self.env["integration.system"].sudo().search([]).mapped(lambda system: (system.code, system.name)))
        for job in self:
            asked = job.filter or {}
            parts = [
                names.get(asked.get("system"), asked.get("system")),
                ", ".join(states.get(state, state) for state in asked.get("states", ())),
                kinds.get(asked.get("error_kind")),
                asked.get("error_code"),
                events.get(asked.get("event_type"), asked.get("event_type")),
                objects.get(asked.get("object"), asked.get("object")),
                self._model_or_record(asked),
                _("since %s", asked["since"]) if asked.get("since") else None,
                _("until %s", asked["until"]) if asked.get("until") else None,
                _("%s chosen deliveries", len(asked["ids"])) if asked.get("ids") else None,
            ]
            job.filter_text = " · ".join(part for part in parts if part)

    def _model_or_record(self, asked):
        """`Contact`, or `Contact Azure Interior` where it is one record."""
        if lane := asked.get("lane"):
            words, _reference = self.env["integration.delivery"]._names_of_lanes({lane})[lane]
            return words
        model = asked.get("model")
        return (self.env["ir.model"]._get(model).name or model) if model else None

    # -- what people do --------------------------------------------------------------------------------------

    def action_pause(self):
        return self._steer("pause")

    def action_resume(self):
        return self._steer("resume")

    def action_cancel(self):
        """Stops it for good. What it queued already goes out."""
        return self._steer("cancel")

    def _steer(self, action):
        self.check_access("read")
        if not self.env.su and not self.env.user.has_group("integration_hub.group_operator"):
            raise AccessError(_("Only integration operators can do this."))
        self.env.flush_all()
        for job in self:
            self.env.cr.execute("SELECT integration_hub.steer_replay(%s, %s)", [job.id, action])
        self.invalidate_model()
        self._go_on()
        return True

    def _go_on(self):
        """Odoo's clock begins at once instead of within a minute."""
        self.env.ref("integration_hub.cron_replay").sudo()._trigger()

    # -- the steps -------------------------------------------------------------------------------------------

    @api.model
    def _cron_step(self):
        """Works on the jobs that run, until none does or the clock's time is up. Sidecars do steps as well; whoever
        comes first locks the job."""
        while True:
            found = self._step()
            remaining = self.search_count([("state", "=", "running")])
            more_time = self.env["ir.cron"]._commit_progress(found or 0, remaining=remaining)
            if found is None or not remaining or not more_time:
                return

    @api.model
    def _step(self):
        """One step of one job in this transaction.

        :return: how many deliveries were looked at; None when there is nothing to do, or somebody else is doing it
        """
        self.env.cr.execute("SELECT * FROM integration_hub.replay_step(%s)", [STEP])
        row = self.env.cr.fetchone()
        self.env.invalidate_all()
        if not row:
            return None
        _job, mode, queued, skipped, _state = row
        return queued + skipped if mode == "same" else self._step_reading()

    @api.model
    def _step_reading(self):
        self.env.cr.execute(
            "SELECT id FROM integration_replay WHERE state = 'running' AND mode = 'read_again' "
            "ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED"
        )
        row = self.env.cr.fetchone()
        if not row:
            return None
        job = self.browse(row[0]).sudo()
        most = min(STEP_READING, job.most - job.queued - job.skipped) if job.most else STEP_READING
        ids = self._column(
            "integration_hub_private.matching(%s, %s, %s, %s)", Json(job.filter), job.position, job.last_id, most
        )
        outdated = set(self._column("integration_hub_private.outdated(%s::integer[])", ids))
        deliveries = self.env["integration.delivery"].sudo().browse(ids)
        current = deliveries.filtered(lambda delivery: delivery.id not in outdated)
        incoming = current.filtered(lambda delivery: delivery.direction == "in")
        again = self._read_again(current - incoming, job.force)
        again._note("read_again", requested_by=job.requested_by)
        self._note_skipped(job, deliveries - current, "later_state")
        self._note_skipped(job, current - incoming - again, "gone")
        again |= self._read_there_again(job, incoming)
        ended = len(ids) < STEP_READING
        job.write(
            {
                "position": ids[-1] if ids else job.position,
                "queued": job.queued + len(again),
                "skipped": job.skipped + len(ids) - len(again),
                "total": max(job.total, job.queued + job.skipped + len(ids)),
                "state": "done" if ended else "running",
                "ended_at": fields.Datetime.now() if ended else False,
            }
        )
        return len(ids)

    def _read_again(self, deliveries, force):
        """What goes out, as the button does, but behind live changes."""
        self.env.cr.execute("SELECT coalesce(max(id), 0) FROM integration_event")
        before = self.env.cr.fetchone()[0]
        again = deliveries._read_again(forced=force)
        self.env.cr.execute(
            """
            UPDATE integration_delivery SET priority = %s
            WHERE event_id IN (SELECT id FROM integration_event WHERE id > %s AND txid = pg_current_xact_id()::text)
            """,
            [BACKFILL_PRIORITY, before],
        )
        return again

    def _read_there_again(self, job, incoming):
        """What came in is read at the other system; answers what is on its way now because of it."""
        braked = incoming.filtered(lambda delivery: delivery.error_code == MASS_CHANGE)
        moving = incoming.filtered(lambda delivery: delivery.state in ON_ITS_WAY) - braked
        going = incoming - braked - moving
        if going:
            self.env.flush_all()
            self.env.cr.execute(
                "SELECT integration_hub_private.requeue(%s::integer[], %s, %s, %s, %s)",
                [going.ids, job.requested_by, job.user_id.id or None, job.force, BACKFILL_PRIORITY],
            )
            going.invalidate_recordset()
        self._note_skipped(job, moving, "in_flight")
        self._note_skipped(job, braked, "mass_change")
        return going

    def _note_skipped(self, job, deliveries, reason):
        self.env["integration.replay.skip"].sudo().create(
            [
                {
                    "replay_id": job.id,
                    "delivery_id": delivery.id,
                    "system_id": delivery.system_id.id,
                    "lane": delivery.lane,
                    "res_name": delivery.res_name,
                    "company_id": delivery.company_id.id,
                    "reason": reason,
                }
                for delivery in deliveries
            ]
        )

    def _column(self, function, *arguments):
        self.env.cr.execute(f"SELECT x FROM {function} AS x", arguments)
        return [row[0] for row in self.env.cr.fetchall()]


class IntegrationReplaySkip(models.Model):
    """A delivery that a replay left out, and why."""

    _name = "integration.replay.skip"
    _inherit = ["integration.protected"]
    _description = "Left Out of a Replay"
    _log_access = False
    _order = "id"
    _rec_name = "res_name"

    replay_id = fields.Many2one("integration.replay", required=True, readonly=True, ondelete="cascade", index=True)
    delivery_id = fields.Many2one("integration.delivery", readonly=True, ondelete="set null", index=True)
    system_id = fields.Many2one("integration.system", readonly=True, ondelete="cascade")
    lane = fields.Char(readonly=True)
    res_name = fields.Char("Record", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True, ondelete="cascade")
    reason = fields.Selection(
        [
            ("in_flight", "On its way anyway"),
            ("later_state", "A later change of the record arrived or is on its way"),
            ("mass_change", "Part of a mass change that waits for a decision"),
            ("payload_gone", "Its content is no longer kept"),
            ("gone", "The record is gone, or no rule sends it there any more"),
        ],
        required=True,
        readonly=True,
    )

from math import floor

from odoo import _, api, fields, models
from odoo.tools import SQL

#: What keeps a system from working; any other pause is somebody's will.
OUTAGES = ("breaker", "credential")
DAY, MONTH = 24, 30 * 24  # hours


class IntegrationInterruption(models.Model):
    """From when to when a system stood still, and why (MET-04). Written by a trigger on the systems' state
    (`sql/17_private_note_interruption.sql`), so that none is too short to be noted."""

    _name = "integration.interruption"
    _inherit = ["integration.protected"]
    _description = "Interruption of an Integration System"
    _order = "started_at desc, id desc"
    _rec_name = "system_id"
    _log_access = False

    system_id = fields.Many2one("integration.system", required=True, readonly=True, ondelete="cascade")
    kind = fields.Selection(
        [
            ("breaker", "System not answering"),
            ("credential", "Credentials refused"),
            ("manual", "Paused by a person"),
            ("neutralised", "Copy of a database"),
            ("restored", "Restored database"),
        ],
        string="Why",
        required=True,
        readonly=True,
    )
    reason = fields.Char("In words", readonly=True)
    started_at = fields.Datetime("Began", required=True, readonly=True)
    ended_at = fields.Datetime("Ended", readonly=True, help="Empty while it goes on.")
    hours = fields.Float(readonly=True, help="How long it lasted; 0 while it goes on.")

    _system_idx = models.Index("(system_id, id)")


class IntegrationSystem(models.Model):
    _inherit = "integration.system"

    interruption_ids = fields.One2many("integration.interruption", "system_id", readonly=True)
    available_day = fields.Float(
        "Available, 24 hours (%)",
        compute="_compute_available",
        digits=(16, 1),
        help="For how much of the last 24 hours it answered and took the sign-in. What a person stopped counts as "
        "available.",
    )
    available_month = fields.Float(
        "Available, 30 days (%)",
        compute="_compute_available",
        digits=(16, 1),
        help="The same for the last 30 days, or for as long as the system is known.",
    )
    available_text = fields.Char(compute="_compute_available", string="Available")

    @api.depends("state", "interruption_ids.ended_at")
    @api.depends_context("lang")
    def _compute_available(self):
        shares = {}
        if self.ids:
            self.env["integration.interruption"].flush_model()
            self.env.cr.execute(
                SQL(
                    """
                    WITH spans AS (
                        SELECT s.id, hours, GREATEST(s.create_date, %(now)s - hours * interval '1 hour') AS since
                          FROM integration_system s CROSS JOIN unnest(%(spans)s::int[]) AS hours
                         WHERE s.id IN %(ids)s
                    )
                    SELECT p.id, p.hours, 1 - COALESCE(SUM(extract(epoch FROM
                               COALESCE(i.ended_at, %(now)s) - GREATEST(i.started_at, p.since)))
                               FILTER (WHERE i.id IS NOT NULL), 0)
                           / GREATEST(extract(epoch FROM %(now)s - p.since), 1)
                      FROM spans p
                      LEFT JOIN integration_interruption i
                        ON i.system_id = p.id AND i.kind IN %(outages)s AND COALESCE(i.ended_at, %(now)s) > p.since
                     GROUP BY p.id, p.hours, p.since
                    """,
                    now=fields.Datetime.now(),
                    spans=[DAY, MONTH],
                    ids=tuple(self.ids),
                    outages=OUTAGES,
                )
            )
            shares = {(id_, hours): float(share) for id_, hours, share in self.env.cr.fetchall()}
        for system in self:
            system.available_day, system.available_month = (
                # rounded down: what stood still was not available all the time
                floor(1000 * min(1, max(0, shares.get((system.id, hours), 1)))) / 10
                for hours in (DAY, MONTH)
            )
            system.available_text = _(
                "%(day)s %% (24 hours), %(month)s %% (30 days)",
                day=_shown(system.available_day),
                month=_shown(system.available_month),
            )

    def action_open_interruptions(self):
        action = self.env["ir.actions.act_window"]._for_xml_id("integration_hub.action_interruptions")
        name = _("Interruptions of %s", self.name)
        return action | {"display_name": name, "domain": [("system_id", "=", self.id)], "context": {}}


def _shown(percent):
    return f"{percent:g}"

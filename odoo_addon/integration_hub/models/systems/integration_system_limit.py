from datetime import timedelta

from odoo import _, api, fields, models

from ..foundation.durations import duration_in_words


class IntegrationSystemLimit(models.Model):
    """A rate limit of a system and how much of it is used, as the sidecar says (`integration_hub.report`)."""

    _name = "integration.system.limit"
    _inherit = ["integration.protected"]
    _description = "Rate Limit of an Integration System"
    _order = "bucket"
    _log_access = False

    system_id = fields.Many2one("integration.system", required=True, readonly=True, ondelete="cascade")
    bucket = fields.Char(
        string="Limit",
        required=True,
        readonly=True,
        help="The vendor's limit as the connector names it; default is the one for all requests without their own.",
    )
    requests = fields.Integer(required=True, readonly=True)
    per_ms = fields.Integer(required=True, readonly=True)
    used = fields.Integer(
        required=True,
        readonly=True,
        help="Requests of all sidecars that count now. At the limit the next one waits; nothing is lost.",
    )
    waits_until = fields.Datetime(
        readonly=True, help="No request before this moment: the limit is used up, or the system asked for a pause."
    )
    reported_at = fields.Datetime(
        string="As of", readonly=True, help="When this changed last. The sidecar looks every few seconds."
    )
    allowed_text = fields.Char(compute="_compute_words", string="Allowed")
    used_percent = fields.Float(compute="_compute_words", string="In use")
    is_waiting = fields.Boolean(compute="_compute_words")

    _system_bucket_uniq = models.UniqueIndex("(system_id, bucket)")

    @api.depends("requests", "per_ms", "used", "waits_until")
    @api.depends_context("lang")
    def _compute_words(self):
        now = fields.Datetime.now()
        for limit in self:
            limit.allowed_text = _(
                "%(requests)s in %(time)s",
                requests=limit.requests,
                time=duration_in_words(self.env, timedelta(milliseconds=limit.per_ms)),
            )
            limit.used_percent = 100 * min(1, limit.used / limit.requests) if limit.requests else 0
            limit.is_waiting = bool(limit.waits_until and limit.waits_until > now)


class IntegrationSystem(models.Model):
    _inherit = "integration.system"

    limit_ids = fields.One2many("integration.system.limit", "system_id", string="Rate limits", readonly=True)

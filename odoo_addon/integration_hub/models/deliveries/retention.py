import logging
from datetime import timedelta

from odoo import _, api, fields, models
from odoo.exceptions import ValidationError
from psycopg2.errors import LockNotAvailable, SerializationFailure

_logger = logging.getLogger(__name__)

# Rows of one transaction: short enough that nobody waits for its locks.
CHUNK = 5000
DAYS = {"superseded": 7, "payload": 30, "event": 180, "attempt": 730}


class IntegrationRetention(models.AbstractModel):
    """Keeps the queue's tables small without anybody waiting for it: each chunk is a transaction of its own, takes only
    rows that nobody holds, and gives up rather than wait for a lock."""

    _name = "integration.retention"
    _description = "Integration Retention"

    @api.model
    def _days(self, what):
        """For how long something is kept, in days; 0: for ever."""
        value = self.env["ir.config_parameter"].sudo().get_param(f"integration_hub.retention_{what}_days")
        return int(value) if value and str(value).isdigit() else DAYS[what]

    @api.model
    def _before(self, what):
        days = self._days(what)
        # For ever: nothing is older than the beginning of time.
        return fields.Datetime.now() - timedelta(days=days) if days else fields.Datetime.to_datetime("1970-01-01")

    @api.model
    def _cron_purge(self):
        for purge, arguments in (
            ("purge_payloads", (self._before("payload"), self._before("superseded"))),
            ("purge_events", (self._before("event"),)),
            ("purge_attempts", (self._before("attempt"),)),
        ):
            if not self._purge(purge, arguments):
                return

    def _purge(self, function, arguments):
        """One kind of row, chunk by chunk.

        :return: False when the clock's time is up; what is left goes the next time
        """
        after, total = 0, 0
        while True:
            looked_at, deleted, last = self._chunk(function, arguments, after)
            total += deleted
            time_left = self.env["ir.cron"]._commit_progress(deleted)
            if not looked_at or not time_left:
                if total:
                    _logger.info("%s: %s rows deleted", function, total)
                return bool(time_left)
            after = last

    def _chunk(self, function, arguments, after):
        cr = self.env.cr
        try:
            with cr.savepoint(flush=False):
                cr.execute("SET LOCAL lock_timeout = '2s'")
                places = ", ".join(["%s"] * len(arguments))
                cr.execute(
                    f"SELECT * FROM integration_hub_private.{function}({places}, %s, %s)", [*arguments, after, CHUNK]
                )
                return cr.fetchone()
        except (LockNotAvailable, SerializationFailure):
            # Somebody is working on one of these rows: they go the next time.
            _logger.info("%s: passed over a chunk that is in use", function)
            return 0, 0, after


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    integration_superseded_days = fields.Integer(
        "Content of superseded changes", default=DAYS["superseded"],
        config_parameter="integration_hub.retention_superseded_days",
    )  # fmt: skip
    integration_payload_days = fields.Integer(
        "Content of finished changes", default=DAYS["payload"],
        config_parameter="integration_hub.retention_payload_days",
    )  # fmt: skip
    integration_event_days = fields.Integer(
        "Finished deliveries and their events", default=DAYS["event"],
        config_parameter="integration_hub.retention_event_days",
    )  # fmt: skip
    integration_attempt_days = fields.Integer(
        "Attempts and decisions", default=DAYS["attempt"],
        config_parameter="integration_hub.retention_attempt_days",
    )  # fmt: skip

    @api.constrains(
        "integration_superseded_days", "integration_payload_days", "integration_event_days", "integration_attempt_days"
    )
    def _check_integration_days(self):
        for settings in self:
            payload, event = settings.integration_payload_days, settings.integration_event_days
            attempt = settings.integration_attempt_days
            if min(settings.integration_superseded_days, payload, event, attempt) < 0:
                raise ValidationError(_("Kept for so many days: 0 (for ever) or more."))
            if event and (not payload or payload > event):
                raise ValidationError(_("The content of a change cannot be kept for longer than the change itself."))
            if attempt and (not event or event > attempt):
                raise ValidationError(_("Attempts outlive what they were about: keep them at least as long."))

from datetime import timedelta

from odoo import _, api, fields, models

#: Hours that something waits for a record that is not in Odoo yet before people are asked; system parameter
#: `integration_hub.inbound_wait_hours`. First loads in any order are through by then.
WAIT_HOURS = 24
#: Rows that are asked about in one go, each minute.
CHUNK = 5_000


class IntegrationInboundWaiting(models.AbstractModel):
    """What came in and waits for a record that does not come becomes a question to its owner (OBS-03). When the record
    arrives after all, it goes by itself."""

    _inherit = "integration.inbound"

    @api.model
    def _ask_about_waiting(self):
        """Holds what has waited for too long; called each minute, before the problems are brought in step.

        :return: how many
        """
        self.env.flush_all()
        self.env.cr.execute(
            """
            UPDATE integration_delivery SET state = 'held', error_hint = %(hint)s
            WHERE id IN (
                SELECT id FROM integration_delivery
                WHERE wait_for LIKE 'in:%%' AND direction = 'in' AND state = 'waiting' AND create_date < %(before)s
                ORDER BY id LIMIT %(most)s FOR UPDATE SKIP LOCKED)
            """,
            {"hint": self._hint_after_waiting(), "before": self._waiting_since(), "most": CHUNK},
        )
        asked = self.env.cr.rowcount
        if asked:
            self.env["integration.delivery"].invalidate_model()
        return asked

    def _has_waited_long(self, row):
        """:param row: the unsettled row, or none"""
        return bool(row) and row.create_date < self._waiting_since()

    def _waiting_since(self):
        value = self.env["ir.config_parameter"].sudo().get_param("integration_hub.inbound_wait_hours")
        try:
            hours = max(float(value or WAIT_HOURS), 0)
        except ValueError:
            hours = WAIT_HOURS
        return fields.Datetime.now() - timedelta(hours=hours)

    def _hint_after_waiting(self):
        return _(
            "Find out why that record does not arrive: look for it under Incoming, or bring it in (First load on the "
            "system's form), or correct the reference there. It then goes by itself. If it is not to come, cancel this."
        )

from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import ValidationError
from odoo.tests import tagged

from .common import HubCase


@tagged("post_install", "-at_install")
class TestRetention(HubCase):
    """What is no longer needed goes by itself; how long it is kept is a setting."""

    def old_delivery(self, days, state="delivered"):
        self.company(name=f"{days} days old")
        event = self.the_event()
        deliveries = event.delivery_ids.sudo()
        at = fields.Datetime.now() - timedelta(days=days)
        event.sudo().occurred_at = at
        deliveries.write({"state": state, "done_at": at})
        deliveries[0]._note("retried")
        self.env.flush_all()
        return event

    def purge(self):
        with patch.object(type(self.env["ir.cron"]), "_commit_progress", return_value=60.0):
            self.env["integration.retention"]._cron_purge()
        self.env.invalidate_all()

    def test_the_clock_deletes_what_the_settings_say(self):
        self.env["res.config.settings"].create(
            {"integration_payload_days": 10, "integration_event_days": 100, "integration_attempt_days": 1000}
        ).execute()
        # Numbers are given out in the order of time, and the purge relies on it.
        old, stuck = self.old_delivery(500), self.old_delivery(400, state="held")
        middle, young = self.old_delivery(50), self.old_delivery(5)
        attempts = old.delivery_ids.attempt_ids
        self.purge()
        self.assertEqual((old | stuck | middle | young).exists(), stuck | middle | young)
        self.assertTrue(young.payload_ids)
        self.assertFalse(middle.payload_ids)
        self.assertTrue(stuck.payload_ids)
        self.assertTrue(attempts.exists())
        self.assertFalse(attempts.delivery_id)
        self.assertEqual(attempts.mapped("record_name"), ["500 days old"])
        self.assertEqual(attempts.mapped("event_name"), ["customer.changed"])

    def test_zero_keeps_for_ever(self):
        for what in ("superseded", "payload", "event", "attempt"):
            self.env["ir.config_parameter"].set_param(f"integration_hub.retention_{what}_days", "0")
        event = self.old_delivery(4000)
        self.purge()
        self.assertTrue(event.payload_ids)

    def test_content_is_not_kept_longer_than_the_change_nor_attempts_shorter(self):
        for days in (
            {"integration_payload_days": 200},
            {"integration_attempt_days": 100},
            {"integration_event_days": -1},
        ):
            with self.subTest(days), self.assertRaises(ValidationError):
                self.env["res.config.settings"].create(days)

from unittest.mock import patch

from odoo.addons.integration_hub.models.capture import judgement as capture_judgement
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import HubCase


@tagged("post_install", "-at_install")
class TestCaptureFailure(HubCase):
    """RES-01: no change goes unrecorded, unless an administrator decided that users must never be stopped."""

    def failing(self):
        return patch.object(capture_judgement, "store", side_effect=ZeroDivisionError("cannot store"))

    def test_by_default_a_change_that_cannot_be_recorded_is_not_made(self):
        with self.failing(), self.assertRaises(ZeroDivisionError):
            self.company()
            self.commit()

    def test_with_the_parameter_on_log_the_user_goes_on_and_the_log_says_what_was_lost(self):
        self.env["ir.config_parameter"].set_param("integration_hub.capture_failure", "log")
        company = self.company()
        with self.failing(), self.assertLogs("odoo.addons.integration_hub.models.capture.judgement", "ERROR") as log:
            self.commit()
        self.assertIn("could not be recorded", log.output[0])
        self.assertTrue(company.exists())
        self.assertFalse(self.events())

    def test_with_the_parameter_on_log_a_failing_statement_does_not_break_the_transaction(self):
        self.env["ir.config_parameter"].set_param("integration_hub.capture_failure", "log")
        company = self.company()

        def broken(cr, *_args):
            cr.execute("SELECT 1 / 0")

        with (
            patch.object(capture_judgement, "store", broken),
            mute_logger("odoo.sql_db", "odoo.addons.integration_hub.models.capture.judgement"),
        ):
            self.commit()
        company.phone = "1"
        self.assertEqual(self.the_event().operation, "write")

from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common import HubCase

#: A minute less, for the time that the test takes.
SIX_HOURS = {"hours": 5, "minutes": 59}


@tagged("post_install", "-at_install")
class TestInterruptions(HubCase):
    """MET-04: how long each system could be reached."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.viewer = cls.person("hub_interruptions_viewer", "integration_hub.group_viewer")
        cls.systems = cls.crm | cls.psa
        cls.env.cr.execute(
            "UPDATE integration_system SET create_date = create_date - interval '90 days' WHERE id IN %s",
            [tuple(cls.systems.ids)],
        )
        cls.systems.invalidate_recordset()

    def pause(self, kind="breaker", since=None, system=None):
        self.env.cr.execute(
            "SELECT integration_hub.pause(%s, %s, 'No answer.', NULL, %s::timestamptz)",
            [(system or self.crm).code, kind, f"{since} UTC" if since else None],
        )
        self.env.invalidate_all()

    def resume(self, system=None):
        self.env.cr.execute("SELECT integration_hub.resume(%s)", [(system or self.crm).code])
        self.env.invalidate_all()

    def ago(self, **since):
        return fields.Datetime.now() - timedelta(**since)

    def interruptions(self, system=None):
        found = self.env["integration.interruption"].with_user(self.viewer)
        return found.search([("system_id", "=", (system or self.crm).id)])

    def test_an_outage_lowers_its_own_system_and_no_other(self):
        self.pause(since=self.ago(**SIX_HOURS))
        crm, psa = (system.with_user(self.viewer) for system in (self.crm, self.psa))
        self.assertEqual((crm.available_day, psa.available_day), (75, 100))
        self.assertEqual((crm.available_month, psa.available_month), (99.1, 100))
        self.assertFalse(self.interruptions().ended_at, "It still goes on.")

    def test_it_ends_when_the_system_goes_on(self):
        self.pause(since=self.ago(**SIX_HOURS))
        self.resume()
        interruption = self.interruptions()
        self.assertTrue(interruption.ended_at)
        self.assertAlmostEqual(interruption.hours, 6, 1)
        self.assertEqual((interruption.kind, interruption.reason), ("breaker", "No answer."))
        self.assertEqual(self.crm.available_day, 75)

    def test_what_is_tried_in_turns_is_one_interruption(self):
        since = self.ago(hours=2)
        for _turn in range(3):
            self.pause(since=since)
            self.resume()
        self.pause(since=since)
        self.assertEqual(len(self.interruptions()), 1)
        self.assertFalse(self.interruptions().ended_at)

    def test_a_sign_in_that_is_tried_again_is_one_interruption_until_something_succeeds(self):
        self.rule.system_ids = self.crm
        self.company()
        delivery = self.the_event().delivery_ids.sudo()
        for _turn in range(2):
            self.pause("credential")
            self.resume()
        self.assertEqual(len(self.interruptions()), 1)
        now = fields.Datetime.now() + timedelta(seconds=1)
        self.env["integration.attempt"].sudo().create(
            {
                "delivery_id": delivery.id,
                "system_id": self.crm.id,
                "number": 1,
                "started_at": now,
                "ended_at": now,
                "outcome": "delivered",
            }
        )
        self.env.flush_all()
        self.pause("credential")
        self.assertEqual(len(self.interruptions()), 2)

    def test_what_a_person_stopped_is_noted_and_is_no_outage(self):
        self.crm.action_pause("Stocktaking")
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE integration_interruption SET started_at = started_at - interval '6 hours' WHERE system_id = %s",
            [self.crm.id],
        )
        self.env.invalidate_all()
        self.assertEqual(self.interruptions().kind, "manual")
        self.assertEqual(self.crm.available_day, 100)

    def test_an_outage_of_a_minute_is_no_hundred_percent(self):
        self.pause(since=self.ago(minutes=1))
        self.assertEqual((self.crm.available_day, self.crm.available_month), (99.9, 99.9))

    def test_a_system_counts_from_when_it_is_known(self):
        self.env.cr.execute(
            "UPDATE integration_system SET create_date = %s WHERE id = %s", [self.ago(hours=2), self.crm.id]
        )
        self.pause(since=self.ago(hours=1))
        self.assertAlmostEqual(self.crm.available_day, 50, delta=1)
        self.assertEqual(self.crm.available_month, self.crm.available_day)

    def test_nobody_writes_it_but_the_hub(self):
        self.pause()
        administrator = self.person("hub_interruptions_administrator", "integration_hub.group_administrator")
        for user in (self.viewer, administrator):
            with self.assertRaises(AccessError):
                self.interruptions().with_user(user).write({"ended_at": self.ago(hours=1)})

    def test_it_is_seen_in_the_systems_companies_only(self):
        other = self.env["res.company"].create({"name": "Other"})
        self.pause()
        self.crm.company_id = other
        self.env.flush_all()
        self.assertFalse(self.interruptions())

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from .common import HubCase


@tagged("post_install", "-at_install")
class TestBrake(HubCase):
    """GOV-08: a mass change waits for one decision of a person."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.rule.write({"brake_removals": 2, "brake_creates": 3, "system_ids": [(6, 0, cls.crm.ids)]})
        cls.operator = cls.person("hub_brake_operator", "integration_hub.group_operator")
        cls.viewer = cls.person("hub_brake_viewer", "integration_hub.group_viewer")

    def claim(self):
        rows = self.env["integration.queue"].claim("w", "test_crm", 100, 60)
        self.env.invalidate_all()
        return [row["id"] for row in rows if row["state"] == "processing"]

    def import_companies(self, count):
        self.env["res.partner"].create([{"name": f"Imported {n}", "is_company": True} for n in range(count)])
        self.commit()

    def stopped(self, count=8):
        """A mass change of so many new companies, three of which went."""
        self.import_companies(count)
        self.assertEqual(len(self.claim()), 3)
        return self.env["integration.brake"].search([("rule_id", "=", self.rule.id)], limit=1)

    def test_an_import_stops_at_the_limit_and_says_so(self):
        brake = self.stopped()
        self.assertEqual((brake.state, brake.sent, brake.held_count), ("waiting", 3, 5))
        self.assertIn("8 records (Customer changed) would be created in Test CRM within 10 minutes", brake.summary)
        self.assertIn("the limit is 3. Nothing was sent after the first 3.", brake.summary)
        self.assertEqual(set(brake.sample_ids.mapped("state")), {"held"})
        self.assertEqual(set(brake.sample_ids.mapped("error_kind")), {"policy"})

    def test_one_approval_lets_all_go_and_keeps_who_decided(self):
        brake = self.stopped()
        held = brake.sample_ids
        brake.with_user(self.operator).action_approve()
        self.assertEqual(set(held.mapped("state")), {"pending"})
        self.assertEqual((brake.state, brake.decided_by_id, brake.decided_count), ("approved", self.operator, 5))
        self.assertEqual(held.attempt_ids.mapped("user_id"), self.operator)
        self.import_companies(4)  # the wave goes on
        self.assertEqual(len(self.claim()), 9)
        with self.assertRaisesRegex(UserError, "decided already"):
            brake.with_user(self.operator).action_approve()

    def test_a_rejection_asks_why_and_cancels_all(self):
        brake = self.stopped()
        held = brake.sample_ids
        action = brake.with_user(self.operator).action_reject()
        wizard = Form(self.env[action["res_model"]].with_user(self.operator).with_context(action["context"]))
        wizard.reason = "Wrong file"
        wizard.save().action_confirm()
        self.assertEqual(set(held.mapped("state")), {"cancelled"})
        self.assertEqual((brake.state, brake.reason), ("rejected", "Wrong file"))
        self.assertEqual(set(held.attempt_ids.mapped("reason")), {"Wrong file"})

    def test_archiving_counts_as_deleting(self):
        companies = self.committed(
            self.env["res.partner"].create([{"name": f"Old {n}", "is_company": True} for n in range(4)])
        )
        companies.action_archive()
        self.commit()
        self.assertEqual(len(self.claim()), 2)
        brake = self.env["integration.brake"].search([("rule_id", "=", self.rule.id)])
        self.assertEqual((brake.effect, brake.held_count), ("remove", 2))

    def test_a_held_delivery_is_not_retried_past_the_brake(self):
        brake = self.stopped()
        with self.assertRaisesRegex(UserError, "mass change"):
            brake.sample_ids.with_user(self.operator).action_retry()

    def test_only_operators_decide_and_nobody_writes(self):
        brake = self.stopped()
        with self.assertRaises(AccessError):
            brake.with_user(self.viewer).action_approve()
        with self.assertRaises(AccessError):
            brake.with_user(self.viewer).action_reject(reason="Mine")
        with self.assertRaises(AccessError):
            brake.with_user(self.operator).write({"state": "approved"})

    def test_other_companies_brakes_are_hidden(self):
        company = self.env["res.company"].create({"name": "Another firm"})
        self.rule.company_id = company
        self.env["res.partner"].create(
            [{"name": f"There {n}", "is_company": True, "company_id": company.id} for n in range(5)]
        )
        self.commit()
        self.claim()
        self.assertEqual(self.env["integration.brake"].search([("rule_id", "=", self.rule.id)]).company_id, company)
        self.assertFalse(self.env["integration.brake"].with_user(self.viewer).search([("rule_id", "=", self.rule.id)]))

    def test_deleting_a_rule_leaves_its_mass_change_to_be_decided(self):
        brake = self.stopped()
        self.rule.unlink()
        brake.with_user(self.operator).action_approve()
        self.assertEqual(len(self.claim()), 5)

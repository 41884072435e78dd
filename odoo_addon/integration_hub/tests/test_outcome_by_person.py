from odoo.exceptions import UserError
from odoo.tests import tagged

from .problem_case import ProblemCase


@tagged("post_install", "-at_install")
class TestOutcomeByPerson(ProblemCase):
    """D4: where nobody can look it up, a person says whether the record is there."""

    def setUp(self):
        super().setUp()
        self.env["integration.catalogue"].sudo().publish(
            {"systems": [{"code": "test_crm", "name": "Test CRM", "types": {"customer": "company"}}]}
        )
        self.delivery = self.held()

    def held(self):
        return self.stand_still(
            self.changes(1),
            error_kind="unknown",
            error_code="outcome_unknown",
            cause="unknown:outcome_unknown",
            error_field=False,
            verify=True,
        ).with_user(self.operator)

    def link(self, delivery, external_id="4711", url="https://crm.example/4711", reason="Found by its name"):
        action = delivery.action_it_is_there()
        wizard = (
            self.env[action["res_model"]]
            .with_user(self.operator)
            .with_context(**action["context"])
            .create({"external_id": external_id, "external_url": url, "reason": reason})
        )
        return wizard.action_confirm()

    def decision(self):
        attempt = self.delivery.attempt_ids.sorted("id")[-1:]
        return attempt.outcome, attempt.user_id, attempt.reason or None

    def test_both_choices_are_offered(self):
        self.assertTrue(self.delivery.needs_choice)
        self.delivery.sudo().write({"verify": False})
        self.assertFalse(self.delivery.needs_choice)

    def test_it_is_there_links_it_and_sends_nothing(self):
        self.sync()
        self.link(self.delivery)
        link = self.env["integration.link"].search([("lane", "=", self.delivery.lane)])
        self.assertEqual(
            (link.external_type, link.external_id, link.external_url, link.system_id),
            ("company", "4711", "https://crm.example/4711", self.crm),
        )
        self.assertEqual(
            (self.delivery.state, self.delivery.verify, self.delivery.external_id), ("delivered", False, "4711")
        )
        self.assertEqual(self.decision(), ("person_linked", self.operator, "Found by its name"))
        self.sync()
        self.assertFalse(self.problems())

    def test_it_is_not_there_sends_it_without_looking(self):
        self.delivery.action_it_is_not_there()
        self.assertEqual((self.delivery.state, self.delivery.verify, self.delivery.attempts), ("pending", False, 0))
        self.assertEqual(self.decision(), ("person_sent", self.operator, None))

    def test_what_waited_behind_it_goes_then(self):
        self.env["res.partner"].browse(self.delivery.res_id).phone = "2"
        behind = self.events().delivery_ids.sudo()
        behind.write({"state": "waiting"})
        self.env.flush_all()
        self.link(self.delivery)
        self.env.invalidate_all()
        self.assertEqual(behind.state, "pending")

    def test_what_waited_for_its_link_goes_then(self):
        other = self.changes(1)
        other.write({"state": "waiting", "wait_for": self.delivery.lane})
        self.env.flush_all()
        self.link(self.delivery)
        self.env.invalidate_all()
        self.assertEqual((other.state, other.wait_for), ("pending", False))

    def test_a_record_that_belongs_to_another_is_refused_and_named(self):
        self.link(self.delivery)
        name = self.delivery.res_name
        second = self.held()
        with self.assertRaisesRegex(UserError, f"already belongs to Contact {name}"):
            self.link(second)
        self.assertEqual(second.state, "held")

    def test_it_is_not_for_other_deliveries(self):
        ordinary = self.stand_still(self.changes(1), verify=False).with_user(self.operator)
        with self.assertRaisesRegex(UserError, "does not apply"):
            ordinary.action_it_is_not_there()
        with self.assertRaisesRegex(UserError, "does not apply"):
            self.link(ordinary)

    def test_without_a_published_type_it_says_what_to_do(self):
        self.env["integration.catalogue"].sudo().publish({"systems": [{"code": "test_crm", "name": "Test CRM"}]})
        with self.assertRaisesRegex(UserError, "Start the sidecar"):
            self.link(self.delivery)

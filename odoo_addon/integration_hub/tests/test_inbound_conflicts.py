from odoo.tests import tagged

from .inbound_case import InboundCase


@tagged("post_install", "-at_install")
class TestInboundConflicts(InboundCase):
    """OWN-07: two edits of one field are compared by a person, and nothing is lost meanwhile."""

    def setUp(self):
        super().setUp()
        self.acme = self.linked(phone="1", email="a@example.com")
        self.acme.phone = "ours"
        self.out = self.events().delivery_ids.filtered(lambda delivery: delivery.system_id == self.crm)

    def conflict(self, **given):
        answer = self.receive_one(values={"phone": "theirs", "email": "b@example.com"}, **given)
        return self.row(answer).with_user(self.operator)

    def test_both_values_stand_side_by_side_and_ours_does_not_leave_meanwhile(self):
        row = self.conflict(occurred_at="2030-01-01T00:00:00Z")
        self.assertEqual((row.state, row.error_kind, row.error_code), ("held", "business", "conflict"))
        (compared,) = row.sudo().comparison
        self.assertEqual((compared["odoo"], compared["theirs"], compared["proposal"]), ("ours", "theirs", "theirs"))
        self.assertEqual((self.acme.phone, self.acme.email), ("ours", "a@example.com"), "nothing of it is applied")
        self.assertEqual((self.out.state, self.out.error_code), ("held", "conflict_waits"))
        self.env["integration.problem"].sudo()._sync()
        self.assertEqual(
            self.env["integration.problem"].search([("system_id", "=", self.crm.id), ("state", "=", "open")]).code,
            "conflict",
            "one problem, not two",
        )

    def test_keeping_ours_lets_it_go_and_applies_the_rest(self):
        row = self.conflict()
        row.action_keep_ours()
        self.assertEqual(row.state, "received")
        self.conflict()
        self.assertEqual((row.state, self.acme.phone, self.acme.email), ("delivered", "ours", "b@example.com"))
        self.assertEqual(self.out.state, "pending")

    def test_what_was_decided_for_ours_is_not_asked_again_while_both_values_last(self):
        self.conflict().action_keep_ours()
        self.conflict()
        again = self.conflict()
        self.assertFalse(again, "told again before ours has left, it is no new question")
        self.assertEqual((self.acme.phone, self.out.state), ("ours", "pending"))
        for values, ours in (({"phone": "another"}, "ours"), ({"phone": "theirs"}, "ours too")):
            with self.subTest(values, ours=ours):
                self.acme.phone = ours
                self.events()
                row = self.row(self.receive_one(values=values)).with_user(self.operator)
                self.assertEqual((row.state, row.error_code), ("held", "conflict"))
                row.action_cancel(reason="Seen")

    def test_taking_theirs_replaces_what_was_going_out(self):
        row = self.conflict()
        row.action_take_theirs()
        self.conflict()
        self.assertEqual((row.state, self.acme.phone, self.out.state), ("delivered", "theirs", "superseded"))
        again = self.events().filtered(
            lambda event: event.direction == "out" and self.crm in event.delivery_ids.system_id
        )
        self.assertEqual(self.payload(again)["record"]["phone"], "theirs")

    def test_cancelling_it_lets_ours_go(self):
        self.conflict().action_cancel(reason="Not important")
        self.assertEqual(self.out.state, "pending")

    def test_a_field_that_only_odoo_changed_is_no_conflict(self):
        answer = self.receive_one(values={"phone": "1", "email": "b@example.com"})
        self.assertEqual((answer["state"], self.acme.phone, self.acme.email), ("delivered", "ours", "b@example.com"))
        self.assertEqual(self.out.state, "pending")

    def test_what_was_read_before_ours_arrived_is_read_again(self):
        for state, done_at in (("processing", False), ("unknown", False), ("delivered", "2030-06-01 00:00:00")):
            with self.subTest(state):
                self.out.sudo().write({"state": state, "done_at": done_at})
                answer = self.receive_one(values={"phone": "1"})
                self.assertEqual((answer["read_again"], answer["delivery_id"]), (True, None))
                self.assertEqual(self.acme.phone, "ours")
        fresh = self.receive_one(values={"phone": "theirs"}, fetched_at="2030-06-01T00:01:00Z")
        self.assertEqual((fresh["state"], self.acme.phone), ("delivered", "theirs"))

    def test_a_record_that_odoo_is_creating_there_is_not_created_twice(self):
        self.company("New one")
        new = self.events().delivery_ids.filtered(lambda delivery: delivery.system_id == self.crm)
        new.sudo().write({"state": "processing", "claimed_at": "2030-01-01 00:00:00"})
        self.assertTrue(self.receive_one("77", {"name": "New one"})["read_again"])

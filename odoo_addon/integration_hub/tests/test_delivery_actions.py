from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import HubCase


@tagged("post_install", "-at_install")
class TestDeliveryActions(HubCase):
    """RES-05, OBS-01: what a person decides about a delivery takes effect at once, and stays on record with who and
    why."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.operator = cls.person("hub_actions_operator", "integration_hub.group_operator")

    def setUp(self):
        super().setUp()
        self.rule.system_ids = self.crm
        self.acme = self.company(phone="1")
        self.delivery = self.the_event().delivery_ids.with_user(self.operator)

    def become(self, state, **values):
        self.delivery.sudo().write({"state": state} | values)
        self.env.flush_all()

    def last_decision(self):
        attempt = self.env["integration.attempt"].search(
            [("delivery_id", "=", self.delivery.id)], order="id desc", limit=1
        )
        return attempt.outcome, attempt.user_id, attempt.reason or None

    def test_retry_queues_what_was_given_up_with_the_tries_counted_afresh(self):
        for state in ("held", "dead", "retry", "waiting"):
            with self.subTest(state):
                self.become(state, attempts=7, error_kind="data", error_message="No name", error_field="customer.name")
                self.delivery.action_retry()
                self.assertEqual(
                    (self.delivery.state, self.delivery.attempts, self.delivery.what_happened), ("pending", 0, False)
                )
                self.assertEqual(self.last_decision(), ("retried", self.operator, None))

    def test_retry_of_what_may_have_arrived_looks_it_up_first(self):
        self.become("held", verify=True)
        self.delivery.action_retry()
        self.assertEqual((self.delivery.state, self.delivery.verify), ("unknown", True))

    def test_send_again_sends_the_same_content_though_it_was_delivered(self):
        self.become("delivered")
        payload = self.delivery.payload
        self.delivery.action_send_again()
        self.assertEqual((self.delivery.state, self.delivery.forced, self.delivery.payload), ("pending", True, payload))
        self.assertEqual(self.last_decision(), ("sent_again", self.operator, None))

    def test_read_again_makes_a_new_event_of_the_record_as_it_is_now(self):
        self.become("held")
        self.rule.active = False
        self.acme.phone = "2"
        self.commit()
        self.rule.active = True
        self.delivery.action_read_again()
        event = self.the_event()
        self.assertEqual(self.payload(event)["record"]["phone"], "2")
        self.assertEqual(
            (event.delivery_ids.state, event.delivery_ids.forced, event.delivery_ids.system_id),
            ("pending", True, self.crm),
        )
        self.assertEqual(event.user_id, self.operator)
        self.assertEqual(self.last_decision(), ("read_again", self.operator, None))

    def test_read_again_says_so_when_the_record_is_gone(self):
        self.become("held")
        self.acme.unlink()
        with self.assertRaisesRegex(UserError, "gone"):
            self.delivery.action_read_again()

    def test_hold_keeps_a_delivery_and_release_lets_it_go(self):
        self.delivery.action_hold(reason="Wait for legal")
        self.assertEqual(
            (self.delivery.state, self.delivery.error_kind, self.delivery.error_code),
            ("held", "policy", "held_by_person"),
        )
        self.assertIn("Wait for legal", self.delivery.what_happened)
        self.assertEqual(self.last_decision(), ("person_held", self.operator, "Wait for legal"))
        self.delivery.action_release()
        self.assertEqual((self.delivery.state, self.delivery.what_happened), ("pending", False))
        self.assertEqual(self.last_decision(), ("person_released", self.operator, None))

    def test_release_is_not_for_what_is_held_because_something_is_wrong(self):
        self.become("held", error_kind="data", error_code="mapping_required_missing")
        with self.assertRaisesRegex(UserError, "does not apply"):
            self.delivery.action_release()

    def test_cancel_asks_for_a_reason_and_keeps_it(self):
        action = self.delivery.action_cancel()
        wizard = (
            self.env[action["res_model"]]
            .with_user(self.operator)
            .with_context(**action["context"])
            .create({"reason": "Duplicate"})
        )
        wizard.action_confirm()
        self.assertEqual(self.delivery.state, "cancelled")
        self.assertTrue(self.delivery.done_at)
        self.assertEqual(self.last_decision(), ("cancelled", self.operator, "Duplicate"))

    def test_cancelling_the_head_of_a_lane_wakes_what_waited_behind_it(self):
        self.become("dead")
        self.acme.phone = "2"
        behind = self.the_event().delivery_ids
        behind.sudo().write({"state": "waiting"})
        self.assertEqual(behind.blocked_by_id, self.delivery)
        self.delivery.action_cancel(reason="Wrong record")
        behind.invalidate_recordset()
        self.assertEqual(behind.state, "pending")

    def test_an_action_that_does_not_apply_says_why(self):
        self.become("processing")
        for action in ("action_retry", "action_send_again", "action_hold", "action_release"):
            with self.subTest(action), self.assertRaisesRegex(UserError, "In flight"):
                getattr(self.delivery, action)()
        with self.assertRaisesRegex(UserError, "In flight"):
            self.delivery.action_cancel(reason="x")

    def test_in_a_selection_what_does_not_apply_is_left_out_and_counted(self):
        self.become("held")
        self.acme.phone = "2"
        both = self.delivery | self.the_event().delivery_ids.with_user(self.operator)
        answer = both.action_retry()
        self.assertEqual(answer["params"]["message"], "Goes again: 1. Left out because of their state: 1")
        self.assertEqual(both.mapped("state"), ["pending", "pending"])

    def test_200_deliveries_are_decided_about_at_once(self):
        self.env["res.partner"].create([{"name": f"Company {number}", "is_company": True} for number in range(200)])
        deliveries = self.events().delivery_ids.with_user(self.operator)
        deliveries.action_hold()
        self.assertEqual(set(deliveries.mapped("state")), {"held"})
        deliveries.action_release()
        self.assertEqual(set(deliveries.mapped("state")), {"pending"})
        deliveries.action_cancel(reason="Test")
        self.assertEqual(len(deliveries.attempt_ids), 600)

    @mute_logger("odoo.sql_db")
    def test_a_delivery_that_is_being_worked_on_this_moment_is_refused_in_plain_words(self):
        cursor = type(self.env.cr)
        execute = cursor.execute

        def locked(cr, query, *args, **kwargs):
            if "FOR UPDATE" in str(query):
                query, args = "DO $$ BEGIN RAISE lock_not_available; END $$", ()
            return execute(cr, query, *args, **kwargs)

        self.patch(cursor, "execute", locked)
        with self.assertRaisesRegex(UserError, "this very moment"):
            self.delivery.action_hold()

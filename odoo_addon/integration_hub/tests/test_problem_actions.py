from odoo.exceptions import UserError
from odoo.tests import tagged

from .problem_case import ProblemCase


@tagged("post_install", "-at_install")
class TestProblemActions(ProblemCase):
    """RES-03, D5: all that stand still for one cause are decided about in one action."""

    def stopped(self, count, **values):
        deliveries = self.stand_still(self.changes(count), **values)
        self.sync()
        return deliveries, self.the_problem().with_user(self.operator)

    def test_retry_all_sends_every_one_again_and_keeps_who_asked(self):
        deliveries, problem = self.stopped(3)
        answer = problem.action_retry_all()
        self.assertEqual(answer["params"]["message"], "Goes again: 3")
        self.assertEqual(set(deliveries.mapped("state")), {"pending"})
        decisions = deliveries.attempt_ids
        self.assertEqual(decisions.mapped("outcome"), ["retried"] * 3)
        self.assertEqual(decisions.user_id, self.operator)
        self.sync()
        self.assertEqual(problem.state, "closed")

    def test_only_what_stands_still_for_this_cause_is_touched(self):
        _deliveries, problem = self.stopped(2)
        other = self.stand_still(self.changes(1), cause="data:other:x", error_code="other", error_field="x")
        problem.action_retry_all()
        self.assertEqual(other.state, "held")

    def test_cancel_all_asks_for_the_reason_and_keeps_it(self):
        deliveries, problem = self.stopped(3)
        action = problem.action_cancel_all()
        wizard = (
            self.env[action["res_model"]]
            .with_user(self.operator)
            .with_context(**action["context"])
            .create({"reason": "Old system"})
        )
        self.assertEqual(wizard.delivery_count, 3)
        wizard.action_confirm()
        self.assertEqual(set(deliveries.mapped("state")), {"cancelled"})
        self.assertEqual(set(deliveries.attempt_ids.mapped("reason")), {"Old system"})

    def test_read_again_all_queues_the_records_as_they_are_now(self):
        deliveries, problem = self.stopped(2)
        problem.action_read_again_all()
        fresh = self.events().delivery_ids
        self.assertEqual(sorted(fresh.mapped("lane")), sorted(deliveries.mapped("lane")))
        self.assertEqual(set(deliveries.attempt_ids.mapped("outcome")), {"read_again"})

    def test_what_is_read_again_takes_the_place_of_what_stood_still(self):
        deliveries, problem = self.stopped(2)
        problem.action_read_again_all()
        self.events()
        self.claim()
        self.assertEqual(set(deliveries.mapped("state")), {"superseded"})
        self.sync()
        self.assertEqual(problem.state, "closed")

    def test_a_later_success_closes_older_failures_of_the_same_record(self):
        """D5"""
        for state, kind in (("held", "data"), ("held", "business"), ("dead", "technical")):
            with self.subTest(kind=kind):
                deliveries, problem = self.stopped(1, state=state, error_kind=kind, cause=f"{kind}:some_reason")
                self.env["res.partner"].browse(deliveries.res_id).phone = f"+32 2 {kind}"
                later = self.events().delivery_ids
                (claimed,) = self.claim()
                self.assertEqual(claimed, later.id)
                self.settle_delivered(later)
                self.assertEqual((deliveries.state, later.state), ("superseded", "delivered"))
                self.sync()
                self.assertEqual(problem.state, "closed")

    def test_ten_thousand_are_decided_about_in_one_action(self):
        delivery = self.stand_still(self.changes(1))
        self.env.cr.execute(
            """
            INSERT INTO integration_delivery (event_id, system_id, lane, model, res_id, object, event_type, operation,
                state, priority, "coalesce", verify, forced, attempts, error_kind, error_code, error_message, cause,
                create_date)
            SELECT event_id, system_id, 'res.partner,' || -n, model, -n, object, event_type, operation,
                state, priority, "coalesce", false, false, 1, error_kind, error_code, error_message, cause, create_date
            FROM integration_delivery, generate_series(1, 9999) n WHERE id = %s
            """,
            [delivery.id],
        )
        self.sync()
        problem = self.the_problem().with_user(self.operator)
        self.assertEqual(problem.delivery_count, 10_000)
        self.assertEqual(len(self.activities(problem)), 1)
        # Measured on 2 shared cores: the look 0.2 s, the decision 1.9 s.
        self.assertEqual(problem.action_retry_all()["params"]["message"], "Goes again: 10000")
        self.assertEqual(problem.delivery_count, 0)

    def test_what_needs_a_choice_is_not_retried_in_bulk(self):
        _deliveries, problem = self.stopped(
            2, error_kind="unknown", error_code="outcome_unknown", cause="unknown:outcome_unknown", verify=True
        )
        self.assertTrue(problem.needs_choice)
        with self.assertRaisesRegex(UserError, "Open each delivery and choose"):
            problem.action_retry_all()

    def test_a_question_about_each_record_is_not_offered_as_one_for_all(self):
        _deliveries, problem = self.stopped(1, error_code="possible_duplicate", cause="business:possible_duplicate")
        self.assertTrue(problem.decide_each)
        self.stand_still(self.changes(1))
        self.sync()
        self.assertEqual((self.problems() - problem).mapped("decide_each"), [False])

    def test_a_stopped_system_is_resumed_from_its_problem(self):
        self.changes(1)
        self.pause("credential", "401")
        self.sync()
        problem = self.the_problem().with_user(self.operator)
        with self.assertRaisesRegex(UserError, "once Test CRM goes on"):
            problem.action_retry_all()
        problem.action_resume_system()
        self.assertEqual(self.crm.state, "active")

    def test_it_leads_to_its_deliveries(self):
        deliveries, problem = self.stopped(3)
        self.stand_still(self.changes(1), cause="data:other:x")
        action = problem.action_open_deliveries()
        self.assertEqual(self.env[action["res_model"]].search(action["domain"]), deliveries.sorted("id", reverse=True))

    def claim(self):
        self.env.flush_all()
        self.env.cr.execute(
            "SELECT id FROM integration_hub.claim('test', %s, 100, 60) WHERE state = 'processing'", [self.crm.code]
        )
        claimed = [row[0] for row in self.env.cr.fetchall()]
        self.env.invalidate_all()
        return claimed

    def settle_delivered(self, delivery):
        self.env["integration.queue"].sudo().settle(
            "test", [{"id": delivery.id, "claims": delivery.claims, "outcome": "delivered"}]
        )
        self.env.invalidate_all()

from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .problem_case import ProblemCase


@tagged("post_install", "-at_install")
class TestProblems(ProblemCase):
    """D5, OBS-03: every state that needs a person reaches one person once, and ends by itself."""

    def test_many_records_with_one_cause_are_one_problem_and_one_activity(self):
        self.stand_still(self.changes(5))
        self.sync()
        problem = self.the_problem()
        self.assertEqual((problem.kind, problem.delivery_count, problem.system_id), ("data", 5, self.crm))
        self.assertEqual(len(self.activities(problem)), 1)
        activity = self.activities(problem)
        self.assertEqual(activity.user_id, self.owner)
        for words in ("has no country", "Fill in the country", "5 records wait"):
            self.assertIn(words, activity.note)

    def test_another_delivery_of_the_same_cause_raises_no_second_activity(self):
        self.stand_still(self.changes(1))
        self.sync()
        self.stand_still(self.changes(3))
        self.sync()
        problem = self.the_problem()
        self.assertEqual(problem.delivery_count, 4)
        self.assertEqual(len(self.activities(problem)), 1)
        self.env["integration.problem"]._refresh_activities()
        self.assertIn("4 records wait", self.activities(problem).note)

    def test_looking_again_changes_nothing(self):
        self.stand_still(self.changes(2))
        self.assertEqual(self.sync()["opened"], 1)
        told = [name for name, field in self.env["integration.problem"]._fields.items() if field.store]  # not its age
        before = self.the_problem().read(told)
        self.assertEqual(self.sync() | {"open": 1}, {"open": 1, "opened": 0, "closed": 0, "busy": False})
        self.assertEqual(self.the_problem().read(told), before)

    def test_each_kind_cause_system_and_company_is_a_problem_of_its_own(self):
        one, two, three, four = self.changes(4)
        self.stand_still(one)
        self.stand_still(two, error_field="customer.vat", cause="data:mapping_required_missing:customer.vat")
        self.stand_still(three, error_kind="business", cause="business:refused")
        self.stand_still(four, company_id=self.env["res.company"].create({"name": "Another"}).id)
        self.sync()
        self.assertEqual(sorted(self.problems().mapped("kind")), ["business", "data", "data", "data"])

    def test_it_closes_by_itself_when_the_last_delivery_leaves_and_its_activity_is_done(self):
        for state in ("delivered", "superseded", "cancelled", "pending"):
            with self.subTest(state):
                deliveries = self.stand_still(self.changes(2))
                self.sync()
                problem = self.the_problem()
                activity = self.activities(problem)
                deliveries[0].write({"state": state})
                self.sync()
                self.assertEqual(problem.state, "open")
                deliveries[1].write({"state": state})
                self.sync()
                self.assertEqual((problem.state, problem.delivery_count), ("closed", 0))
                self.assertTrue(problem.closed_at and problem.close_reason)
                self.assertFalse(self.activities(problem))
                self.assertEqual((activity.active, activity.feedback), (False, problem.close_reason))

    def test_a_cause_that_comes_back_is_a_new_problem(self):
        first = self.stand_still(self.changes(1))
        self.sync()
        old = self.the_problem()
        first.write({"state": "delivered"})
        self.sync()
        self.stand_still(self.changes(1))
        self.sync()
        self.assertEqual(old.state, "closed")
        self.assertNotEqual(self.the_problem(), old)

    def test_a_failure_that_names_something_else_in_each_record_is_one_problem(self):
        deliveries = self.changes(30)
        for number, delivery in enumerate(deliveries):
            self.stand_still(
                delivery, error_field=f"line.{number}", cause=f"data:mapping_required_missing:line.{number}"
            )
        self.sync()
        problem = self.the_problem()
        self.assertEqual((problem.cause, problem.delivery_count), ("data:mapping_required_missing:*", 30))
        deliveries[:25].write({"state": "delivered"})
        self.sync()
        self.assertEqual(self.the_problem(), problem, "it does not fall apart again on its way to the end")
        deliveries.write({"state": "delivered"})
        self.sync()
        self.assertEqual(problem.state, "closed")

    def test_what_a_person_stopped_is_no_problem(self):
        self.changes(2).with_user(self.operator).action_hold()
        self.crm.action_pause(reason="Month end")
        self.sync()
        self.assertFalse(self.problems())

    def test_a_refused_sign_in_is_a_problem_of_the_whole_system_until_it_goes_on(self):
        self.changes(3)
        self.pause("credential", "401 Unauthorized")
        self.sync()
        problem = self.the_problem()
        self.assertEqual((problem.kind, problem.delivery_count, problem.is_pause), ("credential", 3, True))
        self.assertIn("Give the sidecar valid credentials", self.activities(problem).note)
        self.crm.action_resume()
        self.sync()
        self.assertEqual((problem.state, problem.close_reason), ("closed", "Test CRM goes on."))

    def test_a_system_that_does_not_answer_is_told_of_when_it_lasts(self):
        with self.at("2026-03-02 10:00:00"):
            self.changes(1)
            self.pause("breaker", "timeouts")
            self.sync()
            self.assertFalse(self.problems())
        with self.at("2026-03-02 10:10:00"):
            # Between two tries the system is not paused; it is no better.
            self.crm.action_resume()
            self.sync()
            self.pause("breaker", "timeouts")
        with self.at("2026-03-02 10:16:00"):
            self.sync()
            problem = self.the_problem()
            self.assertEqual(problem.kind, "technical")
            self.crm.action_resume()
            self.sync()
            self.assertEqual(problem.state, "open", "one try that is under way heals nothing")
            self.arrived()
            self.sync()
            self.assertEqual(problem.state, "closed")

    def test_a_dead_letter_shows_its_cause_owner_and_next_step(self):
        """RES-03"""
        dead = self.stand_still(
            self.changes(1), state="dead", error_kind="technical", cause="technical:http_500", error_hint="Ask them."
        )
        self.sync()
        dead.invalidate_recordset()
        self.assertEqual(dead.problem_id, self.the_problem())
        self.assertEqual((dead.problem_owner_id, dead.error_hint), (self.owner, "Ask them."))
        self.assertEqual(dead.error_field_words, "Customer / Country")

    def test_nothing_is_posted_on_the_business_record(self):
        deliveries = self.stand_still(self.changes(1))
        record = self.env["res.partner"].browse(deliveries.res_id)
        before = record.message_ids
        self.sync()
        deliveries.write({"state": "delivered"})
        self.sync()
        self.assertEqual(record.message_ids, before)
        self.assertFalse(record.activity_ids)

    def test_it_writes_nothing_while_somebody_else_is_at_it(self):
        self.stand_still(self.changes(1))
        cursor = type(self.env.cr)
        execute = cursor.execute

        def refused(cr, query, *args, **kwargs):
            if "pg_try_advisory_xact_lock" in str(query):
                query, args = "SELECT false", ()
            return execute(cr, query, *args, **kwargs)

        with patch.object(cursor, "execute", refused):
            self.assertTrue(self.sync()["busy"])
        self.assertFalse(self.problems())

    # -- rights ------------------------------------------------------------------------------------------------

    def test_people_may_change_nothing_but_the_owner(self):
        self.stand_still(self.changes(1))
        self.sync()
        problem = self.the_problem().with_user(self.operator)
        for values in ({"state": "closed"}, {"message": "x"}, {"user_id": self.operator.id, "cause": "x"}):
            with self.subTest(values), self.assertRaises(AccessError):
                problem.write(values)
        with self.assertRaises(AccessError):
            problem.create({"system_id": self.crm.id, "cause": "x", "kind": "data"})
        with self.assertRaises(AccessError):
            problem.unlink()
        problem.user_id = self.operator
        self.assertEqual(self.activities(problem).user_id, self.operator)

    def test_a_viewer_looks_and_a_stranger_does_not(self):
        self.stand_still(self.changes(1))
        self.sync()
        problem = self.the_problem()
        self.assertTrue(problem.with_user(self.owner).headline)
        for action in ("action_retry_all", "action_read_again_all", "action_cancel_all", "action_take"):
            with self.subTest(action), self.assertRaises(AccessError):
                getattr(problem.with_user(self.owner), action)()
        with self.assertRaises(AccessError):
            problem.with_user(self.person("hub_problem_stranger")).read(["message"])

    def test_another_companys_problem_is_not_shown(self):
        other = self.env["res.company"].create({"name": "Another"})
        self.stand_still(self.changes(1), company_id=other.id)
        self.sync()
        problem = self.the_problem()
        self.assertEqual(problem.company_id, other)
        self.assertNotIn(problem, self.env["integration.problem"].with_user(self.operator).search([]))
        self.assertNotIn(self.owner, self.activities(problem).user_id, "who cannot see it is not told of it")

    def test_only_the_sidecars_user_says_that_there_is_news(self):
        self.stand_still(self.changes(1))
        sidecar = self.person("hub_problem_sidecar", "integration_hub.group_sidecar")
        with self.assertRaises(AccessError):
            self.env["integration.queue"].with_user(self.operator).note_problems()
        answer = self.env["integration.queue"].with_user(sidecar).note_problems()
        self.assertEqual((answer["open"], answer["opened"]), (1, 1))

    def test_a_closed_problem_offers_nothing_to_do(self):
        deliveries = self.stand_still(self.changes(1))
        self.sync()
        problem = self.the_problem().with_user(self.operator)
        deliveries.write({"state": "delivered"})
        self.sync()
        with self.assertRaisesRegex(UserError, "closed"):
            problem.action_retry_all()

from odoo.exceptions import AccessError
from odoo.tests import tagged
from psycopg2.extras import Json

from .problem_case import ProblemCase

REFUSED = {
    "failing_since": "2026-03-02T09:00:00Z",
    "kind": "credential",
    "code": "http_401",
    "message": "Test CRM refused the sign-in.",
    "hint": "Give the sidecar another key.",
}
AWAY = {
    "failing_since": "2026-03-02T09:50:00Z",
    "kind": "technical",
    "code": "http_503",
    "message": "Test CRM does not answer.",
    "hint": "Nothing to do.",
}
ODD = {
    "failing_since": "2026-03-02T09:00:00Z",
    "kind": "data",
    "code": "answer_unreadable",
    "message": 'In "customer" there is "Jane Doe" and no date.',
    "hint": "Ask them.",
}


@tagged("post_install", "-at_install")
class TestProblemPolls(ProblemCase):
    """OBS-03, REC-04: people learn in Odoo, once a cause, that a system's changes cannot be looked for."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["integration.catalogue"].publish(
            {
                "objects": [
                    {"object": "timesheet", "title": "Timesheet entry", "model": "account.analytic.line", "paths": []},
                    {"object": "customer", "title": "Customer", "model": "res.partner", "paths": []},
                ]
            }
        )

    def report(self, **lists):
        """What the sidecar says; a keyword for each list, None where it can be read."""
        objects = {"approval": ["timesheet"], "company": ["customer"]}
        said = [
            {"type": type_, "objects": objects[type_], "looked_at": "2026-03-02T09:55:00Z"} | (failing or {})
            for type_, failing in lists.items()
        ]
        self.env.flush_all()
        self.env.cr.execute("SELECT integration_hub.report_polls(%s, %s)", [self.crm.code, Json(said)])
        self.env.invalidate_all()
        self.sync()

    def test_a_list_that_cannot_be_read_is_on_the_system_with_its_reason_and_next_step(self):
        with self.at("2026-03-02 10:00:00"):
            self.report(approval=REFUSED, company=None)
            self.assertEqual(self.crm.polls_text, "Timesheet entry (for 1 hour)")
            failing = self.crm.with_user(self.operator).failing_poll_ids
            self.assertEqual(
                (failing.what_happened, failing.what_to_do),
                ("Test CRM refused the sign-in.", "Give the sidecar another key."),
            )
            self.assertRegex(
                self.crm.with_user(self.operator).polls_details,
                r"Timesheet entry, since .*9:00.*refused the sign-in\. Give the sidecar another key\.",
            )
            self.assertIn(self.crm, self.env["integration.system"].search([("poll_ids.failing_since", "!=", False)]))
            self.report(approval=None, company=None)
            self.assertFalse(self.crm.polls_text)
            self.assertEqual(self.crm.last_look_text, "5 minutes ago")

    def test_its_owner_is_told_once_and_it_closes_by_itself(self):
        self.report(approval=REFUSED)
        problem = self.the_problem()
        self.assertEqual((problem.kind, problem.code, problem.is_poll), ("credential", "http_401", True))
        activity = self.activities(problem)
        self.assertEqual(activity.user_id, self.owner)
        for words in ("Timesheet entry", "refused the sign-in", "another key", "looks again by itself"):
            self.assertIn(words, activity.note)
        self.assertNotIn("records wait", activity.note)
        self.report(approval=REFUSED)
        self.assertEqual(self.activities(self.the_problem()), activity)
        self.report(approval=None)
        self.assertEqual((problem.state, problem.close_reason), ("closed", "Changes in Test CRM are found again."))
        self.assertFalse(activity.active)

    def test_lists_with_one_reason_are_one_problem_whose_words_follow(self):
        self.report(approval=REFUSED, company=None)
        problem = self.the_problem()
        self.assertNotIn("Customer", problem.message)
        self.report(approval=REFUSED, company=REFUSED)
        self.assertEqual(self.the_problem(), problem)
        self.assertIn("Timesheet entry", problem.message)
        self.assertIn("Customer", problem.message)
        self.assertEqual(len(self.activities(problem)), 1)

    def test_what_is_away_for_a_moment_is_nobodys_business(self):
        with self.at("2026-03-02 10:00:00"):
            self.report(approval=AWAY)
            self.assertFalse(self.problems())
            self.assertTrue(self.crm.polls_text, "it shows on the system at once")
        with self.at("2026-03-02 10:05:00"):
            self.report(approval=AWAY)
            self.assertEqual(self.the_problem().kind, "technical")

    def test_a_system_that_stands_still_is_one_problem_not_two(self):
        self.report(approval=REFUSED)
        poll = self.the_problem()
        self.pause("credential", "401 Unauthorized")
        self.sync()
        self.assertEqual(self.the_problem().cause, "pause:credential")
        self.assertEqual(
            (poll.state, poll.close_reason),
            ("closed", "Test CRM is paused: nothing is looked for there meanwhile."),
        )

    def test_an_archived_system_is_nobodys_business(self):
        self.report(approval=REFUSED)
        self.crm.active = False
        self.sync()
        self.assertFalse(self.problems())

    def test_values_in_an_answer_are_for_those_who_may_see_them(self):
        self.report(company=ODD)
        problem = self.the_problem()
        self.assertNotIn("Jane Doe", problem.message)
        failing = self.crm.failing_poll_ids
        self.assertNotIn("Jane Doe", failing.with_user(self.operator).what_happened)
        with self.assertRaises(AccessError):
            failing.with_user(self.operator).read(["error_message"])
        confidant = self.person(
            "hub_poll_confidant", "integration_hub.group_operator", "integration_hub.group_confidential"
        )
        self.assertIn("Jane Doe", failing.with_user(confidant).what_happened)

    def test_only_the_hub_writes_what_was_found(self):
        self.report(approval=REFUSED)
        with self.assertRaises(AccessError):
            self.crm.failing_poll_ids.with_user(self.operator).write({"failing_since": False})
        administrator = self.person("hub_poll_admin", "integration_hub.group_administrator", "base.group_system")
        with self.assertRaises(AccessError):
            self.crm.failing_poll_ids.with_user(administrator).unlink()

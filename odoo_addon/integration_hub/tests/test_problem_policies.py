from odoo.exceptions import AccessError, ValidationError
from odoo.tests import tagged

from .problem_case import ProblemCase

KINDS = ("technical", "credential", "data", "business", "policy", "unknown")


@tagged("post_install", "-at_install")
class TestProblemPolicies(ProblemCase):
    """GOV-08: who is told, how fast, who may decide; an untouched problem escalates on time."""

    def policy(self, **values):
        return self.env["integration.exception.policy"].create({"name": "Of the test", "kind": "data"} | values)

    def problem_of(self, **values):
        self.stand_still(self.changes(1), **values)
        self.sync()
        return self.the_problem()

    def test_every_kind_has_a_policy_from_the_start(self):
        shipped = self.env["integration.exception.policy"].search([("system_id", "=", False)])
        self.assertEqual(set(shipped.mapped("kind")), set(KINDS))
        for policy in shipped:
            self.assertTrue(
                policy.deadline_hours > 0 and policy.escalate_hours > 0 and policy.decide_group_id, policy.name
            )

    def test_each_problem_shows_its_policy_and_deadline(self):
        with self.at("2026-03-02 10:00:00"):
            problem = self.problem_of()
            self.assertEqual(problem.policy_id, self.env.ref("integration_hub.policy_data"))
            self.assertEqual(str(problem.due_at), "2026-03-03 10:00:00")
            self.assertEqual(str(self.activities(problem).date_deadline), "2026-03-03")

    def test_three_failures_land_with_three_owners(self):
        """OBS-03"""
        business, policy = (
            self.person("hub_policy_sales", "integration_hub.group_viewer"),
            self.person("hub_policy_boss", "integration_hub.group_viewer"),
        )
        self.rule.user_id = business
        self.policy(kind="policy", tell="user", user_id=policy.id, system_id=self.crm.id)
        one, two, three = self.changes(3)
        self.stand_still(one, state="dead", error_kind="technical", cause="technical:http_503")
        self.stand_still(two, error_kind="business", cause="business:refused")
        self.stand_still(three, error_kind="policy", cause="policy:delete_not_offered")
        self.sync()
        self.assertEqual(
            {problem.kind: problem.user_id for problem in self.problems()},
            {"technical": self.owner, "business": business, "policy": policy},
        )

    def test_the_most_specific_policy_counts(self):
        wide = self.policy(system_id=self.crm.id)
        narrow = self.policy(object="customer")
        narrowest = self.policy(rule_id=self.rule.id)
        find = self.env["integration.exception.policy"]._for
        self.assertEqual(find("data", self.crm, "customer", self.rule), narrowest)
        self.assertEqual(find("data", self.crm, "customer", self.env["integration.rule"]), narrow)
        self.assertEqual(find("data", self.crm, "invoice", self.env["integration.rule"]), wide)
        self.assertEqual(
            find("data", self.psa, "invoice", self.env["integration.rule"]),
            self.env.ref("integration_hub.policy_data"),
        )

    def test_everybody_in_a_group_is_told_until_one_takes_it(self):
        group = self.env["res.groups"].create({"name": "Finance"})
        people = [self.person(f"hub_policy_{n}", "integration_hub.group_operator") for n in (1, 2, 3)]
        group.user_ids = people[0] | people[1] | people[2]
        self.policy(tell="group", group_id=group.id, system_id=self.crm.id)
        problem = self.problem_of()
        self.assertFalse(problem.user_id)
        self.assertEqual(self.activities(problem).user_id, group.user_ids)
        problem.with_user(people[1]).action_take()
        self.assertEqual(problem.user_id, people[1])
        self.assertEqual(self.activities(problem).user_id, people[1])

    def test_the_administrators_are_told_where_there_is_no_owner_who_could_look(self):
        self.crm.user_id = self.person("hub_policy_no_rights")
        problem = self.problem_of()
        administrators = self.env.ref("integration_hub.group_administrator").all_user_ids.filtered("active")
        self.assertTrue(self.activities(problem).user_id)
        self.assertLessEqual(self.activities(problem).user_id, administrators)

    def test_an_untouched_problem_escalates_on_time_and_once(self):
        boss = self.person("hub_policy_boss", "integration_hub.group_viewer")
        self.policy(system_id=self.crm.id, escalate_hours=2, escalate_user_id=boss.id)
        Problem = self.env["integration.problem"]
        with self.at("2026-03-02 10:00:00"):
            problem = self.problem_of()
        with self.at("2026-03-02 11:59:00"):
            Problem._cron_keep()
            self.assertEqual(self.activities(problem).user_id, self.owner)
        with self.at("2026-03-02 12:01:00"):
            Problem._cron_keep()
            self.assertEqual(self.activities(problem).user_id, self.owner | boss)
            escalated = self.activities(problem).filtered(lambda activity: activity.user_id == boss)
            self.assertIn("Nobody has acted", escalated.summary)
            self.assertEqual(str(problem.escalated_at), "2026-03-02 12:01:00")
        with self.at("2026-03-03 12:00:00"):
            Problem._cron_keep()
            self.assertEqual(len(self.activities(problem)), 2)

    def test_acting_on_it_puts_the_escalation_off(self):
        self.policy(system_id=self.crm.id, escalate_hours=2)
        with self.at("2026-03-02 10:00:00"):
            problem = self.problem_of()
        with self.at("2026-03-02 11:30:00"):
            problem.with_user(self.operator).action_take()
        with self.at("2026-03-02 12:01:00"):
            self.env["integration.problem"]._cron_keep()
            self.assertFalse(problem.escalated_at)
            self.assertEqual(str(problem.escalates_at), "2026-03-02 13:30:00")

    def test_who_may_decide_is_enforced_on_the_problem_and_on_each_delivery(self):
        group = self.env["res.groups"].create({"name": "Finance"})
        self.policy(system_id=self.crm.id, decide_group_id=group.id)
        problem = self.problem_of()
        delivery = problem.example_id
        for call in (
            problem.with_user(self.operator).action_retry_all,
            problem.with_user(self.operator).action_take,
            delivery.with_user(self.operator).action_retry,
            delivery.with_user(self.operator).action_read_again,
        ):
            with self.assertRaisesRegex(AccessError, "only Finance may decide"):
                call()
        self.assertFalse(problem.with_user(self.operator).can_decide)
        group.user_ids = self.operator
        delivery.with_user(self.operator).action_retry()
        self.assertEqual(delivery.state, "pending")

    def test_a_policy_that_names_nobody_is_refused(self):
        for tell in ("user", "group"):
            with self.subTest(tell), self.assertRaisesRegex(ValidationError, "name the person or the group"):
                self.policy(tell=tell)

    def test_policies_are_made_by_administrators(self):
        administrator = self.person("hub_policy_admin", "integration_hub.group_administrator")
        policy = self.policy()
        policy.with_user(administrator).deadline_hours = 3
        for user in (self.owner, self.operator):
            with self.assertRaises(AccessError):
                policy.with_user(user).deadline_hours = 5

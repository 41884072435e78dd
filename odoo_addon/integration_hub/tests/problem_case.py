from contextlib import contextmanager

from freezegun import freeze_time

from .common import HubCase


class ProblemCase(HubCase):
    """A system with an owner, and deliveries that stand still."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["integration.delivery"].sudo().search([("state", "in", ("held", "dead"))]).write({"state": "cancelled"})
        cls.owner = cls.person("hub_problem_owner", "integration_hub.group_viewer")
        cls.operator = cls.person("hub_problem_operator", "integration_hub.group_operator")
        cls.crm.user_id = cls.owner
        cls.rule.system_ids = cls.crm
        cls.env["integration.problem"].sudo()._sync()

    def changes(self, count):
        """The deliveries of so many new companies."""
        self.env["res.partner"].create([{"name": f"Company {n}", "is_company": True} for n in range(count)])
        return self.events().delivery_ids.sudo()

    def stand_still(self, deliveries, **values):
        """Leaves deliveries as settle does that could not map them."""
        deliveries.write(
            {
                "state": "held",
                "attempts": 1,
                "error_kind": "data",
                "error_code": "mapping_required_missing",
                "error_message": "The customer has no country.",
                "error_hint": "Fill in the country.",
                "error_field": "customer.country",
                "cause": "data:mapping_required_missing:customer.country",
            }
            | values
        )
        self.env.flush_all()
        return deliveries

    def pause(self, kind, reason):
        self.env.flush_all()
        self.env.cr.execute("SELECT integration_hub.pause(%s, %s, %s, NULL)", [self.crm.code, kind, reason])
        self.env.invalidate_all()

    def arrived(self):
        """A try that succeeded just now."""
        delivery = self.env["integration.delivery"].search([("system_id", "=", self.crm.id)], limit=1)
        delivery._note("delivered")

    def sync(self):
        answer = self.env["integration.problem"].sudo()._sync()
        self.env.invalidate_all()
        return answer

    def problems(self):
        return self.env["integration.problem"].search([("state", "=", "open"), ("system_id", "=", self.crm.id)])

    def the_problem(self):
        problems = self.problems()
        self.assertEqual(len(problems), 1, f"one problem expected, not {problems.mapped('cause')}")
        return problems

    def activities(self, problem):
        return problem.sudo().activity_ids

    @contextmanager
    def at(self, moment):
        with freeze_time(moment):
            yield

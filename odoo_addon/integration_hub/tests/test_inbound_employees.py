from odoo.exceptions import UserError
from odoo.tests import tagged

from .inbound_case import InboundCase


@tagged("post_install", "-at_install")
class TestInboundEmployees(InboundCase):
    """OBJ-14, OBJ-15: a person is one employee, however often they leave and come back, and in whatever order people
    and their managers are told of."""

    def setUp(self):
        super().setUp()
        if "hr.employee" not in self.env:
            self.skipTest("employees are not installed")
        self.crm_user.group_ids += self.env.ref("hr.group_hr_manager")
        self.operator.group_ids += self.env.ref("hr.group_hr_user")

    def send(self, external_id="1", active=True, left=None, manager=None, **values):
        """A person as the HR system has them; `manager` is one of its ids."""
        given = {
            "name": f"Hub {external_id}",
            "work_email": f"hub.{external_id}@people.example",
            "departure_date": left,
            "parent_id": {"$record": f"test_crm:employee,{manager}"} if manager else None,
        } | values
        item = self.item(
            external_id,
            type="employee",
            object="employee",
            event_type="employee.changed",
            canonical={"name": given["name"], "active": active},
            document={"model": "hr.employee", "values": given, "archive": not active},
            identify=[
                {"as": "email", "fields": ["work_email"], "sure": True},
                {"as": "name", "fields": ["name"]},
            ],
        )
        (answer,) = self.receive(item)
        return answer

    def arrived(self, *args, **given):
        answer = self.send(*args, **given)
        self.assertEqual((answer["state"], answer["error"]), ("delivered", None))
        return self.record(answer)

    def people(self, name):
        return self.env["hr.employee"].with_context(active_test=False).search([("name", "=", name)])

    def test_somebody_who_is_hired_again_is_the_same_employee(self):
        anna = self.arrived()
        self.arrived(active=False, left="2026-10-31")
        self.assertEqual((anna.active, str(anna.departure_date)), (False, "2026-10-31"))
        self.arrived()
        self.assertEqual((anna.active, anna.departure_date, anna.resource_id.active), (True, False, True))
        self.assertEqual(self.people("Hub 1"), anna)
        self.assertTrue(self.send()["unchanged"])

    def test_somebody_who_is_hired_again_under_another_number_is_offered_and_comes_back(self):
        anna = self.arrived()
        self.arrived(active=False, left="2026-10-31")
        self.link("1", "employee").sudo().unlink()
        again = {"name": "Hub 1", "work_email": "hub.1@people.example"}
        answer = self.send("2", **again)
        self.assertEqual((answer["state"], answer["error"]["code"]), ("held", "possible_duplicate"))
        row = self.row(answer).with_user(self.operator)
        self.assertIn("archived in Odoo", row.candidate_table)
        row._link_to(anna)
        self.assertEqual(self.arrived("2", **again), anna)
        self.assertEqual((anna.active, anna.departure_date, self.people("Hub 1")), (True, False, anna))

    def test_somebody_whose_old_number_is_linked_still_is_not_doubled(self):
        anna = self.arrived()
        self.arrived(active=False, left="2026-10-31")
        answer = self.send("2", name="Hub 1", work_email="hub.1@people.example")
        self.assertEqual((answer["state"], answer["error"]["code"]), ("held", "possible_duplicate"))
        self.assertEqual(self.people("Hub 1"), anna)
        with self.assertRaisesRegex(UserError, "linked with 1 in Test CRM already"):
            self.row(answer).with_user(self.operator)._link_to(anna)

    def test_a_manager_who_arrives_later_is_waited_for(self):
        waiting = self.send("1", manager="9")
        self.assertEqual((waiting["state"], waiting["wait_for"]), ("waiting", "in:employee,9"))
        self.assertFalse(self.people("Hub 1"))
        boss = self.arrived("9")
        self.assertEqual(self.row(waiting).state, "received", "it goes by itself")
        self.assertEqual(self.arrived("1", manager="9").parent_id, boss)

    def test_a_new_manager_of_somebody_who_is_here_is_waited_for_and_the_old_one_stays_meanwhile(self):
        first = self.arrived("8")
        anna = self.arrived("1", manager="8")
        self.assertEqual(self.send("1", manager="9", job_title="Architect")["state"], "waiting")
        self.assertEqual(anna.parent_id, first)
        boss = self.arrived("9")
        self.arrived("1", manager="9", job_title="Architect")
        self.assertEqual((anna.parent_id, anna.job_title), (boss, "Architect"))

    def test_a_manager_who_has_left_is_still_the_manager_of_record(self):
        boss = self.arrived("9")
        self.arrived("9", active=False, left="2026-10-31")
        self.assertEqual(self.arrived("1", manager="9").parent_id, boss)

from odoo.tests import tagged

from .common import HubCase


@tagged("post_install", "-at_install")
class TestCaptureEmployees(HubCase):
    """EVT-08: a change of an employee is captured wherever Odoo keeps the value: the job is on its version."""

    def setUp(self):
        super().setUp()
        if "hr.version" not in self.env:
            self.skipTest("hr is not installed")
        self.rule.active = False
        self.make_rule(
            "hr.employee", ("name", "job_title", "department_id.name"), event_type="employee.changed", object="employee"
        )
        self.employee = self.committed(self.env["hr.employee"].create({"name": "Ann", "job_title": "Consultant"}))

    def test_a_job_title_written_on_the_employee(self):
        self.employee.job_title = "Manager"
        event = self.the_event()
        self.assertEqual((event.res_id, event.changed_fields), (self.employee.id, "job_title"))
        self.assertEqual(self.payload(event)["before"], {"job_title": "Consultant"})

    def test_a_job_title_written_on_its_current_version(self):
        self.employee.current_version_id.job_title = "Manager"
        event = self.the_event()
        self.assertEqual((event.model, event.res_id), ("hr.employee", self.employee.id))
        self.assertEqual(event.changed_fields, "job_title")
        self.assertEqual(self.payload(event)["record"]["job_title"], "Manager")

    def test_a_new_employee_is_one_creation(self):
        self.env["hr.employee"].create({"name": "Ben", "job_title": "Consultant"})
        self.assertEqual(self.the_event().operation, "create")

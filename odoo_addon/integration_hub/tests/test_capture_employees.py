from datetime import timedelta

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

    def test_who_comes_back_has_the_job_they_have_in_odoo(self):
        """In the middle of it Odoo computes which version of the employee is the current one."""
        for operation, active in (("archive", False), ("unarchive", True)):
            self.env.invalidate_all()
            self.employee.write({"active": active})
            self.assertEqual(self.employee.job_title, "Consultant", "as Odoo sees it in that transaction")
            event = self.the_event()
            self.assertEqual((event.operation, event.changed_fields), (operation, "active"))
            self.assertEqual(self.payload(event)["record"]["job_title"], "Consultant")

    def test_a_version_that_takes_effect_while_it_is_read_is_a_change(self):
        """The before-image is that of the version before, though Odoo is asking for the job at that moment."""
        version = self.employee.create_version({"date_version": "2020-01-01"})
        version.job_title = "Earlier"
        self.committed(self.employee)
        version.date_version = self.employee.current_version_id.date_version + timedelta(days=-1)
        self.commit()
        self.employee.current_version_id.active = False
        self.assertEqual(self.employee.job_title, "Earlier")
        event = self.the_event()
        self.assertEqual(event.changed_fields, "job_title")
        self.assertEqual(self.payload(event)["before"], {"job_title": "Consultant"})
        self.assertEqual(self.payload(event)["record"]["job_title"], "Earlier")

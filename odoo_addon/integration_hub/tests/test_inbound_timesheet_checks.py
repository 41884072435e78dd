from odoo.tests import tagged

from .timesheet_case import TimesheetCase


@tagged("post_install", "-at_install")
class TestInboundTimesheetChecks(TimesheetCase):
    """WF-08: approved time is posted at the right rate after four checks; what fails one stands in its own queue."""

    def test_valid_time_is_posted_at_the_rate_of_the_contract(self):
        line = self.posted()
        self.assertEqual((line.so_line, line.timesheet_invoice_type), (self.work, "billable_time"))
        self.assertEqual((line.unit_amount, line.employee_id, str(line.date)), (4, self.anna, "2026-11-20"))
        self.assertEqual((self.work.qty_delivered, self.work.qty_to_invoice), (4, 4))
        self.assertEqual(self.invoice("2026-11-30").amount_untaxed, 400)

    def test_what_is_held_is_known_by_person_day_project_and_hours(self):
        self.project.active = False
        row = self.refused("project_closed", hours=1.5)
        self.assertEqual(row.res_name, "Hub Anna, 11/20/2026, Hub project, 1.50 h")
        answer = self.send("2", values={"employee_id": {"$record": "test_crm:user,U9"}})
        self.assertEqual(answer["state"], "waiting")
        self.assertEqual(self.row(answer).res_name, "11/20/2026, Hub project, 4.00 h", "who it is, is not known yet")
        answer = self.send(
            "3", document={}, error={"kind": "data", "code": "x", "message": "No date", "hint": "Give one"}
        )
        self.assertEqual(self.row(answer).res_name, "time_entry 3")

    def test_its_day_is_the_one_where_the_person_works(self):
        for number, (zone, began, day) in enumerate(
            (
                ("Australia/Sydney", "2026-10-05T22:00:00Z", "2026-10-06"),
                ("America/Los_Angeles", "2026-10-07T02:00:00Z", "2026-10-06"),
                ("Europe/Brussels", "2026-10-25T22:59:00Z", "2026-10-25"),
                ("Europe/Brussels", "2026-10-25T23:00:00Z", "2026-10-26"),
            )
        ):
            with self.subTest(zone, began=began):
                self.anna.tz = zone
                line = self.posted(str(number), hours=1, day=began)
                self.assertEqual(str(line.date), day)
                self.assertTrue(self.send(str(number), hours=1, day=began)["unchanged"])

    def test_hours_that_nobody_worked_are_held(self):
        for number, (hours, said) in enumerate(
            ((0, "0.00 hours: nothing"), (-2, "-2.00 hours: nothing"), (24.5, "24.50"))
        ):
            with self.subTest(hours):
                row = self.refused("hours_unusual", str(number), hours=hours)
                self.assertIn(said, row.what_happened)
        line = self.posted("4")
        self.assertEqual(self.send("4", hours=0)["error"]["code"], "hours_unusual")
        self.assertEqual(line.unit_amount, 4, "what was posted stays until a person looked")

    def test_each_person_is_billed_at_the_rate_agreed_for_them(self):
        senior = self.sold("Senior", hours=10, price=180)
        self.env["project.sale.line.employee.map"].create(
            {"project_id": self.project.id, "employee_id": self.anna.id, "sale_line_id": senior.id}
        )
        self.assertEqual(self.posted().so_line, senior)

    def test_time_of_a_closed_project_is_held(self):
        done = self.env["project.project.stage"].create({"name": "Hub closed", "fold": True})
        for closed in ({"stage_id": done.id}, {"active": False}, {"allow_timesheets": False}):
            with self.subTest(closed):
                before = {name: self.project[name] for name in closed}
                self.project.write(closed)
                row = self.refused("project_closed", str(closed))
                self.assertIn("Hub project", row.what_happened)
                self.project.write(before)

    def test_time_of_somebody_who_had_left_is_held_and_of_before_is_not(self):
        self.anna.write({"active": False, "departure_date": "2026-11-15"})
        row = self.refused("not_eligible")
        self.assertIn("Hub Anna", row.what_happened)
        self.assertEqual(self.posted("2", day="2026-11-13").employee_id, self.anna)

    def test_time_of_somebody_who_is_not_on_a_closed_project_is_held(self):
        self.project.privacy_visibility = "followers"
        row = self.refused("not_eligible")
        user = self.person("hub_anna", "project.group_project_user")
        self.anna.user_id = user
        self.project.message_subscribe((user | self.crm_user).partner_id.ids)
        row.action_retry()
        self.assertEqual(self.posted().employee_id, self.anna)

    def test_billable_time_on_a_project_that_is_not_billed_is_held(self):
        self.project.allow_billable = False
        self.refused("not_eligible", canonical={"billable": True})
        self.assertEqual(self.posted("2").timesheet_invoice_type, "non_billable")

    def test_time_that_is_not_billable_there_is_not_billed_here(self):
        line = self.posted(canonical={"billable": False})
        self.assertEqual((line.so_line.id, line.timesheet_invoice_type), (False, "non_billable"))
        self.assertTrue(self.send(canonical={"billable": False})["unchanged"])
        self.posted(canonical={"billable": True})
        self.assertEqual(line.so_line, self.work)

    def test_billed_time_without_a_rate_is_held(self):
        self.project.sale_line_id = False
        row = self.refused("no_rate")
        self.assertIn("no sales order item", row.what_happened)
        self.project.sale_line_id = self.work
        self.work.price_unit = 0
        self.refused("no_rate", "2")

    def test_time_beyond_what_was_sold_is_held_and_says_what_is_left(self):
        for policy in ("delivered_timesheet", "ordered_prepaid"):
            with self.subTest(policy):
                sold = self.sold(policy, hours=10, price=100, policy=policy)
                self.know("project", policy, self.project.copy({"name": policy, "sale_line_id": sold.id}))
                there = {"project_id": {"$record": f"test_crm:project,{policy}"}}
                self.assertEqual(self.posted(f"{policy}1", hours=7, values=there).so_line, sold)
                answer = self.send(f"{policy}2", hours=4, values=there)
                self.assertEqual(answer["error"]["code"], "cap_exceeded")
                self.assertIn("3.00 hours", answer["error"]["message"])
                self.posted(f"{policy}3", hours=3, values=there)

    def test_the_cap_is_named_with_what_is_used_and_by_how_much_it_is_passed(self):
        self.posted("1", hours=7.5)
        row = self.row(self.send("2", hours=4))
        self.assertIn(
            f"4.00 hours are 1.50 more than what is left of “{self.work.display_name}”: 7.50 of 10.00 hours are used, "
            "and 2.50 hours are left.",
            row.what_happened,
        )
        for way in ("raise the hours", "split the entry", "accept it this once"):
            self.assertIn(way, row.error_hint)

    def test_of_entries_approved_together_those_that_fit_are_posted(self):
        answers = self.receive(self.entry("1", hours=6), self.entry("2", hours=6), self.entry("3", hours=4))
        self.assertEqual([answer["state"] for answer in answers], ["delivered", "held", "delivered"])
        self.assertEqual(sum(self.time().mapped("unit_amount")), 10)
        self.work.product_uom_qty = 16
        self.posted("2", hours=6)
        self.assertEqual(self.work.qty_delivered, 16)

    def test_a_longer_entry_counts_itself_only_once(self):
        line = self.posted(hours=7)
        self.posted(hours=10)
        self.assertEqual(line.unit_amount, 10)
        self.assertEqual(self.send(hours=11)["error"]["code"], "cap_exceeded")
        self.assertEqual(line.unit_amount, 10)

    def test_the_hours_of_the_project_are_a_cap_too(self):
        self.project.write({"allocated_hours": 5, "allow_billable": False})
        self.posted(hours=3)
        self.assertEqual(self.send("2", hours=3)["error"]["code"], "cap_exceeded")

    def test_each_check_has_a_queue_of_its_own(self):
        closed, left = self.project.copy({"name": "Closed", "active": False}), self.env["hr.employee"]
        left = left.create({"name": "Left", "active": False})
        unpriced = self.project.copy({"name": "Unpriced", "sale_line_id": False})
        self.know("project", "closed", closed)
        self.know("project", "unpriced", unpriced)
        self.know("user", "left", left)
        answers = self.receive(
            self.entry("1"),
            self.entry("2", values={"project_id": {"$record": "test_crm:project,closed"}}),
            self.entry("3", values={"employee_id": {"$record": "test_crm:user,left"}}),
            self.entry("4", values={"project_id": {"$record": "test_crm:project,unpriced"}}),
            self.entry("5", hours=7),
        )
        self.assertEqual(
            [answer["error"] and answer["error"]["code"] for answer in answers],
            [None, "project_closed", "not_eligible", "no_rate", "cap_exceeded"],
        )
        self.assertEqual(len(self.time()), 1)
        self.env["integration.problem"].sudo()._sync()
        problems = self.env["integration.problem"].search([("system_id", "=", self.crm.id), ("state", "=", "open")])
        self.assertEqual(
            set(problems.mapped("code")), {"project_closed", "not_eligible", "no_rate", "cap_exceeded"}, "four queues"
        )

    def test_an_operator_accepts_one_and_it_stays_known_who_did(self):
        row = self.refused("cap_exceeded", hours=12)
        row.action_accept(reason="Agreed by phone")
        self.assertEqual((row.state, self.posted(hours=12).unit_amount), ("received", 12))
        self.assertEqual(row.state, "delivered")
        accepted = row.attempt_ids.filtered(lambda attempt: attempt.outcome == "person_accepted")
        self.assertEqual((accepted.user_id, accepted.reason), (self.operator, "Agreed by phone"))

    def test_what_was_accepted_is_only_what_stood_there(self):
        self.project.active = False
        row = self.refused("project_closed", hours=12)
        row.action_accept()
        self.refused("project_closed", hours=13)
        row.action_accept()
        self.refused("cap_exceeded", hours=13)
        row.action_accept()
        self.assertEqual(self.posted(hours=13).unit_amount, 13)

    def test_a_new_description_is_no_reason_to_check_again(self):
        line = self.posted()
        self.project.active = False
        self.posted(values={"name": "Workshop, second part"})
        self.assertEqual(line.name, "Workshop, second part")

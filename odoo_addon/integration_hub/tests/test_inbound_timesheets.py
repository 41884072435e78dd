from datetime import date

from odoo.exceptions import UserError
from odoo.tests import tagged

from .inbound_case import InboundCase

TIME = "account.analytic.line"


class TimesheetCase(InboundCase):
    """A project billed by the hour, on an order of 10 hours at 100, and somebody who works on it. The time tool knows
    the project and the person."""

    def setUp(self):
        super().setUp()
        if "sale.order.line" not in self.env or "so_line" not in self.env[TIME]._fields:
            self.skipTest("sale_timesheet is not installed")
        self.rule.active = False
        self.crm_user.group_ids += self.env.ref("hr_timesheet.group_hr_timesheet_approver")
        self.hour = self.env.ref("uom.product_uom_hour")
        self.customer = self.env["res.partner"].create({"name": "Hub customer", "is_company": True})
        self.order = self.env["sale.order"].create({"partner_id": self.customer.id})
        self.work = self.sold("Consulting", hours=10, price=100)
        self.order.action_confirm()
        self.project = self.env["project.project"].create(
            {
                "name": "Hub project",
                "allow_timesheets": True,
                "allow_billable": True,
                "partner_id": self.customer.id,
                "sale_line_id": self.work.id,
                "privacy_visibility": "employees",
            }
        )
        self.anna = self.env["hr.employee"].create({"name": "Hub Anna"})
        self.know("project", "P1", self.project)
        self.know("user", "U1", self.anna)

    def sold(self, name, hours, price, policy="delivered_timesheet"):
        product = self.env["product.product"].create(
            {
                "name": name,
                "type": "service",
                "service_policy": policy,
                "uom_id": self.hour.id,
                "list_price": price,
                "taxes_id": False,
            }
        )
        return self.env["sale.order.line"].create(
            {"order_id": self.order.id, "product_id": product.id, "product_uom_qty": hours, "price_unit": price}
        )

    def know(self, type_, external_id, record):
        self.env["integration.link"].sudo().create(
            {
                "system_id": self.crm.id,
                "lane": f"{record._name},{record.id}",
                "model": record._name,
                "res_id": record.id,
                "external_type": type_,
                "external_id": external_id,
            }
        )

    def entry(self, external_id="1", hours=4, day="2026-11-20", canonical=None, **given):
        """An entry as the time tool has it: approved, of Anna, on the project."""
        values = {
            "name": "Workshop",
            "date": day,
            "unit_amount": hours,
            "employee_id": {"$record": "test_crm:user,U1"},
            "project_id": {"$record": "test_crm:project,P1"},
        }
        return self.item(
            external_id,
            type="time_entry",
            object="timesheet",
            event_type="timesheet.approved",
            canonical={"id": f"test_crm:time_entry,{external_id}", "approved": True} | (canonical or {}),
            **({"document": {"model": TIME, "values": values | given.pop("values", {})}} | given),
        )

    def send(self, *args, **given):
        (answer,) = self.receive(self.entry(*args, **given))
        return answer

    def posted(self, *args, **given):
        answer = self.send(*args, **given)
        self.assertEqual((answer["state"], answer["error"]), ("delivered", None))
        return self.record(answer)

    def refused(self, code, *args, **given):
        answer = self.send(*args, **given)
        error = answer["error"] or {}
        self.assertEqual((answer["state"], error.get("kind"), error.get("code")), ("held", "business", code), answer)
        self.assertFalse(self.time(), "nothing of it is posted")
        return self.row(answer).with_user(self.operator)

    def time(self):
        return self.env[TIME].search([("project_id", "=", self.project.id)])

    def invoice(self, day):
        """Bills all time of the order that is not billed yet, on this day."""
        move = self.order._create_invoices()
        move.invoice_date = day
        move.action_post()
        self.env.invalidate_all()
        return move


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


@tagged("post_install", "-at_install")
class TestInboundTimesheetLife(TimesheetCase):
    """OBJ-19, TST-04: only approved time crosses, each entry once, until it is billed."""

    def test_time_that_is_not_approved_does_not_cross(self):
        waiting = self.send("2", canonical={"approved": False})
        self.assertEqual((waiting["unchanged"], waiting["delivery_id"]), (True, None))
        self.posted("1")
        self.assertEqual(len(self.time()), 1)
        self.posted("2")
        self.posted("2")
        self.assertEqual(self.time().mapped("unit_amount"), [4, 4], "later approval completes it, once")

    def test_an_approval_that_is_taken_back_takes_the_time_back(self):
        self.posted()
        self.assertEqual(self.send(canonical={"approved": False})["state"], "delivered")
        self.assertFalse(self.time())
        self.assertEqual(self.work.qty_delivered, 0)
        self.posted()
        self.assertEqual(len(self.time()), 1)

    def test_time_that_is_deleted_there_is_deleted_here(self):
        self.posted()
        answer = self.receive(self.entry(operation="gone", document=None))[0]
        self.assertEqual((answer["state"], len(self.time())), ("delivered", 0))

    def test_billed_time_stays_as_it_was_billed(self):
        line = self.posted()
        move = self.invoice("2026-11-30")
        for change in ({"hours": 5}, {"operation": "gone"}, {"canonical": {"approved": False}}):
            with self.subTest(change):
                answer = self.send(**change)
                error = answer["error"]
                self.assertEqual(
                    (answer["state"], error["kind"], error["code"]), ("held", "policy", "accounting_outcome")
                )
                self.assertIn(move.name, error["message"])
                self.assertEqual(line.exists().unit_amount, 4)
        with self.assertRaises(UserError):
            self.row(answer).with_user(self.operator).action_accept()


@tagged("post_install", "-at_install")
class TestInboundTimesheetPeriods(TimesheetCase):
    """TST-08: time that is late is billed in the next period: never lost, never doubled."""

    def lock(self, day):
        # Past the question about bank statements of the demo company that nobody reconciled.
        self.patch(type(self.env.company), "_validate_locks", lambda _company, _values: None)
        self.env.company.fiscalyear_lock_date = day

    def test_time_of_an_invoiced_period_goes_to_the_next_one(self):
        self.posted(day="2026-10-30")
        self.invoice("2026-11-03")
        late = self.posted("2", hours=2, day="2026-10-28")
        self.assertEqual((str(late.date), late.so_line), ("2026-11-01", self.work))
        self.assertIn("Workshop (worked on 10/28/2026)", late.name)
        self.assertTrue(self.send("2", hours=2, day="2026-10-28")["unchanged"])
        november = self.invoice("2026-12-01")
        self.assertEqual(november.amount_untaxed, 200)
        self.assertTrue(self.send("2", hours=2, day="2026-10-28")["unchanged"], "nor is it moved again")
        self.assertEqual((len(self.time()), self.work.qty_invoiced), (2, 6))

    def test_an_invoice_of_the_next_period_finds_it(self):
        self.posted(day="2026-10-30")
        self.invoice("2026-11-03")
        self.posted("2", hours=2, day="2026-10-28")
        wizard = self.env["sale.advance.payment.inv"].with_context(active_ids=self.order.ids)
        wizard.create(
            {
                "advance_payment_method": "delivered",
                "date_start_invoice_timesheet": date(2026, 11, 1),
                "date_end_invoice_timesheet": date(2026, 11, 30),
            }
        ).create_invoices()
        self.assertEqual(self.order.invoice_ids.sorted("id")[-1].amount_untaxed, 200)

    def test_time_of_the_current_period_keeps_its_day(self):
        self.posted(day="2026-10-30")
        self.invoice("2026-11-03")
        self.assertEqual(str(self.posted("2", day="2026-11-02").date), "2026-11-02")

    def test_time_of_a_locked_period_goes_to_the_next_one(self):
        self.lock("2026-10-31")
        line = self.posted(day="2026-10-28")
        self.assertEqual(str(line.date), "2026-11-01")
        self.posted(day="2026-10-28", hours=5)
        self.assertEqual((str(line.date), line.unit_amount), ("2026-11-01", 5))

    def test_late_time_of_several_days_stays_where_it_was_put_when_the_lock_moves_on(self):
        self.lock("2026-10-31")
        days = {"1": "2026-10-28", "2": "2026-10-28", "3": "2026-10-31", "4": "2026-11-01"}
        lines = {number: self.posted(number, hours=2, day=day) for number, day in days.items()}
        self.assertEqual({str(line.date) for line in lines.values()}, {"2026-11-01"})
        self.assertEqual(
            [line.name for line in lines.values()],
            ["Workshop (worked on 10/28/2026)"] * 2 + ["Workshop (worked on 10/31/2026)", "Workshop"],
        )
        self.lock("2026-11-15")
        for number, day in days.items():
            self.assertTrue(self.send(number, hours=2, day=day)["unchanged"], number)
        self.assertEqual(self.send("1", hours=1, day=days["1"])["error"]["code"], "period_closed")
        self.assertEqual(self.send("2", canonical={"approved": False})["error"]["code"], "period_closed")
        late = self.posted("5", hours=2, day="2026-10-28")
        self.assertEqual(str(late.date), "2026-11-16")
        self.assertEqual(self.send("6", hours=2, day="2026-10-28")["error"]["code"], "cap_exceeded")
        self.assertEqual(self.time().mapped("unit_amount"), [2] * 5)

    def test_late_time_that_is_accepted_over_the_cap_goes_to_the_open_period_too(self):
        self.lock("2026-10-31")
        row = self.row(self.send("1", hours=12, day="2026-10-28"))
        self.assertEqual(row.error_code, "cap_exceeded")
        row.with_user(self.operator).action_accept()
        line = self.posted("1", hours=12, day="2026-10-28")
        self.assertEqual((str(line.date), line.unit_amount), ("2026-11-01", 12))

    def test_what_stands_in_a_locked_period_is_left_to_a_person(self):
        line = self.posted(day="2026-10-28")
        self.lock("2026-10-31")
        answer = self.send(day="2026-10-28", hours=5)
        self.assertEqual((answer["state"], answer["error"]["code"]), ("held", "period_closed"))
        gone = self.send(operation="gone")
        self.assertEqual((gone["error"]["code"], line.exists().unit_amount), ("period_closed", 4))


@tagged("post_install", "-at_install")
class TestBilledTime(TimesheetCase):
    """OBJ-19, EVT-09: the time tool learns what of its time was billed, and of nothing else."""

    def setUp(self):
        super().setUp()
        self.billed = self.bill_rule("timesheet.billed", [("timesheet_invoice_id.state", "=", "posted")])
        self.unbilled = self.bill_rule(
            "timesheet.unbilled",
            ["|", ("timesheet_invoice_id", "=", False), ("timesheet_invoice_id.state", "=", "cancel")],
        )

    def bill_rule(self, event_type, domain):
        field = self.env["ir.model.fields"]._get(TIME, "timesheet_invoice_id")
        return self.make_rule(
            TIME,
            ("date", "unit_amount", "timesheet_invoice_id.state"),
            object="timesheet",
            event_type=event_type,
            domain=repr(domain),
            watched_field_ids=[(6, 0, field.ids)],
            linked_only=True,
            on_create=False,
            on_unlink=False,
        )

    def told(self):
        events = self.events()
        return [(event.event_type, event.res_id, event.delivery_ids.system_id.code) for event in events]

    def test_an_entry_is_billed_once_its_invoice_is_posted(self):
        line = self.committed(self.posted())
        move = self.order._create_invoices()
        self.assertFalse(self.told(), "a draft may still be given up")
        move.action_post()
        self.assertEqual(self.told(), [("timesheet.billed", line.id, "test_crm")])

    def test_an_entry_is_free_again_when_its_invoice_is_cancelled(self):
        line = self.committed(self.posted())
        move = self.committed(self.invoice("2026-11-30"))
        move.button_draft()
        self.assertFalse(self.told())
        move.button_cancel()
        self.assertEqual(self.told(), [("timesheet.unbilled", line.id, "test_crm")])

    def test_time_that_the_tool_does_not_know_is_not_told_of(self):
        self.env[TIME].create(
            {"name": "By hand", "project_id": self.project.id, "employee_id": self.anna.id, "unit_amount": 1}
        )
        self.events()
        self.invoice("2026-11-30")
        self.assertFalse(self.told())

    def test_other_changes_of_an_invoice_are_nothing_to_the_time_tool(self):
        self.posted()
        move = self.committed(self.invoice("2026-11-30"))
        move.ref = "Seen"
        self.assertFalse(self.told())

from datetime import date

from odoo.exceptions import UserError
from odoo.tests import tagged

from .timesheet_case import TIME, TimesheetCase


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

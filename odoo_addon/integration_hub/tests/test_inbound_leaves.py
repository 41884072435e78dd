from odoo.tests import tagged

from .inbound_case import InboundCase


@tagged("post_install", "-at_install")
class TestInboundLeaves(InboundCase):
    """OBJ-16: time off is as long in Odoo as it was granted elsewhere, or it is held; never a wrong one."""

    def setUp(self):
        super().setUp()
        if "hr.leave" not in self.env:
            self.skipTest("time off is not installed")
        self.crm_user.group_ids += self.env.ref("hr_holidays.group_hr_holidays_manager")
        calendar = self.env["resource.calendar"].create(
            {
                "name": "Hub weeks",
                "tz": "UTC",
                "attendance_ids": [
                    (0, 0, {"name": f"{day} {part}", "dayofweek": str(day), "hour_from": start, "hour_to": end} | rest)
                    for day in range(5)
                    for part, start, end, rest in (
                        ("morning", 8, 12, {"day_period": "morning"}),
                        ("afternoon", 13, 17, {"day_period": "afternoon"}),
                    )
                    if (day, part) != (4, "afternoon")  # Fridays end at noon
                ],
            }
        )
        self.anna = self.env["hr.employee"].create(
            {"name": "Hub Anna", "resource_calendar_id": calendar.id, "tz": "UTC"}
        )
        self.types = {
            unit: self.env["hr.leave.type"].create(
                {"name": f"Hub {unit}", "request_unit": unit, "requires_allocation": False}
                | {"leave_validation_type": "hr"}
            )
            for unit in ("day", "half_day", "hour")
        }

    def send(self, external_id, unit, first="2027-02-01", last=None, status="approved", **length):
        """Time off that begins on a Monday, for one day unless `last` says more."""
        values = {
            "employee_id": {"$find": {"model": "hr.employee", "by": {"id": self.anna.id}}},
            "holiday_status_id": {"$find": {"model": "hr.leave.type", "by": {"name": f"Hub {unit}"}}},
            "request_date_from": first,
            "request_date_to": last or first,
        }
        step = {"approved": "approve", "cancelled": "cancel"}[status]
        item = self.item(
            external_id,
            type="time_off",
            object="leave",
            event_type="leave.changed",
            canonical={"status": status} | length,
            document={"model": "hr.leave", "values": values, "step": step},
        )
        (answer,) = self.receive(item)
        return answer

    def granted(self, *args, **given):
        answer = self.send(*args, **given)
        self.assertEqual((answer["state"], answer["error"]), ("delivered", None))
        leave = self.record(answer)
        self.assertEqual(leave.state, "validate")
        return leave

    def refused(self, *args, **given):
        answer = self.send(*args, **given)
        error = answer["error"] or {}
        self.assertEqual((answer["state"], error.get("code")), ("held", "length_differs"), error)
        self.assertFalse(self.env["hr.leave"].search([("employee_id", "=", self.anna.id)]))
        return self.row(answer)

    def test_half_a_day_is_half_a_day(self):
        leave = self.granted("1", "half_day", days=0.5)
        self.assertEqual((leave.number_of_days, leave.number_of_hours), (0.5, 4))
        self.assertTrue(self.send("1", "half_day", days=0.5)["unchanged"])
        leave = self.granted("2", "half_day", first="2027-02-02", hours=4)
        self.assertEqual((leave.number_of_days, leave.number_of_hours), (0.5, 4))

    def test_which_half_it_is_a_person_may_say_here(self):
        leave = self.granted("1", "half_day", days=0.5)
        leave.action_back_to_approval()
        leave.write({"request_date_from_period": "pm", "request_date_to_period": "pm"})
        self.granted("1", "half_day", days=0.5)
        self.assertEqual((leave.request_date_from_period, leave.number_of_days), ("pm", 0.5))

    def test_hours_are_as_many_hours_of_the_working_day(self):
        for number, (length, hours) in enumerate((({"hours": 2.5}, 2.5), ({"hours": 6}, 6), ({"days": 0.25}, 2))):
            with self.subTest(length):
                day = f"2027-02-0{number + 1}"
                leave = self.granted(str(number), "hour", first=day, **length)
                self.assertEqual(leave.number_of_hours, hours)
                self.assertEqual((leave.request_hour_from, str(leave.date_from)), (8, f"{day} 08:00:00"))
                self.assertTrue(self.send(str(number), "hour", first=day, **length)["unchanged"])

    def test_a_whole_day_is_one_in_every_unit(self):
        for number, unit in enumerate(self.types):
            for column, length in enumerate(({"days": 1}, {"hours": 8})):
                with self.subTest(unit, **length):
                    day = f"2027-02-{1 + number + 7 * column:02}"
                    leave = self.granted(f"{number}{column}", unit, first=day, **length)
                    self.assertEqual((leave.number_of_days, leave.number_of_hours), (1, 8))

    def test_a_type_that_takes_whole_days_holds_half_a_day(self):
        row = self.refused("1", "day", days=0.5)
        self.assertIn("0.50 days there, and Odoo would make it 1.00 days", row.what_happened)
        self.assertIn("“Hub day” is taken in whole days", row.error_hint)
        self.types["day"].request_unit = "half_day"
        row.action_retry()
        self.assertEqual(self.granted("1", "day", days=0.5).number_of_days, 0.5)

    def test_a_type_that_takes_half_days_holds_an_hour(self):
        self.refused("1", "half_day", hours=1)

    def test_several_days_are_counted_by_the_working_schedule(self):
        leave = self.granted("1", "day", last="2027-02-09", days=7)
        self.assertEqual(leave.number_of_days, 7, "over a weekend")
        leave = self.granted("2", "half_day", first="2027-02-11", last="2027-02-12", days=1.5)
        self.assertEqual(leave.number_of_days, 1.5, "on Fridays half a day is worked")

    def test_several_days_of_which_one_is_taken_in_part_are_held(self):
        for number, unit in enumerate(self.types):
            with self.subTest(unit):
                row = self.refused(str(number), unit, last="2027-02-03", days=2.5)
                self.assertIn("2.50 days there, and Odoo would make it 3.00 days", row.what_happened)

    def daily(self, unit, *amounts):
        """How much of each day it is there, from the first Monday on."""
        days = [{"date": f"2027-02-{1 + number:02}", "amount": n, "unit": unit} for number, n in enumerate(amounts)]
        return {"dailyAmounts": days, unit: sum(amounts)}

    def test_several_days_begin_and_end_in_the_middle_of_a_day(self):
        amounts = self.daily("days", 0.5, 1, 0.5)
        leave = self.granted("1", "half_day", last="2027-02-03", **amounts)
        self.assertEqual((leave.number_of_days, leave.number_of_hours), (2, 16))
        self.assertEqual((leave.request_date_from_period, leave.request_date_to_period), ("pm", "am"))
        self.assertEqual([str(leave.date_from), str(leave.date_to)], ["2027-02-01 13:00:00", "2027-02-03 12:00:00"])
        self.assertTrue(self.send("1", "half_day", last="2027-02-03", **amounts)["unchanged"])

    def test_several_days_begin_and_end_at_the_hour(self):
        amounts = self.daily("hours", 3, 8, 2.5)
        leave = self.granted("1", "hour", last="2027-02-03", **amounts)
        self.assertEqual(leave.number_of_hours, 13.5)
        self.assertEqual([str(leave.date_from), str(leave.date_to)], ["2027-02-01 14:00:00", "2027-02-03 10:30:00"])
        self.assertTrue(self.send("1", "hour", last="2027-02-03", **amounts)["unchanged"])

    def test_hours_of_several_days_are_half_days_where_they_are_as_many(self):
        leave = self.granted("1", "half_day", last="2027-02-02", **self.daily("hours", 8, 4))
        self.assertEqual((leave.number_of_days, leave.request_date_to_period), (1.5, "am"))

    def test_a_weekend_between_counts_nothing_on_both_sides(self):
        amounts = self.daily("days", 0.5, 1, 1, 1, 0.5, 0, 0, 0.5)
        leave = self.granted("1", "half_day", last="2027-02-08", **amounts)
        self.assertEqual((leave.number_of_days, leave.request_date_to_period), (4.5, "am"))

    def test_amounts_of_days_alone_say_how_long_it_is(self):
        days = {"dailyAmounts": self.daily("days", 1, 0.5)["dailyAmounts"]}
        self.assertEqual(self.granted("1", "half_day", last="2027-02-02", **days).number_of_days, 1.5)

    def test_a_part_of_a_day_between_is_held_and_named(self):
        for number, unit in enumerate(self.types):
            with self.subTest(unit):
                row = self.refused(str(number), unit, last="2027-02-03", **self.daily("days", 1, 0.5, 1))
                self.assertIn("02/02/2027 it is 0.50 there, and 1.00 here", row.what_happened)

    def test_a_part_of_the_last_day_of_a_type_in_whole_days_is_held_and_says_why(self):
        row = self.refused("1", "day", last="2027-02-02", **self.daily("days", 1, 0.5))
        self.assertIn("“Hub day” is taken in whole days", row.error_hint)
        self.types["day"].request_unit = "half_day"
        row.action_retry()
        leave = self.granted("1", "day", last="2027-02-02", **self.daily("days", 1, 0.5))
        self.assertEqual(leave.number_of_days, 1.5)

    def test_as_many_days_in_all_that_are_other_days_are_held(self):
        # Fridays end at noon here, so that the whole week is as long as there.
        row = self.refused("1", "half_day", last="2027-02-05", **self.daily("days", 0.5, 1, 1, 1, 1))
        self.assertIn("02/01/2027 it is 0.50 there, and 1.00 here", row.what_happened)

    def test_half_a_day_that_became_a_whole_one_there_is_longer_here(self):
        leave = self.granted("1", "half_day", last="2027-02-02", **self.daily("days", 1, 0.5))
        leave.action_back_to_approval()  # Odoo lets nobody change what is approved
        self.granted("1", "half_day", last="2027-02-02", **self.daily("days", 1, 1))
        self.assertEqual((leave.number_of_days, leave.request_date_to_period), (2, "pm"))

    def test_an_operator_accepts_what_odoo_counts(self):
        row = self.refused("1", "day", days=0.5)
        row.with_user(self.operator).action_accept()
        self.assertEqual(self.granted("1", "day", days=0.5).number_of_days, 1)

    def test_a_day_that_becomes_half_a_day_there_is_held(self):
        leave = self.granted("1", "day", days=1)
        answer = self.send("1", "day", days=0.5)
        self.assertEqual((answer["state"], answer["error"]["code"]), ("held", "length_differs"))
        self.assertEqual((leave.number_of_days, leave.state), (1, "validate"))

    def test_what_is_cancelled_there_is_not_held_for_its_length(self):
        self.granted("1", "day", days=1)
        answer = self.send("1", "day", days=0.5, status="cancelled")
        self.assertEqual((answer["state"], self.record(answer).state), ("delivered", "refuse"))

    def test_a_person_who_came_in_from_there_is_away_whole_days(self):
        self.crm_user.group_ids += self.env.ref("hr.group_hr_manager")
        document = {"model": "hr.employee", "values": {"name": "Hub Bob"}}
        self.anna = self.record(self.receive_one("bob", type="employee", object="employee", document=document))
        leave = self.granted("1", "hour", last="2027-02-02", days=2)
        self.assertEqual(leave.number_of_days, 2, (self.anna.tz, self.anna.resource_calendar_id.tz))
        self.assertEqual(self.granted("2", "half_day", first="2027-02-03", days=0.5).number_of_days, 0.5)
        self.assertEqual(self.granted("3", "hour", first="2027-02-04", hours=3).number_of_hours, 3)

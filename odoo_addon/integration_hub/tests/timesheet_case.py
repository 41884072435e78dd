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

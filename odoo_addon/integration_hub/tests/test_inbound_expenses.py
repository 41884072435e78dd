from odoo.tests import tagged

from .inbound_case import InboundCase


@tagged("post_install", "-at_install")
class TestInboundExpenses(InboundCase):
    """OBJ-20, WF-09, EVT-10: an approved expense is in Odoo once, to be billed and to be reimbursed; what is not
    approved does not cross."""

    def setUp(self):
        super().setUp()
        if "hr.expense" not in self.env or "sale_order_id" not in self.env["hr.expense"]._fields:
            self.skipTest("sale_expense is not installed")
        self.rule.active = False
        self.crm_user.group_ids += self.env.ref("hr_expense.group_hr_expense_manager")
        self.crm_user.group_ids += self.env.ref("sales_team.group_sale_salesman_all_leads")
        contact = self.env["res.partner"].create({"name": "Hub Anna"})
        self.anna = self.env["hr.employee"].create({"name": "Hub Anna", "work_contact_id": contact.id})
        self.travel = self.env["product.product"].create(
            {
                "name": "Hub travel",
                "type": "service",
                "default_code": "HUB-TRAVEL",
                "can_be_expensed": True,
                "expense_policy": "cost",
                "supplier_taxes_id": False,
                "taxes_id": False,
            }
        )
        customer = self.env["res.partner"].create({"name": "Hub customer", "is_company": True})
        self.order = self.env["sale.order"].create({"partner_id": customer.id})
        work = self.env["product.product"].create({"name": "Hub work", "type": "service", "taxes_id": False})
        line = self.env["sale.order.line"].create({"order_id": self.order.id, "product_id": work.id})
        self.order.action_confirm()
        self.project = self.env["project.project"].create(
            {"name": "Hub project", "allow_billable": True, "partner_id": customer.id, "sale_line_id": line.id}
        )
        self.know("project", "P1", self.project)
        self.know("user", "U1", self.anna)

    def send(self, external_id="1", status="approved", billable=True, total=120.0, **given):
        steps = {"submitted": "submit", "approved": "approve", "refused": "refuse"}
        values = {
            "name": "Train to Gent",
            "date": "2026-11-18",
            "employee_id": {"$record": "test_crm:user,U1"},
            "product_id": {"$find": {"model": "product.product", "by": {"default_code": "HUB-TRAVEL"}}},
            "quantity": 1,
            "total_amount_currency": total,
            "payment_mode": "own_account",
        }
        item = self.item(
            external_id,
            type="expense",
            object="expense",
            event_type="expense.approved",
            canonical={"status": status, "billable": billable, "project": {"id": "test_crm:project,P1"}},
            document={"model": "hr.expense", "values": values, "step": steps.get(status, "")},
        )
        (answer,) = self.receive(item | given)
        return answer

    def approved(self, *args, **given):
        answer = self.send(*args, **given)
        self.assertEqual((answer["state"], answer["error"]), ("delivered", None))
        return self.record(answer)

    def expenses(self):
        return self.env["hr.expense"].search([("employee_id", "=", self.anna.id)])

    def post(self, expense):
        """What accounting does with an approved expense."""
        expense.sudo().action_post()
        if not expense.account_move_id:
            wizard = self.env["hr.expense.post.wizard"]
            wizard.with_context(active_ids=expense.ids, company_paid_move_ids=[]).create({}).action_post_entry()
        self.env.invalidate_all()

    def test_an_approved_expense_is_billed_once_and_reimbursed_once(self):
        expense = self.approved()
        self.assertEqual((expense.state, expense.total_amount, expense.sale_order_id), ("approved", 120, self.order))
        self.assertTrue(self.send()["unchanged"])
        self.post(expense)
        self.assertTrue(self.send()["unchanged"])
        billed = self.order.order_line.filtered(lambda line: line.product_id == self.travel)
        self.assertEqual((len(billed), billed.price_unit * billed.qty_delivered), (1, 120))
        owed = expense.account_move_id
        self.assertEqual((len(owed), owed.amount_residual, owed.partner_id), (1, 120, self.anna.work_contact_id))
        self.assertEqual(self.expenses(), expense)

    def test_an_internal_expense_is_reimbursed_and_not_billed(self):
        expense = self.approved(billable=False)
        self.assertEqual((expense.state, expense.sale_order_id.id), ("approved", False))
        self.post(expense)
        self.assertFalse(self.order.order_line.filtered(lambda line: line.product_id == self.travel))

    def test_what_is_not_approved_does_not_cross_and_crosses_once_it_is(self):
        for status in ("draft", "submitted", "refused"):
            answer = self.send(status=status)
            self.assertEqual((answer["unchanged"], answer["delivery_id"]), (True, None))
        self.assertFalse(self.expenses())
        self.approved()
        self.assertEqual(self.expenses().mapped("state"), ["approved"])

    def test_an_approval_that_is_taken_back_is_taken_back_here(self):
        expense = self.approved()
        self.assertEqual(self.send(status="refused")["state"], "delivered")
        self.assertEqual(expense.state, "refused")
        self.approved()
        self.assertEqual((self.expenses(), expense.state), (expense, "approved"))

    def test_an_expense_in_the_books_is_left_as_it_is(self):
        expense = self.approved()
        self.post(expense)
        for change in ({"total": 150.0}, {"status": "refused"}, {"operation": "gone"}):
            with self.subTest(change):
                answer = self.send(**change)
                self.assertEqual((answer["error"]["kind"], answer["error"]["code"]), ("policy", "accounting_outcome"))
                self.assertEqual((expense.total_amount, expense.state), (120, "posted"))

    def test_the_same_expense_entered_in_two_places_is_asked_about(self):
        self.approved("1")
        row = self.row(self.send("2"))
        self.assertEqual((row.state, row.error_code), ("held", "expense_double"))
        self.assertIn("Train to Gent", row.what_happened)
        self.assertEqual(len(self.expenses()), 1)
        row.with_user(self.operator).action_accept(reason="There and back")
        self.approved("2")
        self.assertEqual(self.expenses().mapped("state"), ["approved", "approved"])

    def test_an_expense_that_cannot_be_billed_is_held(self):
        for wrong in ({"expense_policy": "no"}, {"order": "cancel"}):
            with self.subTest(wrong):
                if "order" in wrong:
                    self.order._action_cancel()
                else:
                    self.travel.expense_policy = "no"
                row = self.row(self.send(str(wrong)))
                self.assertEqual((row.state, row.error_code), ("held", "not_rebillable"))
                self.travel.expense_policy = "cost"
        self.assertFalse(self.expenses())

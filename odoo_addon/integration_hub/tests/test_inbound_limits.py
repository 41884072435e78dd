from odoo.tests import tagged

from .inbound_case import InboundCase


@tagged("post_install", "-at_install")
class TestInboundAccounting(InboundCase):
    """OWN-06: accounting outcomes are Odoo's alone."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        if "account.move" not in cls.env:
            cls.skipTest(cls, "no accounting in this database")
        cls.crm_user.group_ids += cls.env.ref("account.group_account_invoice")

    def invoice(self):
        partner = self.company()
        return self.env["account.move"].create(
            {
                "move_type": "out_invoice",
                "partner_id": partner.id,
                "invoice_date": "2026-11-01",
                "invoice_line_ids": [(0, 0, {"name": "Work", "quantity": 1, "price_unit": 100, "tax_ids": [(5,)]})],
            }
        )

    def receive_invoice(self, invoice, values):
        self.env["integration.link"].sudo().search([("external_type", "=", "invoice")]).unlink()
        self.env["integration.link"].sudo().create(
            {
                "system_id": self.crm.id,
                "lane": f"account.move,{invoice.id}",
                "model": "account.move",
                "res_id": invoice.id,
                "external_type": "invoice",
                "external_id": "7",
            }
        )
        return self.receive_one("7", type="invoice", document={"model": "account.move", "values": values})

    def test_a_posted_invoice_is_changed_by_nothing_that_arrives(self):
        invoice = self.invoice()
        self.assertEqual(self.receive_invoice(invoice, {"ref": "before"})["state"], "delivered")
        invoice.action_post()
        answer = self.receive_invoice(invoice, {"ref": "after"})
        self.assertEqual((answer["error"]["kind"], answer["error"]["code"]), ("policy", "accounting_outcome"))
        self.assertEqual(invoice.ref, "before")
        self.assertTrue(self.receive_invoice(invoice, {"ref": "before"})["unchanged"])

    def test_states_and_sums_are_set_by_nothing_that_arrives(self):
        for values in ({"payment_state": "paid"}, {"state": "posted"}, {"amount_total": 5.0}):
            with self.subTest(values):
                answer = self.receive_invoice(self.invoice(), values)
                self.assertEqual(answer["error"]["code"], "accounting_outcome", answer["error"])


@tagged("post_install", "-at_install")
class TestInboundBrake(InboundCase):
    """RES-11: a mass change elsewhere stops at a limit and waits for one decision."""

    def setUp(self):
        super().setUp()
        self.crm.inbound_creates = 2
        self.answers = self.receive(*(self.item(str(n), {"name": f"Company {n}"}) for n in range(5)))

    def brake(self):
        return self.env["integration.brake"].search([("system_id", "=", self.crm.id)])

    def test_what_exceeds_the_limit_is_held_for_one_decision(self):
        self.assertEqual([answer["state"] for answer in self.answers], ["delivered"] * 2 + ["held"] * 3)
        brake = self.brake()
        self.assertEqual((brake.direction, brake.effect, brake.held_count, brake.state), ("in", "create", 3, "waiting"))
        self.assertIn("created in Odoo by Test CRM", brake.summary)

    def test_an_approval_lets_all_of_it_and_the_rest_of_the_wave_through(self):
        self.brake().with_user(self.operator).action_approve()
        due = self.inbound().due("test_crm", 10)
        self.assertEqual({row["delivery_id"] for row in due}, {answer["delivery_id"] for answer in self.answers[2:]})
        again = self.receive(
            *(self.item(row["external_id"], {"name": "Let in"}, delivery_id=row["delivery_id"]) for row in due)
        )
        self.assertEqual({answer["state"] for answer in again}, {"delivered"})
        self.assertEqual(self.receive_one("99", {"name": "One more"})["state"], "delivered")

    def test_a_rejection_cancels_it(self):
        self.brake().with_user(self.operator).action_reject(reason="A mistake")
        self.assertEqual({self.row(answer).state for answer in self.answers[2:]}, {"cancelled"})

    def test_a_first_load_passes(self):
        self.brake().with_user(self.operator).action_reject(reason="A mistake")
        self.assertEqual(self.receive_one("50", {"name": "Fifty"}, priority=90, first_load=True)["state"], "delivered")

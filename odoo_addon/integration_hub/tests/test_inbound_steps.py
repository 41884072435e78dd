from datetime import datetime

from odoo.tests import tagged

from .inbound_case import InboundCase


@tagged("post_install", "-at_install")
class TestInboundSteps(InboundCase):
    """OBJ-05, OBJ-16: what was signed or approved elsewhere is confirmed or approved in Odoo by Odoo's own methods."""

    def setUp(self):
        super().setUp()
        if "sale.order" not in self.env:
            self.skipTest("sales are not installed")
        self.crm_user.group_ids += self.env.ref("sales_team.group_sale_manager")
        self.customer = self.env["res.partner"].create({"name": "Acme", "is_company": True})

    def order(self, step, **values):
        given = {"partner_id": {"$find": {"model": "res.partner", "by": {"id": self.customer.id}}}} | values
        document = {"model": "sale.order", "values": given, "step": step}
        (answer,) = self.receive(self.item("env-1", type="envelope", object="contract", document=document))
        return answer

    def test_a_signed_contract_is_a_confirmed_order_and_stays_one_when_it_comes_again(self):
        signed = {"date_order": "2026-11-20T10:00:00Z"}
        answer = self.order("confirm", **signed)
        self.assertEqual((answer["state"], answer["error"]), ("delivered", None))
        order = self.record(answer)
        self.assertEqual((order.state, order.create_uid), ("sale", self.crm_user))
        self.assertEqual(order.date_order, datetime(2026, 11, 20, 10))
        again = self.order("confirm", **signed)
        self.assertEqual((again["res_id"], again["unchanged"]), (order.id, True))

    def test_amounts_of_another_currency_are_not_taken_for_ours(self):
        ours = self.env.company.currency_id
        other = self.env["res.currency"].with_context(active_test=False).search([("id", "!=", ours.id)], limit=1)
        other.active = True
        product = self.env["product.product"].create({"name": "Day", "default_code": "HUB-DAY"})
        find = {"$find": {"model": "product.product", "by": {"default_code": "HUB-DAY"}}}
        lines = {"$lines": [{"key": "1", "values": {"product_id": find, "product_uom_qty": 2, "price_unit": 1000}}]}
        document = {
            "model": "sale.order",
            "values": {
                "partner_id": {"$find": {"model": "res.partner", "by": {"id": self.customer.id}}},
                "order_line": lines,
            },
        }

        def signed(number, currency):
            given = {"type": "envelope", "object": "contract", "document": document}
            (answer,) = self.receive(self.item(f"env-{number}", canonical={"currency": currency}, **given))
            return answer

        held = signed(1, other.name)
        self.assertEqual((held["state"], held["error"]["code"]), ("held", "currency_differs"))
        self.assertIn(f"in {other.name}, and Odoo would take them for {ours.name}", held["error"]["message"])
        self.assertFalse(self.env["sale.order"].search([("partner_id", "=", self.customer.id)]))
        self.assertEqual(signed(2, ours.name)["state"], "delivered")

        self.row(held).with_user(self.operator).action_accept()
        self.assertEqual(self.record(signed(1, other.name)).order_line.price_unit, 1000)
        self.env["product.pricelist"].create({"name": other.name, "currency_id": other.id})
        self.customer.property_product_pricelist = self.env["product.pricelist"].search(
            [("currency_id", "=", other.id)], limit=1
        )
        order = self.record(signed(3, other.name))
        self.assertEqual((order.currency_id, order.order_line.product_id), (other, product))

    def test_a_step_that_odoo_refuses_holds_the_record_with_its_reason(self):
        answer = self.order("confirm")
        order = self.record(answer)
        order.locked = True
        answer = self.order("cancel")
        self.assertEqual((answer["state"], answer["error"]["kind"]), ("held", "business"))
        self.assertIn("locked", answer["error"]["message"])
        self.assertEqual(order.state, "sale")

    def test_a_step_that_there_is_not_is_held_as_data(self):
        answer = self.order("celebrate")
        self.assertEqual((answer["state"], answer["error"]["code"]), ("held", "unknown_step"))

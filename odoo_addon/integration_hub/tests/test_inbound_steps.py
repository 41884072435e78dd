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

    def order(self, step, envelope="env-1", **values):
        given = {"partner_id": {"$find": {"model": "res.partner", "by": {"id": self.customer.id}}}} | values
        document = {"model": "sale.order", "values": given, "step": step}
        identify = [{"as": "exact", "fields": ["partner_id", "client_order_ref"]}]
        item = self.item(envelope, type="envelope", object="contract", document=document, identify=identify)
        (answer,) = self.receive(item)
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

    def test_a_contract_that_is_taken_back_is_left_to_a_person_and_the_order_stays(self):
        order = self.record(self.order("confirm"))
        gone = {"type": "envelope", "object": "contract", "operation": "gone", "document": None}
        (answer,) = self.receive(self.item("env-1", **gone))
        self.assertEqual((answer["state"], answer["error"]["code"]), ("held", "cannot_archive"))
        self.assertIn(f"{order.name} was deleted or taken back in Test CRM", answer["error"]["message"])
        self.assertIn("cancel it, or keep it", answer["error"]["hint"])
        self.assertEqual(order.state, "sale")
        self.row(answer).with_user(self.operator).action_cancel(reason="Kept, as agreed")
        self.assertEqual((order.state, self.row(answer).state), ("sale", "cancelled"))
        self.assertEqual(self.order("confirm")["res_id"], order.id, "completed after all, it is the same order")

    def test_a_second_contract_of_the_same_deal_is_a_question_and_no_second_order(self):
        first = self.order("confirm", client_order_ref="PO-9")
        second = self.order("confirm", "env-2", client_order_ref="PO-9")
        self.assertEqual((second["state"], second["error"]["code"]), ("held", "possible_duplicate"))
        self.assertEqual([found["id"] for found in self.row(second).candidates], [first["res_id"]])
        self.assertEqual(self.env["sale.order"].search_count([("partner_id", "=", self.customer.id)]), 1)
        self.assertEqual(self.order("confirm", "env-3", client_order_ref="PO-10")["state"], "delivered")
        self.assertEqual(self.order("confirm", "env-4")["state"], "delivered", "no reference, no question")
        self.row(second).with_user(self.operator).action_create_anyway()
        order = self.record(self.order("confirm", "env-2", client_order_ref="PO-9"))
        self.assertEqual((order.state, order.client_order_ref), ("sale", "PO-9"))
        self.assertNotEqual(order.id, first["res_id"])

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
